"""What every provider imports: the handlers' interface, values, diffs, and `serve`.

A provider subclasses `Plugin`, answers `resource(type)` with a `ResourceHandler`, and ends in `serve(plugin, version)`.
Handlers work on plain Python and may block: each call runs in a thread. What goes over the wire is in `servicer`.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import sys

import grpc.aio
from pulumi.runtime._grpc_settings import _GRPC_CHANNEL_OPTIONS  # pyright: ignore[reportPrivateUsage]
from pulumi.runtime.proto import provider_pb2_grpc

from provider_kit.diffs import Change, Diff, compare, top_level
from provider_kit.handlers import (
    CheckFailed,
    Created,
    Found,
    InitFailed,
    Operation,
    Plugin,
    PluginError,
    ResourceHandler,
    autoname,
    preview_outputs,
)
from provider_kit.servicer import Servicer
from provider_kit.values import (
    UNKNOWN,
    Path,
    Properties,
    Redactor,
    Unknown,
    UnsupportedValue,
    decode,
    encode,
    format_path,
    has_unknown,
    lookup,
)

__all__ = [
    "UNKNOWN",
    "Change",
    "CheckFailed",
    "Created",
    "Diff",
    "Found",
    "InitFailed",
    "Operation",
    "Path",
    "Plugin",
    "PluginError",
    "Properties",
    "ResourceHandler",
    "Unknown",
    "UnsupportedValue",
    "autoname",
    "compare",
    "decode",
    "encode",
    "format_path",
    "has_unknown",
    "lookup",
    "preview_outputs",
    "serve",
    "top_level",
]


def serve(plugin: Plugin, version: str, args: list[str] | None = None) -> None:
    """Run the plugin until the engine ends it: prints the port, as the engine's plugin protocol wants, then serves.

    Args:
        plugin: the provider.
        version: of the provider.
        args: the command line after the program's name; the first is the engine's address.
    """
    arguments = sys.argv[1:] if args is None else args
    engine = next((argument for argument in arguments if not argument.startswith("-")), "")
    redactor = Redactor()
    handler = logging.StreamHandler(sys.stderr)
    handler.addFilter(redactor)
    logging.basicConfig(level=logging.WARNING, handlers=[handler], format="%(message)s")

    async def run() -> None:
        server = grpc.aio.server(options=_GRPC_CHANNEL_OPTIONS)
        servicer = Servicer(arguments, version, plugin, engine, redactor)
        provider_pb2_grpc.add_ResourceProviderServicer_to_server(servicer, server)
        port = server.add_insecure_port("127.0.0.1:0")
        await server.start()
        print(port, flush=True)
        await server.wait_for_termination()

    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(run())
