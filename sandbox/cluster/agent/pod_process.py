"""One process of this machine that plays a pod's containers: started, watched and ended as a kubelet would.

It gets the pod's own arguments and environment, and a token of the pod's own service account.
"""

import asyncio
import logging
import time
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import psutil

from sandbox import layout
from sandbox.cluster.agent import images
from sandbox.cluster.api_client import Api, Object

PODS = "/api/v1/pods"

TOKEN_SECONDS = 3600
TOKEN_RENEWAL = 0.8
"""A kubelet renews a token after this part of its life."""

STOP_SECONDS = 10.0
"""How long a process may take to end."""

LONGEST_BACKOFF = 10.0
"""Seconds between two starts of a process that keeps ending; a kubelet's grow to five minutes."""

log = logging.getLogger(__name__)


class UnsupportedError(Exception):
    """The pod cannot start, or asks for what the sandbox cannot give; `reason` is the one a kubelet reports."""

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason


@dataclass(frozen=True)
class Launch:
    """How to start the process for one pod."""

    namespace: str
    pod: str
    uid: str
    node: str
    account: str
    argv: tuple[str, ...]
    environment: tuple[tuple[str, str], ...]
    probe: str
    """URL that answers with success when the pod is ready."""
    files: tuple[tuple[str, str], ...] = ()
    """What the process reads: names in its folder, and contents."""
    own_variables: frozenset[str] = field(default=frozenset(), compare=False)
    """Variables in which two replicas of one template differ."""

    def same_as(self, other: "Launch") -> bool:
        """Whether two pods are replicas of one template: all is the same but who they are."""
        return self._template() == other._template()

    def _template(self) -> tuple[object, ...]:
        shared = {name: value for name, value in self.environment if name not in self.own_variables}
        return self.namespace, self.account, self.argv, shared, self.files


