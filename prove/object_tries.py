"""Tries what accounts may do with each other's ConfigMaps, Secrets and tokens, and with what guards them."""

from collections.abc import Callable, Mapping

from prove import cluster_probes
from prove.accounts import Account
from prove.api_server import MERGE, METADATA, Kube, Object
from prove.cluster_claims import (
    DELETE,
    EXCEPT,
    KYVERNO_POLICIES,
    POLICIES,
    READ,
    RELABEL,
    SCALE,
)
from prove.requests import tried
from prove.verdicts import ACCOUNT, CONFIG, SECRET, Claim, Kind, Outcome

RESOURCES: Mapping[Kind, str] = {CONFIG: "configmaps", SECRET: "secrets"}
NETWORK_POLICIES = "/apis/networking.k8s.io/v1/namespaces/{}/networkpolicies"
EXCEPTIONS = "/apis/policies.kyverno.io/v1/namespaces/{}/policyexceptions"
DEPLOYMENTS = "/apis/apps/v1/namespaces/{}/deployments"


class ObjectTries:
    """Tries them, by dry run.

    Args:
        admin: The API server, as administrator.
        mark: What every probe's name has in it.
        platform: The platform's account.
        platform_name: What the names of the platform's own objects begin with.
    """

    def __init__(self, admin: Kube, mark: str, platform: Account, platform_name: str) -> None:
        self._admin, self._mark, self._platform, self._platform_name = admin, mark, platform, platform_name

    def lay_out(self, claims: list[Claim]) -> None:
        """Makes a ConfigMap and a Secret that are named as those of each account.

        Args:
            claims: All claims.

        Raises:
            Answered: The API server refuses something.
        """
        for kind, target in sorted({(c.kind, c.target) for c in claims if _is_of_owner(c)}, key=str):
            namespace = target.partition("/")[0]
            probe = cluster_probes.named(self._mark, self._name(target))
            self._admin.make(f"namespaces/{namespace}/{RESOURCES[kind]}", probe)

    def observe(self, user: Kube, claim: Claim) -> Outcome:
        """What comes of a claim's call.

        Args:
            user: The claim's subject.
            claim: The claim.
        """
        if _is_of_owner(claim):
            return self._of_owner(user, claim)
        if claim.kind == SECRET:
            path = f"namespaces/{self._platform.namespace}/secrets/{claim.target}"
            return tried(user, "GET", path, finds=False, accept=METADATA)
        if claim.kind == ACCOUNT:
            return self._token_secret(user, claim.target)
        return self._guard(user, claim)

    def _of_owner(self, user: Kube, claim: Claim) -> Outcome:
        namespace = claim.target.partition("/")[0]
        name = self._name(claim.target)
        path = f"namespaces/{namespace}/{RESOURCES[claim.kind]}"
        labels: Object = {"metadata": {"labels": {"changed-by": self._mark}}}
        calls: Mapping[str, Callable[[], Outcome]] = {
            READ: lambda: tried(user, "GET", f"{path}/{name}"),
            "create": lambda: tried(user, "POST", path, {"metadata": {"name": f"{name}-new"}}, dry=True),
            "patch": lambda: tried(user, "PATCH", f"{path}/{name}", labels, dry=True, kind=MERGE),
            DELETE: lambda: tried(user, "DELETE", f"{path}/{name}", dry=True),
        }
        return calls[claim.action]()

    def _token_secret(self, user: Kube, target: str) -> Outcome:
        namespace, name = target.split("/")
        metadata = {"name": f"{self._mark}-dry", "annotations": {"kubernetes.io/service-account.name": name}}
        body: Object = {"metadata": metadata, "type": "kubernetes.io/service-account-token"}
        return tried(user, "POST", f"namespaces/{namespace}/secrets", body, dry=True)

    def _guard(self, user: Kube, claim: Claim) -> Outcome:
        """No object has the run's mark for its name: who may delete one of any name is told that it is not there."""
        space, mark = claim.target, self._mark
        if claim.action == RELABEL:
            body: Object = {"metadata": {"labels": {cluster_probes.LABEL: None}}}
            return tried(user, "PATCH", f"namespaces/{space}", body, dry=True, kind=MERGE)
        if claim.action == EXCEPT:
            spec = {"policyRefs": [{"name": mark, "kind": "ValidatingPolicy"}]}
            exception = {"apiVersion": "policies.kyverno.io/v1", "kind": "PolicyException"}
            body = {**exception, "metadata": {"name": mark}, "spec": spec}
            return tried(user, "POST", EXCEPTIONS.format(space), body, dry=True)
        if claim.action == SCALE:
            return self._scale(user, space)
        path = {**POLICIES, **KYVERNO_POLICIES}.get(space, NETWORK_POLICIES.format(space))
        return tried(user, "DELETE", f"{path}/{mark}", dry=True, finds=False)

    def _scale(self, user: Kube, namespace: str) -> Outcome:
        outcome = Outcome(None, f"there is no Deployment in namespace {namespace}")
        path = DEPLOYMENTS.format(namespace)
        for one in self._admin.call("GET", path)["items"]:
            scale = f"{path}/{one['metadata']['name']}/scale"
            outcome = tried(user, "PATCH", scale, {"spec": {"replicas": 0}}, dry=True, kind=MERGE)
            if outcome.allowed is not False:
                break
        return outcome

    def _name(self, subject: str) -> str:
        """Begins as the names of an account's own objects do."""
        own = self._platform_name if subject == self._platform.subject else subject.partition("/")[2]
        return f"{own}-{self._mark}"


def _is_of_owner(claim: Claim) -> bool:
    """Whether a claim is about ConfigMaps or Secrets of an account, and not about one that is named."""
    return claim.kind in RESOURCES and "/" in claim.target
