"""Statements, and what catalogs hold."""

from collections.abc import Mapping
from typing import Any

from typing_extensions import TypedDict


class Statement(TypedDict):
    """A statement to execute."""

    statement: str


class ErrorDetails(TypedDict, total=False):
    """What is wrong with a statement, and where."""

    columnNumber: int
    lineNumber: int
    message: str


class Cell(TypedDict, total=False):
    """One value."""

    value: str


class Row(TypedDict, total=False):
    """One line of a result."""

    cells: list[Cell]


class ResultTable(TypedDict, total=False):
    """What a statement shows."""

    rows: list[Row]


class Executed(TypedDict, total=False):
    """How a statement went. An unknown word is no success."""

    errorMessage: ErrorDetails
    result: str
    resultTable: ResultTable


class MetadataColumn(TypedDict, total=False):
    """What of a record's metadata a column shows."""

    name: str
    virtual: bool


class Column(TypedDict, total=False):
    """A column."""

    expression: str
    meta: MetadataColumn
    name: str
    type: str


class Schema(TypedDict, total=False):
    """A table's columns."""

    column: list[Column]
    primaryKey: Mapping[str, Any]
    watermarkSpec: list[Mapping[str, Any]]


class Catalog(TypedDict, total=False):
    """A catalog."""

    properties: dict[str, str]


class Database(TypedDict, total=False):
    """A database."""

    comment: str
    properties: dict[str, str]


class Table(TypedDict, total=False):
    """A table or view."""

    comment: str
    properties: dict[str, str]
    schema: Schema


class Function(TypedDict, total=False):
    """A function."""

    className: str
    functionLanguage: str


class OneCatalog(TypedDict, total=False):
    """An answer about one."""

    catalog: Catalog


class OneDatabase(TypedDict, total=False):
    """An answer about one."""

    database: Database


class OneTable(TypedDict, total=False):
    """An answer about one."""

    table: Table


class OneFunction(TypedDict, total=False):
    """An answer about one."""

    function: Function
