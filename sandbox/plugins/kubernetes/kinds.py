"""Facts about kinds: which are not in a namespace, and which of their fields cannot be changed in place.

The second list is the provider's own (`provider/pkg/provider/diff.go` in pulumi-kubernetes), for the kinds that a
platform uses.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from provider_kit.server import PluginError, Properties

CORE_GROUP: Final = "core"

# Kinds of the API server itself, so that a namespace is not written into them before any cluster can be asked.
_CLUSTER_SCOPED: Final = frozenset(
    {
        "APIService",
        "CertificateSigningRequest",
        "ClusterRole",
        "ClusterRoleBinding",
        "CSIDriver",
        "CSINode",
        "CustomResourceDefinition",
        "FlowSchema",
        "IngressClass",
        "MutatingAdmissionPolicy",
        "MutatingAdmissionPolicyBinding",
        "MutatingWebhookConfiguration",
        "Namespace",
        "Node",
        "PersistentVolume",
        "PriorityClass",
        "PriorityLevelConfiguration",
        "RuntimeClass",
        "StorageClass",
        "ValidatingAdmissionPolicy",
        "ValidatingAdmissionPolicyBinding",
        "ValidatingWebhookConfiguration",
        "VolumeAttachment",
    }
)
_BUILT_IN_GROUPS: Final = frozenset(
    {CORE_GROUP, "apps", "autoscaling", "batch", "policy", "apiregistration.k8s.io", "apiextensions.k8s.io"}
)

_IDENTITY: Final = ("metadata.name", "metadata.namespace")
_IMMUTABLE: Final[dict[tuple[str, str], tuple[str, ...]]] = {
    ("apps", "DaemonSet"): ("spec.selector",),
    ("apps", "Deployment"): ("spec.selector",),
    ("apps", "StatefulSet"): (
        "spec.podManagementPolicy",
        "spec.revisionHistoryLimit",
        "spec.selector",
        "spec.serviceName",
        "spec.volumeClaimTemplates",
    ),
    ("batch", "Job"): ("spec.completions", "spec.parallelism", "spec.selector", "spec.template"),
    (CORE_GROUP, "PersistentVolumeClaim"): (
        "spec.accessModes",
        "spec.selector",
        "spec.storageClassName",
        "spec.volumeName",
    ),
    (CORE_GROUP, "ResourceQuota"): ("spec.scopes",),
    (CORE_GROUP, "Service"): ("spec.clusterIP",),
    ("rbac.authorization.k8s.io", "ClusterRoleBinding"): ("roleRef",),
    ("rbac.authorization.k8s.io", "RoleBinding"): ("roleRef",),
    ("storage.k8s.io", "StorageClass"): ("parameters", "provisioner"),
}


@dataclass(frozen=True)
class Kind:
    """A kind of object: API group (`core` for the group without a name), version and kind."""

    group: str
    version: str
    kind: str

    @property
    def api_version(self) -> str:
        """As it stands in a manifest, e.g. `v1` or `apps/v1`."""
        return self.version if self.group == CORE_GROUP else f"{self.group}/{self.version}"

    @property
    def is_secret(self) -> bool:
        return (self.group, self.kind) == (CORE_GROUP, "Secret")

    @property
    def built_in(self) -> bool:
        """Served by the API server itself, not by a CustomResourceDefinition."""
        return self.group in _BUILT_IN_GROUPS or self.group.endswith(".k8s.io")

    def namespaced(self) -> bool:
        """Whether objects are in a namespace, as far as is known without asking; custom resources are taken to be."""
        return not (self.built_in and self.kind in _CLUSTER_SCOPED)

    def immutable(self, obj: Properties, mutable_secrets: bool, mutable_config_maps: bool) -> list[str]:
        """Dotted paths whose change needs a new object.

        Args:
            obj: the new inputs.
            mutable_secrets: the provider's `enableSecretMutable`.
            mutable_config_maps: the provider's `enableConfigMapMutable`.
        """
        paths = [*_IDENTITY, *_IMMUTABLE.get((self.group, self.kind), ())]
        frozen = obj.get("immutable") is True
        if self.is_secret:
            paths.append("type")
            if frozen or not mutable_secrets:
                paths += ["data", "stringData"]
        elif (self.group, self.kind) == (CORE_GROUP, "ConfigMap") and (frozen or not mutable_config_maps):
            paths += ["data", "binaryData"]
        return paths


def of_token(token: str) -> Kind:
    """The kind that a type token names, e.g. `kubernetes:rbac.authorization.k8s.io/v1:Role`.

    Raises:
        PluginError: it names something that is not an object, or something that the sandbox does not support.
    """
    _, module, kind = token.split(":")
    group, slash, version = module.partition("/")
    if not slash or "/" in version or group in {"helm.sh", "yaml", "kustomize"}:
        raise PluginError(f"the sandbox's kubernetes provider does not support {token}")
    if kind.endswith("Patch"):
        raise PluginError(f"the sandbox's kubernetes provider does not support patch resources ({token})")
    if kind.endswith("List"):
        raise PluginError(f"{token}: list resources cannot be created directly; use the resource type of their items")
    if kind == "CustomResourceDefinition":
        raise PluginError(f"the sandbox's kubernetes provider does not support {token}; install CRDs by their chart")
    return Kind(group, version, kind)


def annotation(obj: Any, name: str) -> str:
    """The value of `pulumi.com/<name>` in an object's annotations, or an empty text."""
    found: Any = obj
    for key in ("metadata", "annotations", f"pulumi.com/{name}"):
        found = found.get(key) if isinstance(found, dict) else None
    return found if isinstance(found, str) else ""
