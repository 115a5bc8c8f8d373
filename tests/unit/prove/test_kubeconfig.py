"""Kubeconfigs of every kind lead to the API server as the user they name."""

import base64
import json
import ssl
import sys
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import httpx
import pytest

from prove.api_server import Kube
from prove.kubeconfig import Connection, KubeconfigError
from sandbox.cluster.certificates import Authority
from tests.unit.prove.world import ApiServer, api_server, kubeconfig

API = "client.authentication.k8s.io/v1"


@pytest.fixture
def server() -> Iterator[ApiServer]:
    with api_server() as found:
        yield found


def seen(server: ApiServer, user: dict[str, Any], calls: int = 1) -> list[str]:
    """The authorizations of calls as a kubeconfig's user."""
    kube = Kube(Connection(kubeconfig(server.url, user)))
    for _ in range(calls):
        kube.call("GET", "pods")
    kube.close()
    return [authorization for _, _, authorization in server.requests]


def command(folder: Path, status: str) -> dict[str, Any]:
    """A command that answers with a status; it counts its calls in the file `calls`."""
    script = folder / "fetch.py"
    script.write_text(
        "import datetime, json, os, pathlib\n"
        f"calls = pathlib.Path({str(folder / 'calls')!r})\n"
        "calls.write_text((calls.read_text() if calls.exists() else '') + os.environ['WHO'])\n"
        f"status = {status}\n"
        f"print(json.dumps({{'apiVersion': {API!r}, 'kind': 'ExecCredential', 'status': status}}))\n"
    )
    environment = [{"name": "WHO", "value": "x"}]
    return {"exec": {"apiVersion": API, "command": sys.executable, "args": [str(script)], "env": environment}}


def in_base64(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def test_a_token_is_shown_as_it_is(server: ApiServer, tmp_path: Path) -> None:
    assert seen(server, {"token": "of-the-own"}) == ["Bearer of-the-own"]
    file = tmp_path / "token"
    file.write_text("of-a-file")
    assert seen(server, {"tokenFile": str(file)})[-1] == "Bearer of-a-file"


def test_a_commands_token_is_fetched_once_while_it_is_valid(server: ApiServer, tmp_path: Path) -> None:
    status = "{'token': 'fetched', 'expirationTimestamp': '2100-01-01T00:00:00Z'}"
    assert seen(server, command(tmp_path, status), calls=3) == ["Bearer fetched"] * 3
    assert (tmp_path / "calls").read_text() == "x"


def test_a_commands_token_that_has_expired_is_fetched_again(server: ApiServer, tmp_path: Path) -> None:
    status = "{'token': 'fetched' + calls.read_text(), 'expirationTimestamp': '2020-01-01T00:00:00Z'}"
    found = seen(server, command(tmp_path, status), calls=2)
    assert found[0] != found[1]
    assert all(authorization.startswith("Bearer fetchedx") for authorization in found)


def test_a_command_that_fails_is_told_in_its_own_words(server: ApiServer, tmp_path: Path) -> None:
    failing = command(tmp_path, "exit('no session: log in first')")
    with pytest.raises(KubeconfigError, match="no session: log in first"):
        Connection(kubeconfig(server.url, failing))
    absent = {"exec": {"apiVersion": API, "command": str(tmp_path / "absent")}}
    with pytest.raises(KubeconfigError, match="absent"):
        Connection(kubeconfig(server.url, absent))


@pytest.mark.parametrize(
    "broken",
    [
        {},
        {"current-context": "own", "contexts": [], "clusters": [], "users": []},
        kubeconfig("https://x.example", {}, **{"certificate-authority-data": "!"}),
        kubeconfig("https://x.example", {}, **{"certificate-authority": "/nowhere/ca.crt"}),
    ],
    ids=["empty", "no context", "no certificate", "no file"],
)
def test_what_is_no_kubeconfig_is_an_error_of_its_own(broken: dict[str, Any]) -> None:
    with pytest.raises(KubeconfigError):
        Connection(broken).tls(as_user=True)


def test_the_kubeconfigs_own_proxy_counts_and_that_of_the_environment_does_not(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy.example:1")
    assert Connection(kubeconfig("https://x.example", {"token": "t"})).proxy is None
    named = kubeconfig("https://x.example", {"token": "t"}, **{"proxy-url": "http://own.example:2"})
    assert Connection(named).proxy == "http://own.example:2"


@pytest.fixture
def guarded(tmp_path: Path) -> Iterator[tuple[str, Authority]]:
    """A server that lets nobody in without a certificate of its authority, and says whose it was."""
    authority = Authority("tests")
    certificate, key = authority.server(["api.internal"], [])
    for name, text in (("ca.crt", authority.certificate), ("server.crt", certificate), ("server.key", key)):
        (tmp_path / name).write_text(text)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "server.crt", tmp_path / "server.key")
    context.load_verify_locations(tmp_path / "ca.crt")
    context.verify_mode = ssl.CERT_REQUIRED

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            shown: Any = self.connection
            subject = {key: value for ((key, value),) in shown.getpeercert()["subject"]}
            body = json.dumps({"user": subject["commonName"]}).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: Any) -> None:
            """Nothing."""

    http = HTTPServer(("127.0.0.1", 0), Handler)
    http.socket = context.wrap_socket(http.socket, server_side=True)
    Thread(target=http.serve_forever, daemon=True).start()
    yield f"https://127.0.0.1:{http.server_port}", authority
    http.shutdown()
    http.server_close()


def test_a_client_certificate_is_shown_and_the_servers_is_checked_by_its_name(
    guarded: tuple[str, Authority], tmp_path: Path
) -> None:
    url, authority = guarded
    trust = {"certificate-authority-data": in_base64(authority.certificate), "tls-server-name": "api.internal"}
    certificate, key = authority.client("an-administrator", None)
    user = {"client-certificate-data": in_base64(certificate), "client-key-data": in_base64(key)}
    assert whoami(kubeconfig(url, user, **trust)) == "an-administrator"
    fetched = command(tmp_path, repr({"clientCertificateData": certificate, "clientKeyData": key}))
    assert whoami(kubeconfig(url, fetched, **trust)) == "an-administrator"
    with pytest.raises(httpx.ConnectError, match="certificate is not valid for"):
        whoami(kubeconfig(url, user, **{"certificate-authority-data": trust["certificate-authority-data"]}))
    stranger = {"certificate-authority-data": in_base64(Authority("strangers").certificate)}
    with pytest.raises(httpx.ConnectError, match="certificate verify failed"):
        whoami(kubeconfig(url, user, **trust | stranger))


def whoami(found: dict[str, Any]) -> str:
    kube = Kube(Connection(found))
    try:
        return kube.call("GET", "whoami")["user"]
    finally:
        kube.close()


def test_an_account_never_shows_the_administrators_certificate(guarded: tuple[str, Authority]) -> None:
    url, authority = guarded
    certificate, key = authority.client("an-administrator", None)
    user = {"client-certificate-data": in_base64(certificate), "client-key-data": in_base64(key)}
    trust = {"certificate-authority-data": in_base64(authority.certificate), "tls-server-name": "api.internal"}
    admin = Kube(Connection(kubeconfig(url, user, **trust)))
    account = admin.as_account("of-an-account")
    with pytest.raises(httpx.TransportError):
        account.call("GET", "whoami")
    for kube in (admin, account):
        kube.close()
