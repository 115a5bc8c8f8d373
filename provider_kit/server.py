"""The process of a provider: how it starts to serve, and how it ends."""

from __future__ import annotations

import asyncio
import atexit
import logging
import os
import signal
import sys
from typing import Any, NoReturn

import grpc.aio
from pulumi.provider import Provider as ComponentProvider
from pulumi.provider.server import ProviderServicer as ComponentServicer
from pulumi.runtime._grpc_settings import _GRPC_CHANNEL_OPTIONS  # pyright: ignore[reportPrivateUsage]
from pulumi.runtime.proto import provider_pb2, provider_pb2_grpc

from provider_kit.handlers import Plugin
from provider_kit.servicer import Servicer
from provider_kit.values import Redactor


def serve(plugin: Plugin, version: str, args: list[str] | None = None) -> NoReturn:
    """Run the plugin until the engine ends it: prints the port, as the engine's plugin protocol wants, then serves.

    Args:
        plugin: the provider.
        version: of the provider.
        args: the command line after the program's name; the first is the engine's address.
    """
    arguments = sys.argv[1:] if args is None else args
    redactor = Redactor()
    handler = logging.StreamHandler(sys.stderr)
    handler.addFilter(redactor)
    logging.basicConfig(level=logging.WARNING, handlers=[handler], format="%(message)s")
    _serve(Servicer(arguments, version, plugin, _engine(arguments), redactor))


def serve_components(provider: ComponentProvider, args: list[str] | None = None) -> NoReturn:
    """The same for a provider of components only, which `pulumi.provider.main` would leave lingering at its end.

    Args:
        provider: with its version; only `construct` and `call` are asked for.
        args: as for `serve`.
    """
    arguments = sys.argv[1:] if args is None else args
    _serve(_Components(provider, arguments, _engine(arguments)))


class _Components(ComponentServicer):
    """The SDK's own, with an answer to the first call of the engine."""

    async def Handshake(self, request: Any, context: Any) -> provider_pb2.ProviderHandshakeResponse:
        # As its Configure says.
        return provider_pb2.ProviderHandshakeResponse(accept_secrets=True, accept_resources=True, accept_outputs=True)


def _engine(arguments: list[str]) -> str:
    return next((argument for argument in arguments if not argument.startswith("-")), "")


def _serve(servicer: provider_pb2_grpc.ResourceProviderServicer) -> NoReturn:
    async def run() -> NoReturn:
        server = grpc.aio.server(options=_GRPC_CHANNEL_OPTIONS)
        provider_pb2_grpc.add_ResourceProviderServicer_to_server(servicer, server)
        port = server.add_insecure_port("127.0.0.1:0")
        ended = asyncio.Event()
        for number in (signal.SIGINT, signal.SIGTERM):
            asyncio.get_running_loop().add_signal_handler(number, ended.set)
        await server.start()
        print(port, flush=True)
        await ended.wait()
        _leave()

    asyncio.run(run())
    raise AssertionError("the process has ended before")


def _leave() -> NoReturn:
    """End the process at once, whatever its handlers are doing.

    When a run is over, the engine interrupts its plugins one after the other, and has five seconds in all to hear that
    each takes its Cancel. Whoever lingers spends the time of those behind it, and the engine then reports them as
    crashed ("exited prematurely") and the run as failed. The interpreter's own end takes up to a second to take all
    modules apart, and waits without limit for handlers whose answer nobody hears: the connection is closed by now.
    """
    # What was registered to run at the end still runs: it removes temporary files with credentials.
    atexit._run_exitfuncs()  # pyright: ignore[reportPrivateUsage]
    os._exit(0)
