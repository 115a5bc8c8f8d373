"""Flink SQL as a row of tokens, each with its place.

https://nightlies.apache.org/flink/flink-docs-release-1.20/docs/dev/table/sql/overview/#data-definition-language-ddl
"""

import re
from dataclasses import dataclass
from typing import Final, Literal

from sandbox.platform.sql.errors import Position, SqlError

Kind = Literal["word", "quoted", "string", "number", "symbol", "end"]

_TOKEN: Final = re.compile(
    r"""
    (?P<space>\s+|--[^\n\r]*|//[^\n\r]*|/\*.*?\*/)
    | (?P<quoted>`(?:[^`]|``)*`)
    | (?P<string>'(?:[^']|'')*')
    | (?P<number>\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)
    | (?P<word>[^\W\d]\w*|\$\w+)
    | (?P<symbol><=|>=|<>|!=|\|\||=>|[-+*/%=<>(),.;:\[\]{}?@^&|])
    """,
    re.VERBOSE | re.DOTALL,
)


@dataclass(frozen=True)
class Token:
    """A word, a literal or a sign."""

    kind: Kind
    text: str
    """As written."""
    position: Position
    start: int
    """Offset in the text."""
    end: int

    @property
    def upper(self) -> str:
        """For comparing keywords; a quoted name is never one."""
        return self.text.upper() if self.kind == "word" else ""

    @property
    def value(self) -> str:
        """A literal's content, a name without its quotes."""
        if self.kind in ("string", "quoted"):
            sign = self.text[0]
            return self.text[1:-1].replace(sign * 2, sign)
        return self.text


def tokens(text: str) -> list[Token]:
    """All tokens of a text, and one of kind `end` after them.

    Raises:
        SqlError: a character that begins nothing, or a literal without its end.
    """
    found: list[Token] = []
    offset, line, start_of_line = 0, 1, 0
    while offset < len(text):
        match = _TOKEN.match(text, offset)
        if not match:
            place = Position(line, offset - start_of_line + 1, line, offset - start_of_line + 1)
            raise SqlError(
                f"SQL parse failed. Lexical error at line {place.line}, column {place.column}. "
                f"Encountered: {text[offset]!r}.",
                place,
            )
        begin = (line, offset - start_of_line + 1)
        content = match.group()
        breaks = content.count("\n")
        if breaks:
            line += breaks
            start_of_line = offset + content.rindex("\n") + 1
        offset = match.end()
        if match.lastgroup != "space":
            place = Position(*begin, line, offset - start_of_line)
            found.append(Token(match.lastgroup, content, place, match.start(), offset))  # type: ignore[arg-type]
    column = offset - start_of_line + 1
    found.append(Token("end", "<EOF>", Position(line, column, line, column), offset, offset))
    return found
