"""What the platform's pod configures: Spring's YAML from its ConfigMap, and environment variables above it.

https://docs.ververica.com/vvp/installation-and-upgrades/install-with-helm/configuration
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import yaml

from sandbox.platform.merging import merged

CONFIGURATION_FILE = "application-prod-user.yaml"
"""The key of the chart's ConfigMap."""

TOKEN_VARIABLE = "vvp.auth.bootstrap-token.token"

BUILT_IN_DEFAULTS: Mapping[str, Any] = {
    "state": "RUNNING",
    "upgradeStrategy": {"kind": "STATEFUL"},
    "restoreStrategy": {"kind": "LATEST_STATE", "allowNonRestoredState": False},
    "maxSavepointCreationAttempts": 4,
    "maxJobCreationAttempts": 4,
    "template": {
        "spec": {
            "parallelism": 1,
            "numberOfTaskManagers": 1,
            "resources": {"jobmanager": {"cpu": 1.0, "memory": "1G"}, "taskmanager": {"cpu": 1.0, "memory": "2G"}},
            "flinkConfiguration": {},
            "logging": {"loggingProfile": "default", "log4jLoggers": {"": "INFO"}},
        }
    },
}


@dataclass(frozen=True)
class Settings:
    """The platform's configuration, as far as the stand-in follows it."""

    kubernetes_namespace: str
    """Its own; a deployment target without a namespace means this one."""
    auth: bool = False
    """Off: everybody is admin of all and owner of every namespace."""
    admins: frozenset[str] = frozenset()
    bootstrap_token: str | None = None
    blob_base_uri: str | None = None
    registry: str = "registry.ververica.com/v2.15"
    flink_repository: str = "flink"
    flink_version: str = "1.20"
    flink_image_tag: str = "1.20.3-stream1-scala_2.12-java11"
    version: str = "2.15.11"
    defaults: Mapping[str, Any] = field(default_factory=lambda: dict(BUILT_IN_DEFAULTS))
    """Global deployment defaults: built-in ones and `vvp.globalDeploymentDefaults`."""

    @classmethod
    def read(cls, configuration: str, environment: Mapping[str, str], namespace: str) -> "Settings":
        """Reads the ConfigMap's file and the environment.

        Args:
            configuration: content of CONFIGURATION_FILE.
            environment: of the container `gateway`.
            namespace: Kubernetes namespace of the pod.

        Raises:
            ValueError: the configuration is no YAML mapping, or a part of it has another shape.
        """
        try:
            vvp = (yaml.safe_load(configuration) or {}).get("vvp", {})
            overrides = yaml.safe_load(vvp.get("globalDeploymentDefaults") or "{}")
        except (yaml.YAMLError, AttributeError) as error:
            raise ValueError(f"{CONFIGURATION_FILE} cannot be read: {error}") from error
        auth = vvp.get("auth") or {}
        flink = vvp.get("flinkDeploymentDefaults") or {}
        plain = {
            "registry": flink.get("registry") or vvp.get("registry"),
            "flink_repository": flink.get("repository"),
            "flink_version": flink.get("version"),
            "flink_image_tag": flink.get("imageTag"),
            "version": (vvp.get("resultFetcher") or {}).get("tag"),
        }
        return cls(
            kubernetes_namespace=namespace,
            auth=bool(auth.get("enabled")),
            admins=frozenset(auth.get("admins") or ()),
            bootstrap_token=environment.get(TOKEN_VARIABLE) or None,
            blob_base_uri=((vvp.get("blobStorage") or {}).get("baseUri") or "").rstrip("/") or None,
            defaults=merged(dict(BUILT_IN_DEFAULTS), overrides.get("spec") or {}),
            **{name: str(value) for name, value in plain.items() if value},
        )
