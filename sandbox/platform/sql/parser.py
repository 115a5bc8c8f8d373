"""Reading tokens one by one: what the parsers of statements and types share."""

from sandbox.platform.sql.errors import SqlError, UnsupportedSqlError
from sandbox.platform.sql.lexer import Token, tokens

_RESERVED = (
    "ALL ALTER AND ARRAY AS BETWEEN BIGINT BINARY BOOLEAN BY BYTES CASE CAST CHAR COLUMN CONSTRAINT CREATE "
    "CROSS CURRENT_DATE CURRENT_TIME CURRENT_TIMESTAMP DATE DAY DECIMAL DEFAULT DELETE DESCRIBE DISTINCT "
    "DOUBLE DROP ELSE END EXISTS FALSE FLOAT FOR FROM FULL GROUP HAVING HOUR IN INNER INSERT INT INTEGER "
    "INTERVAL INTO IS JOIN LEFT LIKE LIMIT MAP MINUTE MONTH MULTISET NATURAL NOT NULL OFFSET ON OR ORDER OUTER "
    "PARTITION PRIMARY RIGHT ROW ROWS SECOND SELECT SET SMALLINT STRING TABLE THEN TIME TIMESTAMP TINYINT TO "
    "TRUE UNION UNIQUE UPDATE USER USING VALUE VALUES VARBINARY VARCHAR WHEN WHERE WITH YEAR "
)
RESERVED = frozenset(_RESERVED.split())
"""Flink's reserved words that are likely as names; its full list is longer:
https://nightlies.apache.org/flink/flink-docs-release-1.20/docs/dev/table/sql/overview/#reserved-keywords"""


class Parser:
    """Reads one statement."""

    def __init__(self, text: str) -> None:
        self.text = text
        self._tokens = tokens(text)
        self._position = 0

    @property
    def token(self) -> Token:
        """The next token."""
        return self._tokens[self._position]

    def ahead(self, count: int) -> Token:
        """A later token."""
        return self._tokens[min(self._position + count, len(self._tokens) - 1)]

    def next(self) -> Token:
        """Takes the next token."""
        token = self.token
        if token.kind != "end":
            self._position += 1
        return token

    def accept(self, *words: str) -> bool:
        """Takes these words if they are next, all or none."""
        for index, word in enumerate(words):
            token = self.ahead(index)
            if token.upper != word and not (token.kind == "symbol" and token.text == word):
                return False
        self._position += len(words)
        return True

    def expect(self, *words: str) -> None:
        """Takes these words.

        Raises:
            SqlError: something else is next.
        """
        for word in words:
            if not self.accept(word):
                raise self.unexpected(f'"{word}"')

    def unexpected(self, expected: str) -> SqlError:
        """What is next does not belong there."""
        place = self.token.position
        return SqlError(
            f'SQL parse failed. Encountered "{self.token.text}" at line {place.line}, column {place.column}. '
            f"Was expecting: {expected}.",
            place,
        )

    def unsupported(self, what: str) -> UnsupportedSqlError:
        """What is next is right, and not supported."""
        return UnsupportedSqlError(what, self.token.position)

    def name(self) -> str:
        """A simple identifier."""
        token = self.token
        if token.kind == "quoted" and token.value:
            return self.next().value
        if token.kind != "word" or token.upper in RESERVED:
            raise self.unexpected("an identifier (reserved words need backquotes)")
        return self.next().text

    def path(self) -> tuple[str, ...]:
        """A name with up to two qualifiers."""
        parts = [self.name()]
        while self.accept("."):
            parts.append(self.name())
        if len(parts) > 3:
            raise SqlError(f"SQL validation failed. '{'.'.join(parts)}' has more than catalog, database and name.")
        return tuple(parts)

    def string(self) -> str:
        """A character literal's content."""
        if self.token.kind != "string":
            raise self.unexpected("a character literal")
        return self.next().value

    def names(self) -> list[str]:
        """Names in parentheses."""
        self.expect("(")
        found = [self.name()]
        while self.accept(","):
            found.append(self.name())
        self.expect(")")
        return found

    def properties(self) -> dict[str, str]:
        """`('key' = 'value', …)`.

        Raises:
            SqlError: also for a key that is there twice.
        """
        found: dict[str, str] = {}
        self.expect("(")
        while True:
            place = self.token.position
            key = self.string()
            self.expect("=")
            value = self.string()
            if key in found:
                raise SqlError(f"SQL validation failed. Duplicate option '{key}'.", place)
            found[key] = value
            if not self.accept(","):
                break
        self.expect(")")
        return found

    def expression(self, *ends: str) -> str:
        """An expression up to one of the words or signs outside of parentheses, as it is written."""
        first = self.token
        last = first
        depth = 0
        while self.token.kind != "end":
            word = self.token.upper or self.token.text
            if depth == 0 and word in ends:
                break
            depth += {"(": 1, "[": 1, ")": -1, "]": -1}.get(self.token.text, 0) if self.token.kind == "symbol" else 0
            if depth < 0:
                break
            last = self.next()
        if last is first and self.token is first:
            raise self.unexpected("an expression")
        return self.text[first.start : last.end]

    def rest(self) -> str:
        """All that follows, without a semicolon at its end."""
        first = self.token
        while self.token.kind != "end":
            self.next()
        return self.text[first.start :].rstrip().removesuffix(";").rstrip()

    def finish(self) -> None:
        """Takes a semicolon, if there is one, and the end."""
        self.accept(";")
        if self.token.kind != "end":
            raise self.unexpected("the end of the statement")
