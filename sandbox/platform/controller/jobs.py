"""Jobs: made from a deployment's template, with the state that its restore strategy chooses.

https://docs.ververica.com/vvp/user-guide/application-operations/deployments/jobs
"""

import time
from typing import Any

from sandbox.platform.controller import manifests, savepoints
from sandbox.platform.controller.events import event, secrets_in
from sandbox.platform.errors import now
from sandbox.platform.names import new_id
from sandbox.platform.settings import Settings
from sandbox.platform.sql.errors import SqlError
from sandbox.platform.sql.scripts import tables_of
from sandbox.platform.store import Row, Store

Json = dict[str, Any]


def active(store: Store, deployment: Row) -> Row | None:
    """The deployment's job that has not ended."""
    identity = deployment.hidden.get("jobId")
    return store.by_id("Job", deployment.namespace, identity) if identity else None


def template(deployment: Row) -> Json:
    """What a job is made from: a change of it asks for a new job."""
    return deployment.body["spec"]["template"].get("spec") or {}


def create(store: Store, settings: Settings, deployment: Row) -> Row:
    """Makes a job for a deployment that is to run.

    A job whose SQL or configuration cannot work comes with a failure in `hidden`, and needs no Kubernetes objects.
    """
    spec, wanted = deployment.body["spec"], template(deployment)
    target = store.find("DeploymentTarget", deployment.namespace, spec["deploymentTargetName"])
    namespace = (
        target.body["spec"]["kubernetes"].get("namespace") if target else None
    ) or settings.kubernetes_namespace
    metadata = {"deploymentId": deployment.id, "deploymentName": deployment.name, "annotations": {}}
    job = Row("Job", deployment.namespace, new_id(), {"metadata": metadata})
    job.id = job.name
    user = wanted.get("flinkConfiguration") or {}
    job.body["spec"] = {
        **{key: wanted[key] for key in ("artifact", "parallelism", "numberOfTaskManagers") if key in wanted},
        **{key: wanted[key] for key in ("resources", "logging", "kubernetes") if wanted.get(key)},
        "deploymentTarget": {"kubernetes": {"namespace": namespace}},
        "flinkConfiguration": {**manifests.storage(settings.blob_base_uri, job), **user},
        "userFlinkConfiguration": user,
        **_restored(store, deployment),
    }
    job.body["status"] = {"state": "STARTING"}
    job.hidden = {"template": wanted, "namespace": namespace, "since": time.time(), "failure": None}
    try:
        sources, sinks = _tables(store, deployment, wanted["artifact"])
        job.body["status"] |= {"sourceTables": sources, "sinkTables": sinks}
        missing = sorted(name for name in secrets_in(user) if not store.find("SecretValue", deployment.namespace, name))
        if missing:
            job.hidden["failure"] = ["SecretValueNotFound", f"Secret value '{missing[0]}' does not exist."]
    except SqlError as error:
        job.hidden["failure"] = ["SqlTranslationFailed", str(error)]
    store.insert(job)
    deployment.hidden["jobId"] = job.id
    store.update(deployment)
    location = job.body["spec"].get("savepointLocation")
    event(
        store,
        deployment,
        "CREATING_A_NEW_JOB",
        f"Creating a new job {'from ' + location if location else 'without state'}.",
        job,
    )
    return job


def fail(store: Store, job: Row, reason: str, message: str) -> None:
    """Notes why a job fails; it ends as soon as its pods are gone."""
    job.hidden["failure"] = [reason, message]
    job.body["status"]["state"] = "TERMINATING"
    store.update(job)


def started(store: Store, job: Row) -> None:
    """Flink runs."""
    time_ = now()
    job.body["status"] |= {
        "state": "STARTED",
        "started": {
            "flinkJobId": job.id.replace("-", ""),
            "startedAt": time_,
            "lastUpdateTime": time_,
            "observedFlinkJobStatus": "RUNNING",
            "observedFlinkJobRestarts": 0,
        },
    }
    store.update(job)


def ended(store: Store, job: Row) -> None:
    """No pod is left: the job is TERMINATED, or FAILED with its reason."""
    failure = job.hidden["failure"]
    job.body["status"]["state"] = "FAILED" if failure else "TERMINATED"
    if failure:
        job.body["status"]["failure"] = {"reason": failure[0], "message": failure[1], "failedAt": now()}
    job.body["metadata"]["terminatedAt"] = now()
    store.update(job)


def _restored(store: Store, deployment: Row) -> Json:
    strategy = deployment.body["spec"]["restoreStrategy"]
    if strategy["kind"] == "NONE":
        return {}
    found = savepoints.newest(store, deployment, checkpoints=strategy["kind"] == "LATEST_STATE")
    if not found:
        return {}
    return {
        "savepointLocation": found.body["spec"]["savepointLocation"],
        "allowNonRestoredState": bool(strategy.get("allowNonRestoredState")),
    }


def _tables(store: Store, deployment: Row, artifact: Json) -> tuple[list[Json], list[Json]]:
    if artifact["kind"] != "SQLSCRIPT":
        return [], []
    return tables_of(store, deployment.namespace, artifact["sqlScript"])
