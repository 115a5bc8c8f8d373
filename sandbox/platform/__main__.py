"""Serves the platform: `python -m sandbox.platform LAUNCH`.

LAUNCH is a JSON file that the agent writes from the platform's pod: port, database, Kubernetes namespace, the file with
the token of the pod's service account, the ConfigMap's content. The pod's environment is this process' own.
"""

import asyncio
import json
import logging
import os
import sys
from pathlib import Path

import uvicorn

from sandbox.cluster.api_client import Api
from sandbox.platform.app import application
from sandbox.platform.calls import Platform
from sandbox.platform.controller.cluster import Cluster, Kubernetes
from sandbox.platform.controller.loop import Controller
from sandbox.platform.handlers.namespaces import prepare
from sandbox.platform.settings import Settings
from sandbox.platform.store import Store


async def serve(launch: dict[str, str | int], cluster: Cluster) -> None:
    """Serves until the process is told to end.

    Args:
        launch: what the agent wrote.
        cluster: where jobs run.
    """
    settings = Settings.read(str(launch["configuration"]), os.environ, str(launch["namespace"]))
    store = Store(Path(str(launch["database"])))
    prepare(store)
    platform = Platform(settings, store)
    controller = Controller(platform, cluster)
    server = uvicorn.Server(
        uvicorn.Config(
            application(platform, controller.run),
            host="127.0.0.1",
            port=int(launch["port"]),
            log_level="warning",
            lifespan="on",
            server_header=False,
        )
    )
    await server.serve()
    store.close()


async def main(launch: dict[str, str | int]) -> None:
    """Serves with the real API server below."""
    async with Api(Path(str(launch["token_file"]))) as api:
        await serve(launch, Kubernetes(api))


if __name__ == "__main__":
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(name)s %(levelname)s %(message)s")
    logging.getLogger("httpx").setLevel(logging.WARNING)
    logging.getLogger("sqlfluff").setLevel(logging.ERROR)
    asyncio.run(main(json.loads(Path(sys.argv[1]).read_text())))
