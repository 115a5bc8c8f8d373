"""Real calls to the API server: what accounts may do there, and which pods it admits. Only probes of pods are kept."""

from typing import Any

import httpx

from prove import cluster_probes
from prove.api_server import MERGE, Answered, Kube, Missing, Object
from prove.claims import NO_LABEL, RELABEL, RUN_UNNAMED, Expected
from prove.clean_up import CleanUp
from prove.marks import slug
from prove.verdicts import NAMESPACE, POD, Claim, Outcome

LABEL, NAMESPACE_LABEL = "deploymentName", "vvpNamespace"
SUBRESOURCE = {action: path.removeprefix("pods").lstrip("/") for path, action in RELABEL.items()}
CONNECTED = 3600
"""Seconds for which an account's own connection lasts; a proof takes minutes."""


def pod(mark: str, name: str, account: str | None, label: str | None, vvp_namespace: str = "") -> Object:
    """A pod that asks for almost nothing, and that no node is ever given: nothing of it runs.

    Args:
        mark: The run's mark.
        name: Its name.
        account: Its account; None names none.
        label: Its deployment; None is of none.
        vvp_namespace: The platform's namespace of that deployment.
    """
    labels = {cluster_probes.LABEL: mark} | ({} if label is None else {LABEL: label, NAMESPACE_LABEL: vvp_namespace})
    container = {"name": "probe", "image": "registry.example/probe:1", "resources": {"requests": {"cpu": "1m"}}}
    spec: Object = {
        "containers": [container],
        "schedulingGates": [{"name": "ververica.com/prove"}],
        "terminationGracePeriodSeconds": 0,
    }
    if account is not None:
        spec["serviceAccountName"] = account
    return {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name, "labels": labels}, "spec": spec}


class ClusterTries:
    """Tries claims about namespaces, accounts and pods.

    Args:
        admin: The API server, as administrator: only a node's agent may write a pod's status, and no account is one.
        expected: The stack file.
        mark: What every probe's name starts with.
        clean_up: What is taken away at the end.
    """

    def __init__(self, admin: Kube, expected: Expected, mark: str, clean_up: CleanUp) -> None:
        self._admin, self._mark, self._expected, self._clean_up = admin, mark, expected, clean_up
        self._users: dict[str, Kube] = {}
        self._made: dict[str, Outcome] = {}

    def lay_out(self, claims: list[Claim]) -> None:
        """Makes a foreign namespace with accounts of the stack's names, connections of the accounts, and pods.

        Args:
            claims: Claims that are tried; some want a pod to relabel.

        Raises:
            Answered: The API server refuses something.
        """
        for step in cluster_probes.removal(self._admin, self._mark):
            self._clean_up.later(*step)
        accounts, platform = self._expected.accounts, self._expected.settings.file.platform
        elsewhere = cluster_probes.elsewhere(self._mark)
        self._admin.make("namespaces", cluster_probes.named(self._mark, elsewhere))
        for name in sorted({account.name for account in accounts} | {"default"}):
            self._make_account(elsewhere, name)
        for name in self._expected.settings.file.admission.reserved_accounts:
            # Without its account a pod would be refused for that alone.
            self._make_account(platform.namespace, name)
        for account in accounts:
            try:
                token = self._admin.token(account.namespace, account.name, seconds=CONNECTED)
            except Missing:
                continue
            user = self._users[account.subject] = self._admin.as_account(token)
            self._clean_up.later(f"the connection of {account.subject}", user.close)
        for subject in sorted({claim.subject for claim in claims if claim.action in SUBRESOURCE}):
            self._made[subject] = self._run_pod(subject)

    def _make_account(self, namespace: str, name: str) -> None:
        self._admin.make(f"namespaces/{namespace}/serviceaccounts", cluster_probes.named(self._mark, name))

    def _run_pod(self, subject: str) -> Outcome:
        namespace, account = subject.split("/")
        own = account if self._expected.admitted(account, account) else None
        label = own if account in self._expected.guarded else None
        made = pod(self._mark, self._name(subject), account, label, self._expected.vvp_namespace(namespace))
        return _tried(self._admin, "POST", f"namespaces/{namespace}/pods", made)

    def observe(self, claim: Claim) -> Outcome:
        """Whether the API server does what a claim is about."""
        if claim.kind == POD:
            return self._pod(claim)
        user = self._users.get(claim.subject)
        if user is None:
            return Outcome(False, f"there is no account {claim.subject}")
        if claim.kind == NAMESPACE:
            verb, what = claim.action.split()
            path = f"namespaces/{claim.target}/{what}"
            if verb == "list":
                return _tried(user, "GET", f"{path}?limit=1")
            return _tried(user, "POST", path, pod(self._mark, f"{self._mark}-dry", None, None), dry=True)
        namespace, name = claim.target.split("/")
        path = f"namespaces/{namespace}/serviceaccounts/{name}"
        if claim.action == "annotate":
            change = {"metadata": {"annotations": {cluster_probes.LABEL: self._mark}}}
            return _tried(user, "PATCH", path, change, dry=True, kind=MERGE)
        return _tried(user, "POST", f"{path}/token", {"spec": {"expirationSeconds": 600}})

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
        named = None if claim.action == RUN_UNNAMED else account
        body = pod(self._mark, f"{self._mark}-dry", named, label, self._expected.vvp_namespace(namespace))
        return _tried(user, "POST", f"namespaces/{namespace}/pods", body, dry=True)

    def _relabel(self, subject: str, action: str, label: str | None) -> Outcome:
        made = self._made[subject]
        if not made.allowed:
            return Outcome(None, f"no pod to relabel: {made.detail}")
        namespace = subject.partition("/")[0]
        path = f"namespaces/{namespace}/pods/{self._name(subject)}/{SUBRESOURCE[action]}".rstrip("/")
        own = None if label is None else self._expected.vvp_namespace(namespace)
        change = {"metadata": {"labels": {LABEL: label, NAMESPACE_LABEL: own}}}
        return _tried(self._admin, "PATCH", path, change, dry=True, kind=MERGE)

    def _name(self, subject: str) -> str:
        return f"{self._mark}-{slug(subject)}"


def _tried(user: Kube, method: str, path: str, body: Object | None = None, **how: Any) -> Outcome:
    """What came of a request; `how` is for Kube.call."""
    try:
        user.call(method, path, body, **how)
    except Answered as error:
        return Outcome(False if error.refused else None, f"{error.status} {error}")
    except httpx.HTTPError as error:
        return Outcome(None, f"no answer: {error or type(error).__name__}")
    return Outcome(True)
