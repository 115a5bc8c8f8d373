"""Deployment targets: https://docs.ververica.com/vvp/platform-operations/deployment-targets."""

from http import HTTPStatus
from typing import Any

from sandbox.platform import names
from sandbox.platform.calls import Answer, Call, operation
from sandbox.platform.errors import bad, conflict
from sandbox.platform.handlers import resources
from sandbox.platform.models.resources import DeploymentTarget, DeploymentTargets
from sandbox.platform.store import Row

KIND = "DeploymentTarget"
PATH = "/api/v1/namespaces/{namespace}/deployment-targets"


@operation("GET", PATH, DeploymentTargets, KIND)
def index(call: Call) -> Answer:
    """All of a namespace."""
    return Answer(resources.listed(KIND, call.store.all(KIND, call.namespace)))


@operation("POST", PATH, DeploymentTarget, KIND, body=DeploymentTarget, statuses=(201,))
def create(call: Call) -> Answer:
    """A new one."""
    return Answer(resources.shown(_created(call, None)), HTTPStatus.CREATED)


@operation("GET", PATH + "/{name}", DeploymentTarget, KIND)
def get(call: Call) -> Answer:
    """One."""
    return Answer(resources.shown(resources.existing(call, KIND)))


@operation("PUT", PATH + "/{name}", DeploymentTarget, KIND, body=DeploymentTarget, statuses=(200, 201))
def put(call: Call) -> Answer:
    """Creates it, or changes its metadata; its spec is immutable."""
    row = resources.found(call, KIND)
    if not row:
        return Answer(resources.shown(_created(call, call.params["name"])), HTTPStatus.CREATED)
    resources.check_version(row, call.body)
    metadata = resources.metadata(call, KIND, call.body, names.WIDE_NAME, row.name)
    if _spec(call.body) != row.body["spec"]:
        raise conflict(f"{KIND} '{row.name}': spec is immutable.")
    row.body = {"metadata": metadata, "spec": row.body["spec"]}
    return Answer(resources.shown(call.store.update(row)))


@operation("DELETE", PATH + "/{name}", DeploymentTarget, KIND)
def delete(call: Call) -> Answer:
    """Removes one that no deployment refers to."""
    row = resources.existing(call, KIND)
    users = [
        deployment.name
        for deployment in call.store.all("Deployment", call.namespace)
        if deployment.body["spec"]["deploymentTargetName"] == row.name
    ]
    if users:
        raise conflict(f"{KIND} '{row.name}' is referenced by deployments: {', '.join(users)}.")
    call.store.delete(row)
    return Answer(resources.shown(row))


def _created(call: Call, name: str | None) -> Row:
    metadata = resources.metadata(call, KIND, call.body, names.WIDE_NAME, name)
    body = {"metadata": metadata, "spec": _spec(call.body)}
    return call.store.insert(Row(KIND, call.namespace, metadata["name"], body))


def _spec(body: dict[str, Any]) -> dict[str, Any]:
    namespace = body["spec"]["kubernetes"].get("namespace")
    if namespace is not None and not names.NAME.fullmatch(namespace):
        raise bad(f"spec.kubernetes.namespace '{namespace}' is no name of a Kubernetes namespace.")
    return {"kubernetes": {"namespace": namespace} if namespace else {}}
