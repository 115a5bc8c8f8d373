"""Finds what an interrupted create made: the id of a resource that Pulumi asked for and whose answer it never saw.

The ids are those of the real providers (the "Import" section of each resource's page in the Pulumi registry), and the
questions go to AWS and Helm as a person would put them, so this would do on a real account too.

What is left out needs no search, because asking again gives the same: bucket settings, role attachments, and Kubernetes
objects, which server-side apply takes over.
"""

import json
import os
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import boto3


@dataclass(frozen=True)
class Search:
    """Where to look for what an interrupted create made."""

    environment: dict[str, str]
    """The variables that Pulumi got: region, endpoint, credentials, kubeconfig, PATH."""
    account_id: str
    known: frozenset[str]
    """Ids that the state holds already: those belong to other resources."""

    def client(self, service: str) -> Any:
        """A boto3 client for the sandbox."""
        session: Any = boto3.Session(
            aws_access_key_id=self.environment["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=self.environment["AWS_SECRET_ACCESS_KEY"],
            region_name=self.environment["AWS_REGION"],
        )
        return session.client(
            service, endpoint_url=self.environment["AWS_ENDPOINT_URL"], verify=self.environment["AWS_CA_BUNDLE"]
        )


Finder = Callable[[Search, dict[str, Any]], list[str]]


def find(kind: str, inputs: dict[str, Any], search: Search) -> str | None:
    """The id of what an interrupted create of a resource made, or None if it made nothing or can simply be repeated.

    An id that is made from names alone is returned whether the thing exists or not: `pulumi refresh` finds out.

    Args:
        kind: type token, like `aws:ec2/vpc:Vpc`.
        inputs: the resource's inputs.
        search: where to look.

    Raises:
        LookupError: several things could be it; a person has to say which.
    """
    finder = FINDERS.get(kind)
    if not finder:
        return None
    found = [each for each in finder(search, inputs) if each not in search.known]
    if len(found) > 1:
        raise LookupError(f"an interrupted create of {kind} could have made any of {', '.join(found)}")
    return found[0] if found else None


def named(template: str) -> Finder:
    """A finder for ids that consist of inputs: `{name}` is the input `name`, `{account}` the account's number."""

    def finder(search: Search, inputs: dict[str, Any]) -> list[str]:
        values = {"account": search.account_id, "path": "/", **{k: v for k, v in inputs.items() if isinstance(v, str)}}
        return [template.format_map(values)]

    return finder


def ec2(operation: str, answer: str, identifier: str, **by: str) -> Finder:
    """A finder for things of EC2, by filters on inputs and by all tags.

    Args:
        operation: boto3 method.
        answer: key of the list in its answer.
        identifier: key of the id in each item.
        by: EC2 filter, with underscores for hyphens, and the input that it must equal.
    """

    def finder(search: Search, inputs: dict[str, Any]) -> list[str]:
        wanted = {key.replace("_", "-"): inputs[name] for key, name in by.items() if name in inputs}
        tags = inputs.get("tagsAll") or inputs.get("tags") or {}
        wanted |= {f"tag:{key}": value for key, value in tags.items() if isinstance(value, str)}
        if not wanted:
            return []
        filters = [{"Name": name, "Values": [value]} for name, value in wanted.items()]
        items = getattr(search.client("ec2"), operation)(Filters=filters)[answer]
        gone = {"deleted", "deleting", "failed"}
        return [item[identifier] for item in items if str(item.get("State", "")).lower() not in gone]

    return finder


def _oidc_provider(search: Search, inputs: dict[str, Any]) -> list[str]:
    return [f"arn:aws:iam::{search.account_id}:oidc-provider/{inputs['url'].removeprefix('https://')}"]


def _kms_key(search: Search, inputs: dict[str, Any]) -> list[str]:
    kms = search.client("kms")
    wanted = inputs.get("tagsAll") or inputs.get("tags") or {}
    found: list[str] = []
    for page in kms.get_paginator("list_keys").paginate():
        for key in page["Keys"]:
            description = kms.describe_key(KeyId=key["KeyId"])["KeyMetadata"]
            tags = {tag["TagKey"]: tag["TagValue"] for tag in kms.list_resource_tags(KeyId=key["KeyId"])["Tags"]}
            alike = (
                description.get("Description", "") == inputs.get("description", "") and wanted.items() <= tags.items()
            )
            if alike and description["KeyManager"] == "CUSTOMER" and description["KeyState"] != "PendingDeletion":
                found.append(key["KeyId"])
    return found


def _route_table_association(search: Search, inputs: dict[str, Any]) -> list[str]:
    filters = [{"Name": "association.subnet-id", "Values": [inputs["subnetId"]]}]
    tables = search.client("ec2").describe_route_tables(Filters=filters)["RouteTables"]
    associations = [association for table in tables for association in table["Associations"]]
    return [each["RouteTableAssociationId"] for each in associations if each.get("SubnetId") == inputs["subnetId"]]


def _security_group_rule(egress: bool) -> Finder:
    """For the rule resources of one rule each, whose id is AWS' own."""
    same = {"ipProtocol": "IpProtocol", "cidrIpv4": "CidrIpv4", "fromPort": "FromPort", "toPort": "ToPort"}

    def finder(search: Search, inputs: dict[str, Any]) -> list[str]:
        filters = [{"Name": "group-id", "Values": [inputs["securityGroupId"]]}]
        rules = search.client("ec2").describe_security_group_rules(Filters=filters)["SecurityGroupRules"]

        def alike(rule: dict[str, Any]) -> bool:
            # AWS shows "all ports" as -1; the input leaves them out.
            pairs = ((inputs.get(key, -1 if "Port" in key else None), rule.get(name)) for key, name in same.items())
            peer = rule.get("ReferencedGroupInfo", {}).get("GroupId")
            return all(a == b for a, b in pairs) and peer == inputs.get("referencedSecurityGroupId")

        return [rule["SecurityGroupRuleId"] for rule in rules if rule["IsEgress"] is egress and alike(rule)]

    return finder


def _pod_identity(search: Search, inputs: dict[str, Any]) -> list[str]:
    answer = search.client("eks").list_pod_identity_associations(
        clusterName=inputs["clusterName"], namespace=inputs["namespace"], serviceAccount=inputs["serviceAccount"]
    )
    return [association["associationId"] for association in answer["associations"]]


def _helm_release(search: Search, inputs: dict[str, Any]) -> list[str]:
    """A release that is whole or failed is taken over; one whose install stopped halfway is uninstalled.

    Helm itself refuses to go on with such a release ("another operation is in progress") and names no other way.
    """
    name, namespace = inputs.get("name"), inputs.get("namespace") or "default"
    if not isinstance(name, str):
        return []
    status = _helm(search, "status", name, "--namespace", namespace, "--output", "json")
    if status is None:
        return []
    if json.loads(status)["info"]["status"].startswith("pending"):
        _helm(search, "uninstall", name, "--namespace", namespace, "--wait")
        return []
    return [f"{namespace}/{name}"]


def _helm(search: Search, *arguments: str) -> str | None:
    environment = os.environ | search.environment
    result = subprocess.run(
        ["helm", *arguments], env=environment, capture_output=True, text=True, stdin=subprocess.DEVNULL, check=False
    )
    return result.stdout if result.returncode == 0 else None


FINDERS: dict[str, Finder] = {
    "aws:cloudwatch/logGroup:LogGroup": named("{name}"),
    "aws:ec2/eip:Eip": ec2("describe_addresses", "Addresses", "AllocationId"),
    "aws:ec2/internetGateway:InternetGateway": ec2(
        "describe_internet_gateways", "InternetGateways", "InternetGatewayId"
    ),
    "aws:ec2/launchTemplate:LaunchTemplate": ec2(
        "describe_launch_templates", "LaunchTemplates", "LaunchTemplateId", launch_template_name="name"
    ),
    "aws:ec2/natGateway:NatGateway": ec2("describe_nat_gateways", "NatGateways", "NatGatewayId", subnet_id="subnetId"),
    "aws:ec2/routeTable:RouteTable": ec2("describe_route_tables", "RouteTables", "RouteTableId", vpc_id="vpcId"),
    "aws:ec2/routeTableAssociation:RouteTableAssociation": _route_table_association,
    "aws:ec2/securityGroup:SecurityGroup": ec2(
        "describe_security_groups", "SecurityGroups", "GroupId", vpc_id="vpcId", group_name="name"
    ),
    "aws:ec2/subnet:Subnet": ec2("describe_subnets", "Subnets", "SubnetId", vpc_id="vpcId", cidr_block="cidrBlock"),
    "aws:ec2/vpc:Vpc": ec2("describe_vpcs", "Vpcs", "VpcId", cidr="cidrBlock"),
    "aws:ec2/vpcEndpoint:VpcEndpoint": ec2(
        "describe_vpc_endpoints", "VpcEndpoints", "VpcEndpointId", vpc_id="vpcId", service_name="serviceName"
    ),
    "aws:eks/accessEntry:AccessEntry": named("{clusterName}:{principalArn}"),
    "aws:eks/accessPolicyAssociation:AccessPolicyAssociation": named("{clusterName}#{principalArn}#{policyArn}"),
    "aws:eks/addon:Addon": named("{clusterName}:{addonName}"),
    "aws:eks/cluster:Cluster": named("{name}"),
    "aws:eks/nodeGroup:NodeGroup": named("{clusterName}:{nodeGroupName}"),
    "aws:eks/podIdentityAssociation:PodIdentityAssociation": _pod_identity,
    "aws:iam/openIdConnectProvider:OpenIdConnectProvider": _oidc_provider,
    "aws:iam/policy:Policy": named("arn:aws:iam::{account}:policy{path}{name}"),
    "aws:iam/role:Role": named("{name}"),
    "aws:iam/rolePolicy:RolePolicy": named("{role}:{name}"),
    "aws:kinesis/stream:Stream": named("{name}"),
    "aws:kms/alias:Alias": named("{name}"),
    "aws:kms/key:Key": _kms_key,
    "aws:s3/bucket:Bucket": named("{bucket}"),
    "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule": _security_group_rule(egress=True),
    "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule": _security_group_rule(egress=False),
    "kubernetes:helm.sh/v3:Release": _helm_release,
}
