"""A service account with what it may do in its own namespace."""

from collections.abc import Mapping, Sequence

import pulumi
import pulumi_kubernetes as k8s
from pulumi import Input, Output, Resource, ResourceOptions

EVERY_VERB = ("create", "delete", "get", "list", "patch", "update", "watch")
RBAC_GROUP = "rbac.authorization.k8s.io"


def rule(api_groups: Sequence[str], resources: Sequence[str]) -> k8s.rbac.v1.PolicyRuleArgsDict:
    """A Role's rule with the article's seven verbs.

    Args:
        api_groups: API groups; the core group is "".
        resources: Resource names, in the plural.
    """
    return {"api_groups": list(api_groups), "resources": list(resources), "verbs": list(EVERY_VERB)}


PLATFORM_RULES = (
    rule(["apps", "extensions"], ["deployments"]),
    rule([""], ["configmaps", "pods", "services", "secrets"]),
    rule(["batch"], ["jobs"]),
)
"""What the article lets the platform do; less than the chart's own Role, which may also make accounts and roles."""

LEADER_RULES = (rule([""], ["configmaps"]),)
"""What the article lets every job do: Flink's JobManagers may elect a leader, and keep what it knows, in ConfigMaps.
RBAC cannot tell a job's own by name, for it makes them itself; `account_guard` does that for writes."""


class ServiceAccount(pulumi.ComponentResource):
    """A service account, a Role and the RoleBinding of the two, all with one name.

    Follows https://kubernetes.io/docs/reference/access-authn-authz/rbac/.

    Args:
        name: Logical name.
        namespace: Their namespace; the binding's subject has it too, which the article leaves out and Kubernetes wants.
        account_name: The name of all.
        annotations: The account's annotations, its identity's among them.
        rules: The Role's rules; without any there is no Role.
        opts: Resource options; `provider` is the Kubernetes provider.

    Attributes:
        account_name: The account's name, known once all exist.
        ready: What a pod that uses the account depends on.
    """

    account_name: Output[str]
    ready: list[Resource]

    def __init__(
        self,
        name: str,
        *,
        namespace: Input[str],
        account_name: str,
        annotations: Mapping[str, Input[str]],
        rules: Sequence[k8s.rbac.v1.PolicyRuleArgsDict],
        opts: ResourceOptions | None = None,
    ) -> None:
        super().__init__("vvp:kubernetes:ServiceAccount", name, None, opts)
        child = ResourceOptions(parent=self)
        account = k8s.core.v1.ServiceAccount(
            name,
            metadata={"name": account_name, "namespace": namespace, "annotations": dict(annotations) or None},
            opts=child,
        )
        self.ready = [account]
        last: Output[object] = account.metadata
        if rules:
            role, binding = bind_role(
                name,
                namespace=namespace,
                account_name=account_name,
                account_namespace=namespace,
                rules=rules,
                opts=child,
            )
            self.ready += [role, binding]
            last = Output.all(account.metadata, binding.subjects)
        self.account_name = last.apply(lambda _: account_name)
        self.register_outputs({"accountName": self.account_name})


def bind_role(
    name: str,
    *,
    namespace: Input[str],
    account_name: str,
    account_namespace: Input[str],
    rules: Sequence[k8s.rbac.v1.PolicyRuleArgsDict],
    opts: ResourceOptions,
) -> tuple[k8s.rbac.v1.Role, k8s.rbac.v1.RoleBinding]:
    """A Role in a namespace, bound to a service account of that namespace or of another.

    Args:
        name: Logical name.
        namespace: Where the account may act.
        account_name: The account's name; Role and RoleBinding have it too.
        account_namespace: The account's own namespace.
        rules: The Role's rules.
        opts: Resource options; `provider` is the Kubernetes provider.
    """
    metadata: k8s.meta.v1.ObjectMetaArgsDict = {"name": account_name, "namespace": namespace}
    role = k8s.rbac.v1.Role(name, metadata=metadata, rules=list(rules), opts=opts)
    binding = k8s.rbac.v1.RoleBinding(
        name,
        metadata=metadata,
        subjects=[{"kind": "ServiceAccount", "name": account_name, "namespace": account_namespace}],
        role_ref={"kind": "Role", "name": account_name, "api_group": RBAC_GROUP},
        opts=ResourceOptions.merge(opts, ResourceOptions(depends_on=[role])),
    )
    return role, binding
