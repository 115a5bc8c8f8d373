"""Options of tables, databases and catalogs: WITH ('key' = 'value', …) and hints /*+ OPTIONS('key' = 'value', …) */."""

from collections.abc import Iterator, Sequence

from flink_sql.spelling import canonical
from flink_sql.tokens import SqlFault, Token, TokenKind, is_symbol, tokens


def closing(tokens: Sequence[Token], start: int) -> int:
    """The index of the parenthesis that closes the one at `start`."""
    depth = 0
    for index in range(start, len(tokens)):
        depth += is_symbol(tokens[index], "(") - is_symbol(tokens[index], ")")
        if depth == 0:
            return index
    return len(tokens) - 1


def items(tokens: Sequence[Token]) -> Iterator[list[Token]]:
    """Split at commas that are in no inner parenthesis or angle bracket (`MAP<STRING, INT>`)."""
    item: list[Token] = []
    depth = angle = 0
    for token in tokens:
        depth += is_symbol(token, "(") - is_symbol(token, ")")
        if depth == 0 and item and item[-1].word in ("ARRAY", "MAP", "ROW", "MULTISET", "RAW"):
            angle += is_symbol(token, "<")
        elif angle:
            angle -= is_symbol(token, ">")
        if is_symbol(token, ",") and depth == 0 and angle == 0:
            yield item
            item = []
        else:
            item.append(token)
    if item:
        yield item


def take_options(body: Sequence[Token], line: int) -> tuple[list[Token], dict[str, str]]:
    """What stands behind an object's name without its WITH clause, and the options of that clause.

    Args:
        body: The tokens behind the name.
        line: Where the statement begins.

    Raises:
        SqlFault: In WITH stands something else than options.
    """
    depth = 0
    for index, token in enumerate(body):
        depth += is_symbol(token, "(") - is_symbol(token, ")")
        if depth == 0 and token.word == "AS":
            break
        if depth == 0 and token.word == "WITH" and index + 1 < len(body) and is_symbol(body[index + 1], "("):
            end = closing(body, index + 1)
            options = dict(option(item, line) for item in items(body[index + 2 : end]))
            return [*body[:index], *body[end + 1 :]], options
    return list(body), {}


def option(item: Sequence[Token], line: int) -> tuple[str, str]:
    """Key and value of `'key' = 'value'`. Raises: SqlFault: it is none."""
    if len(item) == 3 and item[1].text == "=":
        key, value = item[0].string, item[2].string
        if key is not None and value is not None:
            return key, value
    raise SqlFault(f"among options stands {canonical(item)!r} instead of 'key' = 'value'", line)


def hinted(statement: Sequence[Token], line: int = 1) -> Iterator[tuple[tuple[str, ...], dict[str, str]]]:
    """The options that hints give to tables, each with the parts of the table's name as written.

    See https://nightlies.apache.org/flink/flink-docs-stable/docs/dev/table/sql/queries/hints/#dynamic-table-options.

    Args:
        statement: Its tokens.
        line: Where the statement begins.

    Raises:
        SqlFault: In OPTIONS stands something else than options.
    """
    for index, token in enumerate(statement):
        if token.kind is not TokenKind.HINT:
            continue
        inside = list(tokens(token.text[3:-2]))
        name = _name_before(statement, index)
        for start, first in enumerate(inside[:-1]):
            if name and first.word == "OPTIONS" and is_symbol(inside[start + 1], "("):
                yield name, dict(option(item, line) for item in items(inside[start + 2 : closing(inside, start + 1)]))


def _name_before(statement: Sequence[Token], index: int) -> tuple[str, ...]:
    parts: list[str] = []
    place = index - 1
    while place >= 0 and (part := statement[place].name) is not None:
        parts.insert(0, part)
        if place < 2 or not is_symbol(statement[place - 1], "."):
            break
        place -= 2
    return tuple(parts)


def like_clause(body: Sequence[Token]) -> tuple[str, ...] | None:
    """The name of the table whose options a table gets by its clause LIKE; None if it gets none.

    See https://nightlies.apache.org/flink/flink-docs-stable/docs/dev/table/sql/create/#like.

    Args:
        body: The tokens behind the table's own name.
    """
    depth = 0
    for index, token in enumerate(body):
        depth += is_symbol(token, "(") - is_symbol(token, ")")
        if depth == 0 and token.word == "AS":
            return None
        if depth == 0 and token.word == "LIKE":
            parts: list[str] = []
            place = index + 1
            while place < len(body) and (part := body[place].name) is not None:
                parts.append(part)
                place += 2 if place + 1 < len(body) and is_symbol(body[place + 1], ".") else 1
                if not is_symbol(body[place - 1], "."):
                    break
            words = [each.word for each in body[place:]]
            ways = dict(zip(words[1:], words, strict=False))
            way = ways.get("OPTIONS", ways.get("ALL"))
            return tuple(parts) if parts and way != "EXCLUDING" else None
    return None
