"""`eks:index:ManagedNodeGroup`: one EKS managed node group.

The real component also makes a launch template of its own when the program asks for user data, an AMI, IMDSv2 or EFA
through it. The sandbox refuses those: a program that wants them gives its own launch template.
"""

from __future__ import annotations

from typing import Any

import pulumi
import pulumi_aws as aws
import pulumi_eks

from sandbox.plugins.eks.inputs import Faults, Inputs, note_unsupported, refuse

_PASSED_ON = {
    "amiType": "ami_type",
    "capacityType": "capacity_type",
    "diskSize": "disk_size",
    "forceUpdateVersion": "force_update_version",
    "instanceTypes": "instance_types",
    "labels": "labels",
    "launchTemplate": "launch_template",
    "nodeGroupName": "node_group_name",
    "nodeGroupNamePrefix": "node_group_name_prefix",
    "releaseVersion": "release_version",
    "remoteAccess": "remote_access",
    "tags": "tags",
    "taints": "taints",
    "version": "version",
}
"""Inputs that go to the aws resource as they are, and their names there."""

_SUPPORTED = frozenset(_PASSED_ON) | {
    "cluster",
    "clusterName",
    "ignoreScalingChanges",
    "nodeRole",
    "nodeRoleArn",
    "scalingConfig",
    "subnetIds",
}
_MAKE_A_TEMPLATE = (
    "kubeletExtraArgs",
    "bootstrapExtraArgs",
    "bottlerocketSettings",
    "nodeadmExtraOptions",
    "enableIMDSv2",
    "userData",
    "amiId",
    "enableEfaSupport",
)
_SIZES = {"desiredSize": 2, "minSize": 1, "maxSize": 2}


class ManagedNodeGroup(pulumi.ComponentResource):
    """The component of https://www.pulumi.com/registry/packages/eks/api-docs/managednodegroup/.

    Attributes:
        state: the outputs by their names in the package's schema.
    """

    state: Inputs

    def __init__(self, name: str, inputs: Inputs, opts: pulumi.ResourceOptions | None) -> None:
        """Registers the component and its one child, which has the same name.

        Args:
            name: of the component in the program.
            inputs: of the right types; the rules between them are checked here.
            opts: of the component.

        Raises:
            pulumi.InputPropertiesError: inputs that do not fit together, or that the sandbox does not support.
        """
        super().__init__("eks:index:ManagedNodeGroup", name, None, opts)
        _check(name, inputs)
        core: pulumi.Output[Any] = pulumi.Output.from_input(inputs["cluster"]).apply(
            lambda given: _core(given) if isinstance(given, pulumi_eks.Cluster) else given
        )
        cluster: pulumi.Output[aws.eks.Cluster] = core.apply(lambda found: _part(found, "cluster", "cluster"))
        role = inputs["nodeRoleArn"] if "nodeRoleArn" in inputs else _arn(inputs["nodeRole"])
        checked = cluster.apply(lambda found: _checked_name(name, found, core, role))

        passed = {field: inputs[key] for key, field in _PASSED_ON.items() if key in inputs}
        # With a launch template the version is the program's choice, because the template may name the AMI.
        if "version" not in inputs and "launchTemplate" not in inputs:
            passed["version"] = cluster.apply(lambda found: found.version)
        group = aws.eks.NodeGroup(
            name,
            cluster_name=inputs.get("clusterName", checked),
            node_role_arn=role,
            scaling_config=pulumi.Output.from_input(inputs.get("scalingConfig")).apply(_sizes),
            subnet_ids=inputs["subnetIds"] if "subnetIds" in inputs else core.apply(_subnets),
            **passed,
            opts=pulumi.ResourceOptions(
                parent=self,
                ignore_changes=["scalingConfig.desiredSize"] if inputs.get("ignoreScalingChanges") else None,
            ),
        )
        self.state = {"nodeGroup": group, "placementGroupName": ""}
        self.register_outputs(self.state)


