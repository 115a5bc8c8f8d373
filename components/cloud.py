"""What the stack asks of a cloud, and the one place that chooses it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol, cast

from pulumi import Input, Output, Resource

from settings.aws.stack_file import AwsStackFile
from settings.check import Settings
from settings.stack_file import StackFile


@dataclass(frozen=True)
class Identity:
    """What a cloud gives for one service account.

    Attributes:
        principal: Who the account is to the cloud, as the cloud writes it.
        account_annotations: What the service account must carry.
        ready: What must exist before a pod may count on its access.
        pod_labels: What its pods must carry.
        chart_values: Values that the platform's chart needs for it; for the platform's own account.
        flink: Where Flink keeps a job's state: settings for its configuration.
        networks: Private networks, in CIDR form, where its pods must ask for it.
    """

    principal: Output[str]
    account_annotations: Mapping[str, Input[str]]
    ready: Sequence[Resource]
    pod_labels: Mapping[str, str] = field(default_factory=dict[str, str])
    chart_values: Mapping[str, Any] = field(default_factory=dict[str, Any])
    flink: Mapping[str, Input[str]] = field(default_factory=dict[str, Input[str]])
    networks: Sequence[str] = ()


@dataclass(frozen=True)
class VolumeClass:
    """The cluster's default kind of volume.

    Attributes:
        name: Name of the storage class.
        provisioner: The storage driver's name.
        parameters: What it is told: type and encryption.
    """

    name: str
    provisioner: str
    parameters: Mapping[str, str]


class Cloud(Protocol):
    """Network, cluster, blob storage and streams; an identity with its grants for the platform and for each job.

    Attributes:
        kubeconfig: JSON, a secret.
        ready: What must exist before a pod with a volume or an identity can run.
        volumes: The cluster's default kind of volume.
        base_uri: Where the platform keeps its blobs.
        platform: The identity of the platform's account.
        jobs: The identity of each job's account, by the job's name.
        variables: Values of the variables that only the cloud knows (see `settings.variables`), by name.
        outputs: What of the cloud the stack exports.
    """

    @property
    def kubeconfig(self) -> Output[str]: ...
    @property
    def ready(self) -> Sequence[Resource]: ...
    @property
    def volumes(self) -> VolumeClass: ...
    @property
    def base_uri(self) -> Output[str]: ...
    @property
    def platform(self) -> Identity: ...
    @property
    def jobs(self) -> Mapping[str, Identity]: ...
    @property
    def variables(self) -> Mapping[str, Output[str]]: ...
    @property
    def outputs(self) -> Mapping[str, Output[Any]]: ...


def build(settings: Settings[StackFile]) -> Cloud:
    """Builds what the stack has on its cloud. The cloud's SDK is imported only here.

    Args:
        settings: The stack's settings.

    Raises:
        NotImplementedError: The stack file is of a cloud that has no components.
    """
    if isinstance(settings.file, AwsStackFile):
        from components.aws.stack import AwsStack

        return AwsStack(cast("Settings[AwsStackFile]", settings))
    raise NotImplementedError(f"there are no components for {type(settings.file).__name__}")
