"""The handler of `helm.sh/v3:Release`: charts of the mirror, installed by the real Helm.

https://www.pulumi.com/registry/packages/kubernetes/api-docs/helm/v3/release/
"""

from __future__ import annotations

import hashlib
import secrets
from pathlib import Path
from typing import Any, Final

from provider_kit.server import (
    UNKNOWN,
    Created,
    Diff,
    Found,
    InitFailed,
    Operation,
    PluginError,
    Properties,
    ResourceHandler,
    compare,
    has_unknown,
)
from sandbox import layout
from sandbox.build import charts
from sandbox.plugins import sdk_schema
from sandbox.plugins.kubernetes.cluster import Cluster
from sandbox.plugins.kubernetes.helm import Helm, HelmError, Release
from sandbox.plugins.kubernetes.settings import Settings, gone_with_cluster, refused
from sandbox.plugins.kubernetes.shape import prune

DEFAULT_TIMEOUT: Final = 300
"""Seconds, as the provider has it when `skipAwait` is off."""

_UNSUPPORTED: Final = (
    "dependencyUpdate",
    "devel",
    "keyring",
    "lint",
    "postrender",
    "recreatePods",
    "valueYamlFiles",
    "verify",
)
_INSTALL_FLAGS: Final = {
    "atomic": "--atomic",
    "createNamespace": "--create-namespace",
    "disableOpenapiValidation": "--disable-openapi-validation",
    "disableWebhooks": "--no-hooks",
    "renderSubchartNotes": "--render-subchart-notes",
    "replace": "--replace",
    "skipCrds": "--skip-crds",
    "takeOwnership": "--take-ownership",
}
_UPGRADE_FLAGS: Final = {
    "atomic": "--atomic",
    "cleanupOnFail": "--cleanup-on-fail",
    "disableCRDHooks": "--no-hooks",
    "forceUpdate": "--force",
    "renderSubchartNotes": "--render-subchart-notes",
    "resetValues": "--reset-values",
    "reuseValues": "--reuse-values",
    "takeOwnership": "--take-ownership",
}


