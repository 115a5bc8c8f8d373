"""A deployment's script: temporary tables and views, then one INSERT INTO or one statement set.

https://docs.ververica.com/vvp/user-guide/sql-development/scripts-deployments
"""

from dataclasses import dataclass
from typing import Any

from sandbox.platform.sql import ddl
from sandbox.platform.sql.catalog import Catalog, not_found, table_schema
from sandbox.platform.sql.errors import Position, SqlError
from sandbox.platform.sql.lexer import Token, tokens
from sandbox.platform.sql.parser import Parser
from sandbox.platform.sql.queries import Query, Reference, query
from sandbox.platform.store import Store

Json = dict[str, Any]


@dataclass(frozen=True)
class Part:
    """One statement of a script."""

    text: str
    first: Token
    words: tuple[str, ...]
    """Its first three words, in upper case."""


def split(text: str) -> list[Part]:
    """The statements of a text, without their semicolons.

    Raises:
        SqlError: a literal has no end.
    """
    parts: list[Part] = []
    current: list[Token] = []
    for token in tokens(text):
        if token.kind == "end" or (token.kind == "symbol" and token.text == ";"):
            if current:
                words = tuple(item.upper for item in current[:3])
                parts.append(Part(text[current[0].start : current[-1].end], current[0], words))
            current = []
        else:
            current.append(token)
    return parts


def tables_of(store: Store, namespace: str, script: str) -> tuple[list[Json], list[Json]]:
    """Checks a deployment's script.

    Args:
        store: the platform's database.
        namespace: of the platform.
        script: the whole text.

    Returns:
        The tables that it reads and that it writes, as `JobTable` of the API's description.

    Raises:
        SqlError: syntax, the order of statements, or a table that does not exist.
    """
    catalog = Catalog(store, namespace)
    temporary: dict[str, Json] = {}
    queries: list[Query] = []
    parts = split(script)
    inside = closed = False
    for part in parts:
        if closed or (queries and not inside and part.words[:1] != ("END",)):
            raise _misplaced(part, "the end of the script: one INSERT INTO or one statement set is a deployment's")
        match part.words:
            case ("CREATE", "TEMPORARY", *_) if not inside and not queries:
                _temporary(part, catalog, temporary)
            case ("BEGIN", "STATEMENT", "SET") if not inside:
                inside = True
            case ("END", *_) if inside and queries:
                closed = True
            case ("INSERT", *_):
                queries.append(query(part.text, _place(part)))
            case _:
                raise _misplaced(part, '"CREATE TEMPORARY", "INSERT INTO", "BEGIN STATEMENT SET", "END"')
    if inside and not closed:
        raise SqlError('SQL parse failed. Encountered "<EOF>". Was expecting: "END".', _place(parts[-1]))
    if not queries:
        raise SqlError("SQL validation failed. The script has no INSERT INTO statement.")
    return _found(catalog, temporary, queries)


def _found(catalog: Catalog, temporary: dict[str, Json], queries: list[Query]) -> tuple[list[Json], list[Json]]:
    sources: dict[str, Json] = {}
    sinks: dict[str, Json] = {}
    for item in queries:
        for reference, found in [*((source, sources) for source in item.sources), (item.sink, sinks)]:
            if reference:
                table = _table(catalog, temporary, reference)
                found[f"{table['catalogName']}.{table['databaseName']}.{table['name']}"] = table
    return list(sources.values()), list(sinks.values())


def _temporary(part: Part, catalog: Catalog, temporary: dict[str, Json]) -> None:
    parser = Parser(part.text)
    parser.expect("CREATE")
    try:
        made = ddl.create(parser)
    except SqlError as error:
        error.position = _moved(error.position, part)
        raise
    if made.query:
        for source in query(made.query).sources:
            _table(catalog, temporary, Reference(source.path, _place(part)))
    columns = [
        {"name": column["name"], "type": column.get("type", "")} for column in table_schema(made.schema)["column"]
    ]
    place = catalog.full(made.path)
    table = {"catalogName": place[0], "databaseName": place[1], "name": place[2], "columns": columns}
    temporary[".".join(place)] = {**table, "properties": made.properties, "temporary": True}


def _table(catalog: Catalog, temporary: dict[str, Json], reference: Reference) -> Json:
    place = catalog.full(reference.path)
    if found := temporary.get(".".join(place)):
        return found
    row = catalog.table(reference.path)
    if not row:
        raise not_found(reference.path, reference.position)
    columns = [{"name": column["name"], "type": column.get("type", "")} for column in row.body["schema"]["column"]]
    table = {"catalogName": place[0], "databaseName": place[1], "name": place[2], "columns": columns}
    return {**table, "properties": row.body["properties"], "temporary": False}


def _place(part: Part) -> Position:
    return part.first.position


def _moved(position: Position, part: Part) -> Position:
    start = _place(part)
    column = position.column + start.column - 1 if position.line == 1 else position.column
    end_column = position.end_column + start.column - 1 if position.end_line == 1 else position.end_column
    lines = start.line - 1
    return Position(position.line + lines, column, position.end_line + lines, end_column)


def _misplaced(part: Part, expected: str) -> SqlError:
    place = part.first.position
    return SqlError(
        f'SQL parse failed. Encountered "{part.first.text}" at line {place.line}, column {place.column}. '
        f"Was expecting: {expected}.",
        place,
    )
