"""Writes ministack's state to disk when it changes; by itself ministack does so only when it is shut down.

A change of the control plane is on disk before it is answered, so whatever Pulumi was told exists survives the power
going off. Records, objects' metadata and the like follow within a second.
"""

import asyncio
import contextlib
import hashlib
import json
import logging
import re
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

from sandbox import layout
from sandbox.aws import emulator

DELAY = 0.5
"""Seconds that changes which may be lost are collected for."""

READS = re.compile(
    r"Get(?!SessionToken|FederationToken)|List|Describe|Head|Lookup|Simulate|Test|Encrypt|Decrypt|ReEncrypt|Generate|Sign|Verify|Filter"
)
FREQUENT = re.compile(r"PutRecords?$|PutLogEvents$|SubscribeToShard$")

logger = logging.getLogger("sandbox.persistence")


class Store:
    """The state files of all services, and which of them are behind."""

    def __init__(self) -> None:
        self._behind: set[str] = set()
        self._written: dict[str, bytes] = {}
        _keep_sessions()

    def serve(self, service: str, handler: emulator.Handler) -> emulator.Handler:
        """Wraps a service's handler so that what it changes is saved."""

        async def saving(
            method: str, path: str, headers: dict[str, str], body: bytes, query: dict[str, list[str]]
        ) -> emulator.Reply:
            reply = await handler(method, path, headers, body, query)
            action = _action(headers, body, query)
            if reply[0] < 400 and (not READS.match(action) if action else method not in ("GET", "HEAD")):
                frequent = FREQUENT.match(action) or (service == "s3" and path.strip("/").count("/") > 0)
                self._behind.add(service)
                if not frequent:
                    self.save(service)
            return reply

        return saving

    def changed(self, service: str) -> None:
        """Has a service's state saved soon."""
        self._behind.add(service)

    def save(self, service: str) -> None:
        """Writes one service's state, if it is another than last time."""
        application, persistence = emulator.application(), emulator.core("persistence")
        self._behind.discard(service)
        registered = application.SERVICE_REGISTRY.get(service)
        module_name = registered["module"] if registered else service
        states: dict[str, Any] = application._build_persistence_save_dict()
        get_state = states.get(module_name)
        if get_state is None:
            return
        version = persistence._state_format_version(module_name)
        content = {"__ministack_format__": version, "payload": get_state()}
        text = json.dumps(content, default=persistence._json_default)
        digest = hashlib.sha256(text.encode()).digest()
        if self._written.get(service) != digest:
            layout.write_atomically(Path(persistence.STATE_DIR) / f"{module_name}.json", text, mode=0o600)
            self._written[service] = digest

    def save_behind(self) -> None:
        """Writes all that is behind."""
        for service in sorted(self._behind):
            try:
                self.save(service)
            except RuntimeError as error:
                # Another thread changed a table while it was copied: the next round gets it.
                logger.info("state of %s is being changed, saving it later: %s", service, error)
                self._behind.add(service)

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Saves what is behind, again and again, and once more at the end."""
        task = asyncio.create_task(self._loop())
        try:
            yield
        finally:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task
            self.save_behind()

    async def _loop(self) -> None:
        while True:
            await asyncio.sleep(DELAY)
            self.save_behind()


def _action(headers: dict[str, str], body: bytes, query: dict[str, list[str]]) -> str:
    """The API action of a JSON or query request; empty for REST."""
    if target := headers.get("x-amz-target"):
        return target.rpartition(".")[2]
    if named := query.get("Action"):
        return named[0]
    found = re.search(rb"(?:^|&)Action=(\w+)", body) if headers.get("content-type", "").startswith(FORM) else None
    return found[1].decode() if found else ""


FORM = "application/x-www-form-urlencoded"


def _keep_sessions() -> None:
    """Lets temporary credentials outlive a restart, as they do at AWS; ministack forgets them."""
    sts = emulator.service("sts")
    sessions: dict[str, dict[str, Any]] = sts._sessions

    def get_state() -> dict[str, Any]:
        now = time.time()
        return {
            "sessions": {key: session for key, session in sessions.items() if session.get("Expiration", now) >= now}
        }

    def load(state: dict[str, Any]) -> None:
        sessions.update(state.get("sessions", {}))

    sts.get_state, sts.load_persisted_state = get_state, load
