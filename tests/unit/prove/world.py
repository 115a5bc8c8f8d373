"""A cloud and an API server of a test's own for the proof: they keep what they are told and hold nothing real."""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

from prove.accounts import Account
from prove.api_server import Object
from prove.clean_up import Step
from prove.cloud import Run
from prove.network import Address
from prove.stack import Stack
from prove.verdicts import Claim, Kind, Outcome
from settings.check import check
from tests.stacks import stack_file

SHELF = Kind("shelves", "shelf ")


@dataclass
class FakeCloud:
    """A cloud of one shelf: only the platform may take from it. Implements prove.cloud.Cloud and nothing else."""

    outcome: Callable[[Claim], Outcome] = lambda claim: Outcome(claim.allowed)
    faults: Sequence[str] = ()
    steps: Sequence[Step] = ()
    left: Mapping[str, Sequence[str]] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)

    def claims(self, account: Account) -> Iterator[Claim]:
        yield Claim(account.subject, "take", SHELF, "top", account.is_platform, "shelf top")

    def intrusions(self) -> Iterator[Claim]:
        yield Claim("a token of nobody (vvp/x)", "enter", SHELF, "top", False, "shelf top")

    def strangers(self, accounts: Sequence[Object]) -> Iterator[str]:
        yield from ()

    def addresses(self) -> Iterator[Address]:
        yield Address("the neighbour's shelf", "192.0.2.7", 80, jobs=False)

    def whereabouts(self) -> Mapping[str, str]:
        return {"house": "no. 7"}

    def misfits(self, server: str, principals: Iterable[str]) -> Iterable[str]:
        return self.faults

    def lay_out(self, run: Run) -> "FakeCloud":
        self.asked.append("lay out")
        for step in self.removal(run.mark):
            run.clean_up.later(*step)
        return self

    def observe(self, claim: Claim) -> Outcome:
        return self.outcome(claim)

    def left_behind(self) -> Mapping[str, Sequence[str]]:
        return self.left

    def removal(self, mark: str) -> Iterable[Step]:
        return [*self.steps, (f"things of {mark}", lambda: self.asked.append(f"removed {mark}"))]


def stack_of(cloud: FakeCloud) -> Stack:
    """The repository's `dev` on that cloud."""
    return Stack("dev", check(stack_file()), cloud)


@dataclass
class ApiServer:
    """An API server that takes everything, and has what labels ask for."""

    url: str = ""
    requests: list[tuple[str, str, str]] = field(default_factory=list)
    """Method, path and authorization of each request."""
    stored: dict[str, list[Object]] = field(default_factory=dict)
    """Objects that are there, by resource."""

    @property
    def kubeconfig(self) -> dict[str, Any]:
        return kubeconfig(self.url, {"token": "the-administrator"})

    def asked(self, method: str, path: str) -> bool:
        return any(found[0] == method and path in found[1] for found in self.requests)


def kubeconfig(server: str, user: Mapping[str, Any], **cluster: Any) -> dict[str, Any]:
    """A kubeconfig of one context, with another one beside it that nobody asked for."""
    return {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": "own",
        "contexts": [
            {"name": "other", "context": {"cluster": "other", "user": "other"}},
            {"name": "own", "context": {"cluster": "own", "user": "own"}},
        ],
        "clusters": [
            {"name": "other", "cluster": {"server": "https://other.example"}},
            {"name": "own", "cluster": {"server": server, **cluster}},
        ],
        "users": [{"name": "other", "user": {"token": "of another"}}, {"name": "own", "user": dict(user)}],
    }


@contextmanager
def api_server() -> Iterator[ApiServer]:
    """Serves on a port of its own."""
    found = ApiServer()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def answer(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length") or 0))
            found.requests.append((self.command, self.path, self.headers.get("Authorization", "")))
            resource = self.path.partition("?")[0].rpartition("/")[2]
            body = json.dumps(
                {"items": found.stored.get(resource, []), "status": {"token": "of-an-account", "allowed": True}}
            ).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        do_GET = do_POST = do_PATCH = do_DELETE = answer

        def log_message(self, format: str, *args: Any) -> None:
            """Nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    found.url = f"http://127.0.0.1:{server.server_port}"
    Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield found
    finally:
        server.shutdown()
        server.server_close()
