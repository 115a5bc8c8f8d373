"""The rule about accounts without their pods: tokens, Secrets with tokens, whose ConfigMaps a job writes, bindings."""

from typing import Any, cast

import pulumi
import pulumi_kubernetes as k8s
from pulumi import Resource, ResourceOptions

from components.kubernetes.admission_policy import deny
from components.kubernetes.guarded import PLATFORM_LABEL, Guarded, in_namespaces, one_of, resource_rule
from components.kubernetes.pod_rule import DEPLOYMENT_LABEL, VVP_NAMESPACE_LABEL
from settings.sections import TOKEN_PROVERS

NODES = "system:nodes"
"""The group of the nodes' kubelets, who fetch the tokens of the pods that they run."""
TOKEN_SECRET_TYPE = "kubernetes.io/service-account-token"
_OF_ACCOUNT = "kubernetes.io/service-account.name"
_OF_POD = "authentication.kubernetes.io/pod-name"
_JOB_POD = "^job-[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}-"
"""What the names of a job's pods begin with: `job-<id>-`."""
_JOB_LENGTH = len("job-") + 36


def account_policy(guarded: Guarded) -> dict[str, Any]:
    """The rule as the spec of a ValidatingAdmissionPolicy.

    See https://kubernetes.io/docs/reference/access-authn-authz/service-accounts-admin/#token-controller and
    https://kubernetes.io/docs/reference/kubernetes-api/authentication-resources/token-request-v1/.

    Args:
        guarded: Accounts and namespaces.
    """
    reserved = one_of(guarded.accounts)
    labels = [DEPLOYMENT_LABEL, VVP_NAMESPACE_LABEL, *PLATFORM_LABEL]
    mine = "request.userInfo.username == 'system:serviceaccount:' + request.namespace + ':' + account"
    return {
        "failurePolicy": "Fail",
        "matchConstraints": {
            **in_namespaces(guarded.namespaces),
            "resourceRules": [
                resource_rule("", ("CREATE",), "serviceaccounts/token"),
                resource_rule("", ("CREATE", "UPDATE"), "secrets"),
                resource_rule("", ("CREATE", "UPDATE", "DELETE"), "configmaps"),
                # Whoever places a pod on a node may give it labels, past every rule about pods.
                resource_rule("", ("CREATE",), "bindings", "pods/binding"),
            ],
        },
        "variables": [
            {"name": "kind", "expression": "request.resource.resource"},
            {"name": "writers", "expression": f"{one_of(guarded.jobs)}.filter(account, {mine})"},
            {"name": "name", "expression": "(object == null ? oldObject : object).metadata.name"},
            {
                "name": "pod",
                "expression": f"has(request.userInfo.extra) && '{_OF_POD}' in request.userInfo.extra"
                f" ? request.userInfo.extra['{_OF_POD}'][0] : ''",
            },
        ],
        "validations": [
            {
                "expression": f"variables.kind != 'serviceaccounts' || !(request.name in {reserved})"
                f" || request.userInfo.groups.exists(group, group in {one_of([NODES, TOKEN_PROVERS])})",
                "messageExpression": "'Tokens of service account ' + request.name"
                " + ' are for the pods that run as it: a node fetches them, and nobody else'",
            },
            {
                "expression": f"variables.kind != 'secrets' || dyn(object).type != '{TOKEN_SECRET_TYPE}'"
                f" || !(dyn(object).metadata.annotations['{_OF_ACCOUNT}'] in {reserved})",
                "message": "A Secret may hold no token of a reserved service account",
            },
            {
                "expression": "variables.kind != 'configmaps' || variables.writers.all(account, "
                f"{_own_state(guarded)})",
                "messageExpression": "'ConfigMap ' + variables.name + ' is not of this job: those of account ' + "
                "variables.writers[0] + ' begin with ' + variables.writers[0] + '- or with the job-<id> of its pod'",
            },
            {
                "expression": "!(variables.kind in ['bindings', 'pods']) || !has(object.metadata.labels)"
                f" || !object.metadata.labels.exists(label, label in {one_of(labels)})",
                "message": "No binding gives a pod the labels that say whose it is",
            },
        ],
    }


def _own_state(guarded: Guarded) -> str:
    """Whether a ConfigMap is one of a job's own cluster, by the two names that it may have.

    Flink calls them `<kubernetes.cluster-id>-…`. Which id Ververica Platform sets is not documented; a job's id, as its
    pods have it, is likely.
    """
    by_account = (
        "(variables.name.startsWith(account + '-')"
        # a- is the beginning of a-b- too.
        f" && !{one_of(guarded.jobs)}.exists(other, other.startsWith(account + '-')"
        " && variables.name.startsWith(other + '-')))"
    )
    by_pod = (
        f"(variables.pod.matches('{_JOB_POD}')"
        f" && variables.name.startsWith(variables.pod.substring(0, {_JOB_LENGTH}) + '-'))"
    )
    return f"!variables.name.startsWith('{guarded.platform_name}') && ({by_account} || {by_pod})"


class AccountGuard(pulumi.ComponentResource):
    """The rule, always by Kubernetes' own engine, and the one exemption from it.

    Kyverno would leave out what its own configuration filters; and a token is asked for by `edit`, not by a pod.
    Members of the group `vvp:prove` may have tokens of the stack's accounts, each with its own identity to the API
    server. Nobody is in it: the proof's administrator poses as one (impersonation), which `edit` and `admin` cannot.

    Args:
        name: Logical name; the policy has it too.
        guarded: Accounts and namespaces.
        opts: Resource options; `provider` is the Kubernetes provider.

    Attributes:
        ready: What must exist before the first account.
    """

    ready: list[Resource]

    def __init__(self, name: str, guarded: Guarded, opts: ResourceOptions | None = None) -> None:
        super().__init__("vvp:kubernetes:AccountGuard", name, None, opts)
        child = ResourceOptions(parent=self)
        self.ready = deny(name, account_policy(guarded), opts=child)
        token_rule: k8s.rbac.v1.PolicyRuleArgsDict = {
            "api_groups": [""],
            "resources": ["serviceaccounts/token"],
            "resource_names": guarded.accounts,
            "verbs": ["create"],
        }
        role = k8s.rbac.v1.ClusterRole(name, metadata={"name": TOKEN_PROVERS}, rules=[token_rule], opts=child)
        group = "rbac.authorization.k8s.io"
        k8s.rbac.v1.ClusterRoleBinding(
            name,
            metadata={"name": TOKEN_PROVERS},
            subjects=cast(Any, [{"kind": "Group", "name": TOKEN_PROVERS, "api_group": group}]),
            role_ref={"kind": "ClusterRole", "name": TOKEN_PROVERS, "api_group": group},
            opts=ResourceOptions.merge(child, ResourceOptions(depends_on=[role])),
        )
        self.register_outputs({})
