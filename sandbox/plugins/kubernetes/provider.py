"""The provider: its configuration, and which handler answers for which type."""

from __future__ import annotations

import functools
import importlib.metadata
from typing import Any, Final

from provider_kit.server import (
    CheckFailed,
    Diff,
    Plugin,
    PluginError,
    Properties,
    ResourceHandler,
    Unknown,
    compare,
)
from sandbox.plugins import sdk_schema
from sandbox.plugins.kubernetes.cluster import Cluster, Unreachable, active_cluster, parse_kubeconfig
from sandbox.plugins.kubernetes.kinds import of_token
from sandbox.plugins.kubernetes.objects import ObjectHandler, SecretHandler
from sandbox.plugins.kubernetes.release import ReleaseHandler
from sandbox.plugins.kubernetes.settings import UNSUPPORTED, Settings

VERSION: Final = importlib.metadata.version("pulumi-kubernetes")
RELEASE: Final = "kubernetes:helm.sh/v3:Release"
_WHICH_CLUSTER: Final = ("kubeconfig", "context", "cluster")


class KubernetesPlugin(Plugin):
    """Objects and Helm releases on the cluster of the provider's kubeconfig."""

    def __init__(self) -> None:
        super().__init__()
        self._settings = Settings()
        self._cluster: Cluster | None = None
        self._why_not = "the provider has not been configured"

    def check_settings(self, settings: Properties) -> Properties:
        parsed = sdk_schema.parse_settings("kubernetes", settings)
        # The engine adds the plugin's version; it is not an argument.
        given = {key: value for key, value in parsed.items() if key not in ("version", "pluginDownloadURL")}
        problems = sdk_schema.problems("pulumi:providers:kubernetes", given)
        problems += [
            (name, f"the sandbox does not support {name} of the kubernetes provider")
            for name in UNSUPPORTED
            if given.get(name)
        ]
        if given.get("enableServerSideApply") is False:
            problems.append(("enableServerSideApply", "the sandbox does not support client-side apply"))
        if problems:
            raise CheckFailed(problems)
        return settings

    def diff_settings(self, old: Properties, new: Properties) -> Diff:
        """Resources are replaced only if the kubeconfig points to another cluster, or may do so."""
        diff = compare(old, new)
        identifiers = (old.get("clusterIdentifier"), new.get("clusterIdentifier"))
        if all(identifiers):
            replaced = {"clusterIdentifier"} if identifiers[0] != identifiers[1] else set[str]()
        elif any(isinstance(new.get(key), Unknown) for key in _WHICH_CLUSTER):
            replaced = {key for key in _WHICH_CLUSTER if isinstance(new.get(key), Unknown)}
        else:
            before, after = _target(old), _target(new)
            moved = before is not None and after is not None and before != after
            replaced = set(_WHICH_CLUSTER) if moved else set[str]()
        diff.replaces = {path for path in diff.changes if path in replaced}
        return diff

    def use_settings(self, settings: Properties) -> None:
        values = sdk_schema.parse_settings("kubernetes", settings)
        self._settings = Settings.of(values)
        if not values.get("kubeconfig"):
            # The ambient kubeconfig of whoever runs this is never the sandbox's business.
            self._why_not = "the sandbox's kubernetes provider needs a kubeconfig argument"
            return
        chosen = (values.get("context", ""), values.get("cluster", ""), values.get("namespace", ""))
        try:
            self._cluster = Cluster(parse_kubeconfig(values["kubeconfig"]), *chosen)
        except Unreachable as error:
            self._why_not = str(error)

    @functools.cache  # noqa: B019  # one plugin lives as long as its process
    def resource(self, type: str) -> ResourceHandler:
        if self._cluster is None:
            raise PluginError(self._why_not)
        if type == RELEASE:
            return ReleaseHandler(self._cluster, self._settings)
        kind = of_token(type)
        handler = SecretHandler if kind.is_secret else ObjectHandler
        return handler(kind, self._cluster, self._settings)


def _target(settings: Properties) -> Any:
    try:
        kubeconfig = parse_kubeconfig(settings.get("kubeconfig") or "{}")
    except Unreachable:
        return None
    return active_cluster(kubeconfig, settings.get("context", ""), settings.get("cluster", ""))
