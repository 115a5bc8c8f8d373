"""Finders for resources of AWS, by the ids of the real provider.

Those are in the "Import" section of each resource's page: https://www.pulumi.com/registry/packages/aws/api-docs/.
"""

from __future__ import annotations

import zlib
from typing import Any

from botocore.exceptions import ClientError

from sandbox.plugins.aws.security_rules import AWS_DEFAULT_EGRESS, rules_id, rules_in, rules_of, single_rule
from sandbox.plugins.aws.session import is_gone
from sandbox.repair.search import Finder, Properties, Search


def named(template: str) -> Finder:
    """A finder for ids that consist of inputs: `{name}` is the input `name`, `{account}` the account's number.

    The id is returned whether the thing exists or not: `pulumi refresh` finds out.
    """

    def finder(search: Search, inputs: Properties) -> list[str]:
        values = {"account": search.account_id, "path": "/", **{k: v for k, v in inputs.items() if isinstance(v, str)}}
        return [template.format_map(values)]

    return finder


def waited(finder: Finder, service: str, waiter: str, **names: str) -> Finder:
    """A finder that waits until what it found works; what is not there is not found.

    Args:
        finder: returns ids, of parts separated by colons.
        service: boto3's name of the API.
        waiter: boto3's name of the waiter.
        names: arguments of the waiter's call by the number of the part that goes there; "0*" for a list of it.
    """

    def patient(search: Search, inputs: Properties) -> list[str]:
        found: list[str] = []
        for id in finder(search, inputs):
            parts = id.split(":")
            what = {key: [parts[int(at[0])]] if at.endswith("*") else parts[int(at)] for key, at in names.items()}
            client = search.client(service)
            look = client.get_waiter(waiter).config.operation
            try:
                getattr(client, _snake(look))(**what)
            except ClientError as error:
                if not is_gone(error):
                    raise
                continue
            search.wait(service, waiter, **what)
            found.append(id)
        return found

    return patient


def _snake(operation: str) -> str:
    return "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in operation).lstrip("_")


def ec2(operation: str, answer: str, identifier: str, **by: str) -> Finder:
    """A finder for things of EC2, by filters on inputs and by all tags.

    Args:
        operation: boto3 method.
        answer: key of the list in its answer.
        identifier: key of the id in each item.
        by: EC2 filter, with underscores for hyphens, and the input that it must equal.
    """

    def finder(search: Search, inputs: Properties) -> list[str]:
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


_by_name = ec2("describe_security_groups", "SecurityGroups", "GroupId", vpc_id="vpcId", group_name="name")


def _security_group(search: Search, inputs: Properties) -> list[str]:
    """AWS gives a new group a rule that the provider's next call takes away: one that still has it is half made."""
    client, whole = search.client("ec2"), list[str]()
    asked = {rule for block in inputs.get("egress") or () for rule in rules_of(block, "")}
    for id in _by_name(search, inputs):
        if AWS_DEFAULT_EGRESS in rules_in(client, id, egress=True) and AWS_DEFAULT_EGRESS not in asked:
            client.delete_security_group(GroupId=id)
        else:
            whole.append(id)
    return whole


def _security_group_rules(search: Search, inputs: Properties) -> list[str]:
    """For the older resource of several rules in one: AWS makes all of them or none."""
    group, direction = inputs["securityGroupId"], inputs["type"]
    wanted = rules_of(inputs, group)
    there = rules_in(search.client("ec2"), group, egress=direction == "egress")
    return [rules_id(group, direction, wanted)] if wanted and wanted <= there.keys() else []


def _security_group_rule(egress: bool) -> Finder:
    """For the rule resources of one rule each, whose id is AWS' own."""

    def finder(search: Search, inputs: Properties) -> list[str]:
        there = rules_in(search.client("ec2"), inputs["securityGroupId"], egress=egress)
        return [id for rule, id in there.items() if rule == single_rule(inputs)]

    return finder


