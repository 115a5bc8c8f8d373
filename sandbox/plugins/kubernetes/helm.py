"""The Helm binary, called for one cluster: install, upgrade, uninstall, look up, render."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import threading
from dataclasses import dataclass
from typing import Any, cast

import yaml

from provider_kit.server import PluginError, Properties
from sandbox.plugins.kubernetes.cluster import ApiError, Cluster, Unreachable

# For rendering before there is a server to ask; charts only compare it with what they need at least.
_ASSUMED_KUBERNETES = "v1.34.0"


class HelmError(PluginError):
    """Helm failed; the message is its own."""


@dataclass(frozen=True)
class Release:
    """A release as Helm recorded it last.

    Attributes:
        metadata: name, namespace, chart, version, appVersion, revision, status.
        values: the values it was installed with.
        owner: what `Helm.install` was given as owner; empty for a release that somebody else made.
        resource_names: what the manifest holds, names by `Kind.group/apiVersion`.
    """

    metadata: Properties
    values: Properties
    owner: str
    resource_names: dict[str, list[str]]

    @property
    def status(self) -> str:
        """deployed, failed, pending-install, pending-upgrade, pending-rollback, uninstalling, …"""
        return str(self.metadata["status"])


class Helm:
    """Helm against one cluster.

    Args:
        cluster: its kubeconfig is handed over in a file.
    """

    def __init__(self, cluster: Cluster) -> None:
        self._cluster = cluster

    def release(self, namespace: str, name: str) -> Release | None:
        """The release as it is recorded now, or None."""
        where = ("-n", namespace)
        try:
            metadata = json.loads(self._run(["get", "metadata", name, *where, "-o", "json"]))
            status = json.loads(self._run(["status", name, *where, "-o", "json"]))
        except HelmError as error:
            if "release: not found" in str(error):
                return None
            raise
        kept = ("name", "namespace", "chart", "version", "appVersion", "revision", "status")
        return Release(
            {key: metadata[key] for key in kept if key in metadata},
            status.get("config") or {},
            self._owner(namespace, name, int(metadata["revision"])),
            _resource_names(status.get("manifest") or ""),
        )

    def _owner(self, namespace: str, name: str, revision: int) -> str:
        """The label is on the Secret in which Helm keeps a revision; upgrades inherit it."""
        path = f"/api/v1/namespaces/{namespace}/secrets/sh.helm.release.v1.{name}.v{revision}"
        try:
            return str(self._cluster.request("GET", path)["metadata"]["labels"].get("owned-by", ""))
        except ApiError:
            return ""

    def render(self, name: str, namespace: str, chart: str, values: Properties) -> None:
        """Renders the chart without touching the cluster, for its errors: a value against the schema, a `fail`."""
        try:
            version = str(self._cluster.request("GET", "/version", timeout=10).get("gitVersion", _ASSUMED_KUBERNETES))
        except (Unreachable, ApiError):
            version = _ASSUMED_KUBERNETES
        command = ["template", name, chart, "-n", namespace, "-f", "-", "--kube-version", version]
        self._run(command, values=values, connected=False)

    def install(
        self, release: Properties, chart: str, flags: list[str], owner: str, cancelled: threading.Event
    ) -> None:
        """`helm install`; `owner` becomes a label of the release and tells a run cut short from others' work."""
        command = [
            "install",
            release["name"],
            chart,
            "-n",
            release["namespace"],
            "-f",
            "-",
            "--labels",
            f"owned-by={owner}",
        ]
        self._run([*command, *flags], values=release.get("values") or {}, cancelled=cancelled)

    def upgrade(self, release: Properties, chart: str, flags: list[str], cancelled: threading.Event) -> None:
        """`helm upgrade`."""
        command = ["upgrade", release["name"], chart, "-n", release["namespace"], "-f", "-", *flags]
        self._run(command, values=release.get("values") or {}, cancelled=cancelled)

    def rollback(self, namespace: str, name: str) -> None:
        """Back to the last deployed revision, without waiting: clears an upgrade that was cut short."""
        self._run(["rollback", name, "-n", namespace])

    def uninstall(self, namespace: str, name: str, flags: list[str], cancelled: threading.Event | None = None) -> None:
        """`helm uninstall`; a release that is gone already is done."""
        self._run(["uninstall", name, "-n", namespace, "--ignore-not-found", *flags], cancelled=cancelled)

    def _run(
        self,
        arguments: list[str],
        *,
        values: Properties | None = None,
        connected: bool = True,
        cancelled: threading.Event | None = None,
    ) -> str:
        binary = shutil.which("helm")
        if binary is None:
            raise HelmError("helm is not on PATH; `make up` builds it")
        # Settings of the user's own Helm must not reach this one.
        environment = {key: value for key, value in os.environ.items() if not key.startswith("HELM_")}
        command = [binary, *arguments, *(["--kubeconfig", self._cluster.kubeconfig_file] if connected else [])]
        # Values go through a pipe: they may hold secrets, and a file or an argument could be read by others.
        with subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=environment,
            # An interrupt of the engine's process group must not kill Helm halfway; it is told by `cancelled`.
            start_new_session=True,
        ) as process:
            text: str | None = None if values is None else json.dumps(values)
            while True:
                try:
                    out, err = process.communicate(text, timeout=0.5)
                    break
                except subprocess.TimeoutExpired:
                    text = None
                    if cancelled is not None and cancelled.is_set():
                        # Helm records the release as failed and ends.
                        process.terminate()
            if process.returncode:
                raise HelmError(_message(err or out))
        return out


def _message(text: str) -> str:
    """Helm's error without its prefix and without warnings before it."""
    _, found, message = text.rpartition("Error: ")
    return (message if found else text).replace("Use --debug flag to render out invalid YAML", "").strip()


def _resource_names(manifest: str) -> dict[str, list[str]]:
    names: dict[str, set[str]] = {}
    for document in yaml.safe_load_all(manifest):
        if not isinstance(document, dict) or "kind" not in document:
            continue
        obj = cast("dict[str, Any]", document)
        group, slash, _ = obj["apiVersion"].partition("/")
        kind = f"{obj['kind']}.{group}" if slash else obj["kind"]
        namespace = obj["metadata"].get("namespace")
        name = f"{namespace}/{obj['metadata']['name']}" if namespace else obj["metadata"]["name"]
        names.setdefault(f"{kind}/{obj['apiVersion']}", set()).add(name)
    return {key: sorted(found) for key, found in names.items()}
