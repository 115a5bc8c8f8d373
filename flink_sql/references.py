"""Which tables a statement names. See `sql` for how far this sees."""

from collections.abc import Iterator, Sequence

from flink_sql.tokens import Token, is_symbol

Parts = tuple[str, ...]

_AFTER_FROM = frozenset(
    ("WHERE", "GROUP", "ORDER", "HAVING", "LIMIT", "OFFSET", "FETCH", "UNION", "INTERSECT", "EXCEPT", "MINUS", "WINDOW")
) | frozenset(("QUALIFY", "SELECT", "SET", "VALUES"))
"""Words that end a FROM clause."""
_NOT_TABLES = frozenset(("LATERAL", "TABLE", "UNNEST", "SELECT", "VALUES", "WITH"))


def referenced(tokens: Sequence[Token]) -> tuple[set[Parts], set[Parts]]:
    """Names that a statement reads and writes, as written, without those that it defines itself."""
    reads, writes = set[Parts](), set[Parts]()
    for part in _statements(tokens):
        defined = _defined(part)
        for role, parts, index in _references(part):
            if role == "write":
                writes.add(parts)
            elif not any(parts == (name,) and index in scope for name, scope in defined):
                reads.add(parts)
    return reads, writes


def _statements(tokens: Sequence[Token]) -> Iterator[Sequence[Token]]:
    """The statements of a statement set; any other is one."""
    start = 0
    for index, token in enumerate(tokens):
        if token.text == ";" or (token.word == "BEGIN" and tokens[0].word in ("EXECUTE", "STATEMENT")):
            yield tokens[start:index]
            start = index + 1
    yield tokens[start:]


def _defined(tokens: Sequence[Token]) -> list[tuple[str, range]]:
    """Names of common table expressions, `WITH name [(columns)] AS (` and `, name [(columns)] AS (`, each with where
    it is known: behind its own query, to the end of the query that begins with WITH."""
    found: list[tuple[str, range]] = []
    for index, token in enumerate(tokens):
        if token.word != "AS" or not _is(tokens, index + 1, "("):
            continue
        before = index - 1
        if _is(tokens, before, ")"):
            before = _opening(tokens, before) - 1
        name = tokens[before].name if before >= 0 else None
        if name is not None and before > 0 and (tokens[before - 1].word == "WITH" or tokens[before - 1].text == ","):
            end = _closing(tokens, index + 1)
            found.append((name, range(end, _closing(tokens, end + 1, depth=1))))
    return found


def _opening(tokens: Sequence[Token], index: int) -> int:
    depth = 0
    for place in range(index, -1, -1):
        depth += _is(tokens, place, ")") - _is(tokens, place, "(")
        if depth == 0:
            return place
    return 0


def _closing(tokens: Sequence[Token], start: int, *, depth: int = 0) -> int:
    """The index at which the parenthesis at `start`, or with `depth` one that is open there, closes; or the end."""
    for place in range(start, len(tokens)):
        depth += _is(tokens, place, "(") - _is(tokens, place, ")")
        if depth == 0:
            return place
    return len(tokens)


def _references(tokens: Sequence[Token]) -> Iterator[tuple[str, Parts, int]]:
    # One entry for each open parenthesis: whether it holds a query, and whether its FROM clause goes on.
    is_query, in_from = [True], [False]
    # Whether the last parenthesis was opened where a table is expected: it may hold a join.
    at_table = False
    for index, token in enumerate(tokens):
        word = token.word
        if is_symbol(token, "("):
            at_table = _expects_table(tokens, index, in_from[-1], at_table)
            is_query.append(False)
            in_from.append(at_table)
            if at_table:
                yield from _at(tokens, index + 1, "read")
        elif is_symbol(token, ")"):
            is_query.pop()
            in_from.pop()
        elif word == "SELECT":
            is_query[-1], in_from[-1] = True, False
        elif word == "FROM" and is_query[-1] and not _is_distinct_from(tokens, index):
            in_from[-1] = True
            yield from _at(tokens, index + 1, "write" if index == 1 and tokens[0].word == "DELETE" else "read")
        elif word == "JOIN" or (is_symbol(token, ",") and in_from[-1]):
            yield from _at(tokens, index + 1, "read")
        elif word in ("INTO", "OVERWRITE") and index and tokens[index - 1].word == "INSERT":
            yield from _at(tokens, index + (2 if _is_word(tokens, index + 1, "TABLE") else 1), "write")
        elif word == "UPDATE" and index == 0:
            yield from _at(tokens, 1, "write")
        elif word == "LIKE" and tokens[0].word == "CREATE" and _is_table_clause(tokens, index, len(is_query)):
            yield from _at(tokens, index + 1, "like")
        elif word == "TABLE" and index and _is_query(tokens, index):
            # As `TUMBLE(TABLE t, …)` or, with the argument's name, `DATA => TABLE t`; `TABLE t` is a query, too.
            yield from _at(tokens, index + 1, "read")
        elif word in _AFTER_FROM or token.text == ";":
            in_from[-1] = False


def _expects_table(tokens: Sequence[Token], index: int, in_from: bool, at_table: bool) -> bool:
    """Whether a table may stand at the parenthesis at an index: `FROM (a JOIN b ON …)`."""
    if not index:
        return False
    before = tokens[index - 1]
    if is_symbol(before, "("):
        return at_table
    return before.word in ("FROM", "JOIN") or (is_symbol(before, ",") and in_from)


def _is_query(tokens: Sequence[Token], index: int) -> bool:
    """Whether TABLE at an index begins a query or an argument, and is not a word of another clause."""
    before = tokens[index - 1]
    if before.text in ("(", ",", ">", ")") or before.word in ("UNION", "INTERSECT", "EXCEPT", "ALL", "AS"):
        return True
    return (
        tokens[0].word == "INSERT" and before.name is not None and before.word not in ("INTO", "OVERWRITE", "LATERAL")
    )


def _is_distinct_from(tokens: Sequence[Token], index: int) -> bool:
    return index > 1 and tokens[index - 1].word == "DISTINCT" and tokens[index - 2].word in ("IS", "NOT")


def _is_table_clause(tokens: Sequence[Token], index: int, depth: int) -> bool:
    """Whether this LIKE is the clause of CREATE TABLE and not the operator in a query."""
    return depth == 1 and not any(token.word in ("SELECT", "WHERE") for token in tokens[:index])


def _at(tokens: Sequence[Token], index: int, role: str) -> Iterator[tuple[str, Parts, int]]:
    """The table named at an index; nothing for a subquery, a function's result or `UNNEST(…)`."""
    parts: list[str] = []
    start = index
    if index < len(tokens) and tokens[index].word in _NOT_TABLES:
        return
    while index < len(tokens) and (name := tokens[index].name) is not None:
        parts.append(name)
        index += 1
        if not _is(tokens, index, "."):
            break
        index += 1
    # `INSERT INTO t (a, b)` lists columns, `LIKE t (EXCLUDING ALL)` what to copy; `FROM f(x)` calls a function.
    if parts and (role != "read" or not _is(tokens, index, "(")):
        yield role, tuple(parts), start


def _is(tokens: Sequence[Token], index: int, symbol: str) -> bool:
    return 0 <= index < len(tokens) and is_symbol(tokens[index], symbol)


def _is_word(tokens: Sequence[Token], index: int, word: str) -> bool:
    return 0 <= index < len(tokens) and tokens[index].word == word
