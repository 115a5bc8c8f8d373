"""Real calls to the API server: what accounts may do there, and which pods it admits. Only probes of pods are kept."""

from collections.abc import Generator
from contextlib import contextmanager, suppress

from prove.api_server import MERGE, Answered, Kube, Missing, Object
from prove.aws.probes import slug
from prove.aws.verbs import pod_admitted
from prove.claims import NO_LABEL, RELABEL, RUN_UNNAMED, Account, Expected
from prove.verdicts import Claim, Kind, Outcome

LABEL = "deploymentName"
PROBE = {"vvp-prove": "probe"}
SELECTOR = "labelSelector=vvp-prove%3Dprobe"
SUBRESOURCE = {action: path.removeprefix("pods").lstrip("/") for path, action in RELABEL.items()}


def pod(name: str, account: str | None, label: str | None) -> Object:
    """A pod that asks for almost nothing."""
    labels = PROBE | ({} if label is None else {LABEL: label})
    container = {"name": "probe", "image": "registry.example/probe:1", "resources": {"requests": {"cpu": "1m"}}}
    spec: Object = {"containers": [container], "terminationGracePeriodSeconds": 0}
    if account is not None:
        spec["serviceAccountName"] = account
    return {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name, "labels": labels}, "spec": spec}


class Cluster:
    """Tries claims about namespaces, accounts and pods.

    Args:
        admin: The API server, as administrator: only a node's agent may write a pod's status, and no account is one.
        expected: The stack file.
        mark: What every probe's name starts with.
    """

    def __init__(self, admin: Kube, expected: Expected, mark: str) -> None:
        self._admin, self._mark, self._expected = admin, mark, expected
        self._users: dict[str, Kube] = {}
        self._made: dict[str, Outcome] = {}
        self._made_accounts: list[str] = []
        self.elsewhere = f"{mark}-elsewhere"

    @contextmanager
    def prepared(self, accounts: list[Account]) -> Generator[None]:
        """Holds connections of the accounts, a foreign namespace with accounts of their names, and pods to relabel."""
        platform = self._expected.platform
        try:
            self._admin.ensure("namespaces", self.elsewhere, labels=PROBE)
            for name in sorted({account.name for account in accounts} | {"default"}):
                self._admin.ensure(f"namespaces/{self.elsewhere}/serviceaccounts", name, labels=PROBE)
            for name in self._expected.settings.file.admission.reserved_accounts:
                # Without its account a pod would be refused for that alone.
                path = f"namespaces/{platform.namespace}/serviceaccounts"
                if self._admin.ensure(path, name, labels=PROBE):
                    self._made_accounts.append(f"{path}/{name}")
            for account in accounts:
                with suppress(Missing):
                    self._users[account.subject] = Kube(self._admin.token(account.namespace, account.name))
            yield
        finally:
            self._remove()

    def run_pods(self, claims: list[Claim]) -> None:
        """Makes the pods that claims want to relabel, one for each account."""
        reserved = self._expected.settings.file.admission.reserved_accounts
        guarded = frozenset({job.name for job in self._expected.settings.jobs} | set(reserved))
        platform = self._expected.platform.service_account
        for subject in sorted({claim.subject for claim in claims if claim.action in SUBRESOURCE}):
            namespace, account = subject.split("/")
            own = account if pod_admitted(account, account, platform=platform, guarded=guarded) else None
            label = own if account in guarded else None
            self._made[subject] = self._tried(
                self._admin, "POST", f"namespaces/{namespace}/pods", pod(self._name(subject), account, label)
            )

    def observe(self, claim: Claim) -> Outcome:
        """Whether the API server does what a claim is about."""
        if claim.kind is Kind.POD:
            return self._pod(claim)
        user = self._users.get(claim.subject)
        if user is None:
            return Outcome(False, f"there is no account {claim.subject}")
        if claim.kind is Kind.NAMESPACE:
            verb, what = claim.action.split()
            path = f"namespaces/{claim.target}/{what}"
            if verb == "list":
                return self._tried(user, "GET", f"{path}?limit=1")
            return self._tried(user, "POST", path, pod(f"{self._mark}-dry", None, None), dry=True)
        namespace, name = claim.target.split("/")
        path = f"namespaces/{namespace}/serviceaccounts/{name}"
        if claim.action == "annotate":
            change = {"metadata": {"annotations": {"vvp-prove": "probe"}}}
            return self._tried(user, "PATCH", path, change, dry=True, kind=MERGE)
        return self._tried(user, "POST", f"{path}/token", {"spec": {"expirationSeconds": 600}})

    def _pod(self, claim: Claim) -> Outcome:
        namespace, account = claim.subject.split("/")
        label = None if claim.target == NO_LABEL else claim.target
        if claim.action in SUBRESOURCE:
            return self._relabel(claim.subject, claim.action, label)
        # The platform makes the jobs' pods.
        platform = self._expected.owners[0].subject
        user = self._users.get(platform)
        if user is None:
            return Outcome(False, f"there is no account {platform}")
        body = pod(f"{self._mark}-dry", None if claim.action == RUN_UNNAMED else account, label)
        return self._tried(user, "POST", f"namespaces/{namespace}/pods", body, dry=True)

    def _relabel(self, subject: str, action: str, label: str | None) -> Outcome:
        made = self._made[subject]
        if not made.allowed:
            return Outcome(None, f"no pod to relabel: {made.detail}")
        namespace, _, _ = subject.partition("/")
        path = f"namespaces/{namespace}/pods/{self._name(subject)}/{SUBRESOURCE[action]}".rstrip("/")
        change = {"metadata": {"labels": {LABEL: label}}}
        return self._tried(self._admin, "PATCH", path, change, dry=True, kind=MERGE)

    def _name(self, subject: str) -> str:
        return f"{self._mark}-{slug(subject)}"

    @staticmethod
    def _tried(
        user: Kube, method: str, path: str, body: Object | None = None, *, dry: bool = False, kind: str = ""
    ) -> Outcome:
        try:
            user.call(method, path, body, dry=dry, kind=kind)
        except Answered as error:
            return Outcome(False if error.refused else None, f"{error.status} {error}")
        return Outcome(True)

    def _remove(self) -> None:
        for namespace in {subject.split("/")[0] for subject in self._made}:
            self._admin.call("DELETE", f"namespaces/{namespace}/pods?{SELECTOR}")
        for path in [*self._made_accounts, f"namespaces/{self.elsewhere}"]:
            self._admin.call("DELETE", path)
        for user in self._users.values():
            user.close()
