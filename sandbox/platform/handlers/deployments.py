"""Deployments: https://docs.ververica.com/vvp/user-guide/application-operations/deployments."""

from http import HTTPStatus
from typing import Any

from sandbox.platform import names
from sandbox.platform.calls import Answer, Call, Parameter, operation
from sandbox.platform.checks import check_body
from sandbox.platform.errors import bad, conflict, unsupported
from sandbox.platform.handlers import defaults, resources
from sandbox.platform.merging import merged
from sandbox.platform.models.deployments import Deployment, Deployments
from sandbox.platform.store import Row

KIND = "Deployment"
PATH = "/api/v1/namespaces/{namespace}/deployments"

UPGRADES = ("STATEFUL", "STATELESS", "NONE")
RESTORES = ("LATEST_STATE", "LATEST_SAVEPOINT", "NONE")

Json = dict[str, Any]


@operation("GET", PATH, Deployments, query=(Parameter("labelSelector"),))
def index(call: Call) -> Answer:
    """All of a namespace, or those that a label selector chooses."""
    selector = call.query.get("labelSelector") or ""
    rows = [
        row
        for row in call.store.all(KIND, call.namespace)
        if names.selects(selector, row.body["metadata"].get("labels") or {})
    ]
    return Answer(resources.listed(KIND, rows))


@operation("POST", PATH, Deployment, body=Deployment, statuses=(201,))
def create(call: Call) -> Answer:
    """A new one."""
    return Answer(resources.shown(_created(call, None)), HTTPStatus.CREATED)


@operation("GET", PATH + "/{name}", Deployment)
def get(call: Call) -> Answer:
    """One, by name or id."""
    return Answer(resources.shown(resources.existing(call, KIND)))


@operation("PUT", PATH + "/{name}", Deployment, body=Deployment, statuses=(200, 201))
def put(call: Call) -> Answer:
    """Creates or replaces it."""
    row = resources.found(call, KIND)
    if not row:
        return Answer(resources.shown(_created(call, call.params["name"])), HTTPStatus.CREATED)
    return Answer(resources.shown(_changed(call, row, call.body, spec=call.body.get("spec"))))


@operation("PATCH", PATH + "/{name}", Deployment, body=Deployment)
def patch(call: Call) -> Answer:
    """Changes it by a merge patch."""
    row = resources.existing(call, KIND)
    body = call.body
    whole = {"metadata": merged(row.body["metadata"], body.get("metadata") or {})}
    spec = merged(row.body["spec"], body.get("spec") or {})
    _check_whole(call, {**whole, "spec": spec})
    return Answer(resources.shown(_changed(call, row, {**body, **whole}, spec=spec)))


@operation("DELETE", PATH + "/{name}", Deployment)
def delete(call: Call) -> Answer:
    """Removes one that is to be cancelled or suspended, and has ended its job."""
    row = resources.existing(call, KIND)
    desired, state = row.body["spec"]["state"], row.body["status"]["state"]
    if desired == "RUNNING":
        raise conflict(f"{KIND} '{row.name}' must be in desired state CANCELLED or SUSPENDED to be deleted.")
    if state == "TRANSITIONING" or row.hidden.get("jobId"):
        raise conflict(f"{KIND} '{row.name}' is still being transitioned to {desired}.")
    call.store.delete(row)
    for kind in ("Job", "Savepoint", "Event"):
        for other in call.store.all(kind, call.namespace):
            if other.body["metadata"].get("deploymentId") == row.id:
                call.store.delete(other)
    return Answer(resources.shown(row))


def _created(call: Call, name: str | None) -> Row:
    metadata = resources.metadata(call, KIND, call.body, names.NAME, name)
    spec = _spec(call, call.body.get("spec"))
    body = {"metadata": {"displayName": metadata["name"], **metadata}, "spec": spec, "status": {"state": "CANCELLED"}}
    if spec["state"] != "CANCELLED":
        body["status"] = {"state": "TRANSITIONING"}
    return call.store.insert(Row(KIND, call.namespace, metadata["name"], body))


