"""VPCs and subnets."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator

from provider_kit import PluginError, Properties
from sandbox.plugins.aws.ec2_base import Ec2Resource, cidr_problem
from sandbox.plugins.aws.operation import Job
from sandbox.plugins.aws.spelling import pascal, table
from sandbox.plugins.sdk_schema import Problem


class Vpc(Ec2Resource):
    """https://www.pulumi.com/registry/packages/aws/api-docs/ec2/vpc/"""

    token = "aws:ec2/vpc:Vpc"
    label, kind = "EC2 VPC", "vpc"
    supports = "cidrBlock enableDnsHostnames enableDnsSupport enableNetworkAddressUsageMetrics instanceTenancy tags"
    replaced_by = "cidrBlock"
    defaults = table(enableDnsSupport=True, instanceTenancy="default")
    create_call, fields = "create_vpc", "cidrBlock instanceTenancy"
    list_call, ids, items = "describe_vpcs", "VpcIds", "Vpcs"
    delete_call, id_name = "delete_vpc", "VpcId"
    _attributes = ("enableDnsSupport", "enableDnsHostnames", "enableNetworkAddressUsageMetrics")

    def verify(self, inputs: Properties) -> Iterator[Problem]:
        if inputs.get("cidrBlock") is None:
            yield "cidrBlock", '"cidrBlock": one of `cidrBlock,ipv4IpamPoolId` must be specified'
        yield from cidr_problem("cidrBlock", inputs.get("cidrBlock"), 16, 28)

    def identify(self, reply: Properties, job: Job) -> str:
        return reply["Vpc"]["VpcId"]

    def apply(self, job: Job, id: str) -> None:
        for name in self._attributes:
            if name in job.changed:
                job.client.modify_vpc_attribute(VpcId=id, **{pascal(name): {"Value": bool(job.inputs.get(name))}})

    def parsed(self, job: Job, item: Properties) -> Properties:
        id, client = item["VpcId"], job.client
        here = [{"Name": "vpc-id", "Values": [id]}]
        groups = client.describe_security_groups(Filters=[*here, {"Name": "group-name", "Values": ["default"]}])
        tables = client.describe_route_tables(Filters=[*here, {"Name": "association.main", "Values": ["true"]}])
        acls = client.describe_network_acls(Filters=[*here, {"Name": "default", "Values": ["true"]}])
        main = next((t["RouteTableId"] for t in tables["RouteTables"]), None)
        return {
            "cidrBlock": item["CidrBlock"],
            "instanceTenancy": item.get("InstanceTenancy", "default"),
            "dhcpOptionsId": item.get("DhcpOptionsId"),
            "defaultSecurityGroupId": next((g["GroupId"] for g in groups["SecurityGroups"]), None),
            "mainRouteTableId": main,
            "defaultRouteTableId": main,
            "defaultNetworkAclId": next((a["NetworkAclId"] for a in acls["NetworkAcls"]), None),
            **{
                name: client.describe_vpc_attribute(VpcId=id, Attribute=name)[pascal(name)]["Value"]
                for name in self._attributes
            },
        }


class Subnet(Ec2Resource):
    """https://www.pulumi.com/registry/packages/aws/api-docs/ec2/subnet/"""

    token = "aws:ec2/subnet:Subnet"
    label, kind = "EC2 Subnet", "subnet"
    supports = "vpcId cidrBlock availabilityZone availabilityZoneId mapPublicIpOnLaunch tags"
    replaced_by = "vpcId cidrBlock availabilityZone availabilityZoneId"
    chosen_by_aws = "availabilityZone availabilityZoneId"
    create_call, fields = "create_subnet", "vpcId cidrBlock availabilityZone availabilityZoneId"
    list_call, ids, items = "describe_subnets", "SubnetIds", "Subnets"
    delete_call, id_name = "delete_subnet", "SubnetId"
    ready_state = "available"
    delete_before_replace = True

    def verify(self, inputs: Properties) -> Iterator[Problem]:
        if inputs.get("cidrBlock") is None:
            yield "cidrBlock", 'missing required argument: the sandbox needs "cidrBlock"'
        if inputs.get("availabilityZone") and inputs.get("availabilityZoneId"):
            yield "availabilityZone", '"availabilityZone": conflicts with availabilityZoneId'
        yield from cidr_problem("cidrBlock", inputs.get("cidrBlock"), 16, 28)

    def make(self, job: Job) -> str:
        # The cloud in the sandbox takes any range; AWS does not.
        wanted, vpc = ipaddress.IPv4Network(job.inputs["cidrBlock"]), job.inputs["vpcId"]
        ranges = [job.client.describe_vpcs(VpcIds=[vpc])["Vpcs"][0]["CidrBlock"]]
        if not any(wanted.subnet_of(ipaddress.IPv4Network(each)) for each in ranges):
            raise PluginError(f"api error InvalidSubnet.Range: The CIDR '{wanted}' is invalid.")
        siblings = job.client.describe_subnets(Filters=[{"Name": "vpc-id", "Values": [vpc]}])["Subnets"]
        if any(wanted.overlaps(ipaddress.IPv4Network(each["CidrBlock"])) for each in siblings):
            raise PluginError(f"api error InvalidSubnet.Conflict: The CIDR '{wanted}' conflicts with another subnet")
        return super().make(job)

    def identify(self, reply: Properties, job: Job) -> str:
        return reply["Subnet"]["SubnetId"]

    def apply(self, job: Job, id: str) -> None:
        if "mapPublicIpOnLaunch" in job.changed:
            value = {"Value": bool(job.inputs.get("mapPublicIpOnLaunch"))}
            job.client.modify_subnet_attribute(SubnetId=id, MapPublicIpOnLaunch=value)

    def parsed(self, job: Job, item: Properties) -> Properties:
        return {
            "vpcId": item["VpcId"],
            "cidrBlock": item["CidrBlock"],
            "availabilityZone": item["AvailabilityZone"],
            "availabilityZoneId": item.get("AvailabilityZoneId"),
            "mapPublicIpOnLaunch": item.get("MapPublicIpOnLaunch", False),
            "assignIpv6AddressOnCreation": item.get("AssignIpv6AddressOnCreation", False),
        }


RESOURCES = (Vpc, Subnet)
