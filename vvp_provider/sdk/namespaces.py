"""Namespaces of the platform and its deployment targets, typed."""

from collections.abc import Mapping, Sequence
from typing import Any, Literal, TypedDict

import pulumi
from pulumi import Input, Output, ResourceOptions

Role = Literal["viewer", "editor", "owner"]


class RoleBinding(TypedDict):
    """Who has a role in a namespace: members are `user:NAME` and `group:NAME`."""

    role: Role
    members: Sequence[str]


class Namespace(pulumi.CustomResource):
    """A namespace of the platform (not of Kubernetes), with its role bindings.

    Follows https://docs.ververica.com/vvp/platform-operations/namespaces. Import: `NAME`.

    Args:
        resource_name: Logical name.
        name: The namespace's name.
        role_bindings: Who may do what; with the platform's authentication off it has no effect.
        adopt: Take over a namespace of this name that exists already.
        opts: Resource options.
    """

    def __init__(
        self,
        resource_name: str,
        *,
        name: Input[str],
        role_bindings: Sequence[RoleBinding] = (),
        adopt: bool = False,
        opts: ResourceOptions | None = None,
    ) -> None:
        bindings = [dict(binding) for binding in role_bindings]
        props: dict[str, Any] = {"name": name, "roleBindings": bindings, "adopt": adopt}
        super().__init__("vvp:index:Namespace", resource_name, props, opts)

    @property
    def name(self) -> Output[str]:
        """The namespace's name, known once it exists."""
        return self.__dict__["name"]


class DeploymentTarget(pulumi.CustomResource):
    """A Kubernetes namespace that deployments may run in.

    Follows https://docs.ververica.com/vvp/platform-operations/deployment-targets. Its Kubernetes namespace cannot be
    changed, nor can it be deleted while a deployment refers to it: to move jobs, give the target another name too, so
    that the new one is made before the old one goes. Import: `NAMESPACE/NAME`.

    Args:
        resource_name: Logical name.
        name: The target's name: letters, digits, hyphens, underscores.
        kubernetes_namespace: Where the jobs' pods run.
        namespace: The platform's namespace.
        labels: Labels.
        annotations: Annotations.
        adopt: Take over a target of this name that exists already.
        opts: Resource options.
    """

    def __init__(
        self,
        resource_name: str,
        *,
        name: Input[str],
        kubernetes_namespace: Input[str],
        namespace: Input[str] = "default",
        labels: Mapping[str, Input[str]] | None = None,
        annotations: Mapping[str, Input[str]] | None = None,
        adopt: bool = False,
        opts: ResourceOptions | None = None,
    ) -> None:
        props: dict[str, Any] = {
            "name": name,
            "namespace": namespace,
            "kubernetesNamespace": kubernetes_namespace,
            "labels": labels,
            "annotations": annotations,
            "adopt": adopt,
            "targetId": None,
        }
        super().__init__("vvp:index:DeploymentTarget", resource_name, props, opts)

    @property
    def name(self) -> Output[str]:
        """The target's name, known once it exists."""
        return self.__dict__["name"]

    @property
    def target_id(self) -> Output[str]:
        """The platform's id of the target."""
        return self.__dict__["targetId"]