def _route(search: Search, inputs: Properties) -> list[str]:
    table = inputs["routeTableId"]
    destination = inputs.get("destinationCidrBlock") or inputs["destinationPrefixListId"]
    routes = search.client("ec2").describe_route_tables(RouteTableIds=[table])["RouteTables"][0]["Routes"]
    there = any(
        destination in (route.get("DestinationCidrBlock"), route.get("DestinationPrefixListId"))
        and route.get("Origin") != "CreateRouteTable"
        for route in routes
    )
    return [f"r-{table}{zlib.crc32(destination.encode())}"] if there else []


def _route_table_association(search: Search, inputs: Properties) -> list[str]:
    end = inputs.get("subnetId") or inputs["gatewayId"]
    tables = search.client("ec2").describe_route_tables(RouteTableIds=[inputs["routeTableId"]])["RouteTables"]
    associations = [association for table in tables for association in table.get("Associations", [])]
    return [
        each["RouteTableAssociationId"] for each in associations if end in (each.get("SubnetId"), each.get("GatewayId"))
    ]


def _oidc_provider(search: Search, inputs: Properties) -> list[str]:
    return [f"arn:aws:iam::{search.account_id}:oidc-provider/{inputs['url'].removeprefix('https://')}"]


def _kms_key(search: Search, inputs: Properties) -> list[str]:
    kms = search.client("kms")
    wanted = inputs.get("tagsAll") or inputs.get("tags") or {}
    found: list[str] = []
    for page in kms.get_paginator("list_keys").paginate():
        for key in page["Keys"]:
            description = kms.describe_key(KeyId=key["KeyId"])["KeyMetadata"]
            if description["KeyManager"] != "CUSTOMER" or description["KeyState"] == "PendingDeletion":
                continue
            tags = {tag["TagKey"]: tag["TagValue"] for tag in kms.list_resource_tags(KeyId=key["KeyId"])["Tags"]}
            if description.get("Description", "") == inputs.get("description", "") and wanted.items() <= tags.items():
                found.append(key["KeyId"])
    return found


def _pod_identity(search: Search, inputs: Properties) -> list[str]:
    answer = search.client("eks").list_pod_identity_associations(
        clusterName=inputs["clusterName"], namespace=inputs["namespace"], serviceAccount=inputs["serviceAccount"]
    )
    return [association["associationId"] for association in answer["associations"]]


FINDERS: dict[str, Finder] = {
    "aws:cloudwatch/logGroup:LogGroup": named("{name}"),
    "aws:ec2/eip:Eip": ec2("describe_addresses", "Addresses", "AllocationId"),
    "aws:ec2/internetGateway:InternetGateway": ec2(
        "describe_internet_gateways", "InternetGateways", "InternetGatewayId"
    ),
    "aws:ec2/launchTemplate:LaunchTemplate": ec2(
        "describe_launch_templates", "LaunchTemplates", "LaunchTemplateId", launch_template_name="name"
    ),
    "aws:ec2/natGateway:NatGateway": waited(
        ec2("describe_nat_gateways", "NatGateways", "NatGatewayId", subnet_id="subnetId"),
        "ec2", "nat_gateway_available", NatGatewayIds="0*",
    ),
    "aws:ec2/route:Route": _route,
    "aws:ec2/routeTable:RouteTable": ec2("describe_route_tables", "RouteTables", "RouteTableId", vpc_id="vpcId"),
    "aws:ec2/routeTableAssociation:RouteTableAssociation": _route_table_association,
    "aws:ec2/securityGroup:SecurityGroup": _security_group,
    "aws:ec2/securityGroupRule:SecurityGroupRule": _security_group_rules,
    "aws:ec2/subnet:Subnet": ec2("describe_subnets", "Subnets", "SubnetId", vpc_id="vpcId", cidr_block="cidrBlock"),
    "aws:ec2/vpc:Vpc": ec2("describe_vpcs", "Vpcs", "VpcId", cidr="cidrBlock"),
    "aws:ec2/vpcEndpoint:VpcEndpoint": ec2(
        "describe_vpc_endpoints", "VpcEndpoints", "VpcEndpointId", vpc_id="vpcId", service_name="serviceName"
    ),
    "aws:eks/accessEntry:AccessEntry": named("{clusterName}:{principalArn}"),
    "aws:eks/accessPolicyAssociation:AccessPolicyAssociation": named("{clusterName}#{principalArn}#{policyArn}"),
    "aws:eks/addon:Addon": waited(
        named("{clusterName}:{addonName}"), "eks", "addon_active", clusterName="0", addonName="1"
    ),
    "aws:eks/cluster:Cluster": waited(named("{name}"), "eks", "cluster_active", name="0"),
    "aws:eks/nodeGroup:NodeGroup": waited(
        named("{clusterName}:{nodeGroupName}"), "eks", "nodegroup_active", clusterName="0", nodegroupName="1"
    ),
    "aws:eks/podIdentityAssociation:PodIdentityAssociation": _pod_identity,
    "aws:iam/openIdConnectProvider:OpenIdConnectProvider": _oidc_provider,
    "aws:iam/policy:Policy": named("arn:aws:iam::{account}:policy{path}{name}"),
    "aws:iam/role:Role": named("{name}"),
    "aws:kinesis/stream:Stream": waited(named("{name}"), "kinesis", "stream_exists", StreamName="0"),
    "aws:kms/alias:Alias": named("{name}"),
    "aws:kms/key:Key": _kms_key,
    "aws:s3/bucket:Bucket": named("{bucket}"),
    "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule": _security_group_rule(egress=True),
    "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule": _security_group_rule(egress=False),
}  # fmt: skip

