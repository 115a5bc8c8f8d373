"""Catalogs and what they hold.

https://docs.ververica.com/vvp/user-guide/sql-development/catalogs
"""

from typing import Literal

from typing_extensions import TypedDict

from sandbox.platform.models.kinds import Texts


class Catalog(TypedDict, total=False):
    """A catalog."""

    name: str
    properties: Texts


class OneCatalog(TypedDict, total=False):
    """One catalog."""

    catalog: Catalog


class Catalogs(TypedDict, total=False):
    """All of a namespace."""

    catalogs: list[Catalog]


class Database(TypedDict, total=False):
    """A database."""

    comment: str
    name: str
    properties: Texts


class OneDatabase(TypedDict, total=False):
    """One database."""

    database: Database


class Databases(TypedDict, total=False):
    """All of a catalog."""

    databases: list[Database]


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


class PrimaryKey(TypedDict, total=False):
    """A primary key."""

    column: list[str]
    enforced: bool
    name: str
    type: Literal["CONSTRAINT_TYPE_PRIMARY_KEY"]


class Watermark(TypedDict, total=False):
    """A column of time, and how late it may be."""

    timeColumn: str
    watermarkExpression: str
    watermarkType: str


class Schema(TypedDict, total=False):
    """A table's columns."""

    column: list[Column]
    primaryKey: PrimaryKey
    watermarkSpec: list[Watermark]


class Table(TypedDict, total=False):
    """A table or view."""

    comment: str
    name: str
    properties: Texts
    schema: Schema


class OneTable(TypedDict, total=False):
    """One table or view."""

    table: Table


class Tables(TypedDict, total=False):
    """All of a database."""

    tables: list[Table]


class Function(TypedDict, total=False):
    """A function."""

    className: str
    description: str
    functionLanguage: Literal["FUNCTION_LANGUAGE_JAVA", "FUNCTION_LANGUAGE_SCALA", "FUNCTION_LANGUAGE_PYTHON"]
    functionType: Literal["FUNCTION_TYPE_FLINK"]
    name: str


class OneFunction(TypedDict, total=False):
    """One function."""

    function: Function


class Functions(TypedDict, total=False):
    """All of a database."""

    functions: list[Function]
