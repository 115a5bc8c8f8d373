"""Deployments, typed.

Keys inside `DeploymentSpec` and its parts are the API's own (https://docs.ververica.com/vvp/user-guide/application-operations/deployments);
what is left out is left to the platform's defaults and never compared.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Literal, NotRequired, TypedDict

import pulumi
from pulumi import Input, Output, ResourceOptions

from vvp_provider.messages.deployments import State

Stop = Literal["savepoint", "cancel"]


class UpgradeStrategy(TypedDict):
    """What happens to a running job when its template changes.

    See https://docs.ververica.com/vvp/user-guide/application-operations/deployments/deployment-upgrades.
    """

    kind: Literal["STATEFUL", "STATELESS", "NONE"]


class RestoreStrategy(TypedDict):
    """What a job starts from: the newest savepoint or retained checkpoint, the newest savepoint, or nothing."""

    kind: Literal["LATEST_STATE", "LATEST_SAVEPOINT", "NONE"]
    allowNonRestoredState: NotRequired[bool]


class Artifact(TypedDict):
    """What runs: `sqlScript` with kind SQLSCRIPT, `jarUri` with kind JAR."""

    kind: Literal["SQLSCRIPT", "JAR"]
    sqlScript: NotRequired[Input[str]]
    jarUri: NotRequired[Input[str]]
    entryClass: NotRequired[Input[str]]
    mainArgs: NotRequired[Input[str]]
    additionalDependencies: NotRequired[Sequence[Input[str]]]
    flinkVersion: NotRequired[Input[str]]
    flinkImageRegistry: NotRequired[Input[str]]
    flinkImageRepository: NotRequired[Input[str]]
    flinkImageTag: NotRequired[Input[str]]


class ResourceSpec(TypedDict):
    """CPU in cores and memory as a quantity, as `1G`."""

    cpu: float
    memory: str


class KubernetesOptions(TypedDict, total=False):
    """Pod settings: `pods`, or the two pod templates; the platform refuses both together."""

    pods: Mapping[str, Any]
    jobManagerPodTemplate: Mapping[str, Any]
    taskManagerPodTemplate: Mapping[str, Any]


class TemplateSpec(TypedDict):
    """The job: artifact, size and settings. `resources` has the keys `jobmanager` and `taskmanager`."""

    artifact: Artifact
    parallelism: NotRequired[int]
    numberOfTaskManagers: NotRequired[int]
    resources: NotRequired[Mapping[str, ResourceSpec]]
    flinkConfiguration: NotRequired[Mapping[str, Input[str]]]
    logging: NotRequired[Mapping[str, Any]]
    kubernetes: NotRequired[KubernetesOptions]


class Template(TypedDict):
    """The job's template; `metadata` may hold annotations."""

    spec: TemplateSpec
    metadata: NotRequired[Mapping[str, Any]]


class DeploymentSpec(TypedDict):
    """A deployment's specification. Defaults: state RUNNING, upgrade STATEFUL, restore LATEST_STATE."""

    template: Template
    deploymentTargetName: NotRequired[Input[str]]
    sessionClusterName: NotRequired[Input[str]]
    state: NotRequired[Input[State]]
    upgradeStrategy: NotRequired[UpgradeStrategy]
    restoreStrategy: NotRequired[RestoreStrategy]
    maxJobCreationAttempts: NotRequired[int]
    maxSavepointCreationAttempts: NotRequired[int]


class Deployment(pulumi.CustomResource):
    """A deployment: a Flink job that the platform keeps in a desired state.

    Follows https://docs.ververica.com/vvp/user-guide/application-operations/deployments. The resource is ready when
    the platform reports the desired state (10 minutes, or `custom_timeouts`); when it does not, the platform's own
    reasons are the error, and the next `up` starts the job again. A new name, or another namespace, replaces it: the
    old one is stopped first and the new one starts from its savepoint, unless the restore strategy is NONE. Deletion
    stops the job first. Import: `NAMESPACE/NAME`.

    Args:
        resource_name: Logical name.
        name: The deployment's name, a DNS label.
        spec: What runs and in which state.
        namespace: The platform's namespace.
        display_name: Name in the platform's user interface.
        labels: Labels.
        annotations: Annotations.
        stop: `savepoint` takes a savepoint before the job is cancelled, deleted or replaced, and fails if none can be
            taken; `cancel` takes none. SUSPENDED always takes one: that is what it means.
        initial_savepoint: Location of a savepoint that the first job starts from.
        adopt: Take over a deployment of this name that exists already.
        opts: Resource options.
    """

    def __init__(
        self,
        resource_name: str,
        *,
        name: Input[str],
        spec: Input[DeploymentSpec],
        namespace: Input[str] = "default",
        display_name: Input[str] | None = None,
        labels: Mapping[str, Input[str]] | None = None,
        annotations: Mapping[str, Input[str]] | None = None,
        stop: Stop = "savepoint",
        initial_savepoint: Input[str] | None = None,
        adopt: bool = False,
        opts: ResourceOptions | None = None,
    ) -> None:
        props: dict[str, Any] = {
            "name": name,
            "namespace": namespace,
            "displayName": display_name,
            "labels": labels,
            "annotations": annotations,
            "spec": spec,
            "stop": stop,
            "initialSavepoint": initial_savepoint,
            "adopt": adopt,
            "deploymentId": None,
            "jobId": None,
            "actualState": None,
        }
        super().__init__("vvp:index:Deployment", resource_name, props, opts)

    @property
    def name(self) -> Output[str]:
        """The deployment's name, known once it exists."""
        return self.__dict__["name"]

    @property
    def deployment_id(self) -> Output[str]:
        """The platform's id of the deployment."""
        return self.__dict__["deploymentId"]

    @property
    def job_id(self) -> Output[str | None]:
        """The id of the job that runs, None when none does."""
        return self.__dict__["jobId"]

    @property
    def actual_state(self) -> Output[str]:
        """The state that the platform reported last: RUNNING, SUSPENDED, CANCELLED, FINISHED or FAILED."""
        return self.__dict__["actualState"]
