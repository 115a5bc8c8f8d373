"""Finders for what is in the cluster: Kubernetes objects and Helm releases."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any

from tenacity import Retrying, retry_if_result, stop_after_delay, wait_fixed

from sandbox.repair.search import Properties, Search

RELEASE = "kubernetes:helm.sh/v3:Release"

CREATOR = "pulumi-kubernetes"
"""How the names of the provider's field managers begin."""

GOING_SECONDS = 60.0
"""How long an object may take to go away; a namespace takes its content with it."""


def find_object(kind: str, search: Search, inputs: Properties) -> list[str]:
    """The object's id, `namespace/name` or `name`, if it is there and Pulumi made it.

    Args:
        kind: type token, like `kubernetes:core/v1:Namespace`.
        search: where to look.
        inputs: the resource's inputs.
    """
    metadata = inputs.get("metadata") or {}
    if not isinstance(metadata.get("name"), str):
        return []
    live = _get(kind, search, metadata.get("namespace") or "", metadata["name"])
    if live is None or live["metadata"].get("deletionTimestamp"):
        return []
    # Server-side apply leaves no manager where nothing was set, like a namespace without labels. What somebody else
    # made is left to the next create, which applies too: it adds what is missing, and names who sets something else.
    managers = [str(entry.get("manager", "")) for entry in live["metadata"].get("managedFields") or []]
    if managers and not any(manager.startswith(CREATOR) for manager in managers):
        return []
    namespace = live["metadata"].get("namespace")
    return [f"{namespace}/{live['metadata']['name']}" if namespace else live["metadata"]["name"]]


def wait_if_going(kind: str, id: str, search: Search) -> None:
    """Waits until an object is gone, if it is being deleted; else it does nothing.

    Raises:
        LookupError: it stays, because something else keeps it.
    """
    namespace, _, name = id.rpartition("/")

    def going() -> bool:
        live = _get(kind, search, namespace, name)
        return live is not None and "deletionTimestamp" in live["metadata"]

    waiting = Retrying(
        retry=retry_if_result(bool), stop=stop_after_delay(GOING_SECONDS), wait=wait_fixed(0.5),
        retry_error_callback=lambda state: True,
    )  # fmt: skip
    if waiting(going):
        raise LookupError(f"{kind} {id} is being deleted and does not go away")


def find_release(search: Search, inputs: Properties) -> list[str]:
    """A release that is whole or failed is found; one whose install stopped halfway is uninstalled.

    Helm itself refuses to go on with such a release ("another operation is in progress") and names no other way.
    """
    name, namespace = inputs.get("name"), inputs.get("namespace") or "default"
    if not isinstance(name, str):
        return []
    id = f"{namespace}/{name}"
    put_in_order(id, search)
    return [id] if _status(search, namespace, name) else []


def put_in_order(id: str, search: Search) -> None:
    """Ends what Helm was in the middle of: an install or uninstall is undone or done, an upgrade rolled back.

    Raises:
        LookupError: Helm cannot.
    """
    namespace, _, name = id.rpartition("/")
    status = _status(search, namespace, name)
    if status in ("pending-install", "uninstalling"):
        _helm(search, "uninstall", name, "--namespace", namespace, "--wait")
    elif status in ("pending-upgrade", "pending-rollback"):
        _helm(search, "rollback", name, "--namespace", namespace)


def busy_releases(search: Search) -> list[str]:
    """The releases, `namespace/name`, that Helm is in the middle of, or was when it ended; none without a cluster.

    Raises:
        LookupError: Helm cannot tell.
    """
    listed = _helm(search, "list", "--all-namespaces", "--pending", "--uninstalling", "--output", "json")
    return [f"{release['namespace']}/{release['name']}" for release in json.loads(listed or "[]")]


def _status(search: Search, namespace: str, name: str) -> str:
    """Helm's word for how the release is; empty if there is none."""
    listed = _helm(
        search, "list", "--all", "--namespace", namespace, "--filter", f"^{name}$", "--output", "json"
    )  # fmt: skip
    releases: list[dict[str, Any]] = json.loads(listed or "[]")
    return str(releases[0]["status"]) if releases else ""


def _get(kind: str, search: Search, namespace: str, name: str) -> Properties | None:
    _, group_version, resource = kind.split(":")
    group, _, version = group_version.partition("/")
    # kubectl's way to name a kind with its version and group; the core group has no name.
    named = f"{resource}.{version}.{'' if group == 'core' else group}"
    options = ["--namespace", namespace] if namespace else []
    try:
        printed = _on_cluster(
            search, "kubectl", "get", named, name, *options,
            "--ignore-not-found", "--show-managed-fields", "--output", "json",
        )  # fmt: skip
    except LookupError as error:
        # A kind that nobody serves yet, or no more: its definition comes and goes with a release.
        if "the server doesn't have a resource type" in str(error):
            return None
        raise
    return json.loads(printed) if printed.strip() else None


def _helm(search: Search, *arguments: str) -> str:
    return _on_cluster(search, "helm", *arguments)


def _on_cluster(search: Search, *command: str) -> str:
    """What a command prints; nothing where there is no cluster.

    Raises:
        LookupError: it failed.
    """
    if not Path(search.environment["KUBECONFIG"]).exists():
        return ""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("HELM_")}
    result = subprocess.run(
        command,
        env=environment | search.environment, capture_output=True, text=True, stdin=subprocess.DEVNULL, check=False,
    )  # fmt: skip
    if result.returncode:
        raise LookupError(f"{' '.join(command)} failed: {result.stderr.strip()}")
    return result.stdout
