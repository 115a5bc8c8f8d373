"""Writes what the controller does where clients can read it."""

import re

from sandbox.platform.errors import now
from sandbox.platform.names import new_id
from sandbox.platform.store import Row, Store


def event(store: Store, deployment: Row, name: str, message: str, job: Row | None = None) -> None:
    """Adds an event.

    Args:
        store: the database, in a transaction.
        deployment: that it is about.
        name: of the kinds that `EventMetadata` lists.
        message: for people.
        job: that it is about, if it is about one.
    """
    metadata = {"name": name, "deploymentId": deployment.id, "resourceName": deployment.name}
    if job:
        metadata["jobId"] = job.id
    body = {"metadata": metadata, "spec": {"message": message}}
    store.insert(Row("Event", deployment.namespace, new_id(), body))


def show(store: Store, deployment: Row, state: str, *, ready: bool = True) -> None:
    """Sets the state that clients see, if it is another one than before."""
    job = deployment.hidden.get("jobId")
    status: dict[str, object] = {"state": state}
    if state == "RUNNING":
        before = deployment.body["status"].get("running") or {}
        same = before.get("jobId") == job
        known = {item["type"]: item for item in before.get("conditions") or ()} if same else {}
        wanted = "False" if ready else "True"
        condition = known.get("ClusterUnreachable")
        if not condition or condition["status"] != wanted:
            time = now()
            condition = {"type": "ClusterUnreachable", "status": wanted, "lastTransitionTime": time}
            condition |= {"lastUpdateTime": time, "reason": "", "message": ""}
        since = before["transitionTime"] if same and before else now()
        status["running"] = {"jobId": job, "transitionTime": since, "conditions": [condition]}
    if status != deployment.body["status"]:
        deployment.body["status"] = status
        store.update(deployment)


def secrets_in(values: dict[str, str]) -> set[str]:
    """The names of secret values that a Flink configuration refers to as `${NAME}`."""
    return {name for value in values.values() for name in re.findall(r"\$\{([0-9a-zA-Z_-]+)\}", str(value))}
