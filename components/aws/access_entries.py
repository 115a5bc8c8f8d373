"""Who may talk to a cluster's Kubernetes API: EKS access entries."""

import zlib
from collections.abc import Mapping
from typing import Any

import pulumi
import pulumi_aws as aws
import pulumi_eks as eks
from pulumi import Input, Output, Resource

from settings.aws.sections import ClusterSettings

_ADMIN = "AmazonEKSClusterAdminPolicy"
_VIEWER = "AmazonEKSViewPolicy"
"""Reads all but Secrets, as Kubernetes' `view` does; `AmazonEKSAdminViewPolicy` would read those too."""


def access_entries(
    settings: ClusterSettings, partition: Output[str], parent: Resource
) -> Mapping[str, eks.AccessEntryArgs]:
    """The access entries of a stack's administrators and viewers, by logical name.

    Follows https://docs.aws.amazon.com/eks/latest/userguide/access-policy-permissions.html.

    Args:
        settings: The stack's cluster section.
        partition: The partition of the parent's provider.
        parent: The resource on whose behalf AWS is asked who makes the cluster.
    """
    principals = _not_the_creator(settings, parent)
    policies = {**dict.fromkeys(settings.admins, _ADMIN), **dict.fromkeys(settings.viewers, _VIEWER)}
    return {_entry_name(arn): _entry(principals[arn], policy, partition) for arn, policy in policies.items()}


def _entry(principal_arn: Input[str], policy: str, partition: Output[str]) -> eks.AccessEntryArgs:
    # EKS' own policies are of no account, and their service has no region.
    arn = Output.concat("arn:", partition, ":eks::aws:cluster-access-policy/", policy)
    scope = aws.eks.AccessPolicyAssociationAccessScopeArgs(type="cluster")
    return eks.AccessEntryArgs(
        principal_arn=principal_arn,
        access_policies={"cluster": eks.AccessPolicyAssociationArgs(policy_arn=arn, access_scope=scope)},
    )


def _not_the_creator(settings: ClusterSettings, parent: Resource) -> Mapping[str, Output[str]]:
    """The principals of access entries by ARN; who makes the cluster is none of them.

    EKS gives its creator an entry by itself, and refuses a second one when the control plane is there.

    Raises:
        pulumi.RunError: The cluster is not there yet, and who runs the program is one of them.
    """
    within = pulumi.InvokeOptions(parent=parent)
    known = Output.all(
        caller=aws.get_caller_identity_output(opts=within).arn, clusters=aws.eks.get_clusters_output(opts=within).names
    )

    def checked(arn: str, key: str) -> Output[str]:
        def check(found: Mapping[str, Any]) -> str:
            if settings.name not in found["clusters"] and is_caller(arn, found["caller"]):
                raise pulumi.RunError(
                    f"{key}: found {arn}; would be right: nothing: who makes the cluster has an access entry as its "
                    "administrator already; nothing was created"
                )
            return arn

        return known.apply(check)

    return {
        arn: checked(arn, f"vvp:cluster.{alias}.{index}")
        for alias, arns in (("admins", settings.admins), ("viewers", settings.viewers))
        for index, arn in enumerate(arns)
    }


def is_caller(principal_arn: str, caller_arn: str) -> bool:
    """Whether a principal is who STS says is calling; a role's session has the role's name without its path.

    Args:
        principal_arn: ARN of a user or a role.
        caller_arn: The answer of GetCallerIdentity.
    """
    service, account, resource = caller_arn.split(":")[2], caller_arn.split(":")[4], caller_arn.split(":", 5)[5]
    if service != "sts":
        return principal_arn == caller_arn
    kind, role = resource.split("/")[:2]
    return (
        kind == "assumed-role"
        and principal_arn.split(":")[4:5] == [account]
        and principal_arn.rsplit("/", 1)[-1] == role
        and ":role/" in principal_arn
    )


def _entry_name(principal_arn: str) -> str:
    """A logical name from an ARN: account and path, without what a URN gives a meaning to, and told apart from others
    that are left the same by that."""
    plain = principal_arn.split(":", 4)[-1].replace(":", "-").replace("/", "-")
    return f"{plain}-{zlib.crc32(principal_arn.encode()):08x}" if principal_arn.count("/") > 1 else plain
