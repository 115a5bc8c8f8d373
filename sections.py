"""The sections of the stack file, one class for each key of the namespace `vvp` that holds an object.

`Pulumi.yaml` describes them for the Pulumi CLI, docs/configuration.md for people; `settings.load()` reads them.
"""

from enum import StrEnum
from typing import Annotated, Literal

from pydantic import Field

from components.names import (
    BucketName,
    ChartVersion,
    Cidr,
    ClientCidr,
    ClusterName,
    JdbcUrl,
    KubernetesName,
    KubernetesVersion,
    PolicyName,
    PrincipalArn,
    RoleName,
    SubnetId,
    VpcId,
    VvpName,
)
from validation import Section

ZONES = 3
"""Availability zones of a new network; EKS itself asks for two, and three survive the loss of one with a quorum
left."""


class Environment(StrEnum):
    """What a stack is for; staging and prod protect what holds data."""

    DEV = "dev"
    STAGING = "staging"
    PROD = "prod"

    @property
    def keeps_data(self) -> bool:
        """Whether resources that hold data are protected from deletion."""
        return self is not Environment.DEV


class IdentityKind(StrEnum):
    """How a pod proves who it is to AWS; one account never has both."""

    IRSA = "irsa"
    POD_IDENTITY = "pod-identity"


class AdmissionEngine(StrEnum):
    """Who refuses a pod that borrows another job's account."""

    KYVERNO = "kyverno"
    ADMISSION_POLICY = "admission-policy"


class JobBlobAccess(StrEnum):
    """Whether a job has a prefix of the bucket for its own or, as in the article, the whole bucket as all others."""

    SCOPED = "scoped"
    SHARED = "shared"


class Layout(StrEnum):
    """Where jobs run: in the platform's namespace, guarded by the admission rule, or each in one of its own."""

    SHARED_NAMESPACE = "shared-namespace"
    NAMESPACE_PER_JOB = "namespace-per-job"


class BlobAccess(StrEnum):
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
    platform_access: BlobAccess = BlobAccess.LEAST
    """`least`, or the article's s3:* as `all-s3-actions`."""
    job_access: JobBlobAccess = JobBlobAccess.SCOPED
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


class KyvernoSettings(Section):
    """The Kyverno installation; only with the engine `kyverno`."""

    chart_version: ChartVersion = "3.9.1"
    """Version of the official chart."""
    namespace: KubernetesName = "kyverno"
    """Its Kubernetes namespace."""
    replicas: Annotated[int, Field(ge=1, le=9)] = 1
    """Admission controllers; three for a policy that survives the loss of a node."""


class AdmissionSettings(Section):
    """The one-to-one rule between deployments and service accounts."""

    engine: AdmissionEngine = AdmissionEngine.KYVERNO
    """`kyverno` as in the article, or Kubernetes' own `admission-policy`."""
    reserved_accounts: tuple[KubernetesName, ...] = ()
    """Service accounts that only pods of the like-named deployment may use."""
    kyverno: KyvernoSettings = KyvernoSettings()
    """The Kyverno installation."""


class LocalPersistence(Section):
    """SQLite on a volume of the cluster; the only one the Community Edition has."""

    type: Literal["local"] = "local"
    """`local`."""


class JdbcPersistence(Section):
    """A database outside the cluster. Its password is the secret key vvp:databasePassword."""

    type: Literal["jdbc"]
    """`jdbc`."""
    url: JdbcUrl
    """JDBC URL without credentials."""
    username: Annotated[str, Field(min_length=1)]
    """Database user."""


class PlatformSettings(Section):
    """Ververica Platform 2.x."""

    chart_version: ChartVersion = "5.11.1"
    """Version of the chart ververica/ververica-platform."""
    namespace: KubernetesName = "vvp"
    """Kubernetes namespace of the platform and its jobs."""
    release_name: KubernetesName = "vvp"
    """Helm release name; the service is called <release>-ververica-platform."""
    service_account: KubernetesName = "ververica-platform"
    """The platform's service account."""
    service_account_annotations: dict[str, str] = Field(default_factory=dict[str, str])
    """Further annotations of that account; the identity's own is written by the program."""
    accept_community_edition_license: bool = False
    """Accept the Community Edition's licence; excludes the secret vvp:license."""
    persistence: Annotated[LocalPersistence | JdbcPersistence, Field(discriminator="type")] = LocalPersistence()
    """Where the platform keeps its own state."""
    layout: Layout = Layout.SHARED_NAMESPACE
    """`shared-namespace` as in the article, or `namespace-per-job`, the strategy it would rather have."""
    vvp_namespace: VvpName = "default"
    """The platform's own namespace for the jobs, with the layout `shared-namespace`."""
    deployment_target: VvpName = "vvp"
    """The platform's deployment target, with the layout `shared-namespace`."""
    admins: tuple[str, ...] = ()
    """Users that are platform administrators when authentication is on (a token is given)."""
