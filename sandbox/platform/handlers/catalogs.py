"""Reading catalogs; statements change them."""

from collections.abc import Callable
from typing import Any

from sandbox.platform.calls import Answer, Call, Parameter, operation
from sandbox.platform.errors import absent
from sandbox.platform.models import catalogs as models
from sandbox.platform.sql.catalog import DATABASE, Catalog
from sandbox.platform.sql.errors import SqlError
from sandbox.platform.store import Row

PATH = "/catalog/v1beta2/namespaces/{ns}/catalogs"
DATABASE_NAME = Parameter("database")


@operation("GET", PATH, models.Catalogs)
def index(call: Call) -> Answer:
    """All of a namespace."""
    return Answer({"catalogs": [_shown(row) for row in _catalog(call).catalogs()]})


@operation("GET", PATH + "/{cat}", models.OneCatalog)
def get(call: Call) -> Answer:
    """One."""
    row = next((row for row in _catalog(call).catalogs() if row.name == call.params["cat"]), None)
    if not row:
        raise absent("Catalog", call.params["cat"], call.namespace)
    return Answer({"catalog": _shown(row)})


@operation("GET", PATH + "/{cat}:listDatabases", models.Databases)
def databases(call: Call) -> Answer:
    """A catalog's databases."""
    return Answer({"databases": [row.body for row in _databases(call)]})


@operation("GET", PATH + "/{cat}:getDatabase", models.OneDatabase, query=(Parameter("database", required=True),))
def database(call: Call) -> Answer:
    """One database."""
    return Answer({"database": _named(_databases(call), "Database", call.query["database"])})


@operation("GET", PATH + "/{cat}:listTables", models.Tables, query=(DATABASE_NAME,))
def tables(call: Call) -> Answer:
    """A database's tables and views."""
    return Answer({"tables": [row.body for row in _in_database(call, _catalog(call).tables)]})


@operation("GET", PATH + "/{cat}:getTable", models.OneTable, query=(DATABASE_NAME, Parameter("table", required=True)))
def table(call: Call) -> Answer:
    """One table or view."""
    return Answer({"table": _named(_in_database(call, _catalog(call).tables), "Table", call.query["table"])})


@operation("GET", PATH + "/{cat}:listFunctions", models.Functions, query=(DATABASE_NAME,))
def functions(call: Call) -> Answer:
    """A database's functions."""
    return Answer({"functions": [row.body for row in _in_database(call, _catalog(call).functions)]})


@operation(
    "GET", PATH + "/{cat}:getFunction", models.OneFunction, query=(DATABASE_NAME, Parameter("function", required=True))
)
def function(call: Call) -> Answer:
    """One function."""
    rows = _in_database(call, _catalog(call).functions)
    return Answer({"function": _named(rows, "Function", call.query["function"])})


def _databases(call: Call) -> list[Row]:
    try:
        return _catalog(call).databases(call.params["cat"])
    except SqlError as error:
        raise absent("Catalog", call.params["cat"], call.namespace) from error


def _in_database(call: Call, rows: Callable[[str, str], list[Row]]) -> list[Row]:
    name = call.query.get("database") or DATABASE
    _named(_databases(call), "Database", name)
    return rows(call.params["cat"], name)


def _named(rows: list[Row], kind: str, name: str) -> dict[str, Any]:
    row = next((row for row in rows if row.body["name"] == name), None)
    if not row:
        raise absent(kind, name)
    return row.body


def _catalog(call: Call) -> Catalog:
    return Catalog(call.store, call.namespace)


def _shown(row: Row) -> dict[str, Any]:
    return {"name": f"namespaces/{row.namespace}/catalogs/{row.name}", **row.body}
