"""The objects that statements make: catalogs, databases, tables, views, functions.

`vvp` with its database `default` is always there. Other catalogs are entries without a connection: their databases and
tables are those that statements made here, where the real platform would ask the system behind them.
"""

from typing import Any, Final

from sandbox.platform.sql.ddl import Alter, Column, Create, Drop, Path, Schema
from sandbox.platform.sql.errors import SqlError, UnsupportedSqlError
from sandbox.platform.sql.queries import query
from sandbox.platform.store import Row, Store

Json = dict[str, Any]

CATALOG: Final = "vvp"
DATABASE: Final = "default"
CATALOG_KIND, DATABASE_KIND, TABLE_KIND, FUNCTION_KIND = "Catalog", "Database", "Table", "Function"


class Catalog:
    """The catalogs of one namespace, seen from a current catalog and database."""

    def __init__(self, store: Store, namespace: str, catalog: str = CATALOG, database: str = DATABASE) -> None:
        """Starts where unqualified names are looked up.

        Args:
            store: the platform's database.
            namespace: of the platform.
            catalog: current one.
            database: current one.
        """
        self._store = store
        self._namespace = namespace
        self._here = (catalog, database)

    def catalogs(self) -> list[Row]:
        """All, the built-in one first."""
        built_in = Row(CATALOG_KIND, self._namespace, CATALOG, {"properties": {}})
        return [built_in, *self._store.all(CATALOG_KIND, self._namespace)]

    def databases(self, catalog: str) -> list[Row]:
        """All of a catalog.

        Raises:
            SqlError: there is no such catalog.
        """
        if catalog not in {row.name for row in self.catalogs()}:
            raise SqlError(f"SQL validation failed. A catalog with name [{catalog}] does not exist.")
        made = self._within(DATABASE_KIND, catalog)
        if any(row.body["name"] == DATABASE for row in made):
            return made
        built_in = {"name": DATABASE, "comment": "", "properties": {}}
        return [Row(DATABASE_KIND, self._namespace, f"{catalog}.{DATABASE}", built_in), *made]

    def tables(self, catalog: str, database: str) -> list[Row]:
        """All tables and views of a database.

        Raises:
            SqlError: there is no such database.
        """
        self._check_database(catalog, database)
        return self._within(TABLE_KIND, f"{catalog}.{database}")

    def functions(self, catalog: str, database: str) -> list[Row]:
        """All functions of a database.

        Raises:
            SqlError: there is no such database.
        """
        self._check_database(catalog, database)
        return self._within(FUNCTION_KIND, f"{catalog}.{database}")

    def full(self, path: Path) -> tuple[str, str, str]:
        """A name with its catalog and database."""
        catalog, database, name = (*self._here[: 3 - len(path)], *path)
        return catalog, database, name

    def table(self, path: Path) -> Row | None:
        """A table or view by name."""
        return self._store.find(TABLE_KIND, self._namespace, ".".join(self.full(path)))

    def create(self, statement: Create) -> None:
        """Carries out CREATE.

        Raises:
            SqlError: it is there already, or what it needs is not.
        """
        if statement.temporary:
            raise UnsupportedSqlError("temporary objects outside of a deployment's script")
        kind, key, body = self._object(statement)
        if self._store.find(kind, self._namespace, key) or (kind == CATALOG_KIND and key == CATALOG):
            if statement.if_not_exists:
                return
            raise SqlError(f"SQL validation failed. {_title(statement.kind)} {_quoted(key)} already exists.")
        self._store.insert(Row(kind, self._namespace, key, body, {"view": statement.query} if statement.query else {}))

    def drop(self, statement: Drop) -> None:
        """Carries out DROP.

        Raises:
            SqlError: there is no such object, or a database has tables.
        """
        kind, key = self._key(statement.kind, statement.path)
        row = self._store.find(kind, self._namespace, key)
        if row and kind == TABLE_KIND and (statement.kind == "VIEW") != bool(row.hidden.get("view")):
            row = None
        if not row:
            if statement.if_exists:
                return
            raise SqlError(f"SQL validation failed. {_title(statement.kind)} {_quoted(key)} does not exist.")
        below = [item for child in _CHILDREN.get(kind, ()) for item in self._within(child, key)]
        if below and not statement.cascade and kind == DATABASE_KIND:
            raise SqlError(f"SQL validation failed. Database {_quoted(key)} is not empty.")
        for item in [*below, row]:
            self._store.delete(item)

    def alter(self, statement: Alter) -> None:
        """Carries out ALTER TABLE or ALTER VIEW.

        Raises:
            SqlError: there is no such table, or the change does not fit it.
        """
        row = self.table(statement.path)
        if not row:
            if statement.if_exists:
                return
            key = ".".join(self.full(statement.path))
            raise SqlError(f"SQL validation failed. {_title(statement.kind)} {_quoted(key)} does not exist.")
        if (statement.kind == "VIEW") != bool(row.hidden.get("view")):
            raise SqlError(f"SQL validation failed. {_quoted(row.name)} is no {statement.kind.lower()}.")
        body = row.body
        if statement.rename:
            renamed = (*self.full(statement.path)[:2], statement.rename)
            if self.table(renamed):
                raise SqlError(f"SQL validation failed. Table {_quoted('.'.join(renamed))} already exists.")
            row.name, body["name"] = ".".join(renamed), statement.rename
        if statement.query:
            self.check_sources(statement.query)
            row.hidden["view"] = statement.query
        body["properties"] = {
            key: value for key, value in (body["properties"] | statement.set).items() if key not in statement.reset
        }
        if statement.add:
            _add(body["schema"], statement.add)
        _remove(body["schema"], statement.drop)
        self._store.update(row)

    def check_sources(self, text: str) -> None:
        """Checks a view's query: syntax, and that its tables exist.

        Raises:
            SqlError: they do not.
        """
        parsed = query(text)
        if parsed.sink:
            raise SqlError("SQL parse failed. Was expecting: a SELECT.")
        for source in parsed.sources:
            if not self.table(source.path):
                raise not_found(source.path, source.position)

    def _object(self, statement: Create) -> tuple[str, str, Json]:
        kind, key = self._key(statement.kind, statement.path)
        name = statement.path[-1]
        common = {"name": name, "comment": statement.comment, "properties": statement.properties}
        match kind:
            case "Catalog":
                if "type" not in statement.properties:
                    raise SqlError("SQL validation failed. CREATE CATALOG needs the option 'type'.")
                return kind, key, {"properties": statement.properties}
            case "Database":
                return kind, key, common
            case "Function":
                described = {"name": name, "className": statement.class_name, "description": ""}
                language = f"FUNCTION_LANGUAGE_{statement.language}"
                return kind, key, {**described, "functionLanguage": language, "functionType": "FUNCTION_TYPE_FLINK"}
        if statement.like:
            base = self.table(statement.like)
            if not base:
                raise not_found(statement.like)
            common["properties"] = base.body["properties"] | statement.properties
            schema = base.body["schema"]
            _add(schema, statement.schema)
        else:
            schema = {"column": [], "watermarkSpec": []}
            _add(schema, statement.schema)
        return kind, key, {**common, "schema": schema}

    def _key(self, kind: str, path: Path) -> tuple[str, str]:
        match kind:
            case "CATALOG":
                return CATALOG_KIND, path[0]
            case "DATABASE":
                if len(path) == 3:
                    raise SqlError(f"SQL validation failed. '{'.'.join(path)}' is no name of a database.")
                catalog, database = (*self._here[: 2 - len(path)], *path)
                self.databases(catalog)
                return DATABASE_KIND, f"{catalog}.{database}"
        catalog, database, name = self.full(path)
        self._check_database(catalog, database)
        return FUNCTION_KIND if kind == "FUNCTION" else TABLE_KIND, f"{catalog}.{database}.{name}"

    def _check_database(self, catalog: str, database: str) -> None:
        if database not in {row.body["name"] for row in self.databases(catalog)}:
            raise SqlError(f"SQL validation failed. Database {database} does not exist in Catalog {catalog}.")

    def _within(self, kind: str, prefix: str) -> list[Row]:
        rows = self._store.all(kind, self._namespace)
        return sorted((row for row in rows if row.name.startswith(f"{prefix}.")), key=lambda row: row.name)


