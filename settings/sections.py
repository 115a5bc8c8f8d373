"""The sections of the stack file, one class for each key of the namespace `vvp` that holds an object.

`Pulumi.yaml` describes them for the Pulumi CLI, docs/configuration.md for people; `settings.load()` reads them.
"""

from enum import StrEnum
from typing import Annotated, Literal

from pydantic import Field

from settings.faults import Section
from settings.names import ChartVersion, EachOnce, JdbcUrl, KubernetesName, VvpName

CHART = "ververica-platform"
"""The platform's chart."""


class Environment(StrEnum):
    """What a stack is for; staging and prod protect what holds data."""

    DEV = "dev"
    STAGING = "staging"
    PROD = "prod"

    @property
    def keeps_data(self) -> bool:
        """Whether resources that hold data are protected from deletion."""
        return self is not Environment.DEV


class AdmissionEngine(StrEnum):
    """Who refuses a pod that borrows another job's account."""

    KYVERNO = "kyverno"
    ADMISSION_POLICY = "admission-policy"


class JobBlobScope(StrEnum):
    """Whether a job has a prefix of its own or, as in the article, all of the blob storage as all others."""

    SCOPED = "scoped"
    SHARED = "shared"


class Layout(StrEnum):
    """Where jobs run: in the platform's namespace, guarded by the admission rule, or each in one of its own."""

    SHARED_NAMESPACE = "shared-namespace"
    NAMESPACE_PER_JOB = "namespace-per-job"


TOKEN_PROVERS = "vvp:prove"
"""The only Kubernetes group, beside the nodes', that may have tokens of the accounts of a stack."""


class KyvernoSettings(Section):
    """The Kyverno installation; only with the engine `kyverno`."""

    chart_version: ChartVersion = "3.9.1"
    """Version of the official chart."""
    namespace: KubernetesName = "kyverno"
    """Its Kubernetes namespace."""
    replicas: Annotated[int, Field(ge=1, le=9)] = 3
    """Admission controllers. While none answers, no pod of a job or of the platform is admitted."""


class AdmissionSettings(Section):
    """The one-to-one rule between deployments and service accounts."""

    engine: AdmissionEngine = AdmissionEngine.KYVERNO
    """`kyverno` as in the article, or Kubernetes' own `admission-policy`."""
    reserved_accounts: Annotated[tuple[KubernetesName, ...], EachOnce] = ()
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

    @property
    def service_name(self) -> str:
        """The name that the chart gives everything it makes, its service among them."""
        return f"{self.release_name}-{CHART}"

    @property
    def shares_namespace(self) -> bool:
        """Whether all jobs run in the platform's namespace and share its tables."""
        return self.layout is Layout.SHARED_NAMESPACE

    def namespace_of(self, job: str) -> str:
        """The Kubernetes namespace in which a job runs."""
        return self.namespace if self.shares_namespace else job
