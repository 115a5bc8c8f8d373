"""The cluster that the program registers: network, control plane, nodes, add-ons and storage class."""

import json
from typing import Any

import pulumi
import pytest

from components.aws.access_entries import is_caller
from components.aws.kubeconfig import Deployer
from tests.program.recorder import CALLS, DEPLOYER, ISSUER, RELEASE, ROLE, Program, stack


def test_seed_eksctl_create_cluster_vvp(dev: Program) -> None:
    cluster = dev.one("eks:index:Cluster").inputs
    assert cluster["name"] == "vvp"
    assert cluster["authenticationMode"] == "API"
    assert cluster["endpointPrivateAccess"] is True
    assert cluster["publicAccessCidrs"] == ["3.120.181.40/29"]
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


def test_who_may_reach_the_private_endpoint_is_settled_before_kubernetes_is_asked() -> None:
    program = stack(
        cluster__publicAccessCidrs=[],
        cluster__privateAccessCidrs=["10.8.0.0/16"],
        cluster__privateAccessGroups=["sg-0123456789abcdef0"],
    )
    rules = program.of("aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule")
    assert {rule.inputs.get("cidrIpv4") or rule.inputs["referencedSecurityGroupId"] for rule in rules} == {
        "10.8.0.0/16",
        "sg-0123456789abcdef0",
    }
    assert {(rule.inputs["fromPort"], rule.inputs["toPort"], rule.inputs["ipProtocol"]) for rule in rules} == {
        (443, 443, "tcp")
    }
    assert {rule.urn for rule in rules} <= program.one("pulumi:providers:kubernetes").depends_on


def test_zones_are_two_or_three_or_named() -> None:
    assert len(stack(network__zones=2).of("aws:ec2/subnet:Subnet")) == 4
    named = stack(network__zones=["eu-central-1c", "eu-central-1a"])
    # Registered at the same time, they come in any order.
    subnets = sorted(named.of("aws:ec2/subnet:Subnet"), key=lambda subnet: subnet.name)
    assert [subnet.inputs["availabilityZone"] for subnet in subnets] == ["eu-central-1c", "eu-central-1a"] * 2


def test_zones_that_were_looked_up_stay_and_named_ones_are_followed(dev: Program) -> None:
    assert all(subnet.ignored == {"availabilityZone"} for subnet in dev.of("aws:ec2/subnet:Subnet"))
    named = stack(network__zones=["eu-central-1c", "eu-central-1a"])
    assert not any(subnet.ignored for subnet in named.of("aws:ec2/subnet:Subnet"))


def test_more_zones_than_there_are_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    zones = {"names": ["us-west-1a", "us-west-1c"]}
    monkeypatch.setitem(CALLS, "aws:index/getAvailabilityZones:getAvailabilityZones", zones)
    with pytest.raises(pulumi.RunError, match=r"vvp:network\.zones: found 3; would be right: 2"):
        stack()


def test_addons_follow_the_clusters_version_and_enforce_network_policies(dev: Program) -> None:
    addons = {addon.inputs["addonName"]: addon.inputs for addon in dev.of("aws:eks/addon:Addon")}
    assert all(addon["addonVersion"] == "v1.0.0-eksbuild.1" for addon in addons.values())
    assert json.loads(addons["vpc-cni"]["configurationValues"]) == {"enableNetworkPolicy": "true"}
    mine = stack(
        cluster__addonVersions={"coredns": "v9"},
        cluster__addonConfiguration={"vpc-cni": {"env": {"WARM_IP_TARGET": "2"}}},
    )
    given = {addon.inputs["addonName"]: addon.inputs for addon in mine.of("aws:eks/addon:Addon")}
    assert given["coredns"]["addonVersion"] == "v9"
    assert json.loads(given["vpc-cni"]["configurationValues"]) == {
        "enableNetworkPolicy": "true",
        "env": {"WARM_IP_TARGET": "2"},
    }