_CHILDREN = {CATALOG_KIND: (DATABASE_KIND, TABLE_KIND, FUNCTION_KIND), DATABASE_KIND: (TABLE_KIND, FUNCTION_KIND)}


def not_found(path: Path, position: Any = None) -> SqlError:
    """A query names a table that is not there."""
    message = f"SQL validation failed. Object '{'.'.join(path)}' not found"
    if position:
        where = f"From line {position.line}, column {position.column} to "
        where += f"line {position.end_line}, column {position.end_column}"
        return SqlError(f"SQL validation failed. {where}: Object '{'.'.join(path)}' not found", position)
    return SqlError(message)


def table_schema(schema: Schema) -> Json:
    """A parsed schema as the API has it, checked in itself."""
    found: Json = {"column": [], "watermarkSpec": []}
    _add(found, schema)
    return found


def _add(schema: Json, added: Schema) -> None:
    known: list[Column] = [*schema["column"]]
    for column in added.columns:
        if any(other["name"] == column["name"] for other in known):
            raise SqlError(f"SQL validation failed. A column named '{column['name']}' already exists in the table.")
        known.append(column)
    columns = {column["name"]: column for column in known}
    for watermark in added.watermarks:
        if schema.get("watermarkSpec"):
            raise SqlError("SQL validation failed. There already exists a watermark specification.")
        if watermark["timeColumn"] not in columns:
            raise SqlError(
                f"SQL validation failed. The rowtime attribute field '{watermark['timeColumn']}' is not defined in "
                "the table schema."
            )
        schema["watermarkSpec"] = [watermark]
    if added.primary_key:
        if schema.get("primaryKey"):
            raise SqlError("SQL validation failed. There already exists a primary key.")
        for name in added.primary_key:
            if name not in columns or "expression" in columns[name]:
                raise SqlError(f"SQL validation failed. Primary key column '{name}' is not defined in the schema.")
            if not columns[name]["type"].endswith("NOT NULL"):
                columns[name]["type"] += " NOT NULL"
        name = added.key_name or f"PK_{'_'.join(added.primary_key)}"
        kind = "CONSTRAINT_TYPE_PRIMARY_KEY"
        schema["primaryKey"] = {"name": name, "type": kind, "column": added.primary_key, "enforced": False}
    schema["column"] = known


def _remove(schema: Json, names: list[str]) -> None:
    for name in names:
        if name not in {column["name"] for column in schema["column"]}:
            raise SqlError(f"SQL validation failed. The column '{name}' does not exist in the base table.")
        if name in (schema.get("primaryKey") or {}).get("column", ()):
            raise SqlError(f"SQL validation failed. The column '{name}' is used as the primary key.")
        if any(watermark["timeColumn"] == name for watermark in schema.get("watermarkSpec") or ()):
            raise SqlError(f"SQL validation failed. The column '{name}' is referenced by watermark expression.")
        schema["column"] = [column for column in schema["column"] if column["name"] != name]


def _title(kind: str) -> str:
    return "Table" if kind == "VIEW" else kind.capitalize()


def _quoted(key: str) -> str:
    return ".".join(f"`{part}`" for part in key.split("."))
