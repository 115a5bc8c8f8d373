"""Who is behind a connection, for the log: the process that has its other end."""

from collections.abc import Iterator
from contextlib import contextmanager

import psutil


class Callers:
    """Finds out who asks, and remembers it for the https server, whose own client is the proxy."""

    def __init__(self) -> None:
        self._behind: dict[int, str] = {}

    def identify(self, port: int) -> str:
        """The process that has a port of 127.0.0.1: name, number, parent; or the port alone, where nobody can tell."""
        for connection in psutil.net_connections("tcp4"):
            if connection.laddr and connection.laddr.port == port and connection.pid:
                return _name(connection.pid) or f"port {port}"
        return f"port {port}"

    @contextmanager
    def behind(self, port: int, who: str) -> Iterator[None]:
        """Remembers who is behind a port of the proxy while a tunnel lasts."""
        self._behind[port] = who
        try:
            yield
        finally:
            del self._behind[port]

    def of(self, port: int) -> str:
        """Who is behind a port of the proxy."""
        return self._behind.get(port, f"port {port}")


def _name(pid: int) -> str:
    """Names only: a command's arguments may hold secrets."""
    try:
        process = psutil.Process(pid)
        parent = process.parent()
        return f"{process.name()} (process {pid}{f', of {parent.name()}' if parent else ''})"
    except psutil.Error:
        return ""
