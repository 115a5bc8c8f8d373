"""The provider: which components exist, and what the engine is answered for everything else."""

from __future__ import annotations

import pulumi
from pulumi.provider import CallResult, ConstructResult, Provider

from sandbox.plugins.eks.cluster import Cluster
from sandbox.plugins.eks.inputs import VERSION, Inputs, check_types
from sandbox.plugins.eks.kubeconfig import own_kubeconfig
from sandbox.plugins.eks.node_group import ManagedNodeGroup


class EksProvider(Provider):
    """Serves `construct` for `eks:index:Cluster` and `eks:index:ManagedNodeGroup`.

    Both take and give what the real components do: https://www.pulumi.com/registry/packages/eks/api-docs/.
    """

    def __init__(self) -> None:
        super().__init__(VERSION)

    def construct(
        self, name: str, resource_type: str, inputs: Inputs, options: pulumi.ResourceOptions | None = None
    ) -> ConstructResult:
        """Registers the component and its children with the engine.

        Args:
            name: of the component in the program; the children's names begin with it.
            resource_type: `eks:index:<component>`.
            inputs: as the SDK sends them, keys in camel case; what is secret or depends on something is an `Output`.
            options: the component's options; its providers are inherited by the children.

        Raises:
            pulumi.InputPropertiesError: inputs that the real component refuses, or that the sandbox does not support.
            pulumi.RunError: any other component.
        """
        component: Cluster | ManagedNodeGroup
        if resource_type == "eks:index:Cluster":
            component = Cluster(name, check_types(resource_type, inputs, name), options)
        elif resource_type == "eks:index:ManagedNodeGroup":
            component = ManagedNodeGroup(name, check_types(resource_type, inputs, name), options)
        else:
            raise pulumi.RunError(f"the sandbox's eks does not support {resource_type}")
        return ConstructResult(component.urn, component.state)

    def call(self, token: str, args: Inputs) -> CallResult:
        """The one method that the components have.

        Args:
            token: `eks:index:Cluster/getKubeconfig`.
            args: `__self__`, the cluster, and what the method takes.

        Raises:
            pulumi.RunError: any other method.
        """
        if token != "eks:index:Cluster/getKubeconfig":
            raise pulumi.RunError(f"the sandbox's eks does not support the method {token}")
        credentials = {key: args.get(key) for key in ("roleArn", "profileName")}
        return CallResult(outputs={"result": own_kubeconfig(args["__self__"], credentials)})
