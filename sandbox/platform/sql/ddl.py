"""Statements about tables, views, functions, databases and catalogs, from text to objects.

https://nightlies.apache.org/flink/flink-docs-release-1.20/docs/dev/table/sql/create/ and its neighbours.
"""

from dataclasses import dataclass, field
from typing import Any, Literal

from sandbox.platform.sql.errors import SqlError
from sandbox.platform.sql.parser import Parser
from sandbox.platform.sql.types import data_type

Path = tuple[str, ...]
Column = dict[str, Any]
Kind = Literal["TABLE", "VIEW", "FUNCTION", "DATABASE", "CATALOG"]


@dataclass
class Schema:
    """What stands between a table's parentheses."""

    columns: list[Column] = field(default_factory=list)
    watermarks: list[dict[str, str]] = field(default_factory=list)
    primary_key: list[str] = field(default_factory=list)
    key_name: str | None = None


@dataclass
class Create:
    """CREATE …"""

    kind: Kind
    path: Path
    if_not_exists: bool = False
    temporary: bool = False
    comment: str = ""
    properties: dict[str, str] = field(default_factory=dict)
    schema: Schema = field(default_factory=Schema)
    partitions: list[str] = field(default_factory=list)
    like: Path | None = None
    query: str = ""
    class_name: str = ""
    language: str = "JAVA"


@dataclass
class Drop:
    """DROP …"""

    kind: Kind
    path: Path
    if_exists: bool
    temporary: bool
    cascade: bool = False


@dataclass
class Alter:
    """ALTER TABLE or ALTER VIEW …"""

    kind: Literal["TABLE", "VIEW"]
    path: Path
    if_exists: bool = False
    rename: str = ""
    set: dict[str, str] = field(default_factory=dict)
    reset: list[str] = field(default_factory=list)
    add: Schema | None = None
    drop: list[str] = field(default_factory=list)
    query: str = ""


@dataclass
class Show:
    """SHOW …, DESCRIBE …"""

    what: Literal["CATALOGS", "DATABASES", "TABLES", "VIEWS", "FUNCTIONS", "CREATE TABLE", "CREATE VIEW", "DESCRIBE"]
    path: Path = ()


Statement = Create | Drop | Alter | Show


def create(parser: Parser) -> Create:
    """Reads what follows CREATE."""
    temporary = parser.accept("TEMPORARY")
    system = temporary and parser.accept("SYSTEM")
    kind = parser.token.upper
    if kind not in ("TABLE", "VIEW", "FUNCTION", "DATABASE", "CATALOG"):
        raise parser.unexpected('"TABLE", "VIEW", "FUNCTION", "DATABASE", "CATALOG"')
    if system or (temporary and kind not in ("TABLE", "VIEW")):
        raise parser.unsupported(f"CREATE TEMPORARY {'SYSTEM ' if system else ''}{kind}")
    parser.next()
    made = Create(kind, (), temporary=temporary, if_not_exists=parser.accept("IF", "NOT", "EXISTS"))
    made.path = (parser.name(),) if kind == "CATALOG" else parser.path()
    match kind:
        case "TABLE":
            _table(parser, made)
        case "VIEW":
            if parser.token.text == "(":
                made.schema.columns = [{"name": name} for name in parser.names()]
            _comment(parser, made)
            parser.expect("AS")
            made.query = parser.rest()
        case "FUNCTION":
            parser.expect("AS")
            made.class_name = parser.string()
            if parser.accept("LANGUAGE"):
                if parser.token.upper not in ("JAVA", "SCALA", "PYTHON"):
                    raise parser.unexpected('"JAVA", "SCALA", "PYTHON"')
                made.language = parser.next().upper
        case _:
            _comment(parser, made)
            if kind == "CATALOG" or parser.token.upper == "WITH":
                parser.expect("WITH")
                made.properties = parser.properties()
    parser.finish()
    return made


def _table(parser: Parser, made: Create) -> None:
    if parser.accept("("):
        made.schema = elements(parser, ")")
        parser.expect(")")
    _comment(parser, made)
    if parser.token.upper == "DISTRIBUTED":
        raise parser.unsupported("CREATE TABLE … DISTRIBUTED")
    if parser.accept("PARTITIONED", "BY"):
        made.partitions = parser.names()
    if parser.accept("WITH"):
        made.properties = parser.properties()
    if parser.accept("LIKE"):
        made.like = parser.path()
        if parser.token.text == "(":
            raise parser.unsupported("options of LIKE")
    if parser.token.upper == "AS":
        raise parser.unsupported("CREATE TABLE … AS SELECT")
    known = {column["name"] for column in made.schema.columns}
    for name in made.partitions if not made.like else ():
        if name not in known:
            raise SqlError(f"SQL validation failed. Partition column '{name}' is not defined in the schema.")
    if not made.schema.columns and not made.like:
        raise parser.unexpected('"(" and at least one column')


def _comment(parser: Parser, made: Create) -> None:
    if parser.accept("COMMENT"):
        made.comment = parser.string()


def elements(parser: Parser, end: str | None) -> Schema:
    """Columns, watermark and primary key, up to a sign that stays."""
    schema = Schema()
    while True:
        if parser.accept("WATERMARK", "FOR"):
            column = parser.name()
            parser.expect("AS")
            expression = parser.expression(",", ")")
            schema.watermarks.append(
                {"timeColumn": column, "watermarkExpression": expression, "watermarkType": "TIMESTAMP(3)"}
            )
        elif parser.token.upper in ("PRIMARY", "CONSTRAINT", "UNIQUE"):
            _constraint(parser, schema)
        else:
            _column(parser, schema)
        if not end or not parser.accept(","):
            break
    return schema


