"""Flink SQL, as far as a stack file has to understand it: statements, what they make, and which tables they name.

How far it sees. A text is split into statements at semicolons outside quotes, comments and statement sets. Of each
statement its kind is known by its first words, the object of CREATE, DROP and ALTER by its name, and tables where they
stand behind FROM, JOIN, INSERT INTO, INSERT OVERWRITE, UPDATE, LIKE, `TABLE name` and after commas in a FROM clause.
Names that a WITH clause defines are not tables. It does not parse expressions, does not check that a statement is
valid, knows no types and no columns, and does not see tables behind views. Whatever is valid only to the platform's own
parser, the platform refuses when the statement is executed.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from flink_sql.references import referenced
from flink_sql.tokens import (
    SqlFault,
    Token,
    TokenKind,
    is_symbol,
    position,
    quote_name,
    quote_string,
    tokens,
)

__all__ = [
    "CREATABLE",
    "ObjectName",
    "SqlFault",
    "Statement",
    "body_of",
    "quote_name",
    "quote_string",
    "single",
    "split",
]

CREATABLE = ("TABLE", "VIEW", "FUNCTION", "DATABASE", "CATALOG")
"""What a CREATE statement can make."""

_QUERIES = ("SELECT", "VALUES", "WITH")


@dataclass(frozen=True)
class ObjectName:
    """A name of one to three parts, as written."""

    parts: tuple[str, ...]

    def resolve(self, catalog: str, database: str) -> "ObjectName":
        """The full name of a table, view or function.

        Args:
            catalog: Catalog of a name that does not say its own.
            database: Database of a name that does not say its own.
        """
        missing = {1: (catalog, database), 2: (catalog,)}.get(len(self.parts), ())
        return ObjectName((*missing, *self.parts))

    def __str__(self) -> str:
        return ".".join(quote_name(part) for part in self.parts)


@dataclass(frozen=True)
class Statement:
    """One statement.

    Attributes:
        text: As written, without the semicolon and without comments before and after it.
        line: Where it begins, from 1.
        kind: Its leading keywords: `CREATE TABLE`, `INSERT`, `STATEMENT SET`, `SELECT` (any query), `DROP VIEW`, …
        name: The object that CREATE, DROP or ALTER names.
        temporary: CREATE TEMPORARY.
        guarded: CREATE with IF NOT EXISTS or OR REPLACE.
        reads: Tables that it reads, as written.
        writes: Tables that it writes, as written.
        tokens: Its tokens, with offsets in the whole text.
    """

    text: str
    line: int
    kind: str
    name: ObjectName | None
    temporary: bool
    guarded: bool
    reads: frozenset[ObjectName]
    writes: frozenset[ObjectName]
    tokens: tuple[Token, ...]


def split(sql: str) -> list[Statement]:
    """The statements of a text, in order.

    Args:
        sql: Any number of statements; the last one needs no semicolon.

    Raises:
        SqlFault: An unterminated quote, comment or statement set, parentheses that do not match, or CREATE without a
            name; with the line.
    """
    return [_statement(sql, group) for group in _groups(sql)]


def single(sql: str) -> Statement:
    """The one statement of a text.

    Raises:
        SqlFault: As `split`; or there is no statement, or more than one.
    """
    found = split(sql)
    if not found:
        raise SqlFault("there is no statement", 1)
    if len(found) > 1:
        raise SqlFault("a second statement begins here, and only one is accepted", found[1].line)
    return found[0]


def _groups(sql: str) -> Iterator[Sequence[Token]]:
    """Tokens of one statement each. A statement set ends with the END that stands where a statement would begin."""
    group: list[Token] = []
    in_set = at_start = False
    for token in tokens(sql):
        if is_symbol(token, ";"):
            words = [t.word for t in group[:4]]
            begins_set = words[:3] == ["BEGIN", "STATEMENT", "SET"] and len(group) == 3
            in_set = in_set or begins_set
            if in_set and not (group and group[-1].word == "END" and at_start):
                group.append(token)
                at_start = True
                continue
            if group:
                yield group
            group, in_set, at_start = [], False, False
            continue
        if token.kind is TokenKind.HINT and not group:
            # Before a statement it hints at nothing.
            continue
        at_start = (at_start or _opens_set(group)) and token.word == "END"
        group.append(token)
        if _opens_set(group):
            in_set = True
    if in_set and not (group and group[-1].word == "END" and at_start):
        raise SqlFault("this statement set has no END", *position(sql, group[0].start))
    if group:
        yield group


def _opens_set(group: Sequence[Token]) -> bool:
    words = [token.word for token in group[:5]]
    return words in (["EXECUTE", "STATEMENT", "SET", "BEGIN"], ["STATEMENT", "SET", "BEGIN"])


def _statement(sql: str, group: Sequence[Token]) -> Statement:
    _check_parentheses(sql, group)
    first = group[0]
    line, column = position(sql, first.start)
    found = Statement(
        text=sql[first.start : group[-1].end],
        line=line,
        kind=_kind(group),
        name=None,
        temporary=False,
        guarded=False,
        reads=frozenset(),
        writes=frozenset(),
        tokens=tuple(group),
    )
    rest = group[1:]
    if first.word in ("CREATE", "DROP", "ALTER"):
        rest = [token for token in group[1:6] if token.word not in ("OR", "REPLACE", "TEMPORARY", "SYSTEM")]
        skipped = len(group[1:6]) - len(rest)
        words = [token.word for token in group[1:6]]
        rest = group[1 + skipped :]
        if not rest or rest[0].word not in CREATABLE:
            return replace(found, kind=first.word)
        kind = rest[0].word
        rest = rest[1:]
        conditions = (["IF", "NOT", "EXISTS"], ["IF", "EXISTS"])
        guard = next((guard for guard in conditions if [t.word for t in rest[: len(guard)]] == guard), list[str]())
        name, _ = read_name(rest, len(guard))
        if name is None:
            raise SqlFault(f"{first.word} {kind} is not followed by a name", line, column)
        found = replace(
            found,
            kind=f"{first.word} {kind}",
            name=name,
            temporary="TEMPORARY" in words[:skipped],
            guarded=bool(guard) or "REPLACE" in words[:skipped],
        )
    reads, writes = referenced(group)
    return replace(
        found,
        reads=frozenset(ObjectName(parts) for parts in reads),
        writes=frozenset(ObjectName(parts) for parts in writes),
    )


def _kind(group: Sequence[Token]) -> str:
    words = [token.word for token in group[:3]]
    if "STATEMENT" in words and "SET" in words and words[0] in ("BEGIN", "EXECUTE", "STATEMENT"):
        return "STATEMENT SET"
    if words[0] in _QUERIES or group[0].text == "(":
        return "SELECT"
    if words[0] == "EXECUTE" and words[1:2] == ["INSERT"]:
        return "INSERT"
    return words[0] or group[0].text


def read_name(group: Sequence[Token], start: int) -> tuple[ObjectName | None, int]:
    """The dotted name that begins at an index, and the index behind it; None where there is no name."""
    parts: list[str] = []
    index = start
    while index < len(group) and (part := group[index].name) is not None:
        parts.append(part)
        index += 1
        if index >= len(group) or group[index].text != ".":
            break
        index += 1
    return (ObjectName(tuple(parts)), index) if parts else (None, start)


def body_of(statement: Statement) -> Sequence[Token]:
    """The tokens behind the name of the object that CREATE, DROP or ALTER names."""
    group = statement.tokens
    start = next(i for i, token in enumerate(group) if i and token.word in statement.kind.split()[1:]) + 1
    return group[read_name(group, _behind_guard(group, start))[1] :]


def _behind_guard(group: Sequence[Token], start: int) -> int:
    guards = (["IF", "NOT", "EXISTS"], ["IF", "EXISTS"])
    words = [token.word for token in group[start : start + 3]]
    return start + next((len(guard) for guard in guards if words[: len(guard)] == guard), 0)


def _check_parentheses(sql: str, group: Sequence[Token]) -> None:
    opened: list[Token] = []
    for token in group:
        if token.kind is not TokenKind.SYMBOL:
            continue
        if token.text == "(":
            opened.append(token)
        elif token.text == ")":
            if not opened:
                raise SqlFault("this parenthesis closes nothing", *position(sql, token.start))
            opened.pop()
    if opened:
        raise SqlFault("this parenthesis is never closed", *position(sql, opened[-1].start))
