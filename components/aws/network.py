"""The network of a cluster: a VPC over two or three zones, or one that somebody else keeps."""

from collections.abc import Sequence
from ipaddress import IPv4Network
from itertools import islice

import pulumi
import pulumi_aws as aws
from pulumi import Input, Output, Resource, ResourceOptions

from settings.aws.sections import NetworkSettings

_PRIVATE_BITS = 3
"""A private subnet is an eighth of the VPC: /19 of a /16, as every pod takes an address of it."""
_PUBLIC_BITS = 6
"""A public subnet is a sixty-fourth: only load balancers and NAT gateways live there."""
_WITHOUT_EKS = ("use1-az3", "usw1-az2", "cac1-az3")
"""Zones in which no control plane lives: https://docs.aws.amazon.com/eks/latest/userguide/network-reqs.html."""


def subnet_plan(network: NetworkSettings) -> tuple[list[str], list[str]]:
    """The networks of the private and of the public subnets, one of each a zone.

    Args:
        network: The settings; explicit networks win over those cut out of `cidr`.

    Returns:
        Private and public networks, in CIDR form.
    """
    if network.private_subnets and network.public_subnets:
        return list(network.private_subnets), list(network.public_subnets)
    vpc = IPv4Network(network.cidr)
    private = list(islice(vpc.subnets(prefixlen_diff=_PRIVATE_BITS), network.zone_count))
    # The public ones are cut out of the last eighth, far from the private ones, so that both may grow.
    last = list(vpc.subnets(prefixlen_diff=_PRIVATE_BITS))[-1]
    public = list(islice(last.subnets(prefixlen_diff=_PUBLIC_BITS - _PRIVATE_BITS), network.zone_count))
    return [str(n) for n in private], [str(n) for n in public]