def test_nodes_of_the_other_architecture_have_its_image() -> None:
    nodes = stack(cluster__nodes__architecture="arm64", cluster__nodes__instanceTypes=["m7g.xlarge"])
    assert nodes.one("eks:index:ManagedNodeGroup").inputs["amiType"] == "AL2023_ARM_64_STANDARD"


def test_what_ec2_makes_for_a_node_has_the_stacks_tags() -> None:
    program = stack(**{"aws:defaultTags": {"tags": {"cost-centre": "42"}}})
    tagged = program.one("aws:ec2/launchTemplate:LaunchTemplate").inputs["tagSpecifications"]
    assert {each["resourceType"] for each in tagged} == {"instance", "volume", "network-interface"}
    assert all(each["tags"].items() >= {"cost-centre": "42", "vvp:stack": "test"}.items() for each in tagged)
    provider = program.one("pulumi:providers:aws").inputs
    assert json.loads(provider["defaultTags"])["tags"] == {"cost-centre": "42", "vvp:stack": "test"}


def test_the_provider_and_the_kubeconfig_are_of_one_principal() -> None:
    role = "arn:aws:iam::123456789012:role/deployer"
    program = stack(
        **{
            "aws:profile": "work",
            "aws:assumeRoles": [{"roleArn": role}],
            "aws:allowedAccountIds": ["123456789012"],
        }
    )
    provider = program.one("pulumi:providers:aws").inputs
    assert provider["profile"] == "work"
    assert json.loads(provider["assumeRoles"])[0]["roleArn"] == role
    assert json.loads(provider["allowedAccountIds"]) == ["123456789012"]
    user = {"name": "aws", "user": {"exec": {"command": "aws", "args": ["eks", "get-token"], "env": None}}}
    told = json.loads(Deployer("work", role).identify(json.dumps({"users": [user]})))["users"][0]["user"]["exec"]
    assert told["args"] == ["eks", "get-token", "--role-arn", role]
    assert told["env"] == [{"name": "AWS_PROFILE", "value": "work"}]


def test_who_makes_the_cluster_is_no_admin_of_the_stack_file(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(pulumi.RunError, match=r"vvp:cluster\.admins\.0: found .*nothing was created"):
        stack(cluster__admins=[DEPLOYER])
    monkeypatch.setitem(CALLS, "aws:eks/getClusters:getClusters", {"names": ["vvp"]})
    stack(cluster__admins=[DEPLOYER])


@pytest.mark.parametrize(
    ("principal", "caller", "same"),
    [
        ("arn:aws:iam::1:role/path/ops", "arn:aws:sts::1:assumed-role/ops/me", True),
        ("arn:aws:iam::2:role/ops", "arn:aws:sts::1:assumed-role/ops/me", False),
        ("arn:aws:iam::1:user/ops", "arn:aws:sts::1:assumed-role/ops/me", False),
        ("arn:aws:iam::1:role/ops", "arn:aws:sts::1:federated-user/ops", False),
        ("arn:aws:iam::1:user/ops", "arn:aws:iam::1:user/ops", True),
    ],
)
def test_a_session_is_its_role(principal: str, caller: str, same: bool) -> None:
    assert is_caller(principal, caller) is same


def test_principals_with_paths_have_entries_of_their_own() -> None:
    arns = [f"arn:aws:iam::123456789012:role/{name}" for name in ("team/ops", "team-ops")]
    entries = (
        stack(cluster__admins=arns[:1], cluster__viewers=arns[1:]).one("eks:index:Cluster").inputs["accessEntries"]
    )
    policies = {
        entry["principalArn"]: entry["accessPolicies"]["cluster"]["policyArn"].rpartition("/")[2]
        for entry in entries.values()
    }
    assert policies == {arns[0]: "AmazonEKSClusterAdminPolicy", arns[1]: "AmazonEKSViewPolicy"}


def test_the_support_policy_is_a_setting(dev: Program) -> None:
    assert dev.one("eks:index:Cluster").inputs["upgradePolicy"] == {"supportType": "STANDARD"}
    extended = stack(cluster__upgradePolicy="extended").one("eks:index:Cluster").inputs
    assert extended["upgradePolicy"] == {"supportType": "EXTENDED"}
