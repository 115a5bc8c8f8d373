"""The platform's SQL service: executing statements, and what the catalogs hold.

See https://docs.ververica.com/vvp/user-guide/sql-development/sql-scripts and
https://docs.ververica.com/vvp/user-guide/sql-development/catalogs.
"""

from dataclasses import dataclass, field

from flink_sql.statements import ObjectName
from provider_kit import PluginError
from vvp_provider.api import Api
from vvp_provider.messages.sql import Catalog, Column, Database, Function, Table
from vvp_provider.operations import EXECUTE, READ_CATALOG, READ_DATABASE, READ_FUNCTION, READ_TABLE

_SUCCESS = ("RESULT_SUCCESS", "RESULT_SUCCESS_WITH_ROWS")


class StatementFailed(PluginError):
    """The platform took the request and refused the statement."""


@dataclass(frozen=True)
class Observed:
    """An object as its catalog has it.

    Attributes:
        options: Of a table, database or catalog.
        shape: Everything else that could differ, as the catalog writes it.
    """

    options: dict[str, str] = field(default_factory=dict[str, str])
    shape: list[str] = field(default_factory=list[str])


def execute(api: Api, namespace: str, statement: str, catalog: str, database: str) -> None:
    """Execute one statement.

    Args:
        api: The platform's API.
        namespace: The platform's namespace.
        statement: The statement.
        catalog: Catalog of names without one.
        database: Database of names without one.

    Raises:
        StatementFailed: With the platform's message and the line it names.
    """
    answer = api.send(EXECUTE, {"statement": statement}, namespace, catalog=catalog, database=database)
    result = answer.get("result", "")
    # The status is 200 either way; an unknown word is no success.
    if result in _SUCCESS:
        return
    details = answer.get("errorMessage") or {}
    line = details.get("lineNumber")
    where = f" (line {line}, column {details.get('columnNumber', 1)})" if line else ""
    rows = answer.get("resultTable", {}).get("rows", [])
    cells = "; ".join(str(cell.get("value")) for row in rows for cell in row.get("cells", []))
    message = details.get("message") or cells or "the platform gives no reason"
    head = " ".join(statement.split())[:80]
    raise StatementFailed(f"{result or 'no result'} in namespace {namespace!r}{where}: {message}\n  in: {head}")


def observe(api: Api, namespace: str, kind: str, name: ObjectName) -> Observed | None:
    """What a catalog holds under a name; None if there is nothing."""
    catalog, *inner = name.parts
    found: Catalog | Database | Table | Function | None
    if kind == "CATALOG":
        found = (api.find(READ_CATALOG, namespace, catalog) or {}).get("catalog")
    elif kind == "DATABASE":
        found = (api.find(READ_DATABASE, namespace, catalog, database=inner[0]) or {}).get("database")
    elif kind == "FUNCTION":
        answer = api.find(READ_FUNCTION, namespace, catalog, database=inner[0], function=inner[1])
        found = (answer or {}).get("function")
    else:
        found = (api.find(READ_TABLE, namespace, catalog, database=inner[0], table=inner[1]) or {}).get("table")
    if not found:
        return None
    shape: list[str] = []
    schema = found.get("schema") or {}
    shape += [_column(column) for column in schema.get("column") or []]
    shape += [f"{part} {schema.get(part)}" for part in ("primaryKey", "watermarkSpec") if schema.get(part)]
    shape += [f"{part} {found.get(part)}" for part in ("comment", "className", "functionLanguage") if found.get(part)]
    return Observed(dict(found.get("properties") or {}), shape)


def _column(column: Column) -> str:
    meta = column.get("meta")
    parts = [column.get("name"), column.get("type"), column.get("expression")]
    if meta:
        parts += ["METADATA", meta.get("name"), "VIRTUAL" if meta.get("virtual") else None]
    return " ".join(part for part in parts if part)
