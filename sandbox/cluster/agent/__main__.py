"""Runs all loops until supervisord ends the process: `python -m sandbox.cluster.agent`."""

import asyncio
import logging
import signal

from sandbox.cluster.agent.access import Access
from sandbox.cluster.agent.cloud import Cloud
from sandbox.cluster.agent.kyverno import Kyverno
from sandbox.cluster.agent.kyverno_hooks import Hooks
from sandbox.cluster.agent.loop import run
from sandbox.cluster.agent.nodes import NODES, Nodes
from sandbox.cluster.agent.platform import Platform
from sandbox.cluster.agent.pod_process import PODS
from sandbox.cluster.agent.volumes import CLAIMS, STORAGE_CLASSES, VOLUMES, Volumes
from sandbox.cluster.api_client import Api

NAMESPACES = "/api/v1/namespaces"


async def main() -> None:
    """Runs the loops, and ends the processes that play pods with them."""
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    async with Api() as api:
        cloud = Cloud()
        admission, platform = Kyverno(api), Platform(api)
        for played in (admission, platform):
            played.end_orphans()
        loops = [
            run(api, "access", Access(api, cloud).reconcile, watches=(NAMESPACES,), period=2),
            run(api, "nodes", Nodes(api, cloud).reconcile, watches=(NODES,), period=1),
            run(api, "volumes", Volumes(api, cloud).reconcile, watches=(CLAIMS, STORAGE_CLASSES, VOLUMES), period=2),
            run(api, "kyverno", admission.reconcile, watches=(PODS,), period=1),
            run(api, "platform", platform.reconcile, watches=(PODS,), period=1),
            run(api, "hooks", Hooks(api).reconcile, watches=(PODS,), period=5),
        ]
        tasks = [asyncio.create_task(loop) for loop in loops]
        stopped = asyncio.create_task(stop.wait())
        # A loop never returns; if one fails by a fault of its own, so does the agent, and supervisord starts it again.
        done, pending = await asyncio.wait([*tasks, stopped], return_when=asyncio.FIRST_COMPLETED)
        for task in pending:
            task.cancel()
        if pending:
            await asyncio.wait(pending)
        await admission.end()
        await platform.end()
        for task in done:
            task.result()


if __name__ == "__main__":
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(name)s %(levelname)s %(message)s")
    logging.getLogger("httpx").setLevel(logging.WARNING)
    asyncio.run(main())
