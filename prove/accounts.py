"""Whose calls are tried."""

from dataclasses import dataclass

from settings.check import Settings
from settings.stack_file import StackFile
from settings.workloads import Workload


@dataclass(frozen=True)
class Account:
    """A service account.

    Attributes:
        namespace: Its namespace.
        name: Its name.
        is_platform: Whether it is the platform's.
        job: The job whose account it is, if any.
    """

    namespace: str
    name: str
    is_platform: bool = False
    job: Workload | None = None

    @classmethod
    def of(cls, subject: str) -> "Account":
        """An account that the stack gives nothing, by its name as rows have it."""
        namespace, _, name = subject.partition("/")
        return cls(namespace, name)

    @property
    def subject(self) -> str:
        """As rows name it: `<namespace>/<name>`."""
        return f"{self.namespace}/{self.name}"

    @property
    def is_owner(self) -> bool:
        """Whether the stack gives it an identity of the cloud."""
        return self.is_platform or self.job is not None


def owners(settings: Settings[StackFile]) -> list[Account]:
    """The accounts that have an identity of the cloud: the platform's, then the jobs'."""
    platform = settings.file.platform
    found = [Account(platform.namespace, platform.service_account, is_platform=True)]
    return [*found, *(Account(platform.namespace_of(job.name), job.name, job=job) for job in settings.jobs)]


def vvp_namespace(settings: Settings[StackFile], namespace: str) -> str:
    """The platform's namespace whose deployments run in a Kubernetes namespace.

    Args:
        settings: The stack file.
        namespace: The Kubernetes namespace.
    """
    platform = settings.file.platform
    return platform.vvp_namespace if namespace == platform.namespace else namespace
