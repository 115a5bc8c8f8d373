"""How a VPC reaches the outside: internet and NAT gateways, addresses, endpoints."""

from __future__ import annotations

from collections.abc import Iterator

from provider_kit import Properties
from sandbox.plugins.aws import policy_documents
from sandbox.plugins.aws.ec2_base import Ec2Resource
from sandbox.plugins.aws.operation import Job
from sandbox.plugins.aws.spelling import table
from sandbox.plugins.sdk_schema import Problem


class InternetGateway(Ec2Resource):
    """https://www.pulumi.com/registry/packages/aws/api-docs/ec2/internetgateway/"""

    token = "aws:ec2/internetGateway:InternetGateway"
    label, kind = "EC2 Internet Gateway", "internet-gateway"
    supports = "vpcId tags"
    chosen_by_aws = "vpcId"
    create_call = "create_internet_gateway"
    list_call, ids, items = "describe_internet_gateways", "InternetGatewayIds", "InternetGateways"
    delete_call, id_name = "delete_internet_gateway", "InternetGatewayId"

    def identify(self, reply: Properties, job: Job) -> str:
        return reply["InternetGateway"]["InternetGatewayId"]

    def apply(self, job: Job, id: str) -> None:
        wanted = job.inputs.get("vpcId")
        if "vpcId" not in job.changed or not wanted:
            return
        self._detach(job, id, wanted)
        if not (self.found(job, id) or {}).get("Attachments"):
            job.client.attach_internet_gateway(InternetGatewayId=id, VpcId=wanted)

    def _detach(self, job: Job, id: str, keep: str = "") -> None:
        for attachment in (self.found(job, id) or {}).get("Attachments", []):
            if attachment["VpcId"] != keep:
                job.client.detach_internet_gateway(InternetGatewayId=id, VpcId=attachment["VpcId"])

    def parsed(self, job: Job, item: Properties) -> Properties:
        # Without an attachment the output must be there and empty, or a refresh would not show that it was detached.
        return {"vpcId": next((a["VpcId"] for a in item.get("Attachments", [])), "")}

    def remove(self, job: Job, id: str) -> None:
        self._detach(job, id)
        super().remove(job, id)


class Eip(Ec2Resource):
    """https://www.pulumi.com/registry/packages/aws/api-docs/ec2/eip/"""

    token = "aws:ec2/eip:Eip"
    label, kind = "EC2 EIP", "elastic-ip"
    supports = "domain tags"
    replaced_by = "domain"
    chosen_by_aws = "domain"
    create_call, fields = "allocate_address", "domain"
    list_call, ids, items = "describe_addresses", "AllocationIds", "Addresses"
    delete_call, id_name = "release_address", "AllocationId"

    def params(self, job: Job) -> Properties:
        return {"Domain": "vpc", **super().params(job)}

    def identify(self, reply: Properties, job: Job) -> str:
        return reply["AllocationId"]

    def parsed(self, job: Job, item: Properties) -> Properties:
        address = item["PublicIp"]
        return {
            "allocationId": item["AllocationId"],
            "domain": item.get("Domain", "vpc"),
            "publicIp": address,
            "publicDns": f"ec2-{address.replace('.', '-')}.{job.region}.compute.amazonaws.com",
            "associationId": item.get("AssociationId", ""),
            "networkBorderGroup": item.get("NetworkBorderGroup", job.region),
            "publicIpv4Pool": item.get("PublicIpv4Pool", "amazon"),
        }


