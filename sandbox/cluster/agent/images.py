"""Which pods the agent plays, and what their container runtime says about them.

kwok leaves these pods to the agent: `stages/pod.yaml` has the same pattern.
"""

import re
from typing import Literal

from sandbox.cluster.api_client import Api, Object, now

PATTERN = re.compile(r"(?:^|/)(?:kyverno/(kyverno|readiness-checker)|(vvp-(?:appmanager|gateway|ui)))[:@]")

Name = Literal["kyverno", "readiness-checker", "vvp-appmanager", "vvp-gateway", "vvp-ui"]


def container(pod: Object, name: Name) -> Object | None:
    """The container of a pod that has one of the images, or None."""
    for candidate in pod["spec"]["containers"]:
        found = PATTERN.search(candidate["image"])
        if found and name in found.groups():
            return candidate
    return None


def path(pod: Object) -> str:
    """Where the pod is in the API."""
    return f"/api/v1/namespaces/{pod['metadata']['namespace']}/pods/{pod['metadata']['name']}"


def placed(pod: Object) -> bool:
    """Whether a node has the pod: it is scheduled, and kwok has given it an address."""
    return bool(pod["status"].get("podIP"))


def ending(pod: Object) -> bool:
    """Whether the pod is being deleted."""
    return "deletionTimestamp" in pod["metadata"]


def is_ready(pod: Object) -> bool:
    """Whether the pod's condition Ready is true."""
    conditions = pod["status"].get("conditions", [])
    return any(condition["type"] == "Ready" and condition["status"] == "True" for condition in conditions)


def starts(pod: Object) -> int:
    """How often the pod's containers have been started so far, as its status says."""
    counts = [
        status["restartCount"] + 1 for status in pod["status"].get("containerStatuses", ()) if status.get("started")
    ]
    return max(counts, default=0)


async def running(api: Api, pod: Object, *, ready: bool, restarts: int) -> None:
    """Reports that a pod's containers run.

    Args:
        api: the agent's connection.
        pod: as it was read.
        ready: what its readiness probe says.
        restarts: how often its process was started again.
    """
    statuses = pod["status"].get("containerStatuses", [])
    known = [(status.get("ready"), status["restartCount"], "running" in status["state"]) for status in statuses]
    if known and all(status == (ready, restarts, True) for status in known) and is_ready(pod) == ready:
        return
    time = now()
    containers = [
        {
            "name": status["name"],
            "ready": ready,
            "started": True,
            "restartCount": restarts,
            "state": {"running": status["state"].get("running") or {"startedAt": time}, "waiting": None},
        }
        for status in statuses
    ]
    await _report(api, pod, "Running", containers, ready=ready, reason="ContainersNotReady")


async def waiting(api: Api, pod: Object, reason: str, message: str) -> None:
    """Reports that a pod's containers cannot start.

    Args:
        api: the agent's connection.
        pod: as it was read.
        reason: like `ErrImagePull`.
        message: what `kubectl describe pod` shows.
    """
    state = {"waiting": {"reason": reason, "message": message}}
    statuses = pod["status"].get("containerStatuses", [])
    if all(status["state"] == state for status in statuses):
        return
    containers = [{"name": status["name"], "ready": False, "started": False, "state": state} for status in statuses]
    await _report(api, pod, "Pending", containers, ready=False, reason="ContainersNotReady")


async def ended(api: Api, pod: Object, *, exit_code: int, message: str) -> None:
    """Reports that a pod's containers have ended for good.

    Args:
        api: the agent's connection.
        pod: as it was read.
        exit_code: of the process.
        message: its last words.
    """
    time = now()
    reason = "Error" if exit_code else "Completed"
    state = {"exitCode": exit_code, "reason": reason, "message": message, "startedAt": time, "finishedAt": time}
    containers = [
        {
            "name": status["name"],
            "ready": False,
            "started": False,
            "state": {"terminated": state, "waiting": None, "running": None},
        }
        for status in pod["status"].get("containerStatuses", [])
    ]
    phase, why = ("Failed", "PodFailed") if exit_code else ("Succeeded", "PodCompleted")
    await _report(api, pod, phase, containers, ready=False, reason=why)


async def _report(api: Api, pod: Object, phase: str, containers: list[Object], *, ready: bool, reason: str) -> None:
    conditions: list[Object] = []
    for kind in ("ContainersReady", "Ready"):
        condition: Object = {"type": kind, "status": "True" if ready else "False", "lastTransitionTime": now()}
        conditions.append(condition | {"reason": None if ready else reason})
    body = {"status": {"phase": phase, "conditions": conditions, "containerStatuses": containers}}
    await api.patch(f"{path(pod)}/status", body)
