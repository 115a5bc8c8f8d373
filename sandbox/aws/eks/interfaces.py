"""Network interfaces that EKS and its network plugin have in a cluster's subnets.

The plugin gives a node further interfaces and takes them away when the node goes. Where the plugin goes first, they
stay, and hold their subnet and the cluster's security group: https://github.com/aws/amazon-vpc-cni-k8s/issues/608 and
https://docs.aws.amazon.com/eks/latest/userguide/network-reqs.html.
"""

import secrets
from collections.abc import Iterator
from typing import Any

from sandbox.aws import emulator
from sandbox.aws.eks import checks

PLUGIN = "vpc-cni"
ENIS_OF_NODE = "node.k8s.amazonaws.com/instance_id"


def of_control_plane(cluster: checks.Record) -> None:
    """The control plane's own interfaces, one in each subnet."""
    for subnet in cluster["resourcesVpcConfig"]["subnetIds"]:
        _make(cluster, subnet, f"Amazon EKS {cluster['name']}", {})


def end_control_plane(cluster: checks.Record) -> bool:
    """Takes the control plane's interfaces away; whether the cluster's security group is free then."""
    interfaces = _all()
    for id, interface in list(interfaces.items()):
        if interface["Description"] == f"Amazon EKS {cluster['name']}":
            interfaces.pop(id)
    group = cluster["resourcesVpcConfig"]["clusterSecurityGroupId"]
    return not any(in_group(interface, group) for interface in interfaces.values())


def of_nodes(cluster: checks.Record, group: checks.Record) -> None:
    """Has each node of a group an interface of the plugin, and no node that is not there."""
    nodes = {f"{group['nodegroupName']}/{index}": index for index in range(group["scalingConfig"]["desiredSize"])}
    tags = emulator.service("ec2")._tags
    for id in _of_group(group):
        instance = next(tag["Value"] for tag in tags[id] if tag["Key"] == ENIS_OF_NODE)
        if instance not in nodes:
            _all().pop(id)
        nodes.pop(instance, None)
    if _plugin_is_there(cluster):
        for instance, index in nodes.items():
            subnet = group["subnets"][index % len(group["subnets"])]
            tagged = {ENIS_OF_NODE: instance, "cluster.k8s.amazonaws.com/name": cluster["name"]}
            _make(cluster, subnet, f"aws-K8S-{instance}", tagged)


def end_nodes(cluster: checks.Record, group: checks.Record) -> None:
    """Takes the interfaces of a group's nodes away, if there is still a plugin that does so."""
    for id in _of_group(group):
        if _plugin_is_there(cluster):
            _all().pop(id)
        else:
            _all()[id] |= {"Status": "available", "Attachment": None}


def _plugin_is_there(cluster: checks.Record) -> bool:
    return f"{cluster['name']}/{PLUGIN}" in checks.store("addons")


def _all() -> Any:
    return emulator.service("ec2")._network_interfaces


def in_group(interface: checks.Record, group: str) -> bool:
    """Whether an interface is in a security group."""
    return any(each["GroupId"] == group for each in interface["Groups"])


def _of_group(group: checks.Record) -> Iterator[str]:
    start = f"aws-K8S-{group['nodegroupName']}/"
    return iter([id for id, each in _all().items() if each["Description"].startswith(start)])


def _make(cluster: checks.Record, subnet_id: str, description: str, tags: dict[str, str]) -> None:
    ec2, id = emulator.service("ec2"), f"eni-0{secrets.token_hex(8)}"
    subnet = ec2._subnets[subnet_id]
    group = cluster["resourcesVpcConfig"]["clusterSecurityGroupId"]
    _all()[id] = {
        "NetworkInterfaceId": id,
        "SubnetId": subnet_id,
        "VpcId": subnet["VpcId"],
        "AvailabilityZone": subnet["AvailabilityZone"],
        "Description": description,
        "OwnerId": emulator.account_id(),
        "Status": "in-use",
        "PrivateIpAddress": str(ec2._random_ip("10.0")),
        "InterfaceType": "interface",
        "SourceDestCheck": True,
        "MacAddress": "02:00:00:00:00:00",
        "Groups": [{"GroupId": group, "GroupName": ec2._security_groups[group]["GroupName"]}],
        "Attachment": None,
    }
    if tags:
        ec2._tags[id] = [{"Key": key, "Value": value} for key, value in tags.items()]
