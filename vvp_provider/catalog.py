"""The platform's SQL service: executing statements, and what the catalogs hold.

See https://docs.ververica.com/vvp/user-guide/sql-development/sql-scripts and
https://docs.ververica.com/vvp/user-guide/sql-development/catalogs.
"""

from dataclasses import dataclass, field
from typing import Any

from flink_sql.statements import ObjectName
from provider_kit.server import PluginError
from vvp_provider.api import Api, Json

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
    answer = api.request(
        "POST",
        f"/sql/v1beta1/namespaces/{namespace}/sqlscripts:execute",
        params={"catalog": catalog, "database": database},
        body={"statement": statement},
    )
    result = answer.get("result", "")
    # The status is 200 either way; an unknown word is no success.
    if result in _SUCCESS:
        return
    details: Json = answer.get("errorMessage") or {}
    where = (
        f" (line {details['lineNumber']}, column {details.get('columnNumber', 1)})" if details.get("lineNumber") else ""
    )
    rows = answer.get("resultTable", {}).get("rows", [])
    cells = "; ".join(str(cell.get("value")) for row in rows for cell in row.get("cells", []))
    message = details.get("message") or cells or "the platform gives no reason"
    head = " ".join(statement.split())[:80]
    raise StatementFailed(f"{result or 'no result'} in namespace {namespace!r}{where}: {message}\n  in: {head}")


def observe(api: Api, namespace: str, kind: str, name: ObjectName) -> Observed | None:
    """What a catalog holds under a name; None if there is nothing."""
    root = f"/catalog/v1beta2/namespaces/{namespace}/catalogs/{name.parts[0]}"
    if kind == "CATALOG":
        return _observed(api.find(root), "catalog")
    if kind == "DATABASE":
        return _observed(api.find(f"{root}:getDatabase", {"database": name.parts[1]}), "database")
    what = "function" if kind == "FUNCTION" else "table"
    params = {"database": name.parts[1], what: name.parts[2]}
    return _observed(api.find(f"{root}:get{what.capitalize()}", params), what)


def _observed(answer: Json | None, key: str) -> Observed | None:
    found: Json | None = (answer or {}).get(key)
    if not found:
        return None
    shape: list[str] = []
    schema: Json = found.get("schema") or {}
    columns: list[Json] = schema.get("column") or []
    for column in columns:
        meta: Json = column.get("meta") or {}
        parts: list[Any] = [column.get("name"), column.get("type"), column.get("expression")]
        parts += ["METADATA", meta.get("name"), "VIRTUAL" if meta.get("virtual") else None] if meta else []
        shape.append(" ".join(str(part) for part in parts if part))
    shape += [f"{part} {schema[part]}" for part in ("primaryKey", "watermarkSpec") if schema.get(part)]
    shape += [f"{part} {found[part]}" for part in ("comment", "className", "functionLanguage") if found.get(part)]
    options: dict[str, str] = found.get("properties") or {}
    return Observed(dict(options), shape)