class ReleaseHandler(ResourceHandler):
    """Helm releases on one cluster."""

    def __init__(self, cluster: Cluster, settings: Settings) -> None:
        self._cluster = cluster
        self._settings = settings
        self._helm = Helm(cluster)

    def check(self, op: Operation) -> Properties:
        # The SDK marks every release with `compat`, and `resourceNames` is an output that it lets pass as an input.
        inputs = {key: value for key, value in op.inputs.items() if key not in ("compat", "resourceNames")}
        problems = sdk_schema.problems(op.type, inputs)
        problems += [
            (name, f"the sandbox does not support {name} of a Release") for name in _UNSUPPORTED if inputs.get(name)
        ]
        if problems:
            raise refused(problems)
        inputs.setdefault("name", op.old_inputs.get("name") or f"{op.name}-{secrets.token_hex(4)}")
        inputs["namespace"] = inputs.get("namespace") or self._cluster.namespace
        if not inputs.get("skipAwait"):
            inputs.setdefault("timeout", DEFAULT_TIMEOUT)
        coordinates = [inputs.get(key) for key in ("chart", "version", "repositoryOpts")]
        if has_unknown(coordinates):
            return inputs
        chart, archive = self._chart(inputs)
        inputs["version"] = chart.version
        if not has_unknown(inputs):
            self._render(inputs, archive)
        return inputs

    @staticmethod
    def _chart(inputs: Properties) -> tuple[charts.MirroredChart, Path]:
        repository = (inputs.get("repositoryOpts") or {}).get("repo", "")
        if not repository:
            raise refused([("repositoryOpts.repo", "the sandbox takes charts by the URL of their repository only")])
        try:
            return charts.find_chart(
                Path(layout.Sandbox.load().charts), repository, inputs["chart"], inputs.get("version")
            )
        except charts.ChartError as error:
            raise refused([("chart", f"{error}; check the chart name and repository configuration.")]) from error

    def _render(self, inputs: Properties, archive: Path) -> None:
        try:
            self._helm.render(inputs["name"], inputs["namespace"], str(archive), inputs.get("values") or {})
        except HelmError as error:
            raise refused([("values", str(error))]) from error

    def diff(self, op: Operation) -> Diff:
        # A change made by hand with Helm is in the state after a refresh; what the program never set stays out of it.
        seen = prune(op.state, op.old_inputs)
        return compare({**op.old_inputs, **seen}, op.inputs, replace=("name", "namespace"))

    def preview(self, op: Operation) -> Properties:
        return {**op.inputs, "resourceNames": UNKNOWN, "status": UNKNOWN}

    def create(self, op: Operation) -> Created:
        release, owner = op.inputs, hashlib.sha256(op.urn.encode()).hexdigest()[:40]
        id = _id(release)
        _, archive = self._chart(release)
        left = self._helm.release(release["namespace"], release["name"])
        # Somebody else's release is left alone: Helm then says that the name is in use.
        if left is not None and left.owner == owner:
            if left.status == "deployed":
                # Helm had finished when the last update was cut short; the engine just never heard of it.
                return Created(id, self._upgrade(op, str(archive), id))
            self._helm.uninstall(release["namespace"], release["name"], ["--wait", *_timeout(release)], op.cancelled)
        flags = _flags(release, _INSTALL_FLAGS)
        try:
            self._helm.install(release, str(archive), flags, owner, op.cancelled)
        except HelmError as error:
            made = self._helm.release(release["namespace"], release["name"])
            if made is None or made.owner != owner:
                raise
            raise self._failed(id, release, made, "was created, but failed to initialize completely", error) from error
        return Created(id, self._outputs(release, self._installed(release)))

    def update(self, op: Operation) -> Properties:
        _, archive = self._chart(op.inputs)
        return self._upgrade(op, str(archive), op.id)

    def _upgrade(self, op: Operation, archive: str, id: str) -> Properties:
        release = op.inputs
        current = self._helm.release(release["namespace"], release["name"])
        if current is not None and current.status in ("pending-upgrade", "pending-rollback"):
            # The machine went off in the middle of an upgrade; Helm would refuse every further one.
            self._helm.rollback(release["namespace"], release["name"])
        elif current is not None and current.status == "pending-install":
            self._helm.uninstall(release["namespace"], release["name"], ["--wait", *_timeout(release)], op.cancelled)
            return self.create(op).outputs
        flags = _flags(release, _UPGRADE_FLAGS)
        if "maxHistory" in release:
            flags += ["--history-max", str(release["maxHistory"])]
        try:
            self._helm.upgrade(release, archive, flags, op.cancelled)
        except HelmError as error:
            made = self._helm.release(release["namespace"], release["name"])
            if made is None or (current and made.metadata["revision"] == current.metadata["revision"]):
                raise
            raise self._failed(id, release, made, "failed to initialize completely", error) from error
        return self._outputs(release, self._installed(release))

    def _installed(self, release: Properties) -> Release:
        found = self._helm.release(release["namespace"], release["name"])
        if found is None:
            raise PluginError(f"Helm release {_id(release)!r} vanished while it was read")
        return found

    def _failed(self, id: str, release: Properties, made: Release, what: str, error: HelmError) -> InitFailed:
        reason = f'Helm release "{id}" {what}. Use Helm CLI to investigate: {error}'
        return InitFailed(id, self._outputs(release, made), [reason])

    @staticmethod
    def _outputs(release: Properties, made: Release) -> Properties:
        status = {key: value for key, value in made.metadata.items() if value != ""}
        return {**release, "version": made.metadata["version"], "resourceNames": made.resource_names, "status": status}

    def read(self, op: Operation) -> Found | None:
        if gone_with_cluster(self._cluster, self._settings):
            return None
        namespace, _, name = op.id.rpartition("/")
        made = self._helm.release(namespace or self._cluster.namespace, name)
        if made is None:
            return None
        if not op.old_inputs:
            imported = {
                "name": made.metadata["name"],
                "namespace": made.metadata["namespace"],
                "chart": made.metadata["chart"],
                "version": made.metadata["version"],
                "timeout": DEFAULT_TIMEOUT,
                **({"values": made.values} if made.values else {}),
            }
            return Found(op.id, self._outputs(imported, made), imported)
        values = _merged(op.old_inputs.get("values") or {}, made.values)
        live = {**op.old_inputs, "version": made.metadata["version"], **({"values": values} if values else {})}
        return Found(op.id, self._outputs(live, made), prune(live, op.old_inputs))

    def delete(self, op: Operation) -> None:
        if not self._cluster.reachable():
            raise PluginError("can't delete Helm Release with unreachable cluster")
        namespace, _, name = op.id.rpartition("/")
        waits = op.old_inputs.get("atomic") or not op.old_inputs.get("skipAwait")
        flags = ["--wait", *_timeout(op.old_inputs)] if waits else []
        self._helm.uninstall(namespace or self._cluster.namespace, name, flags, op.cancelled)


def _id(release: Properties) -> str:
    return f"{release['namespace']}/{release['name']}"


def _timeout(release: Properties) -> list[str]:
    return ["--timeout", f"{int(release.get('timeout') or DEFAULT_TIMEOUT)}s"]


def _flags(release: Properties, known: dict[str, str]) -> list[str]:
    flags = [flag for name, flag in known.items() if release.get(name)]
    if not release.get("skipAwait"):
        flags.append("--wait")
        if release.get("waitForJobs"):
            flags.append("--wait-for-jobs")
    if release.get("description"):
        flags += ["--description", release["description"]]
    return [*flags, *_timeout(release)]


def _merged(base: Any, over: Any) -> Any:
    """Helm's merge of values: maps are merged, everything else is replaced."""
    if isinstance(base, dict) and isinstance(over, dict):
        return {key: _merged(base.get(key), over[key]) if key in over else base[key] for key in {**base, **over}}
    return over
