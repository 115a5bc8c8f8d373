"""The security groups that the component makes unless it is told to skip them.

Their rules are those of https://docs.aws.amazon.com/eks/latest/userguide/sec-group-reqs.html as pulumi_eks opens them.
"""

from __future__ import annotations

from typing import Any

import pulumi
import pulumi_aws as aws

from sandbox.plugins.eks.inputs import Inputs

_ALL: dict[str, Any] = {"from_port": 0, "to_port": 0, "protocol": "-1"}


def merged_tags(first: dict[str, pulumi.Input[str]], *more: pulumi.Input[Any] | None) -> pulumi.Output[dict[str, str]]:
    """Tags with the later ones over the earlier ones; None adds nothing."""
    return pulumi.Output.all(first, *more).apply(lambda maps: {k: v for tags in maps for k, v in (tags or {}).items()})


def cluster_security_group(name: str, inputs: Inputs, opts: pulumi.ResourceOptions) -> aws.ec2.SecurityGroup:
    """The group of the control plane's network interfaces, open to the internet outwards.

    Args:
        name: of the component.
        inputs: of the component: `vpcId`, `tags`, `clusterSecurityGroupTags`.
        opts: of both children.
    """
    group = aws.ec2.SecurityGroup(
        f"{name}-eksClusterSecurityGroup",
        vpc_id=inputs["vpcId"],
        revoke_rules_on_delete=True,
        tags=merged_tags(
            {"Name": f"{name}-eksClusterSecurityGroup"}, inputs.get("clusterSecurityGroupTags"), inputs.get("tags")
        ),
        opts=opts,
    )
    aws.ec2.SecurityGroupRule(
        f"{name}-eksClusterInternetEgressRule",
        type="egress",
        description="Allow internet access.",
        cidr_blocks=["0.0.0.0/0"],
        security_group_id=group.id,
        **_ALL,
        opts=opts,
    )
    return group


def node_security_group(
    name: str,
    inputs: Inputs,
    cluster: aws.eks.Cluster,
    cluster_group: aws.ec2.SecurityGroup,
    opts: pulumi.ResourceOptions,
) -> tuple[aws.ec2.SecurityGroup, aws.ec2.SecurityGroupRule]:
    """The group meant for self-managed nodes; managed node groups do not use it.

    Args:
        name: of the component.
        inputs: of the component: `vpcId`, `tags`, `nodeSecurityGroupTags`.
        cluster: whose ownership tag the group bears.
        cluster_group: the control plane's group.
        opts: of all children.

    Returns:
        the group, and the rule of the control plane's group that lets its members in.
    """
    owned = cluster.name.apply(lambda found: {f"kubernetes.io/cluster/{found}": "owned"})
    group = aws.ec2.SecurityGroup(
        f"{name}-nodeSecurityGroup",
        vpc_id=inputs["vpcId"],
        revoke_rules_on_delete=True,
        tags=merged_tags(
            {"Name": f"{name}-nodeSecurityGroup"}, owned, inputs.get("nodeSecurityGroupTags"), inputs.get("tags")
        ),
        opts=opts,
    )

    def rule(suffix: str, description: str, **fields: Any) -> aws.ec2.SecurityGroupRule:
        given: dict[str, Any] = {"type": "ingress", "security_group_id": group.id, "description": description, **fields}
        return aws.ec2.SecurityGroupRule(f"{name}-{suffix}", **given, opts=opts)

    source = {"protocol": "tcp", "source_security_group_id": cluster_group.id}
    rule("eksNodeIngressRule", "Allow nodes to communicate with each other", self=True, **_ALL)
    rule(
        "eksNodeClusterIngressRule",
        "Allow worker Kubelets and pods to receive communication from the cluster control plane",
        from_port=1025,
        to_port=65535,
        **source,
    )
    rule(
        "eksExtApiServerClusterIngressRule",
        "Allow pods running extension API servers on port 443 to receive communication from cluster control plane",
        from_port=443,
        to_port=443,
        **source,
    )
    rule("eksNodeInternetEgressRule", "Allow internet access.", type="egress", cidr_blocks=["0.0.0.0/0"], **_ALL)
    ingress = rule(
        "eksClusterIngressRule",
        "Allow pods to communicate with the cluster API Server",
        from_port=443,
        to_port=443,
        protocol="tcp",
        security_group_id=cluster_group.id,
        source_security_group_id=group.id,
    )
    return group, ingress
