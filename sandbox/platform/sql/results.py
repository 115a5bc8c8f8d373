"""The tables that SHOW and DESCRIBE answer with."""

from typing import Any

from sandbox.platform.sql.catalog import Catalog, not_found
from sandbox.platform.sql.ddl import Show
from sandbox.platform.store import Row

Json = dict[str, Any]


def rows(catalog: Catalog, statement: Show, here: tuple[str, str]) -> Json:
    """What a statement shows, as `ResultTable` of the API's description.

    Raises:
        SqlError: what it asks for does not exist.
    """
    listed: list[Row] | None = None
    match statement.what:
        case "CATALOGS":
            return _table(["catalog name"], [[row.name] for row in catalog.catalogs()])
        case "DATABASES":
            listed = catalog.databases(here[0])
        case "TABLES":
            listed = catalog.tables(*here)
        case "VIEWS":
            listed = [row for row in catalog.tables(*here) if row.hidden.get("view")]
        case "FUNCTIONS":
            listed = catalog.functions(*here)
    if listed is not None:
        header = f"{statement.what.lower().removesuffix('s')} name"
        return _table([header], [[row.body["name"]] for row in listed])
    found = catalog.table(statement.path)
    if not found or (statement.what == "CREATE VIEW") != bool(
        found.hidden.get("view") and statement.what != "DESCRIBE"
    ):
        raise not_found(statement.path)
    if statement.what == "DESCRIBE":
        return _described(found)
    return _table(["result"], [[_create(found)]])


def _described(table: Row) -> Json:
    schema = table.body["schema"]
    keys = (schema.get("primaryKey") or {}).get("column", ())
    watermarks = {item["timeColumn"]: item["watermarkExpression"] for item in schema.get("watermarkSpec") or ()}
    lines = []
    for column in schema["column"]:
        kind = column.get("type", "")
        key = f"PRI({', '.join(keys)})" if column["name"] in keys else ""
        extra = f"AS {column['expression']}" if "expression" in column else ""
        null = "FALSE" if kind.endswith("NOT NULL") else "TRUE"
        plain = kind.removesuffix(" NOT NULL")
        lines.append([column["name"], plain, null, key, extra, watermarks.get(column["name"], "")])
    return _table(["name", "type", "null", "key", "extras", "watermark"], lines)


def _create(table: Row) -> str:
    name = ".".join(f"`{part}`" for part in table.name.split("."))
    if table.hidden.get("view"):
        return f"CREATE VIEW {name} AS {table.hidden['view']}"
    schema = table.body["schema"]
    lines = [_column(column) for column in schema["column"]]
    for item in schema.get("watermarkSpec") or ():
        lines.append(f"WATERMARK FOR `{item['timeColumn']}` AS {item['watermarkExpression']}")
    if key := schema.get("primaryKey"):
        columns = ", ".join(f"`{column}`" for column in key["column"])
        lines.append(f"CONSTRAINT `{key['name']}` PRIMARY KEY ({columns}) NOT ENFORCED")
    options = ",\n  ".join(f"{_literal(key)} = {_literal(value)}" for key, value in table.body["properties"].items())
    comment = f" COMMENT {_literal(table.body['comment'])}" if table.body["comment"] else ""
    end = f" WITH (\n  {options}\n)" if options else ""
    return f"CREATE TABLE {name} (\n  " + ",\n  ".join(lines) + f"\n){comment}{end}\n"


def _column(column: Json) -> str:
    if "expression" in column:
        return f"`{column['name']}` AS {column['expression']}"
    meta = column.get("meta")
    end = f" METADATA FROM {_literal(meta['name'])}{' VIRTUAL' if meta['virtual'] else ''}" if meta else ""
    return f"`{column['name']}` {column['type']}{end}"


def _literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _table(headers: list[str], lines: list[list[str]]) -> Json:
    return {
        "headers": [{"name": header} for header in headers],
        "rows": [{"cells": [{"value": value} for value in line]} for line in lines],
    }
