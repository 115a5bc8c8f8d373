"""Deployment defaults: https://docs.ververica.com/vvp/platform-operations/deployment-defaults."""

from typing import Any

from sandbox.platform.calls import Answer, Call, operation
from sandbox.platform.handlers import resources
from sandbox.platform.merging import merged
from sandbox.platform.models.deployments import DeploymentDefaults
from sandbox.platform.store import Row

KIND = "DeploymentDefaults"
PATH = "/api/v1/namespaces/{namespace}/deployment-defaults"


@operation("GET", PATH, DeploymentDefaults, KIND)
def get(call: Call) -> Answer:
    """Those of the namespace, over the global ones."""
    return Answer(_shown(call, _row(call)))


@operation("PATCH", PATH, DeploymentDefaults, KIND, body=DeploymentDefaults)
def patch(call: Call) -> Answer:
    """Changes those of the namespace; deployments that exist stay as they are."""
    row = _row(call)
    resources.check_version(row, call.body)
    row.body = {"spec": merged(row.body["spec"], call.body.get("spec") or {})}
    return Answer(_shown(call, call.store.update(row) if row.sequence else call.store.insert(row)))


def effective(call: Call) -> dict[str, Any]:
    """What a new deployment's spec starts from."""
    return merged(dict(call.platform.settings.defaults), _row(call).body["spec"])


def _row(call: Call) -> Row:
    found = call.store.find(KIND, call.namespace, "default")
    # Until somebody changes them there is nothing to keep.
    return found or Row(KIND, call.namespace, "default", {"spec": {}}, id=call.active_namespace().id)


def _shown(call: Call, row: Row) -> dict[str, Any]:
    return {**resources.shown(row), "spec": merged(dict(call.platform.settings.defaults), row.body["spec"])}
