"""Secret values: https://docs.ververica.com/vvp/user-guide/application-operations/deployments/secret-values."""

from http import HTTPStatus

from sandbox.platform import names
from sandbox.platform.calls import Answer, Call, operation
from sandbox.platform.errors import bad
from sandbox.platform.handlers import resources
from sandbox.platform.merging import merged
from sandbox.platform.models.resources import SecretValue, SecretValues, ShownSecretValue
from sandbox.platform.store import Row

KIND = "SecretValue"
PATH = "/api/v1/namespaces/{namespace}/secret-values"


@operation("GET", PATH, SecretValues, KIND)
def index(call: Call) -> Answer:
    """All of a namespace, without their values."""
    return Answer(resources.listed(KIND, call.store.all(KIND, call.namespace)))


@operation("POST", PATH, ShownSecretValue, KIND, body=SecretValue, statuses=(201,))
def create(call: Call) -> Answer:
    """A new one; its value is never shown again."""
    metadata = resources.metadata(call, KIND, call.body, names.WIDE_NAME)
    spec = call.body.get("spec") or {}
    row = Row(KIND, call.namespace, metadata["name"], {"metadata": metadata, "spec": {"kind": "PLAIN"}})
    row.hidden = {"value": _value(spec)}
    return Answer(resources.shown(call.store.insert(row)), HTTPStatus.CREATED)


@operation("GET", PATH + "/{name}", ShownSecretValue, KIND)
def get(call: Call) -> Answer:
    """One, without its value."""
    return Answer(resources.shown(resources.existing(call, KIND)))


@operation("PATCH", PATH + "/{name}", ShownSecretValue, KIND, body=SecretValue)
def patch(call: Call) -> Answer:
    """Changes value or metadata."""
    row = resources.existing(call, KIND)
    resources.check_version(row, call.body)
    resources.metadata(call, KIND, call.body, names.WIDE_NAME, row.name)
    given = {key: value for key, value in (call.body.get("metadata") or {}).items() if key not in resources.OWN}
    if call.body.get("spec"):
        row.hidden = {"value": _value({"kind": "PLAIN", **call.body["spec"]})}
    row.body = {**row.body, "metadata": merged(row.body["metadata"], given)}
    return Answer(resources.shown(call.store.update(row)))


@operation("DELETE", PATH + "/{name}", ShownSecretValue, KIND)
def delete(call: Call) -> Answer:
    """Removes one."""
    row = resources.existing(call, KIND)
    call.store.delete(row)
    return Answer(resources.shown(row))


def _value(spec: dict[str, str]) -> str:
    if str(spec.get("kind")).upper() != "PLAIN":
        raise bad(f"spec.kind must be 'PLAIN', not '{spec.get('kind')}'.")
    if not spec.get("value"):
        raise bad("spec.value must not be empty.")
    return spec["value"]
