"""What the controller asks of Kubernetes, with the platform's own rights."""

from dataclasses import dataclass
from typing import Any, Protocol

from sandbox.cluster.api_client import Api, Object, Refused
from sandbox.platform.controller import manifests
from sandbox.platform.store import Row


@dataclass(frozen=True)
class Seen:
    """A job's pods as they are."""

    ready: bool = False
    """JobManager and all TaskManagers."""
    failure: str | None = None
    """Why a pod will never be; the API server's or the controller's own message."""


class Cluster(Protocol):
    """Where Flink clusters run."""

    async def start(self, job: Row, namespace: str) -> None:
        """Makes the objects of a job that are not there.

        Raises:
            Refused: the API server refuses one.
        """
        ...

    async def look(self, job: Row, namespace: str) -> Seen:
        """How a job's pods are."""
        ...

    async def stop(self, job: Row, namespace: str) -> bool:
        """Removes a job's objects.

        Returns:
            Whether all pods are gone.
        """
        ...


class Kubernetes:
    """The real API server."""

    def __init__(self, api: Api) -> None:
        """Uses a connection as the platform's service account."""
        self._api = api

    async def start(self, job: Row, namespace: str) -> None:
        """See Cluster."""
        for path, body in (
            (_services(namespace), manifests.service(job)),
            (_jobs(namespace), manifests.job_manager(job)),
            (_deployments(namespace), manifests.task_managers(job)),
        ):
            try:
                await self._api.create(path, body)
            except Refused as refused:
                if refused.status != 409:
                    raise

    async def look(self, job: Row, namespace: str) -> Seen:
        """See Cluster."""
        job_manager = await self._api.get(f"{_jobs(namespace)}/{manifests.name(job, 'jobmanager')}")
        workers = await self._api.get(f"{_deployments(namespace)}/{manifests.name(job, 'taskmanager')}")
        if not job_manager or not workers:
            # Somebody has removed them: the job's cluster is made again.
            await self.start(job, namespace)
            return Seen()
        for condition in workers["status"].get("conditions", ()):
            if condition["type"] == "ReplicaFailure" and condition["status"] == "True":
                return Seen(failure=condition["message"])
        for condition in job_manager["status"].get("conditions", ()):
            if condition["type"] == "Failed" and condition["status"] == "True":
                return Seen(failure=condition.get("message") or condition.get("reason"))
        if job_manager["status"].get("active", 0) == 0:
            return Seen(failure=await self._refusal(job, namespace))
        pods = await self._api.list(_pods(namespace), labelSelector=manifests.selector(job))
        ready = {kind: sum(_ready(pod, kind) for pod in pods) for kind in ("jobmanager", "taskmanager")}
        wanted = job.body["spec"]["numberOfTaskManagers"]
        return Seen(ready=ready["jobmanager"] >= 1 and ready["taskmanager"] >= wanted)

    async def stop(self, job: Row, namespace: str) -> bool:
        """See Cluster."""
        for path, name in (
            (_deployments(namespace), manifests.name(job, "taskmanager")),
            (_jobs(namespace), manifests.name(job, "jobmanager")),
            (_services(namespace), manifests.name(job, "jobmanager")),
        ):
            # A Job's pods stay by default.
            await self._api.delete(f"{path}/{name}", propagation="Background")
        return not await self._api.list(_pods(namespace), labelSelector=manifests.selector(job))

    async def _refusal(self, job: Row, namespace: str) -> str | None:
        """Why the Job's controller makes no pod.

        A Job says it only in an event, which the platform may not read; so the pod is tried with a dry run.
        """
        template: Any = manifests.pod(job, "jobmanager")
        template["metadata"]["generateName"] = f"{manifests.name(job, 'jobmanager')}-"
        pod: Object = {"apiVersion": "v1", "kind": "Pod", **template}
        try:
            await self._api.create(f"{_pods(namespace)}?dryRun=All", pod)
        except Refused as refused:
            return str(refused)
        return None


def _ready(pod: Object, component: str) -> bool:
    return pod["metadata"]["labels"].get("component") == component and any(
        condition["type"] == "Ready" and condition["status"] == "True"
        for condition in pod["status"].get("conditions", ())
    )


def _services(namespace: str) -> str:
    return f"/api/v1/namespaces/{namespace}/services"


def _pods(namespace: str) -> str:
    return f"/api/v1/namespaces/{namespace}/pods"


def _jobs(namespace: str) -> str:
    return f"/apis/batch/v1/namespaces/{namespace}/jobs"


def _deployments(namespace: str) -> str:
    return f"/apis/apps/v1/namespaces/{namespace}/deployments"
