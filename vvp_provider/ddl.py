"""A CREATE statement in parts, so that a change of it shows as what it is; and the statements that follow from it.

See https://nightlies.apache.org/flink/flink-docs-stable/docs/dev/table/sql/create/ and
https://nightlies.apache.org/flink/flink-docs-stable/docs/dev/table/sql/alter/.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from flink_sql.options import closing, items, take_options
from flink_sql.spelling import canonical
from flink_sql.statements import ObjectName, SqlFault, Statement, body_of, quote_name, quote_string, single


@dataclass(frozen=True)
class Definition:
    """What a CREATE statement says.

    Attributes:
        kind: TABLE, VIEW, FUNCTION, DATABASE or CATALOG.
        name: The full name: catalog, database and object, as far as the kind has them.
        columns: Of a table: columns, computed columns, watermarks and constraints, one each, in one spelling.
        clauses: Everything else but the options, in one spelling: comment, partitions, LIKE, query, class.
        options: The WITH clause.
    """

    kind: str
    name: ObjectName
    columns: list[str] = field(default_factory=list[str])
    clauses: str = ""
    options: dict[str, str] = field(default_factory=dict[str, str])


def parse(sql: str, catalog: str, database: str) -> Definition:
    """The definition in one CREATE statement.

    Args:
        sql: The statement.
        catalog: Catalog of a name without one.
        database: Database of a name without one.

    Raises:
        SqlFault: It is not exactly one CREATE statement, or one of a sort that cannot be kept in a state.
    """
    statement = single(sql)
    verb, _, kind = statement.kind.partition(" ")
    if verb != "CREATE" or not kind or statement.name is None:
        what = "this makes" if verb == "CREATE" else f"{statement.kind} is no CREATE statement, which makes"
        raise SqlFault(f"{what} no table, view, function, database or catalog", statement.line)
    if statement.temporary:
        raise SqlFault("a temporary object ends with its session; put it into the deployment's script", statement.line)
    if statement.guarded:
        raise SqlFault(
            "IF NOT EXISTS and OR REPLACE would take over what somebody else made without a word; leave them out, or "
            "set adopt",
            statement.line,
        )
    name = _full_name(statement, kind, catalog, database)
    body = body_of(statement)
    columns: list[str] = []
    if kind == "TABLE" and body and body[0].text == "(":
        end = closing(body, 0)
        columns = [canonical(item) for item in items(body[1:end])]
        body = body[end + 1 :]
    rest, options = take_options(body, statement.line) if kind in ("TABLE", "DATABASE", "CATALOG") else (body, {})
    return Definition(kind, name, columns, canonical(rest), options)


def _full_name(statement: Statement, kind: str, catalog: str, database: str) -> ObjectName:
    name = statement.name or ObjectName(())
    longest = {"CATALOG": 1, "DATABASE": 2}.get(kind, 3)
    if len(name.parts) > longest:
        raise SqlFault(f"{name} has more parts than a {kind.lower()}'s name", statement.line)
    if kind == "CATALOG":
        return name
    if kind == "DATABASE":
        return ObjectName((catalog, *name.parts)[-2:])
    return name.resolve(catalog, database)


def drop(kind: str, name: ObjectName) -> str:
    """The statement that removes an object; nothing happens if it is gone already."""
    return f"DROP {kind} IF EXISTS {name}"


def rename(kind: str, old: ObjectName, new: ObjectName) -> str:
    """The statement that gives a table of the same database another name."""
    return f"ALTER {kind} {old} RENAME TO {quote_name(new.parts[-1])}"


def set_options(kind: str, name: ObjectName, old: Mapping[str, str], new: Mapping[str, str]) -> list[str]:
    """The statements that turn one set of options into another: none, one or two."""
    changed = [f"{quote_string(k)} = {quote_string(v)}" for k, v in new.items() if old.get(k) != v]
    removed = [quote_string(key) for key in old if key not in new]
    statements: list[str] = []
    if changed:
        statements.append(f"ALTER {kind} {name} SET ({', '.join(changed)})")
    if removed:
        statements.append(f"ALTER {kind} {name} RESET ({', '.join(removed)})")
    return statements
