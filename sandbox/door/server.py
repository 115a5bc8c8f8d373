"""The https server behind the proxy: one certificate with all names, one application for each."""

import logging
from collections.abc import Mapping

from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from sandbox.door.callers import Callers

MISDIRECTED = 421

log = logging.getLogger("door")


class Hosts:
    """Hands a request to the application of the host that it is for, and logs who asked for what."""

    def __init__(self, applications: Mapping[str, ASGIApp], callers: Callers) -> None:
        """
        Args:
            applications: by host.
            callers: knows who is behind the proxy.
        """
        self._applications = applications
        self._callers = callers

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serves one request; ASGI's other kinds of scope are switched off (`__main__`)."""
        host = dict(scope["headers"]).get(b"host", b"").decode("latin-1").partition(":")[0].lower()

        async def logged(message: Message) -> None:
            if message["type"] == "http.response.start":
                who, what = self._callers.of(scope["client"][1]), f"{scope['method']} https://{host}{scope['path']}"
                log.info("%s: %s: %d", who, what, message["status"])
            await send(message)

        await self._applications.get(host, _misdirected(host))(scope, receive, logged)


def _misdirected(host: str) -> ASGIApp:
    return PlainTextResponse(f"{host} is not known here\n", status_code=MISDIRECTED)
