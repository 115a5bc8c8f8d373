"""Route tables, their routes, and which subnets use them."""

from __future__ import annotations

import zlib
from collections.abc import Iterator

from provider_kit import PluginError, Properties
from sandbox.plugins.aws.ec2_base import Ec2Resource, cidr_problem
from sandbox.plugins.aws.operation import Job
from sandbox.plugins.aws.resource import AwsResource
from sandbox.plugins.sdk_schema import Problem

_TARGETS = "gatewayId natGatewayId networkInterfaceId transitGatewayId vpcEndpointId vpcPeeringConnectionId"


class RouteTable(Ec2Resource):
    """https://www.pulumi.com/registry/packages/aws/api-docs/ec2/routetable/; routes are resources of their own"""

    token = "aws:ec2/routeTable:RouteTable"
    label, kind = "EC2 Route Table", "route-table"
    supports = "vpcId tags"
    replaced_by = "vpcId"
    create_call, fields = "create_route_table", "vpcId"
    list_call, ids, items = "describe_route_tables", "RouteTableIds", "RouteTables"
    delete_call, id_name = "delete_route_table", "RouteTableId"

    def identify(self, reply: Properties, job: Job) -> str:
        return reply["RouteTable"]["RouteTableId"]

    def parsed(self, job: Job, item: Properties) -> Properties:
        return {"vpcId": item["VpcId"], "propagatingVgws": [v["GatewayId"] for v in item.get("PropagatingVgws", [])]}


class Route(AwsResource):
    """https://www.pulumi.com/registry/packages/aws/api-docs/ec2/route/"""

    token = "aws:ec2/route:Route"
    service, label = "ec2", "Route"
    supports = f"routeTableId destinationCidrBlock destinationPrefixListId {_TARGETS}"
    replaced_by = "routeTableId destinationCidrBlock destinationPrefixListId"
    chosen_by_aws = "networkInterfaceId"
    delete_before_replace = True
    create_call, fields = "create_route", supports

    def verify(self, inputs: Properties) -> Iterator[Problem]:
        destinations = [n for n in ("destinationCidrBlock", "destinationPrefixListId") if inputs.get(n) is not None]
        if len(destinations) != 1:
            names = "destinationCidrBlock,destinationPrefixListId"
            yield "destinationCidrBlock", f"invalid combination of arguments: one of `{names}` must be specified"
        targets = [name for name in _TARGETS.split() if inputs.get(name) is not None]
        if len(targets) != 1:
            yield "", f"invalid combination of arguments: one of `{','.join(_TARGETS.split())}` must be specified"
        yield from cidr_problem("destinationCidrBlock", inputs.get("destinationCidrBlock"))

    def _destination(self, job: Job, id: str) -> tuple[str, str]:
        """Route table and destination: from the state, or from the `<table>_<destination>` of an import."""
        destination = job.get("destinationCidrBlock") or job.get("destinationPrefixListId")
        if destination:
            return job.get("routeTableId"), destination
        table, _, destination = id.partition("_")
        if not destination:
            raise PluginError(f"unexpected format for ID ({id}), expected ROUTETABLEID_DESTINATION")
        return table, destination

    def identify(self, reply: Properties, job: Job) -> str:
        table, destination = self._destination(job, "")
        return f"r-{table}{zlib.crc32(destination.encode())}"

    def apply(self, job: Job, id: str) -> None:
        if job.op.id:
            job.client.replace_route(**self.params(job))

    def describe(self, job: Job, id: str) -> Properties | None:
        table, destination = self._destination(job, id)
        routes = job.client.describe_route_tables(RouteTableIds=[table])["RouteTables"][0]["Routes"]
        keys = ("DestinationCidrBlock", "DestinationPrefixListId")
        route = next((r for r in routes if destination in (r.get(key) for key in keys)), None)
        if route is None or route.get("Origin") == "CreateRouteTable":
            return None
        found = {name: route.get(api) or "" for name, api in self.api_names.items() if name != "routeTableId"}
        # An endpoint is a gateway to the API.
        if found["gatewayId"].startswith("vpce-"):
            found["vpcEndpointId"], found["gatewayId"] = found["gatewayId"], ""
        return {
            **found,
            "id": f"r-{table}{zlib.crc32(destination.encode())}",
            "routeTableId": table,
            "origin": route.get("Origin"),
            "state": route.get("State"),
        }

    def remove(self, job: Job, id: str) -> None:
        table, destination = self._destination(job, id)
        kind = "DestinationPrefixListId" if destination.startswith("pl-") else "DestinationCidrBlock"
        job.client.delete_route(RouteTableId=table, **{kind: destination})


class RouteTableAssociation(AwsResource):
    """https://www.pulumi.com/registry/packages/aws/api-docs/ec2/routetableassociation/"""

    token = "aws:ec2/routeTableAssociation:RouteTableAssociation"
    service, label = "ec2", "Route Table Association"
    supports = "routeTableId subnetId gatewayId"
    replaced_by = "subnetId gatewayId"
    create_call, fields = "associate_route_table", supports
    delete_before_replace = True
    volatile = ("id",)

    def verify(self, inputs: Properties) -> Iterator[Problem]:
        if (inputs.get("subnetId") is None) == (inputs.get("gatewayId") is None):
            yield "", "invalid combination of arguments: one of `gatewayId,subnetId` must be specified"

    def identify(self, reply: Properties, job: Job) -> str:
        return reply["AssociationId"]

    def apply(self, job: Job, id: str) -> None:
        if job.op.id and "routeTableId" in job.changed:
            self.remove(job, id)
            self.make(job)

    def describe(self, job: Job, id: str) -> Properties | None:
        # A new association for the same subnet takes the place of the old one, under a new id.
        end = job.get("subnetId") or job.get("gatewayId") or id.partition("/")[0]
        for table in (
            t for page in job.client.get_paginator("describe_route_tables").paginate() for t in page["RouteTables"]
        ):
            for each in table.get("Associations", []):
                if end in (each.get("SubnetId"), each.get("GatewayId")):
                    return {
                        "id": each["RouteTableAssociationId"],
                        "routeTableId": table["RouteTableId"],
                        "subnetId": each.get("SubnetId"),
                        "gatewayId": each.get("GatewayId"),
                    }
        return None

    def remove(self, job: Job, id: str) -> None:
        found = self.describe(job, id)
        if found:
            job.client.disassociate_route_table(AssociationId=found["id"])


RESOURCES = (RouteTable, Route, RouteTableAssociation)
