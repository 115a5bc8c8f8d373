"""IAM is asked all that AWS asks: about each resource of a call, its tags, and the roles that it hands to a service."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from tests.sandbox.cloud_calls import CLUSTER, EC2_TRUST, make_role, refusal, trust, user_with
from tests.sandbox.cloud_fixtures import ACCOUNT, REGION, Cloud

pytestmark = pytest.mark.sandbox

USER = "deployer"
TAGGED = {"StringEquals": {"aws:ResourceTag/team": "blue"}}
TAGGING = {"StringEquals": {"aws:RequestTag/team": "blue"}}
BLUE = [{"Key": "team", "Value": "blue"}]


def ec2_arn(resource: str) -> str:
    """The ARN of something of EC2."""
    return f"arn:aws:ec2:{REGION}:{ACCOUNT}:{resource}"


def specified(kind: str, tags: list[dict[str, str]] = BLUE) -> list[dict[str, Any]]:
    """Tags for what a call makes."""
    return [{"ResourceType": kind, "Tags": tags}]


@pytest.fixture
def subnet_maker(cloud: Cloud) -> Iterator[tuple[Any, dict[str, str]]]:
    """EC2 for a user who may make blue subnets in blue VPCs, and a VPC of each colour."""
    ec2 = cloud.client("ec2")
    vpcs = {
        colour: ec2.create_vpc(
            CidrBlock="10.9.0.0/16", TagSpecifications=specified("vpc", [{"Key": "team", "Value": colour}])
        )["Vpc"]["VpcId"]
        for colour in ("blue", "red")
    }
    credentials = user_with(
        cloud,
        USER,
        {"Action": "ec2:CreateSubnet", "Resource": ec2_arn("subnet/*"), "Condition": TAGGING},
        {"Action": "ec2:CreateSubnet", "Resource": ec2_arn("vpc/*"), "Condition": TAGGED},
        {
            "Action": "ec2:CreateTags",
            "Resource": ec2_arn("subnet/*"),
            "Condition": {"StringEquals": {"ec2:CreateAction": "CreateSubnet"}},
        },
    )
    yield cloud.client("ec2", credentials), vpcs
    for vpc in vpcs.values():
        for subnet in ec2.describe_subnets(Filters=[{"Name": "vpc-id", "Values": [vpc]}])["Subnets"]:
            ec2.delete_subnet(SubnetId=subnet["SubnetId"])
        ec2.delete_vpc(VpcId=vpc)


def test_a_new_subnet_is_asked_about_with_its_vpc_and_its_tags(subnet_maker: tuple[Any, dict[str, str]]) -> None:
    ec2, vpcs = subnet_maker
    cidr = {"CidrBlock": "10.9.1.0/24"}
    made = ec2.create_subnet(VpcId=vpcs["blue"], TagSpecifications=specified("subnet"), **cidr)
    assert made["Subnet"]["VpcId"] == vpcs["blue"]
    _, untagged, status = refusal(lambda: ec2.create_subnet(VpcId=vpcs["blue"], **cidr))
    assert status == 403
    assert f"ec2:CreateSubnet on resource: {ec2_arn('subnet/*')}" in untagged
    _, red, _ = refusal(lambda: ec2.create_subnet(VpcId=vpcs["red"], TagSpecifications=specified("subnet"), **cidr))
    assert f"ec2:CreateSubnet on resource: {ec2_arn('vpc/' + vpcs['red'])}" in red
    # Tags are given with what is made, and to nothing that is there.
    tag = {"Resources": [made["Subnet"]["SubnetId"]], "Tags": BLUE}
    assert "ec2:CreateTags" in refusal(lambda: ec2.create_tags(**tag))[1]


def test_whoever_makes_a_tagged_thing_needs_the_right_to_tag_it(
    cloud: Cloud, subnet_maker: tuple[Any, dict[str, str]]
) -> None:
    _, vpcs = subnet_maker
    ec2 = cloud.client("ec2", user_with(cloud, USER, {"Action": "ec2:CreateSubnet"}))
    call = {"VpcId": vpcs["blue"], "CidrBlock": "10.9.2.0/24", "TagSpecifications": specified("subnet")}
    assert "ec2:CreateTags" in refusal(lambda: ec2.create_subnet(**call))[1]


CLUSTER_ROLE, NODE_ROLE = (f"arn:aws:iam::{ACCOUNT}:role/{name}" for name in (f"{CLUSTER}-cluster", "passed-nodes"))


@pytest.fixture(scope="module")
def roles(cloud: Cloud) -> dict[str, str]:
    """Roles that EKS can be handed."""
    pods = trust({"Service": "pods.eks.amazonaws.com"}, ["sts:AssumeRole", "sts:TagSession"])
    return {"nodes": make_role(cloud, "passed-nodes", EC2_TRUST), "pods": make_role(cloud, "passed-pods", pods)}


@pytest.mark.parametrize(
    ("passing", "refused"),
    [
        ({"Resource": NODE_ROLE}, False),
        ({"Resource": NODE_ROLE, "Condition": {"StringEquals": {"iam:PassedToService": "eks.amazonaws.com"}}}, False),
        ({"Resource": NODE_ROLE, "Condition": {"StringEquals": {"iam:PassedToService": "ec2.amazonaws.com"}}}, True),
        ({"Resource": CLUSTER_ROLE}, True),
    ],
    ids=["by name", "to EKS", "to another service", "another role"],
)
def test_whoever_makes_nodes_must_be_allowed_to_pass_their_role(
    cloud: Cloud, roles: dict[str, str], passing: dict[str, Any], refused: bool
) -> None:
    eks = cloud.client("eks", user_with(cloud, USER, {"Action": "eks:*"}, {"Action": "iam:PassRole", **passing}))
    subnets = eks.describe_cluster(name=CLUSTER)["cluster"]["resourcesVpcConfig"]["subnetIds"]
    call = {"clusterName": CLUSTER, "nodegroupName": "nodes", "nodeRole": roles["nodes"], "subnets": subnets}
    if refused:
        assert f"iam:PassRole on resource: {NODE_ROLE}" in refusal(lambda: eks.create_nodegroup(**call))[1]
    else:
        assert eks.create_nodegroup(**call)["nodegroup"]["nodeRole"] == NODE_ROLE
        eks.delete_nodegroup(clusterName=CLUSTER, nodegroupName="nodes")


def test_pod_identity_and_add_ons_are_handed_roles_too(cloud: Cloud, roles: dict[str, str]) -> None:
    role = roles["pods"]
    eks = cloud.client("eks", user_with(cloud, USER, {"Action": ["eks:*", "iam:GetRole"]}))
    association = {"clusterName": CLUSTER, "namespace": "vvp", "serviceAccount": "job", "roleArn": role}
    addon = {"clusterName": CLUSTER, "addonName": "vpc-cni", "serviceAccountRoleArn": role}
    for call in (
        lambda: eks.create_pod_identity_association(**association),
        lambda: eks.create_addon(**addon),
        lambda: eks.create_addon(
            clusterName=CLUSTER,
            addonName="aws-ebs-csi-driver",
            podIdentityAssociations=[{"serviceAccount": "ebs-csi-controller-sa", "roleArn": role}],
        ),
    ):
        assert f"iam:PassRole on resource: {role}" in refusal(call)[1]


def test_only_named_policies_can_be_attached(cloud: Cloud) -> None:
    role = make_role(cloud, "narrow", EC2_TRUST)
    allowed = {"ArnEquals": {"iam:PolicyARN": "arn:aws:iam::aws:policy/AmazonEKSWorkerNodePolicy"}}
    statement = {"Action": "iam:AttachRolePolicy", "Resource": role, "Condition": allowed}
    iam = cloud.client("iam", user_with(cloud, USER, statement))
    iam.attach_role_policy(RoleName="narrow", PolicyArn="arn:aws:iam::aws:policy/AmazonEKSWorkerNodePolicy")
    attach = {"RoleName": "narrow", "PolicyArn": "arn:aws:iam::aws:policy/AdministratorAccess"}
    assert "iam:AttachRolePolicy" in refusal(lambda: iam.attach_role_policy(**attach))[1]


def test_every_question_is_written_down(cloud: Cloud) -> None:
    ec2 = cloud.client("ec2", user_with(cloud, USER, {"Action": "ec2:DescribeVpcs"}))
    ec2.describe_vpcs()
    refusal(ec2.describe_subnets)
    lines = (cloud.state / "logs" / "cloud-calls.jsonl").read_text().splitlines()
    mine = [line for line in map(json.loads, lines) if line["caller"].endswith(f":user/{USER}")]
    assert [(line["action"], line["allowed"]) for line in mine[-2:]] == [
        ("ec2:DescribeVpcs", True),
        ("ec2:DescribeSubnets", False),
    ]
