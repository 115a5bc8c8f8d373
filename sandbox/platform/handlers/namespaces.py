"""Namespaces: https://docs.ververica.com/vvp/platform-operations/namespaces."""

from typing import Any

from sandbox.platform import names
from sandbox.platform.access import AUTHENTICATED, ROLES, authorize
from sandbox.platform.calls import ACTIVE, Answer, Call, operation
from sandbox.platform.errors import bad, conflict, forbidden
from sandbox.platform.models.namespaces import Namespace, Namespaces, OneNamespace
from sandbox.platform.store import Row, Store

KIND = "Namespace"
PATH = "/namespaces/v1/namespaces"
TERMINATING = "LIFECYCLE_PHASE_TERMINATING"


def prepare(store: Store) -> None:
    """Makes the namespace `default` in a database that has never had one."""
    if not store.find("Marker", "", "prepared"):
        with store.transaction():
            binding = {"role": "owner", "members": [AUTHENTICATED]}
            store.insert(_row("default", {"roleBindings": [binding]}))
            store.insert(Row("Marker", "", "prepared", {}))


@operation("GET", PATH, Namespaces, KIND)
def index(call: Call) -> Answer:
    """All for an admin, their own for others."""
    rows = [row for row in call.store.all(KIND) if call.principal.admin or call.principal.has("owner", row.name)]
    return Answer({"namespaces": [_shown(row) for row in rows]})


@operation("POST", PATH, OneNamespace, KIND, body=Namespace)
def create(call: Call) -> Answer:
    """A new one."""
    _admins_only(call)
    name = names.short(call.body.get("name"), "namespaces")
    return Answer({"namespace": _shown(call.store.insert(_row(name, _given(call.body))))})


@operation("GET", PATH + "/{ns}", OneNamespace, KIND)
def get(call: Call) -> Answer:
    """One."""
    if not call.principal.admin:
        authorize(call.principal, KIND, call.namespace, write=False)
    return Answer({"namespace": _shown(call.active_namespace())})


@operation("PUT", PATH + "/{ns}", OneNamespace, KIND, body=Namespace)
def put(call: Call) -> Answer:
    """Sets the role bindings."""
    row = _changeable(call)
    row.body = {**row.body, "roleBindings": [], **_given(call.body)}
    return Answer({"namespace": _shown(call.store.update(row))})


@operation("PATCH", PATH + "/{ns}", OneNamespace, KIND, body=Namespace)
def patch(call: Call) -> Answer:
    """Changes the role bindings if the patch has some."""
    row = _changeable(call)
    row.body = {**row.body, **_given(call.body)}
    return Answer({"namespace": _shown(call.store.update(row))})


@operation("DELETE", PATH + "/{ns}", OneNamespace, KIND)
def delete(call: Call) -> Answer:
    """Marks it; the controller ends its jobs and removes all that is in it, itself last."""
    _admins_only(call)
    row = call.active_namespace()
    if row.body["lifecyclePhase"] == ACTIVE:
        row.body["lifecyclePhase"] = TERMINATING
        call.store.update(row)
    return Answer({"namespace": _shown(row)})


def _row(name: str, given: dict[str, Any]) -> Row:
    body = {"name": f"namespaces/{name}", "roleBindings": [], **given, "lifecyclePhase": ACTIVE}
    return Row(KIND, "", name, body)


def _changeable(call: Call) -> Row:
    if not call.principal.admin:
        authorize(call.principal, KIND, call.namespace, write=True)
    row = call.active_namespace()
    if row.body["lifecyclePhase"] != ACTIVE:
        raise conflict(f"Namespace '{call.namespace}' is terminating.")
    if call.body.get("name") not in (None, row.body["name"]):
        raise bad(f"name '{call.body['name']}' is not the path's '{row.body['name']}'.")
    return row


def _given(body: dict[str, Any]) -> dict[str, Any]:
    if body.get("previewSessionClusterName"):
        raise bad(f"session cluster '{body['previewSessionClusterName']}' does not exist.")
    bindings = body.get("roleBindings")
    if bindings is None:
        return {}
    for binding in bindings:
        if binding["role"] not in ROLES:
            raise bad(f"roleBindings: role must be one of {', '.join(ROLES)}, not '{binding['role']}'.")
    return {"roleBindings": bindings}


def _admins_only(call: Call) -> None:
    if not call.principal.admin:
        raise forbidden(f"{call.principal.name} may not manage namespaces: it is no admin.")


def _shown(row: Row) -> dict[str, Any]:
    return {**row.body, "createTime": row.created}
