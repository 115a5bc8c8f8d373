"""The sections of the stack file that differ from cloud to cloud, in AWS' words."""

from enum import StrEnum
from typing import Annotated, Literal

from pydantic import Field

from settings.aws.names import (
    BucketName,
    ClusterName,
    PolicyName,
    PrincipalArn,
    RoleName,
    SubnetId,
    VpcId,
)
from settings.faults import Section
from settings.names import Cidr, ClientCidr, KubernetesVersion
from settings.sections import JobBlobScope

ZONES = 3
"""Availability zones of a new network; EKS itself asks for two, and three survive the loss of one with a quorum
left."""


class IdentityKind(StrEnum):
    """How a pod proves who it is to AWS; one account never has both."""

    IRSA = "irsa"
    POD_IDENTITY = "pod-identity"


class PlatformBlobAccess(StrEnum):
    """What the platform may do with its bucket: the actions it needs, or, as the article has it, everything."""

    LEAST = "least"
    ALL_S3_ACTIONS = "all-s3-actions"


AddonName = Literal["vpc-cni", "kube-proxy", "coredns", "aws-ebs-csi-driver", "eks-pod-identity-agent"]


class ExistingNetwork(Section):
    """A VPC that somebody else keeps."""

    vpc_id: VpcId
    """The VPC's id, as vpc-0123456789abcdef0."""
    private_subnet_ids: Annotated[tuple[SubnetId, ...], Field(min_length=2)]
    """Subnets for nodes, in two zones or more, each with a way out."""
    public_subnet_ids: tuple[SubnetId, ...] = ()
    """Subnets for public load balancers; none is needed for the platform itself."""


class NetworkSettings(Section):
    """Where the cluster lives: a new VPC over three zones, or an existing one."""

    cidr: Cidr = "10.20.0.0/16"
    """The new VPC's IPv4 network, /16 to /20."""
    nat: Literal["single", "per-zone"] = "single"
    """NAT gateways: one for all zones (cheaper), or one in each (a lost zone takes nobody else's way out)."""
    private_subnets: Annotated[tuple[Cidr, ...], Field(min_length=ZONES, max_length=ZONES)] | None = None
    """Networks of the three node subnets; cut out of `cidr` when not given."""
    public_subnets: Annotated[tuple[Cidr, ...], Field(min_length=ZONES, max_length=ZONES)] | None = None
    """Networks of the three public subnets; cut out of `cidr` when not given."""
    existing: ExistingNetwork | None = None
    """An existing VPC; excludes every other key of this section."""


class NodeSettings(Section):
    """The managed node group that carries the platform and its jobs."""

    instance_types: Annotated[tuple[str, ...], Field(min_length=1)] = ("m6i.xlarge",)
    """EC2 instance types, the preferred first."""
    min_size: Annotated[int, Field(ge=0, le=450)] = 2
    """Fewest nodes."""
    desired_size: Annotated[int, Field(ge=0, le=450)] = 3
    """Nodes at the start."""
    max_size: Annotated[int, Field(ge=1, le=450)] = 6
    """Most nodes."""
    disk_gib: Annotated[int, Field(ge=20, le=16384)] = 50
    """Size of a node's encrypted gp3 volume, in GiB."""


class ClusterSettings(Section):
    """The EKS cluster."""

    name: ClusterName = "vvp"
    """The cluster's name; the article's is vvp."""
    version: KubernetesVersion = "1.35"
    """Kubernetes minor version, quoted; keep it one that EKS has in standard support."""
    service_cidr: Cidr = "172.20.0.0/16"
    """Network of the cluster's services; must not overlap the VPC."""
    public_access_cidrs: tuple[ClientCidr, ...] = ()
    """Networks that may reach the public API endpoint; with none, only the private endpoint exists."""
    admins: tuple[PrincipalArn, ...] = ()
    """IAM principals with an access entry as cluster administrators; who runs the first `pulumi up` always has one."""
    viewers: tuple[PrincipalArn, ...] = ()
    """IAM principals with an access entry that may read."""
    log_retention_days: Literal[1, 3, 5, 7, 14, 30, 60, 90, 180, 365, 400, 731] = 90
    """How long the control plane's logs are kept, in days."""
    addon_versions: dict[AddonName, str] = Field(default_factory=dict[AddonName, str])
    """Versions of EKS add-ons by name; where none is given, EKS takes the default of the Kubernetes version."""
    nodes: NodeSettings = NodeSettings()
    """The managed node group."""


class ExpirySettings(Section):
    """One lifecycle rule: delete what lies under a prefix after some days."""

    prefix: Annotated[str, Field(min_length=1)]
    """Key prefix, without a leading slash."""
    days: Annotated[int, Field(ge=1)]
    """Age at which objects are deleted, in days."""


class BlobStorageSettings(Section):
    """The S3 bucket for the platform's artifacts and the jobs' checkpoints and savepoints."""

    bucket: BucketName = "vvp-blob-storage"
    """The bucket's name, unique in all of AWS; the article's is vvp-blob-storage."""
    policy_name: PolicyName = "vvp-blob-storage"
    """Name of the IAM policy that gives the platform its access."""
    platform_access: PlatformBlobAccess = PlatformBlobAccess.LEAST
    """`least`, or the article's s3:* as `all-s3-actions`."""
    job_access: JobBlobScope = JobBlobScope.SCOPED
    """`scoped`: each job reaches its own prefix only; `shared`: every job the whole bucket, as the article has it."""
    noncurrent_days: Annotated[int, Field(ge=1)] = 30
    """How long overwritten or deleted versions are kept, in days."""
    abort_uploads_days: Annotated[int, Field(ge=1)] = 7
    """When unfinished multipart uploads are removed, in days."""
    expiry: tuple[ExpirySettings, ...] = ()
    """Further deletions by prefix."""
    access_log_bucket: BucketName | None = None
    """An existing bucket that receives this bucket's access log."""


class IdentitySettings(Section):
    """How service accounts become IAM roles."""

    kind: IdentityKind = IdentityKind.IRSA
    """`irsa` as in the article, or `pod-identity`."""
    role_prefix: Annotated[RoleName, Field(max_length=32)] = "vvp"
    """Roles are called <prefix>-<service account>."""

    def role_name(self, account: str) -> str:
        """The name of the role of a service account, or of a part of the cluster."""
        return f"{self.role_prefix}-{account}"


class StreamSettings(Section):
    """One Kinesis data stream, by name."""

    shards: Annotated[int, Field(ge=1, le=500)] | None = None
    """Shards of a provisioned stream; without them the stream is on-demand."""
    retention_hours: Annotated[int, Field(ge=24, le=8760)] = 24
    """How long records are kept, in hours."""
    encrypted: bool = True
    """Whether records are encrypted by a key of the stream's own."""
