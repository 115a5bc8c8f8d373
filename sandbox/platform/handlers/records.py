"""What the controller writes and clients read: jobs, savepoints, events. A client may ask for a savepoint.

https://docs.ververica.com/vvp/user-guide/application-operations/deployments/savepoints
"""

from http import HTTPStatus

from sandbox.platform import names
from sandbox.platform.calls import Answer, Call, Parameter, operation
from sandbox.platform.errors import absent, bad, conflict
from sandbox.platform.handlers import resources
from sandbox.platform.models.deployments import Job, Jobs
from sandbox.platform.models.resources import Events, Savepoint, Savepoints
from sandbox.platform.store import Row

PATH = "/api/v1/namespaces/{namespace}"

DEPLOYMENT, JOB, SESSION = (Parameter(f"{what}Id", "uuid") for what in ("deployment", "job", "sessionCluster"))


@operation("GET", PATH + "/jobs", Jobs, query=(DEPLOYMENT,))
def jobs(call: Call) -> Answer:
    """All of a namespace or of a deployment, ended ones too."""
    return Answer(_filtered(call, "Job", ("deploymentId",)))


@operation("GET", PATH + "/jobs/{jobId}", Job)
def job(call: Call) -> Answer:
    """One."""
    return Answer(_by_id(call, "Job", "jobId"))


@operation("GET", PATH + "/events", Events, query=(DEPLOYMENT, JOB, SESSION))
def events(call: Call) -> Answer:
    """What happened, the oldest first."""
    return Answer(_filtered(call, "Event", ("deploymentId", "jobId", "sessionClusterId")))


@operation("GET", PATH + "/savepoints", Savepoints, query=(DEPLOYMENT, JOB))
def savepoints(call: Call) -> Answer:
    """All of a namespace, a deployment or a job."""
    return Answer(_filtered(call, "Savepoint", ("deploymentId", "jobId")))


@operation("GET", PATH + "/savepoints/{savepointId}", Savepoint)
def savepoint(call: Call) -> Answer:
    """One."""
    return Answer(_by_id(call, "Savepoint", "savepointId"))


@operation("POST", PATH + "/savepoints", Savepoint, body=Savepoint, statuses=(201,))
def create_savepoint(call: Call) -> Answer:
    """Takes a savepoint of a running deployment, or registers one that is somewhere already."""
    given = call.body.get("metadata") or {}
    identity = given.get("deploymentId")
    if not identity:
        raise bad("metadata.deploymentId must not be empty.")
    deployment = call.store.by_id("Deployment", call.namespace, identity.lower())
    if not deployment:
        raise absent("Deployment", identity, call.namespace)
    location = (call.body.get("spec") or {}).get("savepointLocation")
    row = Row("Savepoint", call.namespace, names.new_id(), {})
    row.id = row.name
    metadata = {"deploymentId": deployment.id, "annotations": given.get("annotations") or {}}
    if location:
        metadata["origin"] = "COPIED"
        row.body = {"metadata": metadata, "spec": {"savepointLocation": location}, "status": {"state": "COMPLETED"}}
    else:
        if deployment.body["status"]["state"] != "RUNNING":
            raise conflict(f"Deployment '{deployment.name}' is not running: there is no job to take a savepoint of.")
        metadata |= {"origin": "USER_REQUEST", "jobId": deployment.hidden["jobId"]}
        row.body = {"metadata": metadata, "spec": {}, "status": {"state": "STARTED"}}
    return Answer(_without_name(call.store.insert(row)), HTTPStatus.CREATED)


def _filtered(call: Call, kind: str, keys: tuple[str, ...]) -> dict[str, object]:
    wanted = {key: call.query[key].lower() for key in keys if call.query.get(key)}
    rows = [
        row
        for row in call.store.all(kind, call.namespace)
        if all(row.body["metadata"].get(key) == value for key, value in wanted.items())
    ]
    return {**resources.listed(kind, rows), "items": [_without_name(row) for row in rows]}


def _by_id(call: Call, kind: str, key: str) -> dict[str, object]:
    row = call.store.by_id(kind, call.namespace, (names.as_id(call.params[key]) or ""))
    if not row:
        raise absent(kind, call.params[key], call.namespace)
    return _without_name(row)


def _without_name(row: Row) -> dict[str, object]:
    """Jobs and savepoints have only an id; an event's name is what kind of event it is."""
    shown = resources.shown(row)
    metadata = shown["metadata"]
    del metadata["labels"]
    if row.kind != "Event":
        del metadata["name"]
    else:
        del metadata["annotations"], metadata["modifiedAt"]
    return shown
