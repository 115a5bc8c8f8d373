"""The provider's functions: identity, place, and the network that is already there."""

from collections.abc import Callable

import jmespath
from botocore.exceptions import BotoCoreError, ClientError

from provider_kit import PluginError, Properties
from sandbox.plugins.aws.service_model import pairs, tag_map
from sandbox.plugins.aws.session import Cloud, explain
from sandbox.plugins.aws.spelling import pascal


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
    who = cloud.caller
    return {"accountId": who["Account"], "arn": who["Arn"], "userId": who["UserId"], "id": who["Account"]}


def _partition(cloud: Cloud, args: Properties) -> Properties:
    suffix = "amazonaws.com.cn" if cloud.partition == "aws-cn" else "amazonaws.com"
    reverse = ".".join(reversed(suffix.split(".")))
    return {"partition": cloud.partition, "dnsSuffix": suffix, "reverseDnsPrefix": reverse, "id": cloud.partition}


def _region(cloud: Cloud, args: Properties) -> Properties:
    region = args["region"]
    if not cloud.client("ec2").describe_regions(RegionNames=[region])["Regions"]:
        raise PluginError(f"no EC2 Region matched; change the search criteria and try again: {region}")
    return {"id": region, "name": region, "endpoint": f"ec2.{region}.amazonaws.com", "description": region}


def _availability_zones(cloud: Cloud, args: Properties) -> Properties:
    client, everything = cloud.client("ec2", args["region"]), bool(args.get("allAvailabilityZones"))
    filters = _filters(args, state="state")
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


def _addon_version(cloud: Cloud, args: Properties) -> Properties:
    asked = {"addonName": args["addonName"], "kubernetesVersion": args["kubernetesVersion"]}
    offers = cloud.client("eks", args["region"]).describe_addon_versions(**asked)["addons"]
    versions = offers[0]["addonVersions"] if offers else []
    usual = [each for each in versions if each["compatibilities"][0]["defaultVersion"]]
    chosen = versions if args.get("mostRecent") else usual
    if not chosen:
        raise PluginError(f"no version of the add-on {args['addonName']} for Kubernetes {args['kubernetesVersion']}")
    return {**args, "id": args["addonName"], "version": chosen[0]["addonVersion"]}


def _clusters(cloud: Cloud, args: Properties) -> Properties:
    pages = cloud.client("eks", args["region"]).get_paginator("list_clusters").paginate()
    return {"id": args["region"], "names": [name for page in pages for name in page["clusters"]]}


def _filters(args: Properties, **fields: str) -> list[Properties]:
    """EC2's filters for some arguments, by the names that the filters have, for tags, and for the rest."""
    said = {api: args[name] for name, api in fields.items() if args.get(name)}
    said |= {f"tag:{key}": value for key, value in (args.get("tags") or {}).items()}
    plain = [{"Name": name, "Values": ["true" if value is True else value]} for name, value in said.items()]
    return plain + [{"Name": each["name"], "Values": each["values"]} for each in args.get("filters") or ()]


def _found(cloud: Cloud, args: Properties, thing: str, outputs: str, **fields: str) -> Properties:
    """The one subnet or VPC that the arguments describe, with the outputs that a JMESPath expression gives."""
    ids = {f"{thing}Ids": [args["id"]]} if args.get("id") else {}
    describe = getattr(cloud.client("ec2", args["region"]), f"describe_{thing.lower()}s")
    items = describe(Filters=_filters(args, **fields), **ids)[f"{thing}s"]
    if len(items) != 1:
        advice = "use additional constraints" if items else "change the search criteria"
        many = "multiple" if items else "no"
        what = f"EC2 {thing.replace('Vpc', 'VPC')}"
        raise PluginError(f"{many} {what}s matched; {advice} to reduce matches to a single {what}")
    item = items[0]
    owner = item.get("OwnerId") or cloud.account
    tags = cloud.visible_tags(tag_map(item.get("Tags")))
    return {**jmespath.search(outputs, item), "id": item[f"{thing}Id"], "ownerId": owner, "tags": tags}


_VPC = """{cidrBlock: CidrBlock, default: IsDefault || `false`, dhcpOptionsId: DhcpOptionsId || '', state: State,
           instanceTenancy: InstanceTenancy || 'default', ipv6AssociationId: '', ipv6CidrBlock: '',
           cidrBlockAssociations: CidrBlockAssociationSet[].{associationId: AssociationId, cidrBlock: CidrBlock,
                                                             state: CidrBlockState.State} || `[]`}"""
