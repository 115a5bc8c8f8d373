"""The provider's functions: identity, place, and the network that is already there."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from provider_kit import PluginError, Properties
from sandbox.plugins.aws.session import Cloud, explain
from sandbox.plugins.aws.spelling import tag_map


def call(cloud: Cloud, token: str, args: Properties) -> Properties:
    """The answer of a function.

    Raises:
        PluginError: the function or one of its arguments is not supported, or AWS refuses.
    """
    if token not in FUNCTIONS:
        raise PluginError(f"the sandbox does not support the function {token}")
    function, supported = FUNCTIONS[token]
    for name in args:
        if name not in supported.split() and name != "region":
            raise PluginError(f"the sandbox's {token} does not support {name}")
    region = args.get("region") or cloud.region
    try:
        return {"region": region, **function(cloud, {**args, "region": region})}
    except (ClientError, BotoCoreError) as error:
        raise PluginError(f"invoking {token}: {explain(error)}") from error


def _caller_identity(cloud: Cloud, args: Properties) -> Properties:
    caller = cloud.caller
    return {"accountId": cloud.account, "arn": caller["Arn"], "userId": caller["UserId"], "id": cloud.account}


def _partition(cloud: Cloud, args: Properties) -> Properties:
    suffix = "amazonaws.com.cn" if cloud.partition == "aws-cn" else "amazonaws.com"
    reverse = ".".join(reversed(suffix.split(".")))
    return {"partition": cloud.partition, "dnsSuffix": suffix, "reverseDnsPrefix": reverse, "id": cloud.partition}


def _region(cloud: Cloud, args: Properties) -> Properties:
    region = args["region"]
    name = {"id": region, "name": region}
    found = cloud.client("ec2").describe_regions(RegionNames=[region])["Regions"]
    if not found:
        raise PluginError(f"no EC2 Region matched; change the search criteria and try again: {region}")
    return {**name, "endpoint": f"ec2.{region}.amazonaws.com", "description": region}


def _filters(args: Properties) -> list[Properties]:
    return [{"Name": each["name"], "Values": each["values"]} for each in args.get("filters") or ()]


def _availability_zones(cloud: Cloud, args: Properties) -> Properties:
    filters = _filters(args)
    if args.get("state"):
        filters.append({"Name": "state", "Values": [args["state"]]})
    everything = bool(args.get("allAvailabilityZones"))
    client = cloud.client("ec2", args["region"])
    found = client.describe_availability_zones(Filters=filters, AllAvailabilityZones=everything)["AvailabilityZones"]
    without = {*(args.get("excludeNames") or ()), *(args.get("excludeZoneIds") or ())}
    zones = [zone for zone in found if not without & {zone["ZoneName"], zone["ZoneId"]}]
    zones.sort(key=lambda zone: zone["ZoneName"])
    return {
        **args,
        "id": args["region"],
        "groupNames": sorted({zone.get("GroupName", args["region"]) for zone in zones}),
        "names": [zone["ZoneName"] for zone in zones],
        "zoneIds": [zone["ZoneId"] for zone in zones],
    }


def _only(what: str, items: list[Any]) -> Properties:
    if len(items) != 1:
        advice = "change the search criteria" if not items else "use additional constraints"
        found = "multiple" if items else "no"
        raise PluginError(f"{found} {what}s matched; {advice} to reduce matches to a single {what}")
    return items[0]


def _search(args: Properties, fields: dict[str, str]) -> list[Properties]:
    tags = [{"Name": f"tag:{key}", "Values": [value]} for key, value in (args.get("tags") or {}).items()]
    return [
        *(
            {"Name": api, "Values": [str(args[name]).lower() if args[name] is True else args[name]]}
            for name, api in fields.items()
            if args.get(name)
        ),
        *tags,
        *_filters(args),
    ]


def _vpc(cloud: Cloud, args: Properties) -> Properties:
    client = cloud.client("ec2", args["region"])
    filters = _search(
        args, {"cidrBlock": "cidr", "default": "isDefault", "state": "state", "dhcpOptionsId": "dhcp-options-id"}
    )
    ids = {"VpcIds": [args["id"]]} if args.get("id") else {}
    found = _only("EC2 VPC", client.describe_vpcs(Filters=filters, **ids)["Vpcs"])
    id, owner = found["VpcId"], found.get("OwnerId") or cloud.account
    main = [{"Name": "vpc-id", "Values": [id]}, {"Name": "association.main", "Values": ["true"]}]
    tables = client.describe_route_tables(Filters=main)["RouteTables"]
    dns = {
        name: client.describe_vpc_attribute(VpcId=id, Attribute=name)[name[0].upper() + name[1:]]["Value"]
        for name in ("enableDnsHostnames", "enableDnsSupport", "enableNetworkAddressUsageMetrics")
    }
    return {
        "id": id,
        "arn": f"arn:{cloud.partition}:ec2:{args['region']}:{owner}:vpc/{id}",
        "ownerId": owner,
        "cidrBlock": found["CidrBlock"],
        "cidrBlockAssociations": [
            {"associationId": a["AssociationId"], "cidrBlock": a["CidrBlock"], "state": a["CidrBlockState"]["State"]}
            for a in found.get("CidrBlockAssociationSet", [])
        ],
        "default": found.get("IsDefault", False),
        "dhcpOptionsId": found.get("DhcpOptionsId", ""),
        "instanceTenancy": found.get("InstanceTenancy", "default"),
        "ipv6AssociationId": "",
        "ipv6CidrBlock": "",
        "mainRouteTableId": next((t["RouteTableId"] for t in tables), ""),
        "state": found["State"],
        "tags": cloud.visible_tags(tag_map(found.get("Tags"))),
        **dns,
    }


def _subnet(cloud: Cloud, args: Properties) -> Properties:
    fields = {
        "availabilityZone": "availabilityZone",
        "availabilityZoneId": "availabilityZoneId",
        "cidrBlock": "cidrBlock",
        "defaultForAz": "defaultForAz",
        "state": "state",
        "vpcId": "vpc-id",
    }
    ids = {"SubnetIds": [args["id"]]} if args.get("id") else {}
    client = cloud.client("ec2", args["region"])
    found = _only("EC2 Subnet", client.describe_subnets(Filters=_search(args, fields), **ids)["Subnets"])
    return {
        "id": found["SubnetId"],
        "arn": found["SubnetArn"],
        "ownerId": found.get("OwnerId") or cloud.account,
        "assignIpv6AddressOnCreation": found.get("AssignIpv6AddressOnCreation", False),
        "availabilityZone": found["AvailabilityZone"],
        "availabilityZoneId": found.get("AvailabilityZoneId", ""),
        "availableIpAddressCount": found.get("AvailableIpAddressCount", 0),
        "cidrBlock": found["CidrBlock"],
        "defaultForAz": found.get("DefaultForAz", False),
        "mapPublicIpOnLaunch": found.get("MapPublicIpOnLaunch", False),
        "state": found["State"],
        "tags": cloud.visible_tags(tag_map(found.get("Tags"))),
        "vpcId": found["VpcId"],
    }


FUNCTIONS: dict[str, tuple[Callable[[Cloud, Properties], Properties], str]] = {
    "aws:index/getCallerIdentity:getCallerIdentity": (_caller_identity, "id"),
    "aws:index/getPartition:getPartition": (_partition, "id"),
    "aws:index/getRegion:getRegion": (_region, "id"),
    "aws:index/getAvailabilityZones:getAvailabilityZones": (
        _availability_zones,
        "allAvailabilityZones excludeNames excludeZoneIds filters state",
    ),
    "aws:ec2/getVpc:getVpc": (_vpc, "id cidrBlock default dhcpOptionsId filters state tags"),
    "aws:ec2/getSubnet:getSubnet": (
        _subnet,
        "id availabilityZone availabilityZoneId cidrBlock defaultForAz filters state tags vpcId",
    ),
}
