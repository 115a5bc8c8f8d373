"""VPCs and subnets."""

import ipaddress

import jmespath

from provider_kit import PluginError, Properties
from sandbox.plugins.aws.ec2_base import Ec2Resource
from sandbox.plugins.aws.input_checks import apart, cidr, needed
from sandbox.plugins.aws.operation import Step
from sandbox.plugins.aws.spelling import pascal, table


class Vpc(Ec2Resource):
    token, label, thing = "aws:ec2/vpc:Vpc", "EC2 VPC", "vpc"
    inputs = "cidrBlock! instanceTenancy +enableDnsHostnames +enableDnsSupport +enableNetworkAddressUsageMetrics +tags"
    _attributes = "enableDnsHostnames enableDnsSupport enableNetworkAddressUsageMetrics"
    defaults = table(enableDnsSupport=True, instanceTenancy="default")
    checks = (
        (needed, "cidrBlock", '"cidrBlock": one of `cidrBlock,ipv4IpamPoolId` must be specified'),
        (cidr, "cidrBlock", 16, 28),
    )
    changes = """
        enableDnsSupport, made: modify_vpc_attribute {EnableDnsSupport: {Value: enableDnsSupport}}
        enableDnsHostnames, made: modify_vpc_attribute {EnableDnsHostnames: {Value: enableDnsHostnames || `false`}}
        enableNetworkAddressUsageMetrics, made: modify_vpc_attribute
            {EnableNetworkAddressUsageMetrics: {Value: enableNetworkAddressUsageMetrics || `false`}}
    """
    outputs = "{dhcpOptionsId: DhcpOptionsId}"
    # Output: the call that gives it, what it filters by, and where it is in the answer.
    _come_with_it = table(
        defaultSecurityGroupId=("describe_security_groups", "group-name", "default", "SecurityGroups[0].GroupId"),
        mainRouteTableId=("describe_route_tables", "association.main", "true", "RouteTables[0].RouteTableId"),
        defaultNetworkAclId=("describe_network_acls", "default", "true", "NetworkAcls[0].NetworkAclId"),
    )

    def more(self, step: Step, found: Properties) -> Properties:
        id, outputs = found["VpcId"], super().more(step, found)
        for name, (call, by, value, at) in self._come_with_it.items():
            filters = [{"Name": "vpc-id", "Values": [id]}, {"Name": by, "Values": [value]}]
            outputs[name] = jmespath.search(at, getattr(step.client, call)(Filters=filters))
        outputs["defaultRouteTableId"] = outputs["mainRouteTableId"]
        for name in self._attributes.split():
            answer = step.client.describe_vpc_attribute(VpcId=id, Attribute=name)
            outputs[name] = answer[pascal(name)]["Value"]
        return outputs


class Subnet(Ec2Resource):
    token, label, thing = "aws:ec2/subnet:Subnet", "EC2 Subnet", "subnet"
    inputs = "vpcId! cidrBlock! availabilityZone!? availabilityZoneId!? +mapPublicIpOnLaunch +tags"
    delete_before_replace = True
    checks = (
        (needed, "cidrBlock", 'missing required argument: the sandbox needs "cidrBlock"'),
        (apart, "availabilityZone", "availabilityZoneId"),
        (cidr, "cidrBlock", 16, 28),
    )
    changes = """
        mapPublicIpOnLaunch, made: modify_subnet_attribute
            {MapPublicIpOnLaunch: {Value: mapPublicIpOnLaunch || `false`}}
    """
    ready_state = "available"
    outputs = """{mapPublicIpOnLaunch: MapPublicIpOnLaunch || `false`,
                  assignIpv6AddressOnCreation: AssignIpv6AddressOnCreation || `false`}"""

    def make(self, step: Step) -> str:
        # The cloud in the sandbox takes any range; AWS does not.
        wanted, vpc = ipaddress.IPv4Network(step.inputs["cidrBlock"]), step.inputs["vpcId"]
        whole = step.client.describe_vpcs(VpcIds=[vpc])["Vpcs"][0]["CidrBlock"]
        if not wanted.subnet_of(ipaddress.IPv4Network(whole)):
            raise PluginError(f"api error InvalidSubnet.Range: The CIDR '{wanted}' is invalid.")
        siblings = step.client.describe_subnets(Filters=[{"Name": "vpc-id", "Values": [vpc]}])["Subnets"]
        if any(wanted.overlaps(ipaddress.IPv4Network(each["CidrBlock"])) for each in siblings):
            raise PluginError(f"api error InvalidSubnet.Conflict: The CIDR '{wanted}' conflicts with another subnet")
        return super().make(step)
