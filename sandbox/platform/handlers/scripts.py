"""SQL scripts: texts that are kept for the editor; no deployment refers to one.

https://docs.ververica.com/vvp/user-guide/sql-development/scripts-deployments
"""

from typing import Any

from sandbox.platform import names
from sandbox.platform.calls import Answer, Call, operation
from sandbox.platform.errors import bad
from sandbox.platform.handlers import resources
from sandbox.platform.models.kinds import Nothing
from sandbox.platform.models.statements import OneSqlScript, SqlScript, SqlScripts
from sandbox.platform.store import Row

KIND = "SqlScript"
PATH = "/sql/v1beta1/namespaces/{ns}/sqlscripts"


@operation("GET", PATH, SqlScripts)
def index(call: Call) -> Answer:
    """All of a namespace."""
    return Answer({"sqlScripts": [_shown(row) for row in call.store.all(KIND, call.namespace)]})


@operation("POST", PATH, OneSqlScript, body=SqlScript)
def create(call: Call) -> Answer:
    """A new one."""
    name = names.short(call.body.get("name"), f"namespaces/{call.namespace}", "sqlscripts")
    return Answer({"sqlScript": _shown(call.store.insert(Row(KIND, call.namespace, name, _given(call.body))))})


@operation("GET", PATH + "/{sqlScriptName}", OneSqlScript)
def get(call: Call) -> Answer:
    """One."""
    return Answer({"sqlScript": _shown(resources.named(call, KIND, "sqlScriptName"))})


@operation("PUT", PATH + "/{sqlScriptName}", OneSqlScript, body=SqlScript)
def put(call: Call) -> Answer:
    """Changes one."""
    row = resources.named(call, KIND, "sqlScriptName")
    full = f"namespaces/{call.namespace}/sqlscripts/{row.name}"
    if call.body.get("name") not in (None, full):
        raise bad(f"name '{call.body['name']}' is not the path's '{full}'.")
    row.body = _given(call.body)
    return Answer({"sqlScript": _shown(call.store.update(row))})


@operation("DELETE", PATH + "/{sqlScriptName}", Nothing)
def delete(call: Call) -> Answer:
    """Removes one."""
    call.store.delete(resources.named(call, KIND, "sqlScriptName"))
    return Answer({})


def _given(body: dict[str, Any]) -> dict[str, Any]:
    return {key: body.get(key) or "" for key in ("displayName", "description", "script")}


def _shown(row: Row) -> dict[str, Any]:
    name = f"namespaces/{row.namespace}/sqlscripts/{row.name}"
    return {"name": name, **row.body, "createTime": row.created, "updateTime": row.modified}
