"""The stack file of a stack on AWS."""

from collections.abc import Collection, Iterator, Mapping
from typing import Literal

from pydantic import Field

from settings.aws import consistency
from settings.aws.names import RegionName, StreamName
from settings.aws.sections import (
    BlobStorageSettings,
    ClusterSettings,
    IdentitySettings,
    NetworkSettings,
    StreamSettings,
)
from settings.faults import Fault
from settings.stack_file import StackFile


class AwsStackFile(StackFile):
    """A stack on AWS."""

    cloud: Literal["aws"] = "aws"
    """The cloud: aws."""
    region: RegionName = Field(alias="aws:region", examples=["eu-central-1"])
    """The stack's AWS region, as eu-central-1."""
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

    @property
    def stream_names(self) -> Collection[str]:
        """The streams' names."""
        return self.streams.keys()

    @property
    def variables(self) -> Mapping[str, str]:
        """The stack's region."""
        return {"AWS_REGION": self.region}

    def own_faults(self) -> Iterator[Fault]:
        """Faults of networks, nodes, identities and policies."""
        yield from consistency.network_faults(self.network, self.cluster)
        yield from consistency.cluster_faults(self.cluster)
        yield from consistency.identity_faults(self.platform, self.identity)
        yield from consistency.job_faults(self.jobs, self.identity)
