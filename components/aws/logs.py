"""The log group of the control plane, which outlives the cluster that writes to it."""

from collections.abc import Sequence

import pulumi
import pulumi_aws as aws
from pulumi import Alias, InvokeOptions, Output, ResourceOptions

STACK_TAG = "vvp:stack"


def control_plane_logs(
    cluster: str, *, logical_name: str, retention_days: int, cloud: aws.Provider
) -> aws.cloudwatch.LogGroup:
    """The log group that EKS writes to: made before the cluster, since EKS makes it without a retention.

    EKS writes a deleted cluster's last logs some minutes after it is gone, and makes the group again if it has to
    (https://github.com/terraform-aws-modules/terraform-aws-eks/issues/2763). So it goes last of all, after the network,
    and one that came back all the same is told before anything is created.

    Args:
        cluster: The EKS cluster's name.
        logical_name: The cluster's logical name.
        retention_days: How long logs are kept.
        cloud: The AWS provider.
    """
    name = f"/aws/eks/{cluster}/cluster"
    asked = InvokeOptions(provider=cloud)

    def tags_of(found: Sequence[str]) -> Output[dict[str, str] | None]:
        if name not in found:
            return Output.from_input(None)
        return aws.cloudwatch.get_log_group_output(name=name, opts=asked).apply(lambda group: dict(group.tags))

    def free(tags: dict[str, str] | None) -> str:
        if tags is not None and tags.get(STACK_TAG) != pulumi.get_stack():
            raise pulumi.RunError(
                f"vvp:cluster.name: found the log group {name}, which this stack has not made: another cluster's, or "
                "one that EKS made again for the last logs of a cluster that was deleted; would be right: another "
                f"name, or no such group: aws logs delete-log-group --log-group-name {name}; nothing was created"
            )
        return name

    groups = aws.cloudwatch.get_log_groups_output(log_group_name_prefix=name, opts=asked).log_group_names
    # It was a child of the cluster, on which the network cannot wait.
    before = pulumi.create_urn(logical_name, "vvp:aws:Cluster")
    return aws.cloudwatch.LogGroup(
        f"{logical_name}-control-plane",
        name=groups.apply(tags_of).apply(free),
        retention_in_days=retention_days,
        opts=ResourceOptions(provider=cloud, aliases=[Alias(parent=before)]),
    )
