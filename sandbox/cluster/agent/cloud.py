"""What the cloud says about the cluster: node groups, add-ons, access policies (`GET /_sandbox/cluster`)."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import httpx

from sandbox import layout


@dataclass(frozen=True)
class Subnet:
    """Where nodes are."""

    zone: str
    """Availability zone, like `eu-central-1a`."""
    cidr: str


@dataclass(frozen=True)
class NodeGroup:
    """A managed node group of EKS."""

    name: str
    desired: int
    """How many nodes."""
    instance_type: str
    subnets: Sequence[Subnet]
    labels: dict[str, str]
    taints: Sequence[dict[str, str]]
    """As EKS has them: key, value, effect (`NO_SCHEDULE`, …)."""
    capacity_type: str
    """ON_DEMAND or SPOT."""


@dataclass(frozen=True)
class AddOn:
    """An add-on of EKS."""

    name: str
    status: str
    identity: str | None
    """ARN of the role that its service account has by IRSA or by Pod Identity."""


@dataclass(frozen=True)
class AccessBinding:
    """What an access policy association comes to in Kubernetes."""

    group: str
    """Who signs in is put into it by the cloud's `authenticate`."""
    cluster_role: str
    namespace: str | None
    """Where the group has the role; None is the whole cluster."""


@dataclass(frozen=True)
class Cluster:
    """The cluster as AWS knows it."""

    name: str
    region: str
    account: str
    node_groups: Sequence[NodeGroup] = field(default_factory=tuple)
    add_ons: Sequence[AddOn] = field(default_factory=tuple)
    access: Sequence[AccessBinding] = field(default_factory=tuple)

    def add_on(self, name: str) -> AddOn | None:
        """An add-on by name."""
        return next((add_on for add_on in self.add_ons if add_on.name == name), None)


class Cloud:
    """The cloud's own interface for the agent."""

    def __init__(self) -> None:
        self._client = httpx.AsyncClient(base_url=layout.Sandbox.load().url("cloud"), timeout=10, trust_env=False)

    async def cluster(self) -> Cluster | None:
        """Reads what AWS knows about the cluster; None if it knows none.

        Raises:
            httpx.TransportError: the cloud does not answer.
            OSError: its answer is an error.
        """
        response = await self._client.get("/_sandbox/cluster")
        if response.status_code == 404:
            return None
        if response.is_error:
            raise OSError(f"the cloud's answer about the cluster is {response.status_code}: {response.text}")
        return _cluster(response.json())

    async def volume(self, method: str, volume: dict[str, Any]) -> None:
        """Makes a volume in EC2 (POST), or deletes it (DELETE).

        Raises:
            httpx.TransportError: the cloud does not answer.
            OSError: its answer is an error.
        """
        response = await self._client.request(method, "/_sandbox/volumes", json=volume)
        if response.is_error:
            raise OSError(f"the cloud's answer about a volume is {response.status_code}: {response.text}")


def _cluster(value: dict[str, Any]) -> Cluster:
    return Cluster(
        name=value["name"],
        region=value["region"],
        account=value["account_id"],
        node_groups=[_node_group(group) for group in value["nodegroups"]],
        add_ons=[
            AddOn(
                name=add_on["name"],
                status=add_on["status"],
                identity=next(
                    filter(None, [add_on["service_account_role_arn"], *add_on["pod_identity_role_arns"]]), None
                ),
            )
            for add_on in value["addons"]
        ],
        access=[
            AccessBinding(binding["group"], binding["cluster_role"], binding["namespace"])
            for binding in value["access_bindings"]
        ],
    )


def _node_group(value: dict[str, Any]) -> NodeGroup:
    return NodeGroup(
        name=value["name"],
        desired=value["desired"],
        instance_type=value["instance_type"],
        subnets=[Subnet(zone=subnet["zone"], cidr=subnet["cidr"]) for subnet in value["subnets"]],
        labels=value["labels"],
        taints=value["taints"],
        capacity_type=value["capacity_type"],
    )
