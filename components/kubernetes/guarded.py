"""What the rules guard: accounts, the platform's pods and its Secrets."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from settings.check import Settings
from settings.stack_file import StackFile

LICENSE_SECRET = "vvp-license"
DATABASE_SECRET = "vvp-database"
TOKEN_SECRET = "vvp-bootstrap-token"
HELM_RECORDS = "sh.helm.release.v1."
"""Helm keeps a release's values and objects in Secrets of this prefix."""

PLATFORM_LABEL = {"vvp-part": "platform"}
"""Only the platform's own pods have it. The chart's `extraLabels` brings it to them; its other labels are not
documented, and anybody's pod template may name them."""


@dataclass(frozen=True)
class Guarded:
    """The accounts and pods of one stack.

    Attributes:
        vvp_namespaces: The platform's namespace that each Kubernetes namespace belongs to.
        jobs: Accounts of deployments: the stack's jobs', and those that it reserves.
        platform_namespace: The Kubernetes namespace of the platform.
        platform_account: The platform's account.
        platform_name: The name of the platform's Kubernetes Deployment, which all that its chart makes begins with.
    """

    vvp_namespaces: Mapping[str, str]
    jobs: Collection[str]
    platform_namespace: str
    platform_account: str
    platform_name: str

    @classmethod
    def of(cls, settings: Settings[StackFile]) -> "Guarded":
        """What a stack guards."""
        file, platform = settings.file, settings.file.platform
        jobs = [job.name for job in settings.jobs]
        own = {} if platform.shares_namespace else {job: job for job in jobs}
        return cls(
            vvp_namespaces={platform.namespace: platform.vvp_namespace, **own},
            jobs=sorted({*jobs, *file.admission.reserved_accounts}),
            platform_namespace=platform.namespace,
            platform_account=platform.service_account,
            platform_name=platform.service_name,
        )

    @property
    def accounts(self) -> list[str]:
        """Every account that is kept for somebody."""
        return sorted({*self.jobs, self.platform_account})

    @property
    def secrets(self) -> list[str]:
        """The platform's Secrets that the stack makes."""
        return [LICENSE_SECRET, DATABASE_SECRET, TOKEN_SECRET]

    @property
    def secret_prefixes(self) -> list[str]:
        """What the names of its further Secrets begin with: the chart's, and Helm's records."""
        return [self.platform_name, HELM_RECORDS]

    @property
    def namespaces(self) -> list[str]:
        """Where the rules hold."""
        return sorted(self.vvp_namespaces)


def one_of(names: Iterable[str]) -> str:
    """A list of CEL."""
    return "[" + ", ".join(f"'{name}'" for name in sorted(names)) + "]"


def in_namespaces(names: Iterable[str]) -> dict[str, object]:
    """Match constraints of an admission policy: these namespaces and no others."""
    named = {"key": "kubernetes.io/metadata.name", "operator": "In", "values": sorted(names)}
    return {"namespaceSelector": {"matchExpressions": [named]}}


def resource_rule(group: str, operations: Iterable[str], *resources: str) -> dict[str, object]:
    """A resource rule of an admission policy, for version v1.

    Args:
        group: API group; the core group is "".
        operations: As CREATE, UPDATE.
        resources: In the plural; a subresource after a slash.
    """
    return {
        "apiGroups": [group],
        "apiVersions": ["v1"],
        "operations": list(operations),
        "resources": list(resources),
    }
