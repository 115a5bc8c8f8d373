"""What is wrong with a statement, and where."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Position:
    """A stretch of a text, counted from 1; the end is the last character's."""

    line: int = 0
    column: int = 0
    end_line: int = 0
    end_column: int = 0


NOWHERE = Position()
"""Of errors that are about the catalog and no part of the text."""


class SqlError(Exception):
    """A statement is refused."""

    def __init__(self, message: str, position: Position = NOWHERE) -> None:
        super().__init__(message)
        self.position = position

    def details(self) -> dict[str, object]:
        """As `ErrorDetails` of the API's description."""
        return {
            "message": str(self),
            "lineNumber": self.position.line,
            "columnNumber": self.position.column,
            "endLineNumber": self.position.end_line,
            "endColumnNumber": self.position.end_column,
        }


class UnsupportedSqlError(SqlError):
    """Flink could, the stand-in cannot."""

    def __init__(self, what: str, position: Position = NOWHERE) -> None:
        super().__init__(f"the sandbox's Ververica Platform does not support {what}", position)
