"""The machines of a cluster: one managed node group on hardened instances."""

from collections.abc import Mapping

import pulumi
import pulumi_aws as aws
import pulumi_eks as eks
from pulumi import Output, Resource, ResourceOptions

from components.aws.identity import managed_policy_arn, service_principal
from grants.iam_documents import service_trust
from settings.aws.instances import Architecture
from settings.aws.sections import NodeSettings

# The network plugin and the storage driver have identities of their own; nodes only join and pull.
_NODE_POLICIES = ("AmazonEKSWorkerNodePolicy", "AmazonEC2ContainerRegistryPullOnly")

_IMAGES = {Architecture.X86_64: "AL2023_x86_64_STANDARD", Architecture.ARM64: "AL2023_ARM_64_STANDARD"}


class Nodes(pulumi.ComponentResource):
    """A managed node group with its own role and launch template.

    Instances take IMDSv2 only, with hop limit 1, so that no pod gets at the node's role
    (https://docs.aws.amazon.com/eks/latest/best-practices/identity-and-access-management.html).

    Args:
        name: Logical name.
        cluster: The EKS cluster.
        settings: The stack's node section.
        role_name: Name of the nodes' role.
        version: Kubernetes version of the nodes; follows the cluster's.
        tags: Tags of instances, volumes and network interfaces, which a launch template gives and no provider.
        subnet_ids: Where nodes run.
        before: What must exist before a node can join: the network plugin.
        opts: Resource options; `provider` is the AWS provider.
    """

    def __init__(
        self,
        name: str,
        *,
        cluster: eks.Cluster,
        settings: NodeSettings,
        role_name: str,
        version: str,
        tags: Mapping[str, str],
        subnet_ids: Output[list[str]],
        before: list[Resource],
        opts: ResourceOptions | None = None,
    ) -> None:
        super().__init__("vvp:aws:Nodes", name, None, opts)
        child = ResourceOptions(parent=self)
        role = aws.iam.Role(
            name,
            name=role_name,
            description="Nodes of the cluster",
            assume_role_policy=Output.json_dumps(service_principal("ec2", self).apply(service_trust)),
            opts=child,
        )
        attachments: list[Resource] = [
            aws.iam.RolePolicyAttachment(
                f"{name}-{policy}", role=role.name, policy_arn=managed_policy_arn(policy, self), opts=child
            )
            for policy in _NODE_POLICIES
        ]
        template = aws.ec2.LaunchTemplate(
            name,
            description="IMDSv2 with hop limit 1, encrypted gp3 root volume",
            update_default_version=True,
            metadata_options={
                "http_endpoint": "enabled",
                "http_tokens": "required",
                "http_put_response_hop_limit": 1,
            },
            block_device_mappings=[
                {
                    "device_name": "/dev/xvda",
                    "ebs": {
                        "volume_size": settings.disk_gib,
                        "volume_type": "gp3",
                        "encrypted": "true",
                        "delete_on_termination": "true",
                    },
                }
            ],
            tag_specifications=[
                {"resource_type": kind, "tags": {**tags, "Name": name}}
                for kind in ("instance", "volume", "network-interface")
            ],
            opts=child,
        )
        eks.ManagedNodeGroup(
            name,
            cluster=cluster,
            node_role_arn=role.arn,
            subnet_ids=subnet_ids,
            version=version,
            ami_type=_IMAGES[settings.architecture],
            instance_types=list(settings.instance_types),
            scaling_config=aws.eks.NodeGroupScalingConfigArgs(
                min_size=settings.min_size, desired_size=settings.desired_size, max_size=settings.max_size
            ),
            launch_template=aws.eks.NodeGroupLaunchTemplateArgs(
                id=template.id, version=template.latest_version.apply(str)
            ),
            opts=ResourceOptions.merge(child, ResourceOptions(depends_on=[*attachments, *before])),
        )
        self.register_outputs({})
