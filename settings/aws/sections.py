"""The sections of the stack file that differ from cloud to cloud, in AWS' words."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Annotated, Any, Literal

from pydantic import Field

from settings.aws.instances import Architecture, InstanceType
from settings.aws.names import (
    BucketName,
    ClusterName,
    ImageVersion,
    PolicyName,
    PrincipalArn,
    RoleArn,
    RoleName,
    SecurityGroupId,
    SubnetId,
    Tags,
    VpcId,
    ZoneName,
)
from settings.aws.networks import MOST_PUBLIC_NETWORKS, PublicCidr, ServiceCidr, VpcCidr
from settings.faults import Section
from settings.names import Cidr, EachOnce, KubernetesVersion
from settings.sections import JobBlobScope

FEWEST_ZONES, MOST_ZONES = 2, 3
"""Availability zones of a new network: EKS itself asks for two, and three survive the loss of one with a quorum."""


class IdentityKind(StrEnum):
    """How a pod proves who it is to AWS; one account never has both."""

    IRSA = "irsa"
    POD_IDENTITY = "pod-identity"


class PlatformBlobAccess(StrEnum):
    """What the platform may do with its bucket: the actions it needs, or, as the article has it, everything."""

    LEAST = "least"
    ALL_S3_ACTIONS = "all-s3-actions"


AddonName = Literal["vpc-cni", "kube-proxy", "coredns", "aws-ebs-csi-driver", "eks-pod-identity-agent"]


NODE_ROLE = "nodes"
ADDON_ROLES: Mapping[AddonName, str] = {"vpc-cni": "vpc-cni", "aws-ebs-csi-driver": "ebs-csi"}
"""What the roles of the machines and of add-ons are called, after the prefix."""


class ExistingNetwork(Section):
    """A VPC that somebody else keeps."""

    vpc_id: VpcId
    """The VPC's id, as vpc-0123456789abcdef0."""
    private_subnet_ids: Annotated[tuple[SubnetId, ...], Field(min_length=2), EachOnce]
    """Subnets for nodes, in two zones or more, each with a way out."""
    public_subnet_ids: Annotated[tuple[SubnetId, ...], EachOnce] = ()
    """Subnets for public load balancers; none is needed for the platform itself."""


class NetworkSettings(Section):
    """Where the cluster lives: a new VPC over three zones, or an existing one."""

    cidr: VpcCidr = "10.20.0.0/16"
    """The new VPC's IPv4 network, /16 to /20."""
    zones: (
        Literal[2, 3] | Annotated[tuple[ZoneName, ...], Field(min_length=FEWEST_ZONES, max_length=MOST_ZONES), EachOnce]
    ) = 3
    """Availability zones of a new VPC: how many, or which by name. A number takes the first ones that EKS can use when
    the subnets are made, and stays with them."""
    nat: Literal["single", "per-zone"] = "single"
    """NAT gateways: one for all zones (cheaper), or one in each (a lost zone takes nobody else's way out)."""
    private_subnets: Annotated[tuple[Cidr, ...], Field(min_length=FEWEST_ZONES, max_length=MOST_ZONES)] | None = None
    """Networks of the node subnets, one for each zone; cut out of `cidr` when not given."""
    public_subnets: Annotated[tuple[Cidr, ...], Field(min_length=FEWEST_ZONES, max_length=MOST_ZONES)] | None = None
    """Networks of the public subnets, one for each zone; cut out of `cidr` when not given."""
    existing: ExistingNetwork | None = None
    """An existing VPC; excludes every other key of this section."""

    @property
    def zone_count(self) -> int:
        """How many zones a new network has."""
        return self.zones if isinstance(self.zones, int) else len(self.zones)


class UpgradePolicy(StrEnum):
    """The control plane's support policy."""

    STANDARD = "standard"
    EXTENDED = "extended"


