"""What the resources under `/api` share: kind, metadata, names in paths, optimistic locking."""

import re
from collections.abc import Iterable
from typing import Any

from sandbox.platform import names
from sandbox.platform.calls import Call
from sandbox.platform.errors import absent, bad, conflict
from sandbox.platform.store import Row

Json = dict[str, Any]

OWN = ("id", "name", "namespace", "createdAt", "modifiedAt", "resourceVersion")
"""Metadata that the platform sets."""


def shown(row: Row) -> Json:
    """The resource as the API shows it."""
    metadata = {
        "id": row.id,
        "name": row.name,
        "namespace": row.namespace,
        "createdAt": row.created,
        "modifiedAt": row.modified,
        "labels": {},
        "annotations": {},
        **(row.body.get("metadata") or {}),
        "resourceVersion": row.version,
    }
    return {"kind": row.kind, "apiVersion": "v1", **row.body, "metadata": metadata}


def listed(kind: str, rows: Iterable[Row]) -> Json:
    """A list of resources."""
    return {"kind": "ResourceList", "apiVersion": "v1", "metadata": {}, "items": [shown(row) for row in rows]}


def found(call: Call, kind: str, key: str = "name") -> Row | None:
    """The resource that the path names, by id or by name."""
    given = call.params[key]
    identity = names.as_id(given)
    by_id = call.store.by_id(kind, call.namespace, identity) if identity else None
    return by_id or call.store.find(kind, call.namespace, given)


def existing(call: Call, kind: str, key: str = "name") -> Row:
    """The resource that the path names.

    Raises:
        ApiError: 404.
    """
    row = found(call, kind, key)
    if not row:
        raise absent(kind, call.params[key], call.namespace)
    return row


def named(call: Call, kind: str, key: str) -> Row:
    """The resource that the path names, where an id will not do.

    Raises:
        ApiError: 404.
    """
    row = call.store.find(kind, call.namespace, call.params[key])
    if not row:
        raise absent(kind, call.params[key], call.namespace)
    return row


def metadata(call: Call, kind: str, body: Json, pattern: re.Pattern[str], name: str | None = None) -> Json:
    """The metadata that a client may set, checked.

    Args:
        call: the request.
        kind: of the resource.
        body: what the client sent.
        pattern: of names of this kind.
        name: the one that the path has; a body without one means that.

    Raises:
        ApiError: 400; kind, version, name or namespace is not what it has to be.
    """
    for key, wanted in (("kind", kind), ("apiVersion", "v1")):
        if body.get(key) not in (None, wanted):
            raise bad(f"{key} must be '{wanted}', not '{body[key]}'.")
    given: Json = body.get("metadata") or {}
    own = names.check(kind, given.get("name") or name, pattern)
    if name and own != name:
        raise bad(f"{kind}: metadata.name '{own}' is not the path's '{name}'; names are immutable.")
    if given.get("namespace") not in (None, call.namespace):
        raise bad(f"{kind}: metadata.namespace '{given['namespace']}' is not the path's '{call.namespace}'.")
    return {**{key: value for key, value in given.items() if key not in OWN and value is not None}, "name": own}


def check_version(row: Row, body: Json) -> None:
    """Optimistic locking: who sends a version has to send the last one.

    Raises:
        ApiError: 409, or 400 for another resource's id.
    """
    given = body.get("metadata") or {}
    version = given.get("resourceVersion")
    if version is not None and version != row.version:
        raise conflict(
            f"{row.kind} '{row.name}' has been modified: metadata.resourceVersion is {row.version}, not {version}."
        )
    identity = given.get("id")
    if identity is not None and identity.lower() != row.id:
        raise bad(f"{row.kind} '{row.name}': metadata.id is immutable.")
