"""Deployments. See https://docs.ververica.com/vvp/user-guide/application-operations/deployments."""

from collections.abc import Mapping
from typing import Any, Literal, Required

from typing_extensions import TypedDict

from vvp_provider.messages.resources import LiveMetadata, Metadata

State = Literal["RUNNING", "SUSPENDED", "CANCELLED"]
ActualState = Literal["RUNNING", "SUSPENDED", "CANCELLED", "TRANSITIONING", "FAILED", "FINISHED"]


class DeploymentMetadata(Metadata, total=False):
    """Metadata of a deployment."""

    displayName: str


class LiveDeploymentMetadata(LiveMetadata, total=False):
    """Metadata of a deployment as the platform has it."""

    displayName: str


class Artifact(TypedDict, total=False):
    """What runs."""

    kind: Required[str]
    additionalDependencies: list[str]
    entryClass: str
    flinkImageRegistry: str
    flinkImageRepository: str
    flinkImageTag: str
    flinkVersion: str
    jarUri: str
    mainArgs: str
    sqlScript: str


class KubernetesOptions(TypedDict, total=False):
    """Pod settings, passed on as the program gives them."""

    jobManagerPodTemplate: Mapping[str, Any]
    labels: dict[str, str]
    pods: Mapping[str, Any]
    taskManagerPodTemplate: Mapping[str, Any]


class ResourceSpec(TypedDict, total=False):
    """Size of a component."""

    cpu: float
    memory: str


class Logging(TypedDict, total=False):
    """What is logged."""

    log4j2ConfigurationTemplate: str
    log4jLoggers: dict[str, str]
    loggingProfile: str


class TemplateSpec(TypedDict, total=False):
    """The job."""

    artifact: Required[Artifact]
    flinkConfiguration: dict[str, str]
    kubernetes: KubernetesOptions
    logging: Logging
    numberOfTaskManagers: int
    parallelism: int
    resources: dict[str, ResourceSpec]


class TemplateMetadata(TypedDict, total=False):
    """Metadata of a template."""

    annotations: dict[str, str]


class Template(TypedDict, total=False):
    """What jobs are made from."""

    metadata: TemplateMetadata
    spec: Required[TemplateSpec]


class UpgradeStrategy(TypedDict, total=False):
    """What a new template does to a running job."""

    kind: str


class RestoreStrategy(TypedDict, total=False):
    """What a job starts from."""

    allowNonRestoredState: bool
    kind: str


class DeploymentSpec(TypedDict, total=False):
    """What runs and in which state."""

    deploymentTargetId: str
    deploymentTargetName: str
    maxJobCreationAttempts: int
    maxSavepointCreationAttempts: int
    restoreStrategy: RestoreStrategy
    sessionClusterName: str
    state: State
    template: Template
    upgradeStrategy: UpgradeStrategy


class Condition(TypedDict, total=False):
    """What is known of a running job."""

    message: str
    reason: str
    status: Literal["True", "False", "Unknown"]
    type: str


class Running(TypedDict, total=False):
    """Which job runs."""

    conditions: list[Condition]
    jobId: str


class DeploymentStatus(TypedDict, total=False):
    """The state that the platform reports."""

    running: Running
    state: Required[ActualState]


class Deployment(TypedDict, total=False):
    """A deployment to be made."""

    apiVersion: str
    kind: str
    metadata: Required[DeploymentMetadata]
    spec: Required[DeploymentSpec]


class ChangedDeployment(TypedDict, total=False):
    """A deployment sent back with a change: all that was read of it but its status."""

    apiVersion: str
    kind: str
    metadata: Required[LiveDeploymentMetadata]
    spec: Required[DeploymentSpec]


class LiveDeployment(ChangedDeployment):
    """A deployment as the platform has it."""

    status: DeploymentStatus