class NodeSettings(Section):
    """The managed node group that carries the platform and its jobs."""

    architecture: Architecture = Architecture.X86_64
    """`x86_64` or `arm64`: of the machines, and so of every image that runs on them, the platform's and Flink's too."""
    instance_types: Annotated[tuple[InstanceType, ...], Field(min_length=1), EachOnce] = ("m6i.xlarge",)
    """EC2 instance types of that architecture, the preferred first."""
    min_size: Annotated[int, Field(ge=0, le=450)] = 3
    """Fewest nodes; with local persistence one for each zone, as the platform's volume is mounted only in its own."""
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
    service_cidr: ServiceCidr = "172.20.0.0/16"
    """Network of the cluster's services; must not overlap the VPC."""
    upgrade_policy: UpgradePolicy = UpgradePolicy.STANDARD
    """What happens when the version's standard support ends: `standard` upgrades the control plane by itself,
    `extended` keeps the version for another year at six times the price of the control plane."""
    public_access_cidrs: Annotated[tuple[PublicCidr, ...], Field(max_length=MOST_PUBLIC_NETWORKS), EachOnce] = ()
    """Public networks that may reach the public API endpoint; with none, only the private endpoint exists."""
    private_access_cidrs: Annotated[tuple[Cidr, ...], EachOnce] = ()
    """Networks, of this VPC or connected to it, that may reach the private API endpoint at port 443."""
    private_access_groups: Annotated[tuple[SecurityGroupId, ...], EachOnce] = ()
    """Security groups whose members may do the same."""
    admins: Annotated[tuple[PrincipalArn, ...], EachOnce] = ()
    """IAM principals with an access entry as cluster administrators; who runs the first `pulumi up` always has one."""
    viewers: Annotated[tuple[PrincipalArn, ...], EachOnce] = ()
    """IAM principals with an access entry that may read."""
    log_retention_days: Literal[1, 3, 5, 7, 14, 30, 60, 90, 180, 365, 400, 731] = 90
    """How long the control plane's logs are kept, in days."""
    addon_versions: dict[AddonName, str] = Field(default_factory=dict[AddonName, str])
    """Versions of EKS add-ons by name; where none is given, an add-on has the default of the Kubernetes version and
    moves with it."""
    addon_configuration: dict[AddonName, dict[str, Any]] = Field(default_factory=dict[AddonName, dict[str, Any]])
    """Configuration of EKS add-ons by name, merged over the program's own; its form:
    `aws eks describe-addon-configuration`."""
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
    """How long overwritten or deleted versions are kept, in days; those of the jobs' checkpoints go after one."""
    abort_uploads_days: Annotated[int, Field(ge=1)] = 7
    """When unfinished multipart uploads are removed, in days."""
    expiry: tuple[ExpirySettings, ...] = ()
    """Further deletions by prefix."""
    access_log_bucket: BucketName | None = None
    """An existing bucket that receives this bucket's access log."""

    def key_of(self, uri: str) -> str | None:
        """The key of an object of this bucket; None for a URI of something else."""
        start = f"s3://{self.bucket}/"
        return uri.removeprefix(start) if uri.startswith(start) else None


class AssumedRole(Section):
    """The role under which the stack is deployed."""

    role_arn: RoleArn
    """Its ARN."""
    session_name: Annotated[str, Field(min_length=2, max_length=64)] | None = None
    """Name of the session, as CloudTrail shows it."""


class DefaultTags(Section):
    """Tags of everything that the stack has."""

    tags: Tags = Field(default_factory=dict[str, str])
    """Values by key."""


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


class RuntimeSettings(Section):
    """What the Flink image has that jobs run in, as far as their access depends on it.

    Ververica does not publish it for its images: look into the image that the platform uses.
    """

    flink: ImageVersion | None = None
    """Flink's version; its S3 file systems know EKS Pod Identity from 1.19.2 and 1.20.1 on."""
    kinesis_connector: ImageVersion | None = None
    """The Kinesis connector's version (up to Flink 1.16 that of Flink itself): verbs on streams are held to it. Tables
    with `stream` take `read-polling` up to 4.1 and `read-polling-4.2` from then on; tables with `stream.arn`, from 5.0
    on, take `read-connector-5`; `read-fan-out` and `write` are for all."""
    kinesis_legacy_sdk: ImageVersion = "1.12.439"
    """The AWS SDK for Java 1 by which tables with `stream` are read; as the connector is published, it knows no Pod
    Identity."""
