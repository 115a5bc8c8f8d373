"""Real calls to the API server: what accounts may do there, and which pods it admits. Only probes of pods are kept."""

import time

from prove import cluster_probes
from prove.api_server import MERGE, Kube, Missing, Object
from prove.claims import NO_LABEL, RELABEL, RUN_UNNAMED, Expected
from prove.clean_up import CleanUp
from prove.cluster_claims import TOKEN_SECRET, editor
from prove.marks import slug
from prove.object_tries import ObjectTries
from prove.pod_tries import PodTries, is_pods
from prove.pods import DEPLOYMENT, VVP_NAMESPACE, Surroundings, pod
from prove.requests import tried
from prove.verdicts import ACCOUNT, NAMESPACE, POD, Claim, Outcome

SUBRESOURCE = {action: path.removeprefix("pods").lstrip("/") for path, action in RELABEL.items()}
CONNECTED = 3600
"""Seconds for which an account's own connection lasts; a proof takes minutes."""
EDITOR_NAME = "editor"
SETTLED = 10.0
"""Seconds within which a role binding holds: the API server reads them again a moment later."""


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
        self._platform = expected.owners[0]
        full_name = expected.settings.file.platform.full_name
        self._objects = ObjectTries(admin, mark, self._platform, full_name)
        self._surroundings = Surroundings({}, f"{full_name}-0123456789")

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
            self._connect(account.subject, token)
        self._objects.lay_out(claims)
        self._surroundings = self._found()
        for namespace in self._expected.in_cluster.editors:
            self._make_editor(namespace)
        for subject in sorted({claim.subject for claim in claims if claim.action in SUBRESOURCE}):
            self._made[subject] = self._run_pod(subject)

    def _connect(self, subject: str, token: str) -> Kube:
        user = self._users[subject] = self._admin.as_account(token)
        self._clean_up.later(f"the connection of {subject}", user.close)
        return user

    def _make_editor(self, namespace: str) -> None:
        """Has an account of the foreign namespace edit a namespace, as a person would."""
        elsewhere = cluster_probes.elsewhere(self._mark)
        self._make_account(elsewhere, EDITOR_NAME)
        group = "rbac.authorization.k8s.io"
        role = {"apiGroup": group, "kind": "ClusterRole", "name": "edit"}
        subject = {"kind": "ServiceAccount", "namespace": elsewhere, "name": EDITOR_NAME}
        binding = cluster_probes.named(self._mark, self._mark) | {"roleRef": role, "subjects": [subject]}
        self._admin.make(cluster_probes.in_namespace(cluster_probes.BINDINGS, namespace), binding)
        user = self._connect(editor(namespace), self._admin.token(elsewhere, EDITOR_NAME, seconds=CONNECTED))
        until = time.monotonic() + SETTLED
        while not _may_make_tokens(user, namespace):
            if time.monotonic() > until:
                # A refusal of what it tries would be one for want of the role.
                del self._users[editor(namespace)]
                return
            time.sleep(0.1)

    def _found(self) -> Surroundings:
        """The platform's own pod, as it is."""
        before = self._surroundings
        for found in self._admin.call("GET", f"namespaces/{self._platform.namespace}/pods")["items"]:
            metadata = found["metadata"]
            owners = [one["name"] for one in metadata.get("ownerReferences") or () if one["kind"] == "ReplicaSet"]
            if owners and found["spec"].get("serviceAccountName") == self._platform.name:
                return Surroundings(metadata.get("labels") or {}, str(owners[0]))
        return before

    def _make_account(self, namespace: str, name: str) -> None:
        self._admin.make(f"namespaces/{namespace}/serviceaccounts", cluster_probes.named(self._mark, name))

    def _run_pod(self, subject: str) -> Outcome:
        namespace, account = subject.split("/")
        own = account if self._expected.admitted(account, account) else None
        label = own if account in self._expected.guarded else None
        made = pod(self._mark, self._name(subject), account, label, self._expected.vvp_namespace(namespace))
        return tried(self._admin, "POST", f"namespaces/{namespace}/pods", made)

    def observe(self, claim: Claim) -> Outcome:
        """Whether the API server does what a claim is about."""
        if claim.kind == POD:
            return self._pod(claim)
        # The platform makes the jobs' pods.
        subject = self._platform.subject if is_pods(claim) else claim.subject
        user = self._users.get(subject)
        if user is None:
            known = subject in {account.subject for account in self._expected.accounts}
            return Outcome(False if known else None, f"there is no account {subject}")
        if is_pods(claim):
            return PodTries(user, self._dry, self._surroundings).observe(claim)
        if claim.kind == NAMESPACE:
            return self._in_namespace(user, claim)
        if claim.kind == ACCOUNT and claim.action != TOKEN_SECRET:
            return self._account(user, claim)
        return self._objects.observe(user, claim)

    def _in_namespace(self, user: Kube, claim: Claim) -> Outcome:
        verb, what = claim.action.split()
        path = f"namespaces/{claim.target}/{what}"
        if verb == "list":
            return tried(user, "GET", f"{path}?limit=1")
        return tried(user, "POST", path, pod(self._mark, f"{self._mark}-dry", None, None), dry=True)

    def _account(self, user: Kube, claim: Claim) -> Outcome:
        namespace, name = claim.target.split("/")
        path = f"namespaces/{namespace}/serviceaccounts/{name}"
        if claim.action == "annotate":
            change = {"metadata": {"annotations": {cluster_probes.LABEL: self._mark}}}
            return tried(user, "PATCH", path, change, dry=True, kind=MERGE)
        return tried(user, "POST", f"{path}/token", {"spec": {"expirationSeconds": 600}})

    def _pod(self, claim: Claim) -> Outcome:
        namespace, account = claim.subject.split("/")
        label = None if claim.target == NO_LABEL else claim.target
        if claim.action in SUBRESOURCE:
            return self._relabel(claim.subject, claim.action, label)
        # The platform makes the jobs' pods.
        user = self._users.get(self._platform.subject)
        if user is None:
            return Outcome(False, f"there is no account {self._platform.subject}")
        named = None if claim.action == RUN_UNNAMED else account
        body = pod(self._mark, f"{self._mark}-dry", named, label, self._expected.vvp_namespace(namespace))
        return tried(user, "POST", f"namespaces/{namespace}/pods", body, dry=True)

    def _relabel(self, subject: str, action: str, label: str | None) -> Outcome:
        made = self._made[subject]
        if not made.allowed:
            return Outcome(None, f"no pod to relabel: {made.detail}")
        namespace = subject.partition("/")[0]
        path = f"namespaces/{namespace}/pods/{self._name(subject)}/{SUBRESOURCE[action]}".rstrip("/")
        own = None if label is None else self._expected.vvp_namespace(namespace)
        change = {"metadata": {"labels": {DEPLOYMENT: label, VVP_NAMESPACE: own}}}
        return tried(self._admin, "PATCH", path, change, dry=True, kind=MERGE)

    def _dry(self, subject: str, labelled: bool) -> Object:
        """A pod of an account: its deployment's, if it is a deployment's account and is to be labelled."""
        namespace, account = subject.split("/")
        label = account if labelled and account in self._expected.guarded else None
        return pod(self._mark, f"{self._mark}-dry", account, label, self._expected.vvp_namespace(namespace))

    def _name(self, subject: str) -> str:
        return f"{self._mark}-{slug(subject)}"


def _may_make_tokens(user: Kube, namespace: str) -> bool:
    """Whether the role `edit` holds already, by its right that matters here."""
    attributes = {"namespace": namespace, "verb": "create", "resource": "serviceaccounts", "subresource": "token"}
    review: Object = {"spec": {"resourceAttributes": attributes}}
    path = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews"
    return bool(user.call("POST", path, review)["status"].get("allowed"))