REPEATABLE = frozenset(
    {
        "aws:iam/rolePolicy:RolePolicy",
        "aws:iam/rolePolicyAttachment:RolePolicyAttachment",
        "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration",
        "aws:s3/bucketLogging:BucketLogging",
        "aws:s3/bucketOwnershipControls:BucketOwnershipControls",
        "aws:s3/bucketPolicy:BucketPolicy",
        "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock",
        "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration",
        "aws:s3/bucketVersioning:BucketVersioning",
    }
)
"""Types whose create is a Put or an Attach: doing it again gives the same, so nothing need be looked for."""

_DELETED = {
    "aws:ec2/natGateway:NatGateway": ("ec2", "nat_gateway_deleted", ("NatGatewayIds*",)),
    "aws:eks/addon:Addon": ("eks", "addon_deleted", ("clusterName", "addonName")),
    "aws:eks/cluster:Cluster": ("eks", "cluster_deleted", ("name",)),
    "aws:eks/nodeGroup:NodeGroup": ("eks", "nodegroup_deleted", ("clusterName", "nodegroupName")),
    "aws:kinesis/stream:Stream": ("kinesis", "stream_not_exists", ("StreamName",)),
}


def wait_if_going(kind: str, id: str, search: Search) -> None:
    """Waits until a resource is gone, if AWS is deleting it; else it does nothing.

    Raises:
        LookupError: AWS does not get it deleted.
    """
    if kind not in _DELETED:
        return
    service, waiter, names = _DELETED[kind]
    pairs = zip(names, id.split(":"), strict=True)
    what: dict[str, Any] = {name.rstrip("*"): [part] if name.endswith("*") else part for name, part in pairs}
    client = search.client(service)
    try:
        answer = getattr(client, _snake(client.get_waiter(waiter).config.operation))(**what)
    except ClientError as error:
        if not is_gone(error):
            raise
        return
    if "DELETING" in _states(answer):
        search.wait(service, waiter, **what)


def _states(answer: Any) -> set[str]:
    """Every status in an answer, upper-case: each API puts it under another name."""
    if isinstance(answer, dict):
        found = {str(value).upper() for key, value in answer.items() if key in ("status", "State", "StreamStatus")}  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]
        return found.union(*(_states(value) for value in answer.values()))  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]
    if isinstance(answer, list):
        return set[str]().union(*(_states(item) for item in answer))  # pyright: ignore[reportUnknownVariableType]
    return set()
