"""SQL scripts, and statements that are carried out or checked.

https://docs.ververica.com/vvp/user-guide/sql-development/scripts-deployments
"""

from typing import Annotated, Literal, Required

from typing_extensions import TypedDict

from sandbox.platform.models.kinds import Documented, Int32, Time

SCRIPTS = "https://docs.ververica.com/vvp/user-guide/sql-development/scripts-deployments"


class SqlScript(TypedDict, total=False):
    """A script."""

    createTime: Time
    description: str
    displayName: str
    name: str
    script: str
    updateTime: Time


class OneSqlScript(TypedDict, total=False):
    """One script."""

    sqlScript: SqlScript


class SqlScripts(TypedDict, total=False):
    """All of a namespace."""

    sqlScripts: list[SqlScript]


class Statement(TypedDict, total=False):
    """A statement to carry out."""

    statement: Annotated[Required[str], Documented(SCRIPTS)]


class ErrorDetails(TypedDict, total=False):
    """What is wrong with a statement, and where."""

    columnNumber: Int32
    endColumnNumber: Int32
    endLineNumber: Int32
    lineNumber: Int32
    message: str


class Cell(TypedDict, total=False):
    """One value."""

    value: str


class Line(TypedDict, total=False):
    """One line of a result."""

    cells: list[Cell]


class Header(TypedDict, total=False):
    """A column of a result."""

    name: str


class ResultTable(TypedDict, total=False):
    """What a statement shows."""

    headers: list[Header]
    rows: list[Line]


class Executed(TypedDict, total=False):
    """How a statement went."""

    errorMessage: ErrorDetails
    result: Literal["RESULT_SUCCESS", "RESULT_SUCCESS_WITH_ROWS", "RESULT_ERROR_WITH_DETAILS", "RESULT_SKIPPED"]
    resultTable: ResultTable


class AllExecuted(TypedDict, total=False):
    """How several statements went."""

    responses: list[Executed]


class Validated(TypedDict, total=False):
    """What a statement is, and whether it is right."""

    errorDetails: ErrorDetails
    validationResult: Literal[
        "VALIDATION_RESULT_INVALID_QUERY",
        "VALIDATION_RESULT_UNSUPPORTED_QUERY",
        "VALIDATION_RESULT_VALID_INSERT_QUERY",
        "VALIDATION_RESULT_VALID_SELECT_QUERY",
        "VALIDATION_RESULT_VALID_DDL_STATEMENT",
        "VALIDATION_RESULT_VALID_COMMAND_STATEMENT",
    ]
