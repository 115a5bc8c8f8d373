"""Serves the cloud on its two ports of 127.0.0.1: https for AWS, plain http for the sandbox's own parts.

AWS calls are answered on the plain port too, and are then what a policy on `aws:SecureTransport` says they are.
"""

import asyncio
import asyncio.constants
import logging
import signal
from typing import Any

# In the cloud's own environment:
from hypercorn.asyncio import serve  # pyright: ignore[reportMissingImports]
from hypercorn.config import Config  # pyright: ignore[reportMissingImports]

from sandbox import layout
from sandbox.aws import emulator
from sandbox.aws.eks.clusters import ControlPlane
from sandbox.tls import ServerCertificate

GRACE = 2.0
"""Seconds that open requests get when the cloud is stopped."""


def run(control_plane: ControlPlane) -> None:
    """Serves until SIGTERM or SIGINT; then all state is on disk.

    Args:
        control_plane: what runs the cluster's processes.

    Raises:
        FileNotFoundError: there is no sandbox.json, which says account and ports.
    """
    sandbox = layout.Sandbox.load()
    emulator.configure(sandbox.account_id, sandbox.ports["cloud"])
    # Only now: ministack reads its settings when it is imported, and this imports it.
    from sandbox.aws.app import Application

    emulator.core("hypercorn_compat").install()
    # AWS is https only, and policies may say so (`aws:SecureTransport`): a plain endpoint could not tell if they work.
    shown = ServerCertificate("cloud")
    shown.ensure()
    config = Config()
    config.bind = [f"127.0.0.1:{sandbox.ports['cloud_tls']}"]
    config.insecure_bind = [f"127.0.0.1:{sandbox.ports['cloud']}"]
    config.certfile, config.keyfile = str(shown.certificate), str(shown.key)
    config.alpn_protocols = ["http/1.1"]
    config.graceful_timeout = config.shutdown_timeout = GRACE
    config.keep_alive_timeout = 75
    application: Any = Application(sandbox.account_id, control_plane)
    asyncio.run(_serve(application, config))


async def _serve(application: Any, config: Config) -> None:
    # A client that keeps its connection open does not answer TLS's goodbye; the default waits half a minute for it.
    asyncio.constants.SSL_SHUTDOWN_TIMEOUT = GRACE
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopped.set)

    async def shutdown() -> None:
        await stopped.wait()
        # asyncio reports each connection that is cut off below as an error.
        logging.getLogger("asyncio").setLevel(logging.CRITICAL)

    await serve(application, config, shutdown_trigger=shutdown, mode="asgi")
