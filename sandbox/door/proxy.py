"""The proxy: opens a tunnel to the https server for hosts that are known, and says no to all others.

https://www.rfc-editor.org/rfc/rfc9110#name-connect. Everything that leaves the sandbox's clients is https, so plain
requests for other hosts are refused too.
"""

import asyncio
import contextlib
import logging
from collections.abc import Collection

import h11

from sandbox.door.callers import Callers

HTTPS = 443

log = logging.getLogger("door")


class Proxy:
    """Serves one client after the other; each tunnel leads to the same https server, which tells hosts apart."""

    def __init__(self, hosts: Collection[str], server_port: int, callers: Callers) -> None:
        """
        Args:
            hosts: the names that it knows.
            server_port: where the https server listens on 127.0.0.1.
            callers: learns who is behind each tunnel.
        """
        self._hosts = hosts
        self._server_port = server_port
        self._callers = callers

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serves one connection, as `asyncio.start_server` hands it over."""
        try:
            await self._serve(reader, writer)
        except (ConnectionError, TimeoutError):
            # Clients give up as they like.
            pass
        finally:
            writer.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connection = h11.Connection(h11.SERVER)
        try:
            request = await _request(connection, reader)
        except h11.RemoteProtocolError as error:
            return await _refuse(connection, writer, error.error_status_hint, f"this is no request: {error}")
        if request is None:
            return None
        who = await asyncio.to_thread(self._callers.identify, writer.get_extra_info("peername")[1])
        target = request.target.decode("ascii")
        reason = self._why_not(request.method.decode("ascii"), target)
        log.info("%s asks for %s: %s", who, target, reason or "let through")
        if reason:
            return await _refuse(connection, writer, 403, reason)
        upstream_reader, upstream = await asyncio.open_connection("127.0.0.1", self._server_port)
        port = upstream.get_extra_info("sockname")[1]
        with self._callers.behind(port, who), contextlib.closing(upstream):
            writer.write(connection.send(h11.Response(status_code=200, headers=[], reason=b"Connection established")))
            # What came with the request is the beginning of what goes through.
            upstream.write(connection.trailing_data[0])
            # TLS says goodbye within the tunnel, so either side's end is the end of both.
            both = [asyncio.create_task(_pass_on(*way)) for way in ((reader, upstream), (upstream_reader, writer))]
            try:
                await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
            finally:
                for way in both:
                    way.cancel()
                await asyncio.gather(*both, return_exceptions=True)

    def _why_not(self, method: str, target: str) -> str:
        """Why a request is refused; empty if it is not."""
        known = f"the sandbox's door knows {', '.join(sorted(self._hosts))}"
        if method != "CONNECT":
            return f"{method} {target} is refused: the sandbox's door takes https only, by CONNECT; {known}"
        host, _, port = target.rpartition(":")
        if port != str(HTTPS):
            return f"{target} is refused: the sandbox's door leads to port {HTTPS} only; {known}"
        return "" if host.lower() in self._hosts else f"{host} is not known here: {known}"


async def _request(connection: h11.Connection, reader: asyncio.StreamReader) -> h11.Request | None:
    """What the client asks for, or None if it goes without a word."""
    while True:
        event = connection.next_event()
        if isinstance(event, h11.Request):
            return event
        if event is not h11.NEED_DATA:
            return None
        connection.receive_data(await reader.read(65536))


async def _refuse(connection: h11.Connection, writer: asyncio.StreamWriter, status: int, reason: str) -> None:
    # Go's clients, Helm and the Kubernetes provider among them, show of a refused CONNECT the reason's line only.
    body = f"{reason}\n".encode()
    headers = [("Content-Type", "text/plain"), ("Content-Length", str(len(body))), ("Connection", "close")]
    writer.write(connection.send(h11.Response(status_code=status, headers=headers, reason=reason.encode())))
    writer.write(connection.send(h11.Data(data=body)))
    await writer.drain()


async def _pass_on(source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
    """Passes on what comes until it ends."""
    while data := await source.read(65536):
        target.write(data)
        await target.drain()
