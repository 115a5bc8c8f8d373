"""What the stack file says about neighbours, nodes and guards in the cluster: almost always that nobody may."""

from collections.abc import Iterator, Sequence

from prove.accounts import Account
from prove.pods import NAMESAKE_WAYS, NODE_WAYS, PLATFORM_WAYS, POSING_WAYS, SECRET_WAYS, VOLUME_WAYS
from prove.verdicts import ACCOUNT, CONFIG, GUARD, NODE, POSING, SECRET, Claim, Kind
from settings.check import Settings
from settings.sections import AdmissionEngine
from settings.stack_file import StackFile

EDITOR = "who has Kubernetes' edit"
TOKENS, TOKEN_SECRET = "create tokens", "make a Secret with a token"
RUN, CREATE, APPLY = "run a pod with", "create a pod with", "apply a pod with"
READ, WRITES = "get", ("create", "patch", "delete")
DELETE, RELABEL, SCALE, EXCEPT = "delete", "relabel", "scale", "make"

ADMISSION = "/apis/admissionregistration.k8s.io/v1"
POLICIES = {
    "the admission policies": f"{ADMISSION}/validatingadmissionpolicies",
    "the bindings of admission policies": f"{ADMISSION}/validatingadmissionpolicybindings",
    "the webhooks of admission": f"{ADMISSION}/validatingwebhookconfigurations",
}
"""What enforces the rules, for every engine, by the words for it."""
KYVERNO_POLICIES = {"the policies of Kyverno": "/apis/policies.kyverno.io/v1/validatingpolicies"}


def editor(namespace: str) -> str:
    """The name of somebody who has Kubernetes' role `edit` in a namespace."""
    return f"{EDITOR} ({namespace})"


class ClusterClaims:
    """The claims.

    Args:
        settings: The stack file.
        owners: The platform's account and the jobs'.
        accounts: All accounts whose calls are tried, the owners among them.
    """

    def __init__(self, settings: Settings[StackFile], owners: Sequence[Account], accounts: Sequence[Account]) -> None:
        self._settings, self._owners, self._accounts = settings, owners, accounts
        self._platform, *self._jobs = owners
        self._kyverno = settings.file.admission.engine is AdmissionEngine.KYVERNO

    @property
    def namespaces(self) -> list[str]:
        """The stack's namespaces."""
        return sorted({owner.namespace for owner in self._owners})

    @property
    def editors(self) -> list[str]:
        """Namespaces where somebody has `edit`."""
        kyverno = [self._settings.file.admission.kyverno.namespace] if self._kyverno else []
        return [*self.namespaces, *kyverno]

    @property
    def secrets(self) -> list[str]:
        """The platform's Secrets, whether this stack has each or not: the program's own, Helm's and the chart's."""
        platform = self._settings.file.platform
        own = ["vvp-license", "vvp-database", "vvp-bootstrap-token"]
        return [*own, f"sh.helm.release.v1.{platform.release_name}.v1", platform.full_name]

    @property
    def volume(self) -> str:
        """The claim of the volume with the platform's database, where that is local."""
        return self._settings.file.platform.full_name

    def claims(self) -> Iterator[Claim]:
        """Every claim."""
        for account in self._accounts:
            yield from self._objects(account, CONFIG, "ConfigMaps")
            yield from self._objects(account, SECRET, "Secrets")
            yield from self._guards(account.subject)
            for name in self.secrets:
                yield Claim(account.subject, READ, SECRET, name, account == self._platform, f"Secret {name}")
            for owner in self._owners:
                yield Claim(account.subject, TOKEN_SECRET, ACCOUNT, owner.subject, False, f"of account {owner.subject}")
        yield from self._editors()
        yield from self._pods()

    def _objects(self, account: Account, kind: Kind, words: str) -> Iterator[Claim]:
        for owner in self._owners:
            for action in (READ, *WRITES):
                allowed = account == self._platform or (kind == CONFIG and _elects(account, owner, action))
                yield Claim(account.subject, action, kind, owner.subject, allowed, f"{words} of {owner.subject}")

    def _guards(self, who: str) -> Iterator[Claim]:
        for words in [*POLICIES, *(KYVERNO_POLICIES if self._kyverno else ())]:
            yield Claim(who, DELETE, GUARD, words, False, words)
        for namespace in self.namespaces:
            policies = f"NetworkPolicies of namespace {namespace}"
            yield Claim(who, DELETE, GUARD, namespace, False, policies)
            yield Claim(who, RELABEL, GUARD, namespace, False, f"namespace {namespace}")
            if self._kyverno:
                yield Claim(who, EXCEPT, GUARD, namespace, False, f"exceptions to Kyverno's policies in {namespace}")

    def _editors(self) -> Iterator[Claim]:
        for namespace in self.namespaces:
            who = editor(namespace)
            for owner in self._owners:
                if owner.namespace == namespace:
                    for action in (TOKENS, TOKEN_SECRET):
                        yield Claim(who, action, ACCOUNT, owner.subject, False, f"of account {owner.subject}")
            yield Claim(who, RELABEL, GUARD, namespace, False, f"namespace {namespace}")
        if self._kyverno:
            kyverno = self._settings.file.admission.kyverno.namespace
            yield Claim(editor(kyverno), SCALE, GUARD, kyverno, False, f"Deployments of namespace {kyverno}")

    def _pods(self) -> Iterator[Claim]:
        """Each pod is made by the platform, which may make pods: what is tried is what the API server admits."""
        plain = [Account(namespace, "default") for namespace in self.namespaces]
        for account in [*plain, *self._jobs]:
            for way in NODE_WAYS:
                yield Claim(account.subject, RUN, NODE, way, False, way)
            if account.namespace == self._platform.namespace:
                for action in SECRET_WAYS:
                    for name in self.secrets:
                        yield Claim(account.subject, action, SECRET, name, False, f"Secret {name}")
                for action in VOLUME_WAYS:
                    yield Claim(account.subject, action, SECRET, self.volume, False, f"volume {self.volume}")
        for account in [*plain, *self._owners]:
            for action in (CREATE, APPLY):
                for way in PLATFORM_WAYS if account in plain else POSING_WAYS:
                    yield Claim(account.subject, action, POSING, way, False, way)
        for job in self._jobs:
            for way in NAMESAKE_WAYS:
                yield Claim(job.subject, RUN, POSING, way, False, way)


def _elects(account: Account, owner: Account, action: str) -> bool:
    """Whether a job keeps its leader in ConfigMaps: it writes its own, and may read all of its namespace."""
    if account.job is None or not account.job.settings.elects_by_kubernetes:
        return False
    return account == owner or (action == READ and account.namespace == owner.namespace)
