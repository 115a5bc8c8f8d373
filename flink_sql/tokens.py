"""Flink SQL as tokens: words, quoted names, strings and punctuation, with comments left out.

The lexical rules are Flink's (https://nightlies.apache.org/flink/flink-docs-stable/docs/dev/table/sql/overview/):
strings in '…' with '' inside, names in `…` with `` inside, comments from -- or // to the line's end and between /* and
*/. A hint, as /*+ OPTIONS(…) */, is a token of its own: it changes what the statement does.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum, auto


class TokenKind(Enum):
    """What a token is."""

    WORD = auto()
    QUOTED_NAME = auto()
    STRING = auto()
    SYMBOL = auto()
    HINT = auto()


@dataclass(frozen=True)
class Token:
    """One token.

    Attributes:
        kind: What it is.
        text: As it stands in the text, quotes included.
        start: Offset of its first character.
        end: Offset behind its last character.
    """

    kind: TokenKind
    text: str
    start: int
    end: int

    @property
    def word(self) -> str:
        """A word in capitals, for comparing with keywords; empty for anything else."""
        return self.text.upper() if self.kind is TokenKind.WORD else ""

    @property
    def name(self) -> str | None:
        """The name that this token is as an identifier: without quotes; None if it cannot be one."""
        if self.kind is TokenKind.QUOTED_NAME:
            return self.text[1:-1].replace("``", "`")
        return self.text if self.kind is TokenKind.WORD and not self.text[0].isdigit() else None

    @property
    def string(self) -> str | None:
        """The value of a string; None if this is none."""
        return self.text[1:-1].replace("''", "'") if self.kind is TokenKind.STRING else None


class SqlFault(ValueError):
    """SQL that cannot be taken.

    Attributes:
        reason: What is wrong.
        line: Where, from 1.
        column: Where in the line, from 1.
    """

    def __init__(self, reason: str, line: int, column: int = 1) -> None:
        super().__init__(f"line {line}: {reason}")
        self.reason, self.line, self.column = reason, line, column


_TOKEN = re.compile(
    r"""
    (?P<hint>/\*\+(?:'(?:[^']|'')*'|[^'])*?\*/)
    |(?P<open_hint>/\*\+)
    |(?P<blank>\s+|--[^\n\r]*|//[^\n\r]*|/\*.*?\*/)
    |(?P<string>'(?:[^']|'')*')
    |(?P<quoted>`(?:[^`]|``)*`)
    |(?P<word>[\w$]+)
    |(?P<open_comment>/\*)
    |(?P<open_string>')
    |(?P<open_quoted>`)
    |(?P<symbol>.)
    """,
    re.VERBOSE | re.DOTALL,
)
_KINDS = {
    "string": TokenKind.STRING,
    "quoted": TokenKind.QUOTED_NAME,
    "word": TokenKind.WORD,
    "symbol": TokenKind.SYMBOL,
    "hint": TokenKind.HINT,
}
_UNENDED = {
    "open_hint": "this hint (/*+) has no end (*/)",
    "open_comment": "this comment (/*) has no end (*/)",
    "open_string": "this string (') has no closing quote",
    "open_quoted": "this quoted name (`) has no closing quote",
}


def position(sql: str, offset: int) -> tuple[int, int]:
    """Line and column of an offset, both from 1."""
    return sql.count("\n", 0, offset) + 1, offset - (sql.rfind("\n", 0, offset) + 1) + 1


def tokens(sql: str) -> Iterator[Token]:
    """The tokens of a text.

    Raises:
        SqlFault: A string, quoted name or comment has no end; the fault names the line where it begins.
    """
    for match in _TOKEN.finditer(sql):
        group = match.lastgroup or "symbol"
        if group in _UNENDED:
            raise SqlFault(_UNENDED[group], *position(sql, match.start()))
        if group in _KINDS:
            yield Token(_KINDS[group], match.group(), match.start(), match.end())


def is_symbol(token: Token, symbol: str) -> bool:
    """Whether a token is that punctuation, and not a name or string that looks like it."""
    return token.kind is TokenKind.SYMBOL and token.text == symbol


def quote_name(name: str) -> str:
    """A name in back quotes."""
    return "`" + name.replace("`", "``") + "`"


def quote_string(text: str) -> str:
    """A string literal."""
    return "'" + text.replace("'", "''") + "'"
