"""Queries: their syntax and the tables they name, by SQLFluff's Flink dialect (https://docs.sqlfluff.com)."""

import re
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from sandbox.platform.sql.errors import Position, SqlError
from sandbox.platform.sql.parser import Parser


@dataclass(frozen=True)
class Reference:
    """A table's name in a query."""

    path: tuple[str, ...]
    position: Position


@dataclass(frozen=True)
class Query:
    """A SELECT, or an INSERT INTO with one."""

    sink: Reference | None
    sources: list[Reference] = field(default_factory=list)


def query(text: str, offset: Position = Position(1, 1)) -> Query:  # noqa: B008 - immutable
    """Parses one query.

    Args:
        text: of the query.
        offset: where its first character is in the script, for the places of errors.

    Raises:
        SqlError: it is none.
    """
    if not text.strip():
        raise SqlError("SQL parse failed. Encountered the end of the statement. Was expecting: a query.", offset)
    parsed = _linter().parse_string(_for_sqlfluff(text))
    for violation in parsed.violations:
        place = _moved(violation.line_no, violation.line_pos, offset)
        near = text.splitlines()[violation.line_no - 1][violation.line_pos - 1 :][:60]
        raise SqlError(
            f'SQL parse failed. Encountered "{near}" at line {place.line}, column {place.column}.',
            place,
        )
    statements = list(parsed.tree.get_children("statement"))
    kind = statements[0].segments[0].get_type() if len(statements) == 1 else ""
    if kind not in ("insert_statement", "select_statement", "set_expression", "with_compound_statement"):
        raise SqlError("SQL parse failed. Was expecting: one SELECT or INSERT INTO statement.", offset)
    found = [_reference(segment, offset) for segment in parsed.tree.recursive_crawl("table_reference")]
    local = {_first_name(segment) for segment in parsed.tree.recursive_crawl("common_table_expression")}
    sink = found.pop(0) if kind == "insert_statement" else None
    return Query(sink, [item for item in found if not (len(item.path) == 1 and item.path[0] in local)])


_KEPT_OR_NOT = re.compile(
    r"(?P<kept>'(?:[^']|'')*'|`(?:[^`]|``)*`|--[^\n\r]*|/\*.*?\*/)|(?P<comment>//[^\n\r]*)|(?P<name>\w+\s*=>)",
    re.DOTALL,
)


def _for_sqlfluff(text: str) -> str:
    """The text without what Flink takes and SQLFluff's dialect does not, each character in its place: comments behind
    two slashes, and the names of a function's arguments, as in `DATA => TABLE t`."""

    def instead(found: re.Match[str]) -> str:
        if found["comment"]:
            return "--" + found[0][2:]
        return re.sub(r"\S", " ", found[0]) if found["name"] else found[0]

    return _KEPT_OR_NOT.sub(instead, text)


@cache
def _linter() -> Any:
    # Only scripts with queries need the second that this import takes.
    from sqlfluff.core import Linter

    return Linter(dialect="flink")


def _reference(segment: Any, offset: Position) -> Reference:
    start = segment.pos_marker
    place = _moved(start.working_line_no, start.working_line_pos, offset)
    length = len(segment.raw)
    position = Position(place.line, place.column, place.line, place.column + length - 1)
    return Reference(Parser(segment.raw).path(), position)


def _first_name(segment: Any) -> str:
    identifier = next(segment.recursive_crawl("naked_identifier", "quoted_identifier"))
    return identifier.raw.strip("`")


def _moved(line: int, column: int, offset: Position) -> Position:
    column = column + offset.column - 1 if line == 1 else column
    line += offset.line - 1
    return Position(line, column, line, column)