class PodProcess:
    """Runs one process while the cluster has pods for it; several replicas share it."""

    def __init__(self, api: Api, name: str, folder: Path) -> None:
        """Runs nothing yet.

        Args:
            api: the agent's connection.
            name: for the logs.
            folder: of the process; its command line names a file in it.
        """
        self._api = api
        self._name = name
        self._folder = folder
        self._process: asyncio.subprocess.Process | None = None
        self._launch: Launch | None = None
        self._started = 0.0
        self._token_due = 0.0
        self._restarts = 0
        # A kubelet's probe does not check the certificate either.
        self._probe = httpx.AsyncClient(verify=False, timeout=2, trust_env=False)

    def plays(self, pod: Object) -> bool:
        """Whether the process is for this pod."""
        raise NotImplementedError

    async def launch(self, pod: Object) -> Launch:
        """How to start the process for a pod.

        Raises:
            UnsupportedError: it cannot be started.
        """
        raise NotImplementedError

    async def is_ready(self, wanted: Launch) -> bool:
        """Asks the process, as the pod's readiness probe does."""
        try:
            return (await self._probe.get(wanted.probe)).is_success
        except httpx.TransportError:
            return False

    async def clean_up(self, pod: Object) -> None:
        """Does what is left when a pod ends and no other is there."""

    async def reconcile(self) -> None:
        """Starts, restarts or ends the process, and reports to the pods."""
        pods = [pod for pod in await self._api.list(PODS) if self.plays(pod) and images.placed(pod)]
        ending = [pod for pod in pods if images.ending(pod)]
        live = [pod for pod in pods if not images.ending(pod) and pod["status"]["phase"] in ("Pending", "Running")]
        serving = await self._launches(live)
        wanted = self._choose(serving)
        if self._process and self._launch != wanted:
            await self.end()
        if not wanted:
            for pod in ending:
                await self.clean_up(pod)
        for pod in ending:
            await self._api.delete(images.path(pod), grace_period=0)
        if wanted:
            if not self._process:
                # More than none where an agent before this one ran it.
                self._restarts = next(images.starts(pod) for pod, candidate in serving if candidate == wanted)
            await self._keep_running(wanted)
            ready = self._runs() and await self.is_ready(wanted)
            for pod, candidate in serving:
                restarts = self._restarts if candidate == wanted else 0
                await images.running(self._api, pod, ready=ready, restarts=restarts)

    async def end(self) -> None:
        """Ends the process, if there is one, and waits until it is gone."""
        process, self._process, self._launch = self._process, None, None
        if process and process.returncode is None:
            process.terminate()
            try:
                await asyncio.wait_for(process.wait(), STOP_SECONDS)
            except TimeoutError:
                process.kill()
                await process.wait()
            log.info("%s has ended", self._name)

    def end_orphans(self) -> None:
        """Ends processes that an agent which crashed has left; they hold the port.

        Raises:
            OSError: one does not end.
        """
        mark = f"{self._folder}/"
        orphans = [
            process
            for process in psutil.process_iter(["cmdline"])
            if any(mark in word for word in process.info["cmdline"] or ()) and self.recognizes(process.info["cmdline"])
        ]
        for orphan in orphans:
            orphan.kill()
        _, alive = psutil.wait_procs(orphans, timeout=5)
        if alive:
            raise OSError(f"{self._name} of an earlier agent does not end: process {alive[0].pid}")

    def recognizes(self, argv: list[str]) -> bool:
        """Whether a command line is of this kind of process."""
        raise NotImplementedError

    async def _launches(self, pods: list[Object]) -> list[tuple[Object, Launch]]:
        launches: list[tuple[Object, Launch]] = []
        for pod in sorted(pods, key=lambda pod: (pod["metadata"]["creationTimestamp"], pod["metadata"]["name"])):
            try:
                launches.append((pod, await self.launch(pod)))
            except UnsupportedError as error:
                await images.waiting(self._api, pod, error.reason, str(error))
        return launches

    def _choose(self, serving: list[tuple[Object, Launch]]) -> Launch | None:
        """The newest pod's; but the one that runs may stay, if its pod is there and the newest asks for the same."""
        if not serving:
            return None
        newest = serving[-1][1]
        current = self._launch
        if current and current.same_as(newest) and any(candidate == current for _, candidate in serving):
            return current
        return newest

    def _runs(self) -> bool:
        return bool(self._process) and self._process.returncode is None

    async def _keep_running(self, wanted: Launch) -> None:
        now = time.monotonic()
        if self._runs():
            if now >= self._token_due:
                await self._renew_token(wanted)
            return
        if self._process:
            backoff = min(2.0**self._restarts - 1, LONGEST_BACKOFF)
            if now < self._started + backoff:
                return
            self._restarts += 1
            log.warning("%s has ended with %s, it is started again", self._name, self._process.returncode)
        self.end_orphans()
        self._folder.mkdir(parents=True, exist_ok=True)
        await self._renew_token(wanted)
        for name, content in wanted.files:
            layout.write_atomically(self._folder / name, content, mode=0o600)
        with self._log_file().open("ab") as output:
            self._process = await asyncio.create_subprocess_exec(
                *wanted.argv,
                env=dict(wanted.environment),
                cwd=self._folder,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=output,
                stderr=output,
            )
        self._launch = wanted
        self._started = now
        log.info("%s runs for pod %s/%s", self._name, wanted.namespace, wanted.pod)

    async def _renew_token(self, wanted: Launch) -> None:
        pod: Object = {
            "metadata": {"namespace": wanted.namespace, "name": wanted.pod, "uid": wanted.uid},
            "spec": {"serviceAccountName": wanted.account, "nodeName": wanted.node},
        }
        token = await self._api.token(pod, seconds=TOKEN_SECONDS)
        layout.write_atomically(self._folder / "token", token, mode=0o600)
        self._token_due = time.monotonic() + TOKEN_SECONDS * TOKEN_RENEWAL

    def _log_file(self) -> Path:
        file = layout.logs() / f"{self._name}.log"
        file.parent.mkdir(parents=True, exist_ok=True)
        if file.exists() and file.stat().st_size > 5 * 1024 * 1024:
            file.replace(file.with_suffix(".log.1"))
        return file
