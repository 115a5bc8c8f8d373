"""How every loop runs: bring things in order, sleep until something changes or a while has passed, begin again."""

import asyncio
import logging
from collections.abc import Awaitable, Callable

import httpx

from sandbox.cluster.api_client import Api, Refused

log = logging.getLogger(__name__)


async def run(
    api: Api, name: str, reconcile: Callable[[], Awaitable[None]], *, watches: tuple[str, ...] = (), period: float
) -> None:
    """Calls `reconcile` for ever: at the start, after each change in a watched collection, and every `period`.

    An unreachable or refusing server ends a pass, not the loop; the next pass starts from what there then is.

    Args:
        api: where to watch.
        name: for the log.
        reconcile: reads what should be and what is, and changes what differs. It may be interrupted at any point.
        watches: paths of collections.
        period: seconds.
    """
    wake = asyncio.Event()
    async with asyncio.TaskGroup() as group:
        for path in watches:
            group.create_task(_ring(api, path, wake), name=f"{name} watches {path}")
        while True:
            wake.clear()
            try:
                await reconcile()
            except (httpx.TransportError, Refused, OSError) as error:
                log.warning("%s: %s", name, str(error) or type(error).__name__)
            try:
                await asyncio.wait_for(wake.wait(), period)
            except TimeoutError:
                continue


async def _ring(api: Api, path: str, wake: asyncio.Event) -> None:
    async for _ in api.changes(path):
        wake.set()
