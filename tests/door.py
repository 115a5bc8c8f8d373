"""A door of a test's own, as the sandbox runs it: another process, with ports and certificates of its own."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.stacks import ROOT

PATIENCE = 30.0
"""Seconds for a process to start on a machine that has much else to do."""


@dataclass(frozen=True)
class Door:
    """A door that runs."""

    state: Path
    ports: dict[str, int]

    @property
    def proxy(self) -> str:
        return f"http://127.0.0.1:{self.ports['door']}"

    @property
    def authority(self) -> Path:
        return self.state / "door" / "tls" / "ca.crt"

    @property
    def log(self) -> str:
        return (self.state / "door.log").read_text()


@contextmanager
def running(state: Path, charts: Path) -> Iterator[Door]:
    """A door over a folder of chart repositories, until the context ends.

    Args:
        state: a folder for its state.
        charts: repositories, each under its host.
    """
    ports = _free_ports("door", "door_tls")
    made = {"ports": ports, "account_id": "1" * 12, "passphrase": "p", "charts": str(charts)}
    (state / "sandbox.json").write_text(json.dumps(made))
    door = Door(state, ports)
    environment = os.environ | {"VVP_SANDBOX_STATE": str(state)}
    with (
        (state / "door.log").open("w") as log,
        subprocess.Popen([sys.executable, "-m", "sandbox.door"], cwd=ROOT, env=environment, stderr=log) as process,
    ):
        try:
            _wait(door, process)
            yield door
        finally:
            process.terminate()
            # uvicorn ends in good order and then by the signal that it got.
            assert process.wait(timeout=PATIENCE) in (0, -signal.SIGTERM), door.log


def _free_ports(*names: str) -> dict[str, int]:
    sockets = {name: socket.create_server(("127.0.0.1", 0)) for name in names}
    ports = {name: int(probe.getsockname()[1]) for name, probe in sockets.items()}
    for probe in sockets.values():
        probe.close()
    return ports


def _wait(door: Door, process: "subprocess.Popen[bytes]") -> None:
    end = time.monotonic() + PATIENCE
    for port in (door.ports["door_tls"], door.ports["door"]):
        while True:
            try:
                socket.create_connection(("127.0.0.1", port), timeout=5).close()
                break
            except OSError:
                assert process.poll() is None, door.log
                assert time.monotonic() < end, door.log
                time.sleep(0.1)
