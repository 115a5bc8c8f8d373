"""Savepoints: asked for, completed a moment later, and chosen when a job starts.

https://docs.ververica.com/vvp/user-guide/application-operations/deployments/savepoints
"""

import time
from typing import Final, Literal

from sandbox.platform.controller.events import event
from sandbox.platform.errors import now
from sandbox.platform.names import new_id
from sandbox.platform.store import Row, Store

SECONDS: Final = 0.3
"""How long one takes: long enough to be seen, short enough to wait for."""

DIRECTORY: Final = "state.savepoints.dir"
RETENTION: Final = "execution.checkpointing.externalized-checkpoint-retention"

Origin = Literal["SUSPEND", "SUSPEND_AND_UPGRADE", "RETAINED_CHECKPOINT"]


def request(store: Store, deployment: Row, job: Row, origin: Origin) -> Row:
    """Starts a savepoint of a job."""
    metadata = {"deploymentId": deployment.id, "jobId": job.id, "origin": origin, "annotations": {}}
    row = Row("Savepoint", deployment.namespace, new_id(), {"metadata": metadata, "spec": {}})
    row.id = row.name
    row.body["status"] = {"state": "STARTED"}
    row.hidden["since"] = time.time()
    event(store, deployment, "NEED_TO_TRIGGER_A_SAVEPOINT", f"Triggering a savepoint ({origin}).", job)
    return store.insert(row)


def retain_checkpoint(store: Store, deployment: Row, job: Row) -> None:
    """Keeps the last checkpoint of a job that is cancelled, if its configuration says so."""
    settings = job.body["spec"]["flinkConfiguration"]
    directory = settings.get("state.checkpoints.dir")
    if settings.get(RETENTION) == "RETAIN_ON_CANCELLATION" and directory:
        row = request(store, deployment, job, "RETAINED_CHECKPOINT")
        _complete(store, row, f"{directory.rstrip('/')}/{job.id.replace('-', '')}/chk-1")


def progress(store: Store) -> bool:
    """Brings every started savepoint to its end.

    Returns:
        Whether one is still on its way.
    """
    busy = False
    for row in store.all("Savepoint"):
        if row.body["status"]["state"] != "STARTED":
            continue
        job = store.by_id("Job", row.namespace, row.body["metadata"]["jobId"])
        directory = job.body["spec"]["flinkConfiguration"].get(DIRECTORY) if job else None
        if not job or job.body["status"]["state"] not in ("STARTED", "TERMINATING"):
            _fail(store, row, "JobNotRunning", "The job has ended before the savepoint was completed.")
        elif not directory:
            _fail(
                store,
                row,
                "SavepointsNotConfigured",
                f"Neither the job's {DIRECTORY} nor the platform's blob storage is configured.",
            )
        elif time.time() - row.hidden.setdefault("since", time.time()) >= SECONDS:
            _complete(store, row, f"{directory.rstrip('/')}/savepoint-{job.id[:6]}-{row.id[:12].replace('-', '')}")
        else:
            store.update(row)
            busy = True
    return busy


def newest(store: Store, deployment: Row, *, checkpoints: bool) -> Row | None:
    """The last completed savepoint of a deployment.

    Args:
        store: the database.
        deployment: whose.
        checkpoints: whether retained checkpoints count too.
    """
    found = [
        row
        for row in store.all("Savepoint", deployment.namespace)
        if row.body["metadata"]["deploymentId"] == deployment.id
        and row.body["status"]["state"] == "COMPLETED"
        and (checkpoints or row.body["metadata"]["origin"] != "RETAINED_CHECKPOINT")
    ]
    return found[-1] if found else None


def of_job(store: Store, job: Row, origin: Origin) -> list[Row]:
    """A job's savepoints of one origin, the oldest first."""
    return [
        row
        for row in store.all("Savepoint", job.namespace)
        if row.body["metadata"].get("jobId") == job.id and row.body["metadata"]["origin"] == origin
    ]


def _complete(store: Store, row: Row, location: str) -> None:
    row.body["spec"] = {"savepointLocation": location, "flinkSavepointId": new_id()}
    row.body["status"] = {"state": "COMPLETED"}
    store.update(row)


def _fail(store: Store, row: Row, reason: str, message: str) -> None:
    failure = {"reason": reason, "message": message, "failedAt": now()}
    row.body["status"] = {"state": "FAILED", "failure": failure}
    store.update(row)