class NatGateway(Ec2Resource):
    """https://www.pulumi.com/registry/packages/aws/api-docs/ec2/natgateway/"""

    token = "aws:ec2/natGateway:NatGateway"
    label, kind = "EC2 NAT Gateway", "natgateway"
    supports = "allocationId connectivityType subnetId tags"
    replaced_by = "allocationId connectivityType subnetId"
    defaults = table(connectivityType="public")
    create_call, fields = "create_nat_gateway", "allocationId connectivityType subnetId"
    list_call, ids, items = "describe_nat_gateways", "NatGatewayIds", "NatGateways"
    delete_call, id_name = "delete_nat_gateway", "NatGatewayId"
    ready_state = "available"

    def verify(self, inputs: Properties) -> Iterator[Problem]:
        if inputs["connectivityType"] == "public" and inputs.get("allocationId") is None:
            yield "allocationId", "allocationId is required when connectivityType is public"
        if inputs["connectivityType"] == "private" and inputs.get("allocationId") is not None:
            yield "allocationId", "allocationId is not supported with connectivityType = private"
        if inputs.get("subnetId") is None:
            yield (
                "subnetId",
                'missing required argument: the sandbox supports zonal gateways only, they need "subnetId"',
            )

    def identify(self, reply: Properties, job: Job) -> str:
        return reply["NatGateway"]["NatGatewayId"]

    def parsed(self, job: Job, item: Properties) -> Properties:
        # AWS always lists the address; an emulator that does not leaves what was asked for.
        address: Properties = next(iter(item.get("NatGatewayAddresses") or ()), {})
        return {
            "subnetId": item["SubnetId"],
            "connectivityType": item.get("ConnectivityType", "public"),
            "allocationId": address.get("AllocationId") or job.get("allocationId"),
            "publicIp": address.get("PublicIp") or job.op.state.get("publicIp"),
            "privateIp": address.get("PrivateIp") or job.op.state.get("privateIp"),
            "networkInterfaceId": address.get("NetworkInterfaceId"),
            "associationId": address.get("AssociationId"),
        }


class VpcEndpoint(Ec2Resource):
    """https://www.pulumi.com/registry/packages/aws/api-docs/ec2/vpcendpoint/"""

    token = "aws:ec2/vpcEndpoint:VpcEndpoint"
    label, kind = "EC2 VPC Endpoint", "vpc-endpoint"
    supports = (
        "vpcId policy privateDnsEnabled routeTableIds securityGroupIds serviceName subnetIds tags vpcEndpointType"
    )
    replaced_by = "vpcId serviceName vpcEndpointType"
    chosen_by_aws = "policy privateDnsEnabled routeTableIds securityGroupIds subnetIds"
    defaults = table(vpcEndpointType="Gateway")
    unordered = "routeTableIds securityGroupIds subnetIds"
    policies = table(policy=policy_documents.Kind.ENDPOINT)
    create_call = "create_vpc_endpoint"
    fields = (
        "vpcId serviceName vpcEndpointType routeTableIds subnetIds securityGroupIds privateDnsEnabled "
        "policy=PolicyDocument"
    )
    list_call, ids, items = "describe_vpc_endpoints", "VpcEndpointIds", "VpcEndpoints"
    ready_state = "available"

    def identify(self, reply: Properties, job: Job) -> str:
        return reply["VpcEndpoint"]["VpcEndpointId"]

    def apply(self, job: Job, id: str) -> None:
        if not job.op.id:
            return
        request: Properties = {}
        lists = {"routeTableIds": "RouteTableIds", "subnetIds": "SubnetIds", "securityGroupIds": "SecurityGroupIds"}
        for name, api in lists.items():
            if name in job.changed:
                old, new = set(job.op.state.get(name) or ()), set(job.inputs.get(name) or ())
                request |= {f"Add{api}": sorted(new - old)} if new - old else {}
                request |= {f"Remove{api}": sorted(old - new)} if old - new else {}
        if "policy" in job.changed:
            policy = job.inputs.get("policy")
            request |= {"PolicyDocument": policy} if policy else {"ResetPolicy": True}
        if "privateDnsEnabled" in job.changed:
            request["PrivateDnsEnabled"] = bool(job.inputs.get("privateDnsEnabled"))
        if request:
            job.client.modify_vpc_endpoint(VpcEndpointId=id, **request)

    def parsed(self, job: Job, item: Properties) -> Properties:
        return {
            "vpcId": item["VpcId"],
            "serviceName": item["ServiceName"],
            "vpcEndpointType": item.get("VpcEndpointType", "Gateway"),
            "state": item["State"],
            "routeTableIds": item.get("RouteTableIds", []),
            "subnetIds": item.get("SubnetIds", []),
            "securityGroupIds": [group["GroupId"] for group in item.get("Groups", [])],
            "privateDnsEnabled": item.get("PrivateDnsEnabled", False),
            "policy": item.get("PolicyDocument"),
        }

    def remove(self, job: Job, id: str) -> None:
        job.client.delete_vpc_endpoints(VpcEndpointIds=[id])


RESOURCES = (InternetGateway, Eip, NatGateway, VpcEndpoint)
