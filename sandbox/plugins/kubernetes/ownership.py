"""Field managers: who owns which field of an object, in the terms of server-side apply.

https://kubernetes.io/docs/reference/using-api/server-side-apply/. Creation is a plain POST; the first update takes the
created fields over into a manager of its own. What somebody changed with kubectl is taken over too; a field that any
other client took is a conflict, unless the object carries `pulumi.com/patchForce`.
"""

from __future__ import annotations

import copy
import secrets
from typing import Any, Final, cast

from provider_kit.server import PluginError, Properties
from sandbox.plugins.kubernetes.cluster import APPLY, JSON_PATCH, ApiError, Cluster
from sandbox.plugins.kubernetes.kinds import Kind, annotation
from sandbox.plugins.kubernetes.shape import name_of, namespace_of

CREATOR: Final = "pulumi-kubernetes"
_HELP: Final = (
    "https://www.pulumi.com/registry/packages/kubernetes/how-to-guides/managing-resources-with-server-side-apply/"
    "#handle-field-conflicts-on-existing-resources"
)
# Managers, by the beginning of their name, that act for the same person as Pulumi does.
_TAKEN_OVER: Final = (
    ("kubectl", "Apply"),
    ("kubectl", "Update"),
    ("before-first-apply", "Update"),
    (CREATOR, "Update"),
    ("pulumi-resource-kubernetes", "Update"),
)
_STRICT: Final = {"fieldValidation": "Strict"}


def new_manager() -> str:
    """A field manager's name for one resource."""
    return f"{CREATOR}-{secrets.token_hex(4)}"


def create(cluster: Cluster, kind: Kind, obj: Properties, *, dry_run: bool = False) -> Properties:
    """Creates an object, with unknown and duplicate fields refused; returns it as the server keeps it."""
    query = {"fieldManager": CREATOR, **_STRICT, **({"dryRun": "All"} if dry_run else {})}
    return cluster.request("POST", cluster.mapping(kind).path(namespace_of(obj)), query, body=obj)


def apply(cluster: Cluster, kind: Kind, obj: Properties, manager: str, *, force: bool) -> Properties:
    """Server-side apply; returns the object as the server keeps it.

    Raises:
        PluginError: a conflict with another manager, with the provider's advice.
        ApiError: any other refusal.
    """
    try:
        return _apply(cluster, kind, obj, manager, force=force)
    except ApiError as error:
        if error.reason != "Conflict":
            raise
        raise _conflict(manager, error) from error


def plan(cluster: Cluster, kind: Kind, obj: Properties, manager: str, *, force: bool) -> Properties:
    """What `take_over` and then `apply` would make of the object; raises what they would raise."""
    try:
        return _apply(cluster, kind, obj, manager, force=force, dry_run=True)
    except ApiError as error:
        if error.reason != "Conflict":
            raise
        # Only a real update takes fields over; here they are still in the way.
        others = [name for name in map(_conflicting, error.causes) if not _acts_for_us(name)]
        if others or not error.causes:
            raise _conflict(manager, error) from error
        return _apply(cluster, kind, obj, manager, force=True, dry_run=True)


def _apply(
    cluster: Cluster, kind: Kind, obj: Properties, manager: str, *, force: bool, dry_run: bool = False
) -> Properties:
    forced = force or annotation(obj, "patchForce") == "true"
    query = {"fieldManager": manager, "force": str(forced).lower(), **_STRICT, **({"dryRun": "All"} if dry_run else {})}
    path = cluster.mapping(kind).path(namespace_of(obj), name_of(obj))
    return cluster.request("PATCH", path, query, body=obj, content_type=APPLY)


def _conflict(manager: str, error: ApiError) -> PluginError:
    return PluginError(
        f"server-side apply field conflict detected, see {_HELP} for troubleshooting help\n"
        f'the resource managed by field manager "{manager}" had an apply conflict: {error}'
    )


def _conflicting(cause: str) -> str:
    """The manager that a cause names: `conflict with "kubectl-edit" using v1`."""
    return cause.partition('"')[2].partition('"')[0]


def _acts_for_us(manager: str) -> bool:
    return any(manager.startswith(prefix) for prefix, _ in _TAKEN_OVER)


def take_over(cluster: Cluster, kind: Kind, live: Properties, manager: str) -> None:
    """Makes `manager` the owner of what Pulumi's creation and kubectl own."""
    entries = cast("list[Properties]", live["metadata"].get("managedFields") or [])
    ours = [entry for entry in entries if _is_ours(entry)]
    if not ours:
        return
    fields: Properties = {}
    kept: list[Properties] = []
    for entry in entries:
        if entry in ours or (entry["manager"], entry["operation"]) == (manager, "Apply"):
            fields = _merged(fields, entry.get("fieldsV1") or {})
        else:
            kept.append(entry)
    mine = {
        "manager": manager,
        "operation": "Apply",
        "apiVersion": live["apiVersion"],
        "fieldsType": "FieldsV1",
        "fieldsV1": fields,
    }
    # The resource version makes the server refuse if somebody wrote in between.
    patch = [
        {"op": "replace", "path": "/metadata/managedFields", "value": [*kept, mine]},
        {"op": "replace", "path": "/metadata/resourceVersion", "value": live["metadata"]["resourceVersion"]},
    ]
    path = cluster.mapping(kind).path(namespace_of(live), name_of(live))
    cluster.request("PATCH", path, body=patch, content_type=JSON_PATCH)


def _is_ours(entry: Properties) -> bool:
    # Status is a subresource, which the controllers own.
    return not entry.get("subresource") and any(
        entry["manager"].startswith(prefix) and entry["operation"] == operation for prefix, operation in _TAKEN_OVER
    )


def _merged(first: Properties, second: Properties) -> Properties:
    result: dict[str, Any] = copy.deepcopy(first)
    for key, value in second.items():
        result[key] = _merged(result.get(key, {}), value) if isinstance(value, dict) else value
    return result
