"""The cluster that the program registers: network, control plane, nodes, add-ons and storage class."""

from typing import Any

import pytest

from tests.program.recorder import ISSUER, RELEASE, ROLE, Program, stack


def test_seed_eksctl_create_cluster_vvp(dev: Program) -> None:
    cluster = dev.one("eks:index:Cluster").inputs
    assert cluster["name"] == "vvp"
    assert cluster["authenticationMode"] == "API"
    assert cluster["endpointPrivateAccess"] is True
    assert cluster["publicAccessCidrs"] == ["203.0.113.0/24"]
    assert set(cluster["enabledClusterLogTypes"]) == {"api", "audit", "authenticator", "controllerManager", "scheduler"}
    assert cluster["encryptionConfigKeyArn"].endswith("key/vvp-secrets")
    assert dev.one("aws:cloudwatch/logGroup:LogGroup").urn in dev.one("eks:index:Cluster").depends_on


def test_seed_eksctl_utils_associate_iam_oidc_provider(dev: Program) -> None:
    provider = dev.one("aws:iam/openIdConnectProvider:OpenIdConnectProvider").inputs
    assert provider == {"url": f"https://{ISSUER}", "clientIdLists": ["sts.amazonaws.com"]}


def test_without_networks_there_is_no_public_endpoint() -> None:
    cluster = stack(cluster__publicAccessCidrs=[]).one("eks:index:Cluster").inputs
    assert cluster["endpointPublicAccess"] is False
    assert "publicAccessCidrs" not in cluster


def test_nodes_take_imdsv2_with_hop_limit_1_and_encrypted_disks(dev: Program) -> None:
    template = dev.one("aws:ec2/launchTemplate:LaunchTemplate").inputs
    assert template["metadataOptions"] == {
        "httpEndpoint": "enabled",
        "httpTokens": "required",
        "httpPutResponseHopLimit": 1,
    }
    assert template["blockDeviceMappings"][0]["ebs"]["encrypted"] == "true"


def test_nodes_and_addons_come_in_an_order_that_a_new_cluster_can_take(dev: Program) -> None:
    def addon(name: str) -> Any:
        return dev.one("aws:eks/addon:Addon", f"vvp-{name}")

    group = dev.one("eks:index:ManagedNodeGroup")
    assert {addon("vpc-cni").urn, addon("kube-proxy").urn} <= group.depends_on
    assert {route.urn for route in dev.of("aws:ec2/route:Route")} <= group.depends_on
    for name in ("coredns", "aws-ebs-csi-driver"):
        assert group.urn in addon(name).depends_on
    roles = {r.name: r.inputs["name"] for r in dev.of(ROLE)}
    assert addon("aws-ebs-csi-driver").inputs["serviceAccountRoleArn"].endswith(roles["vvp-ebs-csi"])
    assert addon("vpc-cni").inputs["serviceAccountRoleArn"].endswith(roles["vvp-vpc-cni"])
    kubernetes = dev.one("pulumi:providers:kubernetes")
    assert addon("aws-ebs-csi-driver").urn in kubernetes.depends_on


def test_the_default_storage_class_is_encrypted_gp3(dev: Program) -> None:
    (storage_class,) = dev.of("kubernetes:storage.k8s.io/v1:StorageClass")
    assert storage_class.inputs["metadata"]["annotations"] == {"storageclass.kubernetes.io/is-default-class": "true"}
    assert storage_class.inputs["parameters"] == {"type": "gp3", "encrypted": "true"}
    assert storage_class.urn in dev.one(RELEASE, "vvp").depends_on


@pytest.mark.parametrize(("nat", "count"), [("single", 1), ("per-zone", 3)])
def test_each_private_subnet_has_a_way_out(nat: str, count: int) -> None:
    program = stack(network__nat=nat)
    gateways = {r.name + "-id" for r in program.of("aws:ec2/natGateway:NatGateway")}
    assert len(gateways) == count
    routes = [r.inputs["natGatewayId"] for r in program.of("aws:ec2/route:Route") if "natGatewayId" in r.inputs]
    assert len(routes) == 3
    assert set(routes) == gateways


def test_subnets_carry_the_tags_that_eks_wants(dev: Program) -> None:
    for subnet in dev.of("aws:ec2/subnet:Subnet"):
        role = "kubernetes.io/role/elb" if "public" in subnet.name else "kubernetes.io/role/internal-elb"
        assert subnet.inputs["tags"][role] == "1"
        assert subnet.inputs["tags"]["kubernetes.io/cluster/vvp"] == "shared"


def test_an_existing_vpc_is_used_and_not_made() -> None:
    existing = {"vpcId": "vpc-0123456789abcdef0", "privateSubnetIds": ["subnet-01234567", "subnet-89abcdef"]}
    program = stack(network={"existing": existing})
    assert not [r for r in program.resources if r.type.startswith("aws:ec2/") and "launchTemplate" not in r.type]
    assert program.one("eks:index:Cluster").inputs["vpcId"] == existing["vpcId"]
    assert program.one("eks:index:ManagedNodeGroup").inputs["subnetIds"] == existing["privateSubnetIds"]