def _constraint(parser: Parser, schema: Schema) -> None:
    place = parser.token.position
    if parser.accept("CONSTRAINT"):
        schema.key_name = parser.name()
    if parser.token.upper == "UNIQUE":
        raise SqlError("SQL validation failed. UNIQUE constraint is not supported yet.", parser.token.position)
    parser.expect("PRIMARY", "KEY")
    if schema.primary_key:
        raise SqlError("SQL validation failed. Duplicate primary key definition.", place)
    schema.primary_key = parser.names()
    _not_enforced(parser)


def _not_enforced(parser: Parser) -> None:
    if not parser.accept("NOT", "ENFORCED"):
        raise SqlError(
            "SQL validation failed. Flink doesn't support ENFORCED mode for PRIMARY KEY constraint. ENFORCED/NOT "
            "ENFORCED controls if the constraint checks are performed on the incoming/outgoing data. Flink does not "
            "own the data therefore the only supported mode is the NOT ENFORCED mode",
            parser.token.position,
        )


def _column(parser: Parser, schema: Schema) -> None:
    place = parser.token.position
    column: Column = {"name": parser.name()}
    if any(other["name"] == column["name"] for other in schema.columns):
        raise SqlError(f"SQL validation failed. A column named '{column['name']}' already exists in the table.", place)
    if parser.accept("AS"):
        column["expression"] = parser.expression(",", ")", "COMMENT")
    else:
        column["type"] = data_type(parser)
        if parser.accept("METADATA"):
            column["meta"] = {"name": parser.string() if parser.accept("FROM") else column["name"]}
            column["meta"]["virtual"] = parser.accept("VIRTUAL")
        elif parser.accept("PRIMARY", "KEY"):
            if schema.primary_key:
                raise SqlError("SQL validation failed. Duplicate primary key definition.", place)
            schema.primary_key = [column["name"]]
            _not_enforced(parser)
    if parser.accept("COMMENT"):
        parser.string()
    schema.columns.append(column)


def drop(parser: Parser) -> Drop:
    """Reads what follows DROP."""
    temporary = parser.accept("TEMPORARY")
    kind = parser.token.upper
    if kind not in ("TABLE", "VIEW", "FUNCTION", "DATABASE", "CATALOG"):
        raise parser.unexpected('"TABLE", "VIEW", "FUNCTION", "DATABASE", "CATALOG"')
    parser.next()
    if_exists = parser.accept("IF", "EXISTS")
    dropped = Drop(kind, (parser.name(),) if kind == "CATALOG" else parser.path(), if_exists, temporary)
    if kind == "DATABASE":
        dropped.cascade = parser.accept("CASCADE")
        parser.accept("RESTRICT")
    parser.finish()
    return dropped


def alter(parser: Parser) -> Alter:
    """Reads what follows ALTER."""
    kind = parser.token.upper
    if kind not in ("TABLE", "VIEW"):
        raise parser.unsupported(f"ALTER {kind or parser.token.text}")
    parser.next()
    if_exists = parser.accept("IF", "EXISTS")
    changed = Alter(kind, parser.path(), if_exists)
    if parser.accept("RENAME", "TO"):
        changed.rename = parser.path()[-1]
    elif kind == "VIEW":
        parser.expect("AS")
        changed.query = parser.rest()
    elif parser.accept("SET"):
        changed.set = parser.properties()
    elif parser.accept("RESET"):
        parser.expect("(")
        changed.reset.append(parser.string())
        while parser.accept(","):
            changed.reset.append(parser.string())
        parser.expect(")")
    elif parser.accept("ADD"):
        several = parser.accept("(")
        changed.add = elements(parser, ")" if several else None)
        if several:
            parser.expect(")")
    elif parser.accept("DROP"):
        if parser.token.upper in ("PRIMARY", "CONSTRAINT", "WATERMARK"):
            raise parser.unsupported(f"ALTER TABLE … DROP {parser.token.upper}")
        changed.drop = parser.names() if parser.token.text == "(" else [parser.name()]
    elif parser.token.upper in ("RENAME", "MODIFY"):
        raise parser.unsupported(f"ALTER TABLE … {parser.token.upper} of columns")
    else:
        raise parser.unexpected('"RENAME", "SET", "RESET", "ADD", "DROP"')
    parser.finish()
    return changed


def show(parser: Parser) -> Show:
    """Reads what follows SHOW."""
    what = parser.next().upper
    if what == "CREATE":
        kind = parser.next().upper
        if kind not in ("TABLE", "VIEW"):
            raise parser.unsupported(f"SHOW CREATE {kind}")
        found = Show("CREATE TABLE" if kind == "TABLE" else "CREATE VIEW", parser.path())
    elif what in ("CATALOGS", "DATABASES", "TABLES", "VIEWS", "FUNCTIONS"):
        found = Show(what)
    else:
        raise parser.unsupported(f"SHOW {what}")
    parser.finish()
    return found


def describe(parser: Parser) -> Show:
    """Reads what follows DESCRIBE."""
    found = Show("DESCRIBE", parser.path())
    parser.finish()
    return found
