"""Bodies under `/api` but deployments: deployment targets, secret values, jobs, savepoints, events, and the status.

https://docs.ververica.com/vvp/user-guide/application-operations/rest-api-ci-cd
"""

from typing import Annotated, Literal, Required

from typing_extensions import TypedDict

from sandbox.platform.models.kinds import Documented, Int32, Object, Texts, Time, Uuid

TARGETS = "https://docs.ververica.com/vvp/platform-operations/deployment-targets"
SECRETS = "https://docs.ververica.com/vvp/user-guide/application-operations/deployments/secret-values"


class Identity(TypedDict, total=False):
    """What the platform gives every resource."""

    createdAt: Time
    id: Uuid
    namespace: str
    resourceVersion: Int32


class Metadata(Identity, total=False):
    """Metadata of a resource that has a name."""

    annotations: Texts
    labels: Texts
    modifiedAt: Time
    name: str


class Resource(TypedDict, total=False):
    """What all resources start with."""

    apiVersion: str
    kind: str


class Listed(Resource, total=False):
    """What a list starts with."""

    metadata: Object


class KubernetesTarget(TypedDict, total=False):
    """Where pods go."""

    namespace: str


class TargetSpec(TypedDict, total=False):
    """Specification of a deployment target."""

    kubernetes: Annotated[Required[KubernetesTarget], Documented(TARGETS)]


class DeploymentTarget(Resource, total=False):
    """A deployment target."""

    metadata: Annotated[Required[Metadata], Documented(TARGETS)]
    spec: Annotated[Required[TargetSpec], Documented(TARGETS)]


class DeploymentTargets(Listed, total=False):
    """All of a namespace."""

    items: list[DeploymentTarget]


class SecretSpec(TypedDict, total=False):
    """Specification of a secret value."""

    kind: Annotated[Required[str], Documented(SECRETS)]
    value: Annotated[Required[str], Documented(SECRETS, field=True)]


class SecretValue(Resource, total=False):
    """A secret value."""

    metadata: Metadata
    spec: SecretSpec


class ShownSecretSpec(TypedDict, total=False):
    """What of it is shown."""

    kind: str


class ShownSecretValue(Resource, total=False):
    """A secret value as it is shown."""

    metadata: Metadata
    spec: ShownSecretSpec


class SecretValues(Listed, total=False):
    """All of a namespace."""

    items: list[ShownSecretValue]


class Failure(TypedDict, total=False):
    """Why something has failed."""

    failedAt: Time
    message: str
    reason: str


class SavepointMetadata(Identity, total=False):
    """Metadata of a savepoint; it has no name."""

    annotations: Texts
    deploymentId: Uuid
    jobId: Uuid
    modifiedAt: Time
    origin: Literal["USER_REQUEST", "SUSPEND_AND_UPGRADE", "SUSPEND", "COPIED", "RETAINED_CHECKPOINT"]


class SavepointSpec(TypedDict, total=False):
    """Where a savepoint is."""

    flinkSavepointId: Uuid
    savepointLocation: str


class SavepointStatus(TypedDict, total=False):
    """How far it is."""

    failure: Failure
    state: Literal["STARTED", "COMPLETED", "FAILED"]


class Savepoint(Resource, total=False):
    """A savepoint."""

    metadata: SavepointMetadata
    spec: SavepointSpec
    status: SavepointStatus


class Savepoints(Listed, total=False):
    """All of a namespace, a deployment or a job."""

    items: list[Savepoint]


class EventMetadata(Identity, total=False):
    """What an event is about. Its name is what kind of event it is; these are the kinds that the controller writes."""

    deploymentId: Uuid
    jobId: Uuid
    name: Literal[
        "COULD_NOT_FIND_A_JOB_TO_SUSPEND",
        "CREATING_A_NEW_JOB",
        "FAILED_TO_CREATE_CLUSTER_FOR_JOB",
        "FOUND_A_JOB_TO_TERMINATE",
        "JOB_SUCCESSFULLY_STARTED",
        "NEED_TO_TRIGGER_A_SAVEPOINT",
        "STATE_TRANSITION_IS_COMPLETED",
        "STATE_TRANSITION_IS_NEEDED",
        "TOO_MANY_FAILED_SUSPENSION_ATTEMPTS",
        "USING_AN_UPGRADE_STRATEGY",
    ]
    resourceName: str


class EventSpec(TypedDict, total=False):
    """What has happened, in words."""

    message: str


class Event(Resource, total=False):
    """An event."""

    metadata: EventMetadata
    spec: EventSpec


class Events(Listed, total=False):
    """All of a namespace, a deployment or a job."""

    items: list[Event]


class Consumption(TypedDict, total=False):
    """What of a quota is used."""

    cpu: float


class QuotaSpec(TypedDict, total=False):
    """What may be used."""

    type: Literal["LIMITED", "UNLIMITED"]


class QuotaStatus(TypedDict, total=False):
    """What is used."""

    used: Consumption


class Quota(Resource, total=False):
    """The licence's quota."""

    spec: QuotaSpec
    status: QuotaStatus


class Revision(TypedDict, total=False):
    """What was built."""

    buildVersion: str


class SystemStatus(TypedDict, total=False):
    """What runs."""

    resourceQuota: Quota
    revisionInformation: Revision


class SystemInformation(Resource, total=False):
    """Version and quota."""

    status: SystemStatus