_SUBNET = """{arn: SubnetArn, assignIpv6AddressOnCreation: AssignIpv6AddressOnCreation || `false`, state: State,
              availabilityZone: AvailabilityZone, availabilityZoneId: AvailabilityZoneId || '',
              availableIpAddressCount: AvailableIpAddressCount || `0`, cidrBlock: CidrBlock, vpcId: VpcId,
              defaultForAz: DefaultForAz || `false`, mapPublicIpOnLaunch: MapPublicIpOnLaunch || `false`}"""


def _vpc(cloud: Cloud, args: Properties) -> Properties:
    fields = {"cidrBlock": "cidr", "default": "isDefault", "state": "state", "dhcpOptionsId": "dhcp-options-id"}
    found, client = _found(cloud, args, "Vpc", _VPC, **fields), cloud.client("ec2", args["region"])
    main = {"vpc-id": [found["id"]], "association.main": ["true"]}
    tables = client.describe_route_tables(Filters=pairs(main, "Name", "Values"))["RouteTables"]
    found["mainRouteTableId"] = next((table["RouteTableId"] for table in tables), "")
    for name in ("enableDnsHostnames", "enableDnsSupport", "enableNetworkAddressUsageMetrics"):
        found[name] = client.describe_vpc_attribute(VpcId=found["id"], Attribute=name)[pascal(name)]["Value"]
    return {**found, "arn": f"arn:{cloud.partition}:ec2:{args['region']}:{found['ownerId']}:vpc/{found['id']}"}


def _subnet(cloud: Cloud, args: Properties) -> Properties:
    same = ("availabilityZone", "availabilityZoneId", "cidrBlock", "defaultForAz", "state")
    return _found(cloud, args, "Subnet", _SUBNET, **dict(zip(same, same, strict=True)), vpcId="vpc-id")


def _log_groups(cloud: Cloud, args: Properties) -> Properties:
    asked = {"logGroupNamePrefix": args["logGroupNamePrefix"]} if args.get("logGroupNamePrefix") else {}
    pages = cloud.client("logs", args["region"]).get_paginator("describe_log_groups").paginate(**asked)
    groups = [group for page in pages for group in page["logGroups"]]
    names, arns = [each["logGroupName"] for each in groups], [each["logGroupArn"] for each in groups]
    return {**args, "id": args["region"], "logGroupNames": names, "arns": arns}


def _log_group(cloud: Cloud, args: Properties) -> Properties:
    logs = cloud.client("logs", args["region"])
    groups = logs.describe_log_groups(logGroupNamePrefix=args["name"])["logGroups"]
    found = next((group for group in groups if group["logGroupName"] == args["name"]), None)
    if found is None:
        raise PluginError(f"reading CloudWatch Logs Log Group ({args['name']}): couldn't find resource")
    tags = logs.list_tags_for_resource(resourceArn=found["logGroupArn"])["tags"]
    return {
        **args,
        "id": args["name"],
        "arn": found["logGroupArn"],
        "creationTime": found["creationTime"],
        "kmsKeyId": found.get("kmsKeyId", ""),
        "logGroupClass": found.get("logGroupClass", "STANDARD"),
        "retentionInDays": found.get("retentionInDays", 0),
        "tags": tags,
    }


FUNCTIONS: dict[str, tuple[Callable[[Cloud, Properties], Properties], str]] = {
    "aws:index/getCallerIdentity:getCallerIdentity": (_caller_identity, "id"),
    "aws:index/getPartition:getPartition": (_partition, "id"),
    "aws:index/getRegion:getRegion": (_region, "id"),
    "aws:index/getAvailabilityZones:getAvailabilityZones": (
        _availability_zones,
        "allAvailabilityZones excludeNames excludeZoneIds filters state",
    ),
    "aws:eks/getAddonVersion:getAddonVersion": (_addon_version, "addonName kubernetesVersion mostRecent"),
    "aws:cloudwatch/getLogGroups:getLogGroups": (_log_groups, "logGroupNamePrefix"),
    "aws:cloudwatch/getLogGroup:getLogGroup": (_log_group, "name tags"),
    "aws:eks/getClusters:getClusters": (_clusters, ""),
    "aws:ec2/getVpc:getVpc": (_vpc, "id cidrBlock default dhcpOptionsId filters state tags"),
    "aws:ec2/getSubnet:getSubnet": (
        _subnet,
        "id availabilityZone availabilityZoneId cidrBlock defaultForAz filters state tags vpcId",
    ),
}
