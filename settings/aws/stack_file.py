"""The stack file of a stack on AWS."""

from collections.abc import Collection, Iterator, Mapping
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from settings import capacity
from settings.aws import connectors, consistency, iam_names, zones
from settings.aws.capacity import nodes_of
from settings.aws.names import AccountId, RegionName, StreamName, partition_of
from settings.aws.runtime import runtime_faults, runtime_remarks
from settings.aws.sections import (
    AssumedRole,
    BlobStorageSettings,
    ClusterSettings,
    DefaultTags,
    IdentitySettings,
    NetworkSettings,
    RuntimeSettings,
    StreamSettings,
)
from settings.aws.tags import tag_faults
from settings.faults import Fault, show
from settings.stack_file import StackFile, StreamUse

ACCOUNT = "AWS_ACCOUNT_ID"
"""The variable that only the cloud can fill in: who runs the program may be in any account."""


class AwsStackFile(StackFile):
    """A stack on AWS."""

    foreign_keys: ClassVar[Mapping[str, str]] = {
        **dict.fromkeys(
            ("aws:accessKey", "aws:secretKey", "aws:token"),
            "no stored keys; credentials come from the environment, from aws:profile or from aws:assumeRoles",
        ),
        "aws:assumeRole": "the key is aws:assumeRoles, a list",
        "aws:assumeRoleWithWebIdentity": "AWS_ROLE_ARN and AWS_WEB_IDENTITY_TOKEN_FILE in the environment do it",
    }

    cloud: Literal["aws"] = "aws"
    """The cloud: aws."""
    region: RegionName = Field(alias="aws:region", examples=["eu-central-1"])
    """The stack's AWS region, as eu-central-1."""
    profile: Annotated[str, Field(min_length=1)] | None = Field(None, alias="aws:profile")
    """The profile of the AWS command line under which the stack is deployed; the environment's when not given."""
    assume_roles: Annotated[tuple[AssumedRole, ...], Field(max_length=1)] = Field((), alias="aws:assumeRoles")
    """The role under which the stack is deployed; at most one, as `aws eks get-token` assumes one."""
    allowed_account_ids: tuple[AccountId, ...] = Field((), alias="aws:allowedAccountIds")
    """The accounts that the stack may be in; in another, nothing is created."""
    forbidden_account_ids: tuple[AccountId, ...] = Field((), alias="aws:forbiddenAccountIds")
    """The accounts that the stack may not be in."""
    default_tags: DefaultTags = Field(DefaultTags(), alias="aws:defaultTags")
    """Tags of everything that the stack has, the nodes' volumes and network interfaces too."""
    network: NetworkSettings = NetworkSettings()
    """Where the cluster lives: a new VPC over three zones, or an existing one."""
    cluster: ClusterSettings = ClusterSettings()
    """The EKS cluster."""
    blob_storage: BlobStorageSettings = BlobStorageSettings()
    """The S3 bucket for the platform's artifacts and the jobs' checkpoints and savepoints."""
    streams: dict[StreamName, StreamSettings] = Field(default_factory=dict[StreamName, StreamSettings])
    """Kinesis data streams, by name."""
    identity: IdentitySettings = IdentitySettings()
    """How service accounts become IAM roles."""
    runtime: RuntimeSettings = RuntimeSettings()
    """What the Flink image has that jobs run in."""

    @property
    def stream_names(self) -> Collection[str]:
        """The streams' names."""
        return self.streams.keys()

    @property
    def variables(self) -> Mapping[str, str]:
        """Region, partition, account, bucket, and the streams' names and ARNs."""
        partition = partition_of(self.region)
        account = f"${{{ACCOUNT}}}"
        names = {f"streams.{name}.name": name for name in self.streams}
        arns = {
            f"streams.{name}.arn": f"arn:{partition}:kinesis:{self.region}:{account}:stream/{name}"
            for name in self.streams
        }
        bucket = self.blob_storage.bucket
        known = {"AWS_REGION": self.region, "AWS_PARTITION": partition, ACCOUNT: account, "BUCKET": bucket}
        return {**known, **names, **arns}

    identity_options: ClassVar[frozenset[str]] = connectors.IDENTITY_OPTIONS

    def stream_of(self, options: Mapping[str, str], *, writes: bool) -> StreamUse | None:
        """The Kinesis stream of a table."""
        return connectors.stream_of(options, writes=writes)

    def own_faults(self) -> Iterator[Fault]:
        """Faults of networks, nodes, identities and policies."""
        yield from consistency.network_faults(self.network, self.cluster)
        yield from consistency.cluster_faults(self.cluster)
        if nodes := nodes_of(self.cluster.nodes):
            yield from capacity.faults(self.jobs, self.admission, nodes)
        yield from consistency.addon_faults(self.cluster, self.identity)
        yield from zones.zone_faults(self.network, self.cluster, self.platform)
        yield from consistency.identity_faults(self.platform, self.identity)
        yield from consistency.job_faults(self.jobs)
        yield from iam_names.name_faults(self.platform, self.jobs, self.identity, self.blob_storage.policy_name)
        yield from consistency.storage_faults(self.blob_storage, self.jobs)
        yield from runtime_faults(self.jobs, self.runtime, self.identity.kind)
        yield from tag_faults(self.default_tags.tags)
        for index, role in enumerate(self.assume_roles):
            if role.role_arn.split(":")[1] != partition_of(self.region):
                right = f"a role of the region's partition, {partition_of(self.region)}"
                yield Fault(f"aws:assumeRoles.{index}.roleArn", role.role_arn, right, ("aws:region",))
        if self.allowed_account_ids and self.forbidden_account_ids:
            right = "one of aws:allowedAccountIds and aws:forbiddenAccountIds: the provider takes no two"
            yield Fault("aws:forbiddenAccountIds", show(self.forbidden_account_ids), right)

    def remarks(self) -> Iterator[str]:
        """What to know of the endpoint, of the zones, and of clients whose version is not known."""
        yield from super().remarks()
        yield from runtime_remarks(self.jobs, self.runtime, self.identity.kind)
        yield from consistency.cluster_remarks(self.network, self.cluster)
        if nodes := nodes_of(self.cluster.nodes):
            yield from capacity.remarks(self.jobs, self.admission, nodes)
        yield from zones.zone_remarks(self.network, self.cluster, self.platform)
