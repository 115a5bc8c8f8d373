"""Route tables, their routes, and which subnets use them."""

import zlib

from provider_kit import PluginError, Properties
from sandbox.plugins.aws.ec2_base import Ec2Resource
from sandbox.plugins.aws.input_checks import cidr, one_of
from sandbox.plugins.aws.operation import Step
from sandbox.plugins.aws.resource import AwsResource

_TARGETS = "gatewayId natGatewayId networkInterfaceId transitGatewayId vpcEndpointId vpcPeeringConnectionId"


class RouteTable(Ec2Resource):
    """Routes are resources of their own."""

    token, label, thing = "aws:ec2/routeTable:RouteTable", "EC2 Route Table", "route_table"
    inputs = "vpcId! +tags"
    outputs = "{propagatingVgws: PropagatingVgws[].GatewayId || `[]`}"


class Route(AwsResource):
    token, service, label = "aws:ec2/route:Route", "ec2", "Route"
    inputs = """
        routeTableId! destinationCidrBlock! destinationPrefixListId! gatewayId natGatewayId networkInterfaceId?
        transitGatewayId vpcEndpointId vpcPeeringConnectionId
    """
    delete_before_replace = True
    checks = (
        (one_of, "destinationCidrBlock", "destinationCidrBlock", "destinationPrefixListId"),
        (one_of, "", *_TARGETS.split()),
        (cidr, "destinationCidrBlock"),
    )
    thing, reads = "route", "describe_route_tables"
    item = """RouteTables[0].Routes[?Origin!='CreateRouteTable'] | [?DestinationCidrBlock=='$DestinationCidrBlock' ||
              DestinationPrefixListId=='$DestinationPrefixListId'] | [0]"""
    outputs = "{origin: Origin, state: State}"
    changes = f"{_TARGETS}: replace_route"

    def key_of(self, step: Step, id: str) -> Properties:
        """Route table and destination: from the state, or from the `<table>_<destination>` of an import."""
        destination = step.get("destinationCidrBlock") or step.get("destinationPrefixListId")
        table, _, destination = (step.get("routeTableId"), "", destination) if destination else id.partition("_")
        if not destination:
            raise PluginError(f"unexpected format for ID ({id}), expected ROUTETABLEID_DESTINATION")
        kind = "DestinationPrefixListId" if destination.startswith("pl-") else "DestinationCidrBlock"
        return {"RouteTableId": table, kind: destination}

    def read_params(self, step: Step, id: str) -> Properties:
        return {"RouteTableIds": [self.key_of(step, id)["RouteTableId"]]}

    def make(self, step: Step) -> str:
        step.client.create_route(**self.params(step))
        return self._id(self.key_of(step, ""))

    def _id(self, key: Properties) -> str:
        destination = key.get("DestinationCidrBlock") or key["DestinationPrefixListId"]
        return f"r-{key['RouteTableId']}{zlib.crc32(destination.encode())}"

    def more(self, step: Step, found: Properties) -> Properties:
        gateway = found.get("GatewayId") or ""
        # An endpoint is a gateway to the API.
        endpoint = {"vpcEndpointId": gateway, "gatewayId": ""} if gateway.startswith("vpce-") else {}
        targets = {name: found.get(api) or "" for name, api in self.api_names.items()}
        return {**targets, **endpoint, "id": self._id(found)}


class RouteTableAssociation(AwsResource):
    token, service, label = "aws:ec2/routeTableAssociation:RouteTableAssociation", "ec2", "Route Table Association"
    inputs = "routeTableId subnetId! gatewayId!"
    delete_before_replace = True
    volatile = ("id",)
    checks = ((one_of, "", "gatewayId", "subnetId"),)
    create_call, made, reads = "associate_route_table", "AssociationId", "describe_route_tables"
    item = "RouteTables[].Associations[?SubnetId=='$end' || GatewayId=='$end'][] | [0]"
    outputs = "{id: RouteTableAssociationId}"

    def apply(self, step: Step, id: str) -> None:
        if not step.made and step.touches("routeTableId"):
            self.remove(step, id)
            self.make(step)

    def key_of(self, step: Step, id: str) -> Properties:
        # A new association for the same subnet takes the place of the old one, under a new id.
        return {"end": step.get("subnetId") or step.get("gatewayId") or id.partition("/")[0]}

    def remove(self, step: Step, id: str) -> None:
        found = self.look(step, id)
        if found:
            step.client.disassociate_route_table(AssociationId=found["RouteTableAssociationId"])
