"""The provider's configuration, with its environment variables.

https://www.pulumi.com/registry/packages/kubernetes/installation-configuration/
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Any, Final

from provider_kit.server import CheckFailed, PluginError, Properties
from sandbox.plugins.kubernetes.cluster import Cluster

# What would change how objects are handled in a way that the sandbox does not follow.
UNSUPPORTED: Final = (
    "alwaysRender",
    "helmReleaseSettings",
    "kubeClientSettings",
    "renderYamlToDirectory",
    "skipUpdateUnreachable",
)


@dataclass(frozen=True)
class Settings:
    """Switches of the provider."""

    delete_unreachable: bool = False
    patch_force: bool = False
    upsert: bool = False
    mutable_secrets: bool = False
    mutable_config_maps: bool = False

    @classmethod
    def of(cls, values: Properties) -> Settings:
        """Reads the provider's arguments; a switch that is not among them may come from the environment."""

        def on(name: str, variable: str) -> bool:
            value: Any = values.get(name, os.environ.get(variable, "false"))
            return value is True or str(value).lower() == "true"

        return cls(
            delete_unreachable=on("deleteUnreachable", "PULUMI_K8S_DELETE_UNREACHABLE"),
            patch_force=on("enablePatchForce", "PULUMI_K8S_ENABLE_PATCH_FORCE"),
            upsert=on("upsertExistingObjects", "PULUMI_K8S_UPSERT_EXISTING_OBJECTS"),
            mutable_secrets=on("enableSecretMutable", "PULUMI_K8S_ENABLE_SECRET_MUTABLE"),
            mutable_config_maps=on("enableConfigMapMutable", "PULUMI_K8S_ENABLE_CONFIGMAP_MUTABLE"),
        )


def refused(problems: list[tuple[str, str]]) -> CheckFailed:
    """A refusal that has the property paths in its texts only.

    The engine prints the whole value of a property that is named beside a reason, and every secret in it in clear.
    """
    return CheckFailed([("", f"{path}: {reason}" if path else reason) for path, reason in problems])


def gone_with_cluster(cluster: Cluster, settings: Settings) -> bool:
    """Whether a resource counts as deleted because its cluster does not answer and the user said what that means.

    Raises:
        PluginError: the cluster does not answer, and the user said nothing.
    """
    if cluster.reachable():
        return False
    if settings.delete_unreachable:
        return True
    raise PluginError(
        "configured Kubernetes cluster is unreachable. If the cluster was deleted, you can remove this resource from "
        "Pulumi state by rerunning the operation with the PULUMI_K8S_DELETE_UNREACHABLE environment variable set to "
        '"true"'
    )
