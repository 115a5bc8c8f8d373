"""Every claim that a stack file makes, allowed or refused, about every account and every thing."""

from collections.abc import Iterable, Iterator
from functools import cached_property

from prove.accounts import Account, owners, vvp_namespace
from prove.cloud import Cloud
from prove.cluster_claims import ClusterClaims
from prove.network import Network
from prove.verdicts import ACCOUNT, NAMESPACE, POD, Claim
from settings.check import Settings
from settings.stack_file import StackFile

RUN, RUN_UNNAMED = "run", "run (no account named)"
RELABEL = {"pods": "relabel as", "pods/status": "relabel by status as"}
FOREIGN = "nobody-knows-this"
"""A label that belongs to no deployment of the stack."""
NO_LABEL = "-"


class Expected:
    """What a stack file says.

    Args:
        settings: The stack file.
        cloud: What it says of the cloud.
        strangers: Further accounts, `<namespace>/<name>`, which the stack file does not know and so allows nothing.

    Attributes:
        in_cluster: What it says of neighbours, nodes and guards.
        network: What it says of connections.
    """

    def __init__(self, settings: Settings[StackFile], cloud: Cloud, strangers: Iterable[str] = ()) -> None:
        self.settings, self._cloud = settings, cloud
        self.owners = owners(settings)
        self.namespaces = sorted({account.namespace for account in self.owners})
        others = [f"{namespace}/default" for namespace in self.namespaces] + list(strangers)
        self.accounts = [*self.owners, *map(Account.of, others)]
        self.in_cluster = ClusterClaims(settings, self.owners, self.accounts)
        self.network = Network(settings, self.owners, cloud.addresses())

    @cached_property
    def labels(self) -> list[str | None]:
        """Labels that a pod may come with."""
        file = self.settings.file
        jobs = [job.name for job in self.settings.jobs]
        return [*jobs, *file.admission.reserved_accounts, file.platform.service_account, FOREIGN, "", None]

    @cached_property
    def guarded(self) -> frozenset[str]:
        """Accounts of deployments, and those that are kept for some."""
        return frozenset(job.name for job in self.settings.jobs) | set(self.settings.file.admission.reserved_accounts)

    def admitted(self, account: str, label: str | None) -> bool:
        """Whether a pod may run (see pod_admitted)."""
        platform = self.settings.file.platform.service_account
        return pod_admitted(account, label, platform=platform, guarded=self.guarded)

    def vvp_namespace(self, namespace: str) -> str:
        """The platform's namespace whose deployments run in a Kubernetes namespace."""
        return vvp_namespace(self.settings, namespace)

    def claims(self) -> list[Claim]:
        """Every claim."""
        found: list[Claim] = []
        for account in self.accounts:
            found += [*self._cloud.claims(account), *self._in_cluster(account)]
        found += [*self._cloud.intrusions(), *self._pods()]
        return [*found, *self.in_cluster.claims(), *self.network.claims()]

    def _in_cluster(self, account: Account) -> Iterator[Claim]:
        who = account.subject
        platform = self.owners[0].subject
        for namespace in self.namespaces:
            # The platform runs the jobs' pods; a job that elects a leader by Kubernetes keeps state in ConfigMaps.
            may = {"create pods": {platform}, "list secrets": {platform}, "list configmaps": {platform}}
            elects = account.job is not None and account.job.settings.elects_by_kubernetes
            if elects and account.namespace == namespace:
                may["list configmaps"].add(who)
            for action, allowed in may.items():
                yield Claim(who, action, NAMESPACE, namespace, who in allowed, f"of namespace {namespace}")
        for owner in self.owners:
            for action in ("create tokens", "annotate"):
                yield Claim(who, action, ACCOUNT, owner.subject, False, f"of account {owner.subject}")

    def _pods(self) -> Iterator[Claim]:
        platform = self.settings.file.platform
        reserved = self.settings.file.admission.reserved_accounts
        for namespace in self.namespaces:
            held = [account.name for account in self.accounts if account.namespace == namespace]
            for account in [*held, *(reserved if namespace == platform.namespace else ())]:
                for label in self.labels:
                    yield self._pod(namespace, account, RUN, label)
                if account == platform.service_account:
                    # Only the platform's own pods run as it, and they are not there to be tried on.
                    continue
                own = account if account in self.guarded else None
                for action in RELABEL.values():
                    for label in self.labels:
                        yield self._pod(namespace, account, action, label, unchanged=label == own)
            for label in self.labels:
                yield self._pod(namespace, "default", RUN_UNNAMED, label)

    def _pod(self, namespace: str, account: str, action: str, label: str | None, *, unchanged: bool = False) -> Claim:
        shown = f"a pod labelled {label!r}" if label is not None else "a pod without label"
        target = NO_LABEL if label is None else label
        allowed = unchanged or self.admitted(account, label)
        return Claim(f"{namespace}/{account}", action, POD, target, allowed, f"{shown} in namespace {namespace}")


def pod_admitted(account: str, label: str | None, *, platform: str, guarded: frozenset[str]) -> bool:
    """Whether a pod may run: a deployment's with the deployment's own account, any other with nobody's at all.

    Args:
        account: The pod's service account.
        label: Its label `deploymentName`; None where it has none.
        platform: The platform's account, which no deployment has.
        guarded: Accounts of deployments.
    """
    if label is None:
        return account not in guarded and account != platform
    return bool(label) and label == account and account != platform
