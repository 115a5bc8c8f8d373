"""What the sandbox's own parts ask the cloud: `GET /_sandbox/cluster`, from which the agent makes nodes."""

from typing import Any

from sandbox.aws import authenticate, emulator
from sandbox.aws.eks import access, addons, associations, checks, nodegroups

CLUSTER_ROLES = {
    "AmazonEKSClusterAdminPolicy": "cluster-admin",
    "AmazonEKSAdminPolicy": "admin",
    "AmazonEKSEditPolicy": "edit",
    "AmazonEKSViewPolicy": "view",
    "AmazonEKSAdminViewPolicy": "eks:admin-view",
}
"""The ClusterRole nearest to each access policy. Kubernetes has them all but the last: reading all, secrets too."""


def cluster() -> dict[str, Any] | None:
    """The sandbox's cluster with all that belongs to it; None if there is none."""
    found = list(checks.store("clusters").all_items())
    if not found:
        return None
    (account, region, name), record = found[0]
    with emulator.core("responses").request_scope(account, region):
        issuer: str = record["identity"]["oidc"]["issuer"]
        return {
            "name": name,
            "arn": record["arn"],
            "account_id": account,
            "region": region,
            "version": record["version"],
            "status": record["status"],
            "issuer": issuer,
            "oidc_id": issuer.rpartition("/")[2],
            "vpc_id": record["resourcesVpcConfig"]["vpcId"],
            "nodegroups": [_nodegroup(group) for group in nodegroups.of_cluster(name)],
            "addons": [_addon(addon) for addon in addons.of_cluster(name)],
            "access_bindings": _bindings(name),
            "pod_identity_associations": [
                {
                    "namespace": association["namespace"],
                    "service_account": association["serviceAccount"],
                    "role_arn": association["roleArn"],
                }
                for association in associations.of_cluster(name)
            ],
        }


def _nodegroup(group: checks.Record) -> dict[str, Any]:
    known = emulator.service("ec2")._subnets
    return {
        "name": group["nodegroupName"],
        "desired": group["scalingConfig"]["desiredSize"],
        "version": group["version"],
        "labels": group["labels"],
        "taints": group["taints"],
        "instance_type": nodegroups.instance_type(group),
        "capacity_type": group["capacityType"],
        "ami_type": group["amiType"],
        "node_role_arn": group["nodeRole"],
        "subnets": [
            {"id": subnet_id, "zone": known[subnet_id]["AvailabilityZone"], "cidr": known[subnet_id]["CidrBlock"]}
            for subnet_id in group["subnets"]
            if subnet_id in known
        ],
    }


def _addon(addon: checks.Record) -> dict[str, Any]:
    owned = [
        found for found in associations.of_cluster(addon["clusterName"]) if found.get("ownerArn") == addon["addonArn"]
    ]
    return {
        "name": addon["addonName"],
        "version": addon["addonVersion"],
        "status": addon["status"],
        "service_account_role_arn": addon.get("serviceAccountRoleArn") or None,
        "pod_identity_role_arns": [association["roleArn"] for association in owned],
    }


def _bindings(name: str) -> list[dict[str, Any]]:
    """Each group that stands for an access policy somewhere, with the ClusterRole that it needs there."""
    bindings: dict[str, dict[str, Any]] = {}
    for entry in access.entries(name):
        for association in access.associations(name, entry["principalArn"]):
            role = CLUSTER_ROLES[association["policyArn"].removeprefix(access.POLICY_PREFIX)]
            for namespace in association["accessScope"]["namespaces"] or [None]:
                group = authenticate.policy_group(association["policyArn"], namespace)
                bindings[group] = {"group": group, "cluster_role": role, "namespace": namespace}
    return list(bindings.values())
