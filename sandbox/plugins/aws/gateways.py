"""How a VPC reaches the outside: internet and NAT gateways, addresses, endpoints."""

from collections.abc import Iterator

from provider_kit import Properties
from sandbox.plugins.aws import policy_documents
from sandbox.plugins.aws.ec2_base import Ec2Resource
from sandbox.plugins.aws.input_checks import needed
from sandbox.plugins.aws.operation import Step
from sandbox.plugins.aws.spelling import pascal, pruned, table
from sandbox.plugins.sdk_schema import Problem


class InternetGateway(Ec2Resource):
    token, label = "aws:ec2/internetGateway:InternetGateway", "EC2 Internet Gateway"
    inputs = "+vpcId? +tags"
    thing = "internet_gateway"
    # Without an attachment the output must be there and empty, or a refresh would not show that it was detached.
    outputs = "{vpcId: Attachments[0].VpcId || ''}"

    def apply(self, step: Step, id: str) -> None:
        wanted = step.inputs.get("vpcId")
        if step.touches("vpcId") and wanted and not self._detach(step, id, keep=wanted):
            self.call(step, id, "attach_internet_gateway", VpcId=wanted)

    def _detach(self, step: Step, id: str, keep: str = "") -> bool:
        """Detach it from all VPCs but one; whether that one has it."""
        attached = [each["VpcId"] for each in (self.look(step, id) or {}).get("Attachments", [])]
        for vpc in attached:
            if vpc != keep:
                self.call(step, id, "detach_internet_gateway", VpcId=vpc)
        return keep in attached

    def remove(self, step: Step, id: str) -> None:
        self._detach(step, id)
        super().remove(step, id)


class Eip(Ec2Resource):
    token, label, thing, kind = "aws:ec2/eip:Eip", "EC2 EIP", "address", "elastic-ip"
    inputs = "domain!? +tags"
    create_call, reads, delete_call = "allocate_address", "describe_addresses", "release_address"
    create_params = "{Domain: domain || 'vpc'}"
    made = key = "AllocationId"
    ids, item = "AllocationIds", "Addresses[0]"
    outputs = """{allocationId: AllocationId, publicIp: PublicIp, associationId: AssociationId || '',
                  networkBorderGroup: NetworkBorderGroup, publicIpv4Pool: PublicIpv4Pool || 'amazon'}"""

    def more(self, step: Step, found: Properties) -> Properties:
        name = f"ec2-{found['PublicIp'].replace('.', '-')}.{step.region}.compute.amazonaws.com"
        return {
            **super().more(step, found),
            "publicDns": name,
            "domain": found.get("Domain", "vpc"),
            "networkBorderGroup": found.get("NetworkBorderGroup", step.region),
        }


class NatGateway(Ec2Resource):
    token, label, thing = "aws:ec2/natGateway:NatGateway", "EC2 NAT Gateway", "nat_gateway"
    inputs = "allocationId! connectivityType! subnetId! +tags"
    kind, item = "natgateway", "NatGateways[?State!='deleted'] | [0]"
    defaults = table(connectivityType="public")
    checks = ((needed, "subnetId", 'missing required argument: "subnetId", for the sandbox has zonal gateways only'),)
    ready_state = "available"
    outputs = """{networkInterfaceId: NatGatewayAddresses[0].NetworkInterfaceId,
                  associationId: NatGatewayAddresses[0].AssociationId}"""

    def verify(self, inputs: Properties) -> Iterator[Problem]:
        kind, address = inputs["connectivityType"], inputs.get("allocationId")
        if kind == "public" and address is None:
            yield "allocationId", "allocationId is required when connectivityType is public"
        if kind == "private" and address is not None:
            yield "allocationId", "allocationId is not supported with connectivityType = private"

    def more(self, step: Step, found: Properties) -> Properties:
        # AWS always lists the address; an emulator that does not leaves what was asked for.
        address: Properties = next(iter(found.get("NatGatewayAddresses") or ()), {})
        names = ("allocationId", "publicIp", "privateIp")
        return {**super().more(step, found), **{n: address.get(pascal(n)) or step.get(n) for n in names}}


class VpcEndpoint(Ec2Resource):
    token, label, thing = "aws:ec2/vpcEndpoint:VpcEndpoint", "EC2 VPC Endpoint", "vpc_endpoint"
    inputs = """
        vpcId! serviceName! vpcEndpointType! routeTableIds?~ subnetIds?~ securityGroupIds?~ privateDnsEnabled?
        policy?=PolicyDocument +tags
    """
    defaults = table(vpcEndpointType="Gateway")
    policies = table(policy=policy_documents.Kind.ENDPOINT)
    ready_state = "available"
    outputs = """{state: State, routeTableIds: RouteTableIds || `[]`, subnetIds: SubnetIds || `[]`,
                  securityGroupIds: Groups[].GroupId || `[]`, privateDnsEnabled: PrivateDnsEnabled || `false`}"""

    def apply(self, step: Step, id: str) -> None:
        if step.made:
            return
        request: Properties = {}
        for name in self.unordered.split():
            if step.touches(name):
                old, new = set(step.op.state.get(name) or ()), set(step.inputs.get(name) or ())
                request[f"Add{pascal(name)}"] = sorted(new - old) or None
                request[f"Remove{pascal(name)}"] = sorted(old - new) or None
        if step.touches("policy"):
            policy = step.inputs.get("policy")
            request |= {"PolicyDocument": policy} if policy else {"ResetPolicy": True}
        if step.touches("privateDnsEnabled"):
            request["PrivateDnsEnabled"] = bool(step.inputs.get("privateDnsEnabled"))
        if request := pruned(request):
            self.call(step, id, "modify_vpc_endpoint", **request)

    def remove(self, step: Step, id: str) -> None:
        step.client.delete_vpc_endpoints(VpcEndpointIds=[id])
