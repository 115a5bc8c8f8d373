"""Entry point: `python -m sandbox.door` serves proxy and https server until it is told to end."""

import asyncio
import logging

import uvicorn

from sandbox.door.callers import Callers
from sandbox.door.hosts import TABLE
from sandbox.door.proxy import Proxy
from sandbox.door.server import Hosts
from sandbox.layout import Sandbox
from sandbox.tls import ServerCertificate


async def main() -> None:
    """Serves on the sandbox's ports `door` and `door_tls`."""
    sandbox, callers = Sandbox.load(), Callers()
    shown = ServerCertificate("door", [*TABLE])
    shown.ensure()
    server = uvicorn.Server(
        uvicorn.Config(
            Hosts({host: answers(host) for host, answers in TABLE.items()}, callers),
            host="127.0.0.1",
            port=sandbox.ports["door_tls"],
            ssl_certfile=shown.certificate,
            ssl_keyfile=shown.key,
            log_level="warning",
            lifespan="off",
            server_header=False,
        )
    )
    proxy = Proxy(TABLE, sandbox.ports["door_tls"], callers)
    door = await asyncio.start_server(proxy.serve, "127.0.0.1", sandbox.ports["door"])
    try:
        await server.serve()
    finally:
        door.close()


if __name__ == "__main__":
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
    asyncio.run(main())