def _check(name: str, inputs: Inputs) -> None:
    """The real component's own cross-checks, in its words, then what the sandbox does not support."""
    faults = Faults(name)
    if "nodeRole" in inputs and "nodeRoleArn" in inputs:
        faults.add("nodeRole", "You cannot specify both nodeRole and nodeRoleArn when creating a managed node group.")
    if "nodeRole" not in inputs and "nodeRoleArn" not in inputs:
        faults.add("nodeRole", "An IAM role, or role ARN must be provided to create a managed node group")
    for key in ("gpu", "amiType"):
        if inputs.get("amiId") and inputs.get(key):
            faults.add("amiId", f"You cannot specify both amiId and {key} when creating a managed node group.")
    if "launchTemplate" in inputs and any(key in inputs for key in _MAKE_A_TEMPLATE):
        faults.add(
            "launchTemplate",
            f"If you provide a custom launch template, you cannot provide any of {', '.join(_MAKE_A_TEMPLATE)}. "
            "Please include these in the launch template that you are providing.",
        )
    # Even a False makes the real component add a launch template.
    for key in _MAKE_A_TEMPLATE:
        if key in inputs and "launchTemplate" not in inputs:
            faults.add(key, f"the sandbox's eks does not support {key}: give an own launchTemplate")
    note_unsupported(inputs, _SUPPORTED | set(_MAKE_A_TEMPLATE), faults)
    faults.raise_any()


def _arn(role: Any) -> pulumi.Output[str]:
    return pulumi.Output.from_input(role).apply(lambda found: found.arn)


def _checked_name(
    name: str, cluster: aws.eks.Cluster, core: pulumi.Output[Any], role: pulumi.Input[str]
) -> pulumi.Output[str]:
    """The cluster's name, if nodes with this role may join it.

    Access entries can be made by anybody at any time, so they are not asked for. Without them the role has to be in the
    aws-auth ConfigMap, which the cluster component writes from its instanceRoles.
    """

    def check(values: list[Any]) -> pulumi.Input[str]:
        cluster_name, mode = values
        if mode in ("API", "API_AND_CONFIG_MAP"):
            return cluster_name
        roles = core.apply(lambda found: [each.arn for each in _part(found, "instanceRoles", "instance_roles") or []])
        return pulumi.Output.all(role, roles).apply(lambda found: known(cluster_name, *found))

    def known(cluster_name: str, arn: str, arns: list[str]) -> str:
        if arn not in arns:
            refuse(
                name,
                "nodeRole",
                "A managed node group cannot be created without first setting its role in the cluster's instanceRoles",
            )
        return cluster_name

    # `Output.all` turns SDK objects into plain maps, so the field is read before.
    mode = cluster.access_config.apply(lambda config: config.authentication_mode if config else None)
    return pulumi.Output.all(cluster.name, mode).apply(check)


def _core(cluster: pulumi_eks.Cluster) -> pulumi.Output[Any]:
    """`core` of a component that was passed in, without the dependency on the component itself.

    The real component's SDK (Node's) counts the children of a component in its place, and one that was passed in has
    none there. What is in `core` brings dependencies of its own, the cluster above all.
    """
    core: pulumi.Output[Any] = cluster.core
    return pulumi.Output(set(), core.future(with_unknowns=True), core.is_known(), core.is_secret())


def _part(core: Any, schema_name: str, attribute: str) -> Any:
    """A field of CoreData: an SDK object if it comes from a cluster, a plain map if the program wrote it."""
    return getattr(core, attribute) if hasattr(core, attribute) else core.get(schema_name)


def _subnets(core: Any) -> list[str]:
    fields = (
        ("subnetIds", "subnet_ids"),
        ("privateSubnetIds", "private_subnet_ids"),
        ("publicSubnetIds", "public_subnet_ids"),
    )
    return next((found for pair in fields if (found := _part(core, *pair)) is not None), [])


def _sizes(given: Inputs | None) -> Any:
    return _SIZES | {key: value for key, value in (given or {}).items() if value is not None}
