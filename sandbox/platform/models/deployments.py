"""Deployments, their defaults and their jobs.

https://docs.ververica.com/vvp/user-guide/application-operations/deployments
"""

from typing import Annotated, Literal

from typing_extensions import TypedDict

from sandbox.platform.models.kinds import Documented, Int32, Object, Texts, Time, Uuid
from sandbox.platform.models.pods import PodTemplate
from sandbox.platform.models.resources import (
    Failure,
    Identity,
    KubernetesTarget,
    Listed,
    Metadata,
    Resource,
)
from sandbox.platform.models.volumes import LocalObjectReference

PAGES = "https://docs.ververica.com/vvp/user-guide/application-operations/deployments"


class Artifact(TypedDict, total=False):
    """What runs."""

    additionalDependencies: list[str]
    entryClass: str
    flinkImageRegistry: str
    flinkImageRepository: str
    flinkImageTag: str
    flinkVersion: str
    jarUri: str
    kind: str
    mainArgs: str
    sqlScript: str


class VolumeAndMount(TypedDict, total=False):
    """A volume, and where the platform's container has it."""

    name: str
    volume: Object
    volumeMount: Object


class Variable(TypedDict, total=False):
    """A variable of the platform's container."""

    name: str
    value: str
    valueFrom: Object


class Pods(TypedDict, total=False):
    """Settings of all pods of a job; what Kubernetes checks is any object here."""

    affinity: Object
    annotations: Texts
    envVars: list[Variable]
    imagePullSecrets: list[LocalObjectReference]
    labels: Texts
    nodeSelector: Texts
    securityContext: Object
    tolerations: list[Object]
    volumeMounts: list[VolumeAndMount]


class KubernetesOptions(TypedDict, total=False):
    """How a job is in Kubernetes."""

    jobManagerPodTemplate: PodTemplate
    labels: Annotated[Texts, Documented(f"{PAGES}/k8s-resources", field=True)]
    pods: Pods
    taskManagerPodTemplate: PodTemplate


class Logging(TypedDict, total=False):
    """What is logged."""

    log4j2ConfigurationTemplate: str
    log4jLoggers: Texts
    loggingProfile: str


class ResourceSpec(TypedDict, total=False):
    """Size of a component."""

    cpu: float
    memory: str


class Work(TypedDict, total=False):
    """What a template and a job have in common."""

    artifact: Artifact
    flinkConfiguration: Texts
    kubernetes: KubernetesOptions
    logging: Logging
    numberOfTaskManagers: Int32
    parallelism: Int32
    resources: dict[str, ResourceSpec]


class TemplateMetadata(TypedDict, total=False):
    """Metadata of a template."""

    annotations: Texts


class Template(TypedDict, total=False):
    """What jobs are made from."""

    metadata: TemplateMetadata
    spec: Work


class RestoreStrategy(TypedDict, total=False):
    """What a job starts from."""

    allowNonRestoredState: Annotated[bool, Documented(f"{PAGES}/deployment-upgrades", field=True)]
    kind: str


class UpgradeStrategy(TypedDict, total=False):
    """What a new template does to a running job."""

    kind: str


class DeploymentSpec(TypedDict, total=False):
    """What runs and in which state."""

    deploymentTargetId: Uuid
    deploymentTargetName: str
    maxJobCreationAttempts: Int32
    maxSavepointCreationAttempts: Int32
    restoreStrategy: RestoreStrategy
    sessionClusterName: str
    state: Literal["RUNNING", "SUSPENDED", "CANCELLED"]
    template: Template
    upgradeStrategy: UpgradeStrategy


class Condition(TypedDict, total=False):
    """What is known of a running job."""

    lastTransitionTime: Time
    lastUpdateTime: Time
    message: str
    reason: str
    status: Literal["True", "False", "Unknown"]
    type: str


class Running(TypedDict, total=False):
    """Which job runs."""

    conditions: list[Condition]
    jobId: Uuid
    transitionTime: Time


class DeploymentStatus(TypedDict, total=False):
    """Which state a deployment is in."""

    running: Running
    state: Literal["RUNNING", "SUSPENDED", "CANCELLED", "TRANSITIONING", "FAILED", "FINISHED"]


class DeploymentMetadata(Metadata, total=False):
    """Metadata of a deployment."""

    displayName: str


class Deployment(Resource, total=False):
    """A deployment."""

    metadata: DeploymentMetadata
    spec: DeploymentSpec
    status: DeploymentStatus


class Deployments(Listed, total=False):
    """All of a namespace, or those that a selector chooses."""

    items: list[Deployment]


class DeploymentDefaults(Resource, total=False):
    """What a new deployment's specification starts from."""

    metadata: Metadata
    spec: DeploymentSpec


class JobMetadata(Identity, total=False):
    """Metadata of a job; it has no name."""

    annotations: Texts
    deploymentId: Uuid
    deploymentName: str
    modifiedAt: Time
    terminatedAt: Time


class JobTarget(TypedDict, total=False):
    """Where a job's pods are."""

    kubernetes: KubernetesTarget


class JobSpec(Work, total=False):
    """What runs."""

    allowNonRestoredState: bool
    deploymentTarget: JobTarget
    savepointLocation: str
    userFlinkConfiguration: Texts


class TableColumn(TypedDict, total=False):
    """A column of a table that a job uses."""

    name: str
    type: str


class JobTable(TypedDict, total=False):
    """A table that a job uses."""

    catalogName: str
    columns: list[TableColumn]
    databaseName: str
    name: str
    properties: Texts
    temporary: bool


class Started(TypedDict, total=False):
    """What Flink says of a job."""

    flinkJobId: str
    lastUpdateTime: Time
    observedFlinkJobRestarts: Int32
    observedFlinkJobStatus: str
    startedAt: Time


class JobStatus(TypedDict, total=False):
    """How a job is."""

    failure: Failure
    sinkTables: list[JobTable]
    sourceTables: list[JobTable]
    started: Started
    state: Literal["STARTING", "STANDBY", "STARTED", "TERMINATING", "FAILED", "TERMINATED", "FINISHED"]


class Job(Resource, total=False):
    """A job."""

    metadata: JobMetadata
    spec: JobSpec
    status: JobStatus


class Jobs(Listed, total=False):
    """All of a namespace or of a deployment."""

    items: list[Job]
