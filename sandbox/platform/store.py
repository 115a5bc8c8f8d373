"""The platform's database: SQLite on its volume, written through to the disk at every commit."""

import json
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sandbox.platform.errors import conflict, now
from sandbox.platform.names import new_id

Json = dict[str, Any]

SCHEMA = """
CREATE TABLE IF NOT EXISTS objects (
    sequence INTEGER PRIMARY KEY AUTOINCREMENT,
    kind TEXT NOT NULL,
    namespace TEXT NOT NULL,
    name TEXT NOT NULL,
    id TEXT NOT NULL,
    version INTEGER NOT NULL,
    created TEXT NOT NULL,
    modified TEXT NOT NULL,
    body TEXT NOT NULL,
    hidden TEXT NOT NULL,
    UNIQUE (kind, namespace, name)
)
"""


@dataclass
class Row:
    """One object."""

    kind: str
    namespace: str
    """Of the platform, not of Kubernetes; empty for namespaces themselves."""
    name: str
    """What it is addressed by."""
    body: Json
    """What the API shows, without what the row has itself."""
    hidden: Json = field(default_factory=dict)
    """What the API does not show: a token's hash, a secret's value, what a job was made from."""
    id: str = field(default_factory=new_id)
    version: int = 0
    created: str = field(default_factory=now)
    modified: str = field(default_factory=now)
    sequence: int = 0


class Store:
    """All objects of a platform."""

    def __init__(self, file: Path) -> None:
        """Opens the database, or makes it.

        Args:
            file: on the platform's volume.
        """
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._connection = sqlite3.connect(file, isolation_level=None)
        self._connection.row_factory = sqlite3.Row
        # As the chart configures the real one: a commit is on the disk, or it is not.
        self._connection.execute("PRAGMA journal_mode = WAL")
        self._connection.execute("PRAGMA synchronous = FULL")
        self._connection.execute(SCHEMA)

    def close(self) -> None:
        """Closes the database."""
        self._connection.close()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """What is done inside is done together or not at all."""
        self._connection.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self._connection.execute("ROLLBACK")
            raise
        self._connection.execute("COMMIT")

    @contextmanager
    def undone(self) -> Iterator[None]:
        """What is done inside a transaction and inside of this is taken back."""
        self._connection.execute("SAVEPOINT tried")
        try:
            yield
        finally:
            self._connection.execute("ROLLBACK TO tried")
            self._connection.execute("RELEASE tried")

    def find(self, kind: str, namespace: str, name: str) -> Row | None:
        """One object by name."""
        return self._one("kind = ? AND namespace = ? AND name = ?", kind, namespace, name)

    def by_id(self, kind: str, namespace: str, identity: str) -> Row | None:
        """One object by id."""
        return self._one("kind = ? AND namespace = ? AND id = ?", kind, namespace, identity)

    def all(self, kind: str, namespace: str | None = None) -> list[Row]:
        """All objects of a kind, the oldest first; of every namespace if none is given."""
        if namespace is None:
            return self._rows("kind = ?", kind)
        return self._rows("kind = ? AND namespace = ?", kind, namespace)

    def insert(self, row: Row) -> Row:
        """Adds an object.

        Raises:
            ApiError: 409; the name is taken.
        """
        row.version = 1
        try:
            cursor = self._connection.execute(
                "INSERT INTO objects (kind, namespace, name, id, version, created, modified, body, hidden)"
                " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (
                    *(row.kind, row.namespace, row.name, row.id, row.version, row.created, row.modified),
                    *(json.dumps(row.body), json.dumps(row.hidden)),
                ),
            )
        except sqlite3.IntegrityError as error:
            where = f" in namespace '{row.namespace}'" if row.namespace else ""
            raise conflict(f"{row.kind} '{row.name}' already exists{where}.") from error
        row.sequence = cursor.lastrowid or 0
        return row

    def update(self, row: Row) -> Row:
        """Writes a changed object and counts its version."""
        row.version += 1
        row.modified = now()
        self._connection.execute(
            "UPDATE objects SET name = ?, version = ?, modified = ?, body = ?, hidden = ? WHERE sequence = ?",
            (row.name, row.version, row.modified, json.dumps(row.body), json.dumps(row.hidden), row.sequence),
        )
        return row

    def delete(self, row: Row) -> None:
        """Removes an object."""
        self._connection.execute("DELETE FROM objects WHERE sequence = ?", (row.sequence,))

    def clear(self, namespace: str) -> None:
        """Removes all that a namespace holds."""
        self._connection.execute("DELETE FROM objects WHERE namespace = ?", (namespace,))

    def _one(self, where: str, *values: str) -> Row | None:
        return next(iter(self._rows(where, *values)), None)

    def _rows(self, where: str, *values: str) -> list[Row]:
        found = self._connection.execute(f"SELECT * FROM objects WHERE {where} ORDER BY sequence", values)
        return [
            Row(**{**dict(row), "body": json.loads(row["body"]), "hidden": json.loads(row["hidden"])}) for row in found
        ]