def _changed(call: Call, row: Row, body: Json, spec: Json | None) -> Row:
    resources.check_version(row, body)
    metadata = resources.metadata(call, KIND, body, names.NAME, row.name)
    new = _spec(call, spec)
    if _target(row.body["spec"]) != _target(new) and row.hidden.get("jobId"):
        raise bad(f"{KIND} '{row.name}': the deployment target of a deployment with a job cannot be changed.")
    row.body = {**row.body, "metadata": {"displayName": row.name, **metadata}, "spec": new}
    return call.store.update(row)


def _target(spec: Json) -> str:
    return spec["deploymentTargetName"]


def _check_whole(call: Call, body: Json) -> None:
    """A patch may leave out what a deployment needs; what it comes to may not."""
    known = {key: value for key, value in body["metadata"].items() if value is not None}
    check_body(Deployment, {**body, "metadata": known})


def _spec(call: Call, given: Json | None) -> Json:
    """A deployment's spec with its defaults, checked beyond what its model can say."""
    if not given:
        raise bad("spec must not be empty.")
    spec = merged(defaults.effective(call), given)
    if spec.get("sessionClusterName"):
        raise unsupported("session clusters (spec.sessionClusterName)")
    spec["deploymentTargetName"] = _existing_target(call, spec)
    for key, kinds in (("upgradeStrategy", UPGRADES), ("restoreStrategy", RESTORES)):
        spec[key] = {**spec[key], "kind": _kind(f"spec.{key}.kind", spec[key].get("kind"), kinds)}
    template = (spec.get("template") or {}).get("spec") or {}
    artifact = template.get("artifact")
    if not artifact:
        raise bad("spec.template.spec.artifact must not be empty.")
    artifact["kind"] = _kind("spec.template.spec.artifact.kind", artifact.get("kind"), ("JAR", "SQLSCRIPT"))
    needed = "jarUri" if artifact["kind"] == "JAR" else "sqlScript"
    if not (artifact.get(needed) or "").strip():
        raise bad(f"spec.template.spec.artifact.{needed} must not be empty.")
    settings = call.platform.settings
    repository, _, path = settings.registry.partition("/")
    for key, value in (
        ("flinkVersion", settings.flink_version),
        ("flinkImageRegistry", repository),
        ("flinkImageRepository", "/".join(filter(None, (path, settings.flink_repository)))),
        ("flinkImageTag", settings.flink_image_tag),
    ):
        artifact.setdefault(key, value)
    kubernetes = template.get("kubernetes") or {}
    if kubernetes.get("pods") and (kubernetes.get("jobManagerPodTemplate") or kubernetes.get("taskManagerPodTemplate")):
        raise bad(
            "spec.template.spec.kubernetes: pods cannot be set together with jobManagerPodTemplate or"
            " taskManagerPodTemplate."
        )
    for key, least in (("parallelism", 1), ("numberOfTaskManagers", 1)):
        if not least <= template[key] <= 2**15:
            raise bad(f"spec.template.spec.{key} must be between {least} and {2**15}.")
    for key in ("maxSavepointCreationAttempts", "maxJobCreationAttempts"):
        if spec[key] < 1:
            raise bad(f"spec.{key} must be at least 1.")
    return spec


def _existing_target(call: Call, spec: Json) -> str:
    identity, name = spec.get("deploymentTargetId"), spec.get("deploymentTargetName")
    row = None
    if name:
        row = call.store.find("DeploymentTarget", call.namespace, name)
    elif identity:
        row = call.store.by_id("DeploymentTarget", call.namespace, identity.lower())
    else:
        raise bad("spec.deploymentTargetName must not be empty.")
    if not row:
        raise bad(f"spec: deployment target '{name or identity}' does not exist in namespace '{call.namespace}'.")
    if identity and row.id != identity.lower():
        raise bad(f"spec: deployment target '{name}' has not the id '{identity}'.")
    return row.name


def _kind(field: str, value: object, known: tuple[str, ...]) -> str:
    kind = str(value).upper()
    if kind not in known:
        raise bad(f"{field} must be one of {', '.join(known)}, not '{value}'.")
    return kind
