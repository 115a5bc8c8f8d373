"""Deployment targets, secret values, namespaces and API tokens."""

from typing import Literal, Required

from typing_extensions import TypedDict

Phase = Literal["LIFECYCLE_PHASE_INVALID", "LIFECYCLE_PHASE_ACTIVE", "LIFECYCLE_PHASE_TERMINATING", "UNRECOGNIZED"]


class Metadata(TypedDict, total=False):
    """Metadata that a program gives."""

    name: Required[str]
    namespace: Required[str]
    labels: Required[dict[str, str]]
    annotations: Required[dict[str, str]]


class LiveMetadata(Metadata, total=False):
    """Metadata as the platform has it; the empty parts may be missing."""

    id: Required[str]
    resourceVersion: Required[int]
    createdAt: str


class KubernetesTarget(TypedDict, total=False):
    """Where pods go."""

    namespace: str


class TargetSpec(TypedDict):
    """Specification of a deployment target."""

    kubernetes: KubernetesTarget


class DeploymentTarget(TypedDict, total=False):
    """A deployment target to be made or changed."""

    apiVersion: str
    kind: str
    metadata: Required[Metadata]
    spec: Required[TargetSpec]


class LiveDeploymentTarget(TypedDict):
    """A deployment target as the platform has it."""

    metadata: LiveMetadata
    spec: TargetSpec


class SecretValueSpec(TypedDict):
    """A secret."""

    kind: str
    value: str


class SecretValue(TypedDict, total=False):
    """A secret value to be made or changed."""

    apiVersion: str
    kind: str
    metadata: Required[Metadata]
    spec: Required[SecretValueSpec]


class LiveSecretValue(TypedDict):
    """A secret value as the platform shows it."""

    metadata: LiveMetadata


class RoleBinding(TypedDict, total=False):
    """Who has a role."""

    members: list[str]
    role: str


class Namespace(TypedDict, total=False):
    """A namespace of the platform."""

    lifecyclePhase: Phase
    name: Required[str]
    roleBindings: list[RoleBinding]


class OneNamespace(TypedDict):
    """An answer about one."""

    namespace: Namespace


class ApiToken(TypedDict):
    """An API token to be made."""

    name: str
    role: str


class LiveApiToken(TypedDict, total=False):
    """An API token."""

    createTime: str
    role: str


class OneApiToken(TypedDict):
    """An answer about one."""

    apiToken: LiveApiToken


class NewApiToken(LiveApiToken):
    """An API token when it is made: its secret is shown this once."""

    secret: str


class MadeApiToken(TypedDict):
    """The answer to making one."""

    apiToken: NewApiToken
