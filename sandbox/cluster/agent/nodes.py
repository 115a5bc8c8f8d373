"""Node groups become nodes, spread over the zones of their subnets, and go again."""

import ipaddress
import logging
from collections.abc import Iterator, Set

from sandbox import layout
from sandbox.cluster.agent.cloud import Cloud, Cluster, NodeGroup, Subnet
from sandbox.cluster.agent.instances import instance
from sandbox.cluster.api_client import Api, Object, Refused

NODES = "/api/v1/nodes"
GROUP_LABEL = "eks.amazonaws.com/nodegroup"

EFFECTS = {"NO_SCHEDULE": "NoSchedule", "NO_EXECUTE": "NoExecute", "PREFER_NO_SCHEDULE": "PreferNoSchedule"}

log = logging.getLogger(__name__)


class Nodes:
    """Keeps the cluster's nodes as its node groups want them."""

    def __init__(self, api: Api, cloud: Cloud) -> None:
        self._api = api
        self._cloud = cloud

    async def reconcile(self) -> None:
        """Makes nodes that are missing and removes those that no group wants."""
        cluster = await self._cloud.cluster()
        wanted = {node["metadata"]["name"]: node for node in _wanted(cluster)} if cluster else {}
        present = {node["metadata"]["name"]: node for node in await self._api.list(NODES, labelSelector=GROUP_LABEL)}
        for name in wanted.keys() - present.keys():
            await self._create(wanted[name])
        for name in present.keys() & wanted.keys():
            await self._label(wanted[name], present[name])
        if leaving := present.keys() - wanted.keys():
            await self._remove(leaving)

    async def _create(self, node: Object) -> None:
        try:
            await self._api.create(NODES, node)
        except Refused as refused:
            if refused.status != 409:
                raise
        log.info("node %s has joined", node["metadata"]["name"])

    async def _label(self, wanted: Object, present: Object) -> None:
        changed = {
            key: value
            for key, value in wanted["metadata"]["labels"].items()
            if present["metadata"]["labels"].get(key) != value
        }
        if changed:
            name = wanted["metadata"]["name"]
            await self._api.patch(f"{NODES}/{name}", {"metadata": {"labels": changed}})

    async def _remove(self, names: Set[str]) -> None:
        """Closes nodes to new pods and ends their pods first, as EKS drains a node before it ends the instance."""
        for name in names:
            await self._api.patch(f"{NODES}/{name}", {"spec": {"unschedulable": True}})
        await self._end_pods(names)
        for name in names:
            await self._api.delete(f"{NODES}/{name}")
            log.info("node %s has left", name)
        # Those that the scheduler placed before it saw the nodes closed.
        await self._end_pods(names)

    async def _end_pods(self, nodes: Set[str]) -> None:
        for node in nodes:
            for pod in await self._api.list("/api/v1/pods", fieldSelector=f"spec.nodeName={node}"):
                meta = pod["metadata"]
                await self._api.delete(f"/api/v1/namespaces/{meta['namespace']}/pods/{meta['name']}", grace_period=0)


def _wanted(cluster: Cluster) -> Iterator[Object]:
    taken: set[str] = set()
    for group in cluster.node_groups:
        try:
            instance(group.instance_type)
        except ValueError as error:
            log.error("node group %s: %s", group.name, error)
            continue
        for index in range(group.desired):
            subnet = group.subnets[index % len(group.subnets)]
            yield _node(cluster, group, subnet, index, taken)


def _node(cluster: Cluster, group: NodeGroup, subnet: Subnet, index: int, taken: set[str]) -> Object:
    type_ = instance(group.instance_type)
    number = layout.stable_number(f"{cluster.name}/{group.name}/{index}")
    address = _address(subnet, number, taken)
    taken.add(address)
    name = f"ip-{address.replace('.', '-')}.{cluster.region}.compute.internal"
    instance_id = f"i-0{number:016x}"
    labels = group.labels | {
        GROUP_LABEL: group.name,
        "eks.amazonaws.com/capacityType": group.capacity_type,
        "kubernetes.io/arch": type_.architecture,
        "kubernetes.io/hostname": name,
        "kubernetes.io/os": "linux",
        "node.kubernetes.io/instance-type": type_.type,
        "topology.ebs.csi.aws.com/zone": subnet.zone,
        "topology.kubernetes.io/region": cluster.region,
        "topology.kubernetes.io/zone": subnet.zone,
    }
    return {
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": {"name": name, "labels": labels, "annotations": {"kwok.x-k8s.io/node": "fake"}},
        "spec": {
            "providerID": f"aws:///{subnet.zone}/{instance_id}",
            "taints": [
                {"key": taint["key"], "value": taint.get("value", ""), "effect": EFFECTS[taint["effect"]]}
                for taint in group.taints
            ],
        },
        "status": {
            "capacity": type_.capacity,
            "allocatable": type_.allocatable,
            "addresses": [
                {"type": "InternalIP", "address": address},
                {"type": "InternalDNS", "address": name},
                # Where the API server finds the node's kubelet, which is kwok.
                {"type": "Hostname", "address": "127.0.0.1"},
            ],
            "nodeInfo": {
                "architecture": type_.architecture,
                "bootID": "",
                "containerRuntimeVersion": "kwok://0.8.0",
                "kernelVersion": "",
                "kubeProxyVersion": "",
                "kubeletVersion": "v1.36.3",
                "machineID": "",
                "operatingSystem": "linux",
                "osImage": "kwok",
                "systemUUID": "",
            },
        },
    }


def _address(subnet: Subnet, number: int, taken: set[str]) -> str:
    """A free address in the subnet, the same each time; AWS keeps the first four and the last for itself."""
    network = ipaddress.ip_network(subnet.cidr)
    usable = network.num_addresses - 5
    addresses = (str(network[4 + (number + step) % usable]) for step in range(usable))
    return next(address for address in addresses if address not in taken)
