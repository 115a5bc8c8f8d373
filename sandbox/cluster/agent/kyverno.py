"""Kyverno's admission controller: the real one, outside the cluster, in place of the container of its pod.

It gets the pod's own arguments, environment and service account. What differs is where it listens and what it cannot
have on one machine, see `kyverno_pod.overrides`.
"""

import asyncio
import json
import logging
import time
from pathlib import Path

import httpx
import psutil

from sandbox import layout
from sandbox.cluster import files
from sandbox.cluster.agent import images
from sandbox.cluster.agent.api import Api, Object
from sandbox.cluster.agent.kyverno_pod import Launch, UnsupportedError, launch

PODS = "/api/v1/pods"
WEBHOOKS = "/apis/admissionregistration.k8s.io/v1"
MANAGED = "webhook.kyverno.io/managed-by=kyverno"
LEASES = ("kyvernopre-lock", "kyverno-health")

TOKEN_SECONDS = 3600
TOKEN_RENEWAL = 0.8
"""A kubelet renews a token after this part of its life."""

STOP_SECONDS = 10.0
"""How long the process may take to end."""

LONGEST_BACKOFF = 10.0
"""Seconds between two starts of a process that keeps ending; a kubelet's grow to five minutes."""

log = logging.getLogger(__name__)


class Kyverno:
    """Runs one Kyverno process while the cluster has pods for it.

    Several replicas share the process: in the cluster, too, only one at a time does more than answer webhooks.
    """

    def __init__(self, api: Api) -> None:
        self._api = api
        self._port = layout.Sandbox.load().ports["kyverno"]
        # A kubelet's probe does not check the certificate either.
        self._probe = httpx.AsyncClient(verify=False, timeout=2, trust_env=False)
        self._process: asyncio.subprocess.Process | None = None
        self._launch: Launch | None = None
        self._started = 0.0
        self._token_due = 0.0
        self._restarts = 0

    async def reconcile(self) -> None:
        """Starts, restarts or ends the process, and reports to the pods."""
        pods = [pod for pod in await self._api.list(PODS) if images.container(pod, "kyverno") and images.placed(pod)]
        ending = [pod for pod in pods if images.ending(pod)]
        live = [pod for pod in pods if not images.ending(pod) and pod["status"]["phase"] in ("Pending", "Running")]
        serving = await self._launches(live)
        wanted = self._choose(serving)
        if self._process and self._launch != wanted:
            await self.end()
        if not wanted:
            for pod in ending:
                await self._clean_up(pod)
        for pod in ending:
            await self._api.delete(images.path(pod), grace_period=0)
        if wanted:
            if not self._process:
                # More than none where an agent before this one ran it.
                self._restarts = next(images.starts(pod) for pod, candidate in serving if candidate == wanted)
            await self._keep_running(wanted)
            ready = await self._is_ready(wanted)
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
            log.info("kyverno has ended")

    async def _launches(self, pods: list[Object]) -> list[tuple[Object, Launch]]:
        launches: list[tuple[Object, Launch]] = []
        for pod in sorted(pods, key=lambda pod: (pod["metadata"]["creationTimestamp"], pod["metadata"]["name"])):
            try:
                launches.append((pod, launch(pod)))
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

    async def _keep_running(self, wanted: Launch) -> None:
        now = time.monotonic()
        if self._process and self._process.returncode is None:
            if now >= self._token_due:
                await self._renew_token(wanted)
            return
        if self._process:
            backoff = min(2.0**self._restarts - 1, LONGEST_BACKOFF)
            if now < self._started + backoff:
                return
            self._restarts += 1
            log.warning("kyverno has ended with %s, it is started again", self._process.returncode)
        end_orphans()
        await self._renew_token(wanted)
        _write_kubeconfig(self._api.server)
        files.kyverno().joinpath("sigstore").mkdir(exist_ok=True)
        with _log_file().open("ab") as output:
            self._process = await asyncio.create_subprocess_exec(
                *wanted.argv,
                env=dict(wanted.environment),
                cwd=files.kyverno(),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=output,
                stderr=output,
            )
        self._launch = wanted
        self._started = now
        log.info("kyverno runs for pod %s/%s", wanted.namespace, wanted.pod)

    async def _renew_token(self, wanted: Launch) -> None:
        pod: Object = {"metadata": {"name": wanted.pod, "uid": wanted.uid}}
        token = await self._api.token(wanted.namespace, wanted.account, seconds=TOKEN_SECONDS, pod=pod)
        layout.write_atomically(files.kyverno() / "token", token, mode=0o600)
        self._token_due = time.monotonic() + TOKEN_SECONDS * TOKEN_RENEWAL

    async def _is_ready(self, wanted: Launch) -> bool:
        if not self._process or self._process.returncode is not None:
            return False
        try:
            answer = await self._probe.get(f"https://127.0.0.1:{self._port}{wanted.readiness_path}")
        except httpx.TransportError:
            return False
        return answer.is_success

    async def _clean_up(self, pod: Object) -> None:
        """Removes the webhooks when the deployment goes, as Kyverno does by itself without `--serverIP`."""
        namespace = pod["metadata"]["namespace"]
        name = _deployment(pod)
        deployment = await self._api.get(f"/apis/apps/v1/namespaces/{namespace}/deployments/{name}")
        if deployment and "deletionTimestamp" not in deployment["metadata"] and deployment["spec"].get("replicas") != 0:
            return
        for kind in ("validatingwebhookconfigurations", "mutatingwebhookconfigurations"):
            await self._api.delete(f"{WEBHOOKS}/{kind}", labelSelector=MANAGED)
        for lease in LEASES:
            await self._api.delete(f"/apis/coordination.k8s.io/v1/namespaces/{namespace}/leases/{lease}")
        log.info("kyverno's webhooks are removed")


def end_orphans() -> None:
    """Ends Kyverno processes that an agent which crashed has left; they hold the port.

    Raises:
        OSError: one does not end.
    """
    kubeconfig = str(_kubeconfig())
    orphans = [
        process
        for process in psutil.process_iter(["cmdline"])
        if any(kubeconfig in word for word in process.info["cmdline"] or ())
        and "kyverno" in Path(process.info["cmdline"][0]).name
    ]
    for orphan in orphans:
        orphan.kill()
    _, alive = psutil.wait_procs(orphans, timeout=5)
    if alive:
        raise OSError(f"kyverno of an earlier agent does not end: process {alive[0].pid}")


def _deployment(pod: Object) -> str:
    container = images.container(pod, "kyverno") or {}
    values = {variable["name"]: variable.get("value") for variable in container.get("env", ())}
    return values.get("KYVERNO_DEPLOYMENT") or "kyverno-admission-controller"


def _kubeconfig() -> Path:
    return files.kyverno() / "kubeconfig"


def _write_kubeconfig(server: str) -> None:
    content = {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [
            {"name": "sandbox", "cluster": {"server": server, "certificate-authority": str(files.ca_certificate())}}
        ],
        "users": [{"name": "kyverno", "user": {"tokenFile": str(files.kyverno() / "token")}}],
        "contexts": [{"name": "kyverno", "context": {"cluster": "sandbox", "user": "kyverno"}}],
        "current-context": "kyverno",
    }
    layout.write_atomically(_kubeconfig(), json.dumps(content, indent=2) + "\n", mode=0o600)


def _log_file() -> Path:
    file = layout.logs() / "kyverno.log"
    file.parent.mkdir(parents=True, exist_ok=True)
    if file.exists() and file.stat().st_size > 5 * 1024 * 1024:
        file.replace(file.with_suffix(".log.1"))
    return file