class Network(pulumi.ComponentResource):
    """A VPC with private subnets for nodes, public ones for load balancers, and a way out.

    Follows https://docs.aws.amazon.com/eks/latest/userguide/network-reqs.html, with the subnet tags of
    https://docs.aws.amazon.com/eks/latest/userguide/auto-elb-example.html.

    Args:
        name: Logical name.
        settings: The stack's network section.
        cluster_name: The EKS cluster that will live here.
        before: What is made before a new network, and so goes after it.
        opts: Resource options; `provider` is the AWS provider.

    Attributes:
        vpc_id: The VPC's id.
        private_subnet_ids: Subnets for nodes.
        public_subnet_ids: Subnets for public load balancers; empty when an existing VPC names none.
    """

    vpc_id: Output[str]
    private_subnet_ids: Output[list[str]]
    public_subnet_ids: Output[list[str]]

    def __init__(
        self,
        name: str,
        settings: NetworkSettings,
        cluster_name: str,
        before: Sequence[Resource] = (),
        opts: ResourceOptions | None = None,
    ) -> None:
        super().__init__("vvp:aws:Network", name, None, opts)
        self._name = name
        self._child = ResourceOptions(parent=self)
        self._settled = ResourceOptions()
        if settings.existing:
            self.vpc_id = Output.from_input(settings.existing.vpc_id)
            self.private_subnet_ids = Output.from_input(list(settings.existing.private_subnet_ids))
            self.public_subnet_ids = Output.from_input(list(settings.existing.public_subnet_ids))
        else:
            self._create(settings, cluster_name, before)
        self.register_outputs(
            {
                "vpcId": self.vpc_id,
                "privateSubnetIds": self.private_subnet_ids,
                "publicSubnetIds": self.public_subnet_ids,
            }
        )

    def _create(self, settings: NetworkSettings, cluster_name: str, before: Sequence[Resource]) -> None:
        name, child = self._name, self._child
        zones = self._zones(settings)
        vpc = aws.ec2.Vpc(
            name,
            cidr_block=settings.cidr,
            enable_dns_support=True,
            enable_dns_hostnames=True,
            tags={"Name": name},
            opts=ResourceOptions.merge(child, ResourceOptions(depends_on=list(before))),
        )
        gateway = aws.ec2.InternetGateway(name, vpc_id=vpc.id, tags={"Name": name}, opts=child)
        private_cidrs, public_cidrs = subnet_plan(settings)
        shared = {f"kubernetes.io/cluster/{cluster_name}": "shared"}
        public = self._subnets("public", vpc.id, zones, public_cidrs, {**shared, "kubernetes.io/role/elb": "1"})
        private = self._subnets(
            "private", vpc.id, zones, private_cidrs, {**shared, "kubernetes.io/role/internal-elb": "1"}
        )

        public_table = aws.ec2.RouteTable(f"{name}-public", vpc_id=vpc.id, tags={"Name": f"{name}-public"}, opts=child)
        aws.ec2.Route(
            f"{name}-public",
            route_table_id=public_table.id,
            destination_cidr_block="0.0.0.0/0",
            gateway_id=gateway.id,
            opts=child,
        )
        for index, subnet in enumerate(public):
            self._associate(f"{name}-public-{index}", public_table.id, subnet.id)

        gateways = settings.zone_count if settings.nat == "per-zone" else 1
        nats = [self._nat(index, public[index].id, gateway) for index in range(gateways)]
        tables: list[Input[str]] = []
        for index, subnet in enumerate(private):
            table = aws.ec2.RouteTable(
                f"{name}-private-{index}", vpc_id=vpc.id, tags={"Name": f"{name}-private-{index}"}, opts=child
            )
            aws.ec2.Route(
                f"{name}-private-{index}",
                route_table_id=table.id,
                destination_cidr_block="0.0.0.0/0",
                nat_gateway_id=nats[index % gateways].id,
                opts=child,
            )
            self._associate(f"{name}-private-{index}", table.id, subnet.id)
            tables.append(table.id)
        # Checkpoints go to S3 all day; through the gateway endpoint they cost no NAT traffic.
        aws.ec2.VpcEndpoint(
            f"{name}-s3",
            vpc_id=vpc.id,
            service_name=aws.get_region_output(opts=pulumi.InvokeOptions(parent=self)).region.apply(
                lambda region: f"com.amazonaws.{region}.s3"
            ),
            vpc_endpoint_type="Gateway",
            route_table_ids=tables,
            tags={"Name": f"{name}-s3"},
            opts=child,
        )
        self.vpc_id = vpc.id
        self.private_subnet_ids = Output.all(*(subnet.id for subnet in private)).apply(list)
        self.public_subnet_ids = Output.all(*(subnet.id for subnet in public)).apply(list)

    def _zones(self, settings: NetworkSettings) -> list[Input[str]]:
        """The zones of the subnets: those that the stack names, or the first ones that EKS can use."""
        if not isinstance(settings.zones, int):
            return list(settings.zones)
        available = aws.get_availability_zones_output(
            state="available",
            # Local Zones are listed too, and EKS takes no subnets there.
            filters=[{"name": "opt-in-status", "values": ["opt-in-not-required"]}],
            exclude_zone_ids=list(_WITHOUT_EKS),
            opts=pulumi.InvokeOptions(parent=self),
        ).names

        def first(names: Sequence[str]) -> list[str]:
            if len(names) < settings.zone_count:
                raise pulumi.RunError(
                    f"vvp:network.zones: found {settings.zone_count}; would be right: {len(names)}, as this account "
                    f"can use {', '.join(names) or 'no zone'} of the region for EKS; nothing was created"
                )
            return list(names)

        chosen = available.apply(first)
        # Looked up again in every preview; once a subnet is there, a zone that comes or goes must not move it.
        self._settled = ResourceOptions(ignore_changes=["availabilityZone"])
        return [chosen[index] for index in range(settings.zone_count)]

    def _subnets(
        self, kind: str, vpc_id: Input[str], zones: list[Input[str]], cidrs: list[str], tags: dict[str, str]
    ) -> list[aws.ec2.Subnet]:
        return [
            aws.ec2.Subnet(
                f"{self._name}-{kind}-{index}",
                vpc_id=vpc_id,
                cidr_block=cidr,
                availability_zone=zones[index],
                tags={**tags, "Name": f"{self._name}-{kind}-{index}"},
                opts=ResourceOptions.merge(self._child, self._settled),
            )
            for index, cidr in enumerate(cidrs)
        ]

    def _associate(self, name: str, table_id: Input[str], subnet_id: Input[str]) -> None:
        aws.ec2.RouteTableAssociation(name, route_table_id=table_id, subnet_id=subnet_id, opts=self._child)

    def _nat(self, index: int, subnet_id: Input[str], gateway: aws.ec2.InternetGateway) -> aws.ec2.NatGateway:
        name = f"{self._name}-nat-{index}"
        # An address and a NAT gateway only work in a VPC whose internet gateway is attached.
        attached = ResourceOptions.merge(self._child, ResourceOptions(depends_on=[gateway]))
        address = aws.ec2.Eip(name, domain="vpc", tags={"Name": name}, opts=attached)
        return aws.ec2.NatGateway(
            name, allocation_id=address.id, subnet_id=subnet_id, tags={"Name": name}, opts=attached
        )
