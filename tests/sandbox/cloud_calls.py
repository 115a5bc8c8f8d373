"""Calls that many tests make on a cloud of their own: roles, users, the cluster and what it needs, and refusals."""

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.sandbox.cloud_fixtures import REGION, Cloud

CLUSTER = "vvp"


def trust(principal: dict[str, str], actions: list[str], condition: dict[str, Any] | None = None) -> str:
    """A trust policy of one statement."""
    statement: dict[str, Any] = {"Effect": "Allow", "Principal": principal, "Action": actions}
    if condition:
        statement["Condition"] = condition
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


EC2_TRUST = trust({"Service": "ec2.amazonaws.com"}, ["sts:AssumeRole"])


def make_role(cloud: Cloud, name: str, document: str) -> str:
    """Creates a role and gives its ARN."""
    return cloud.client("iam").create_role(RoleName=name, AssumeRolePolicyDocument=document)["Role"]["Arn"]


def make_cluster(cloud: Cloud, name: str = CLUSTER) -> dict[str, Any]:
    """Creates VPC, role and cluster."""
    ec2, eks = cloud.client("ec2"), cloud.client("eks")
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    subnets = [
        ec2.create_subnet(VpcId=vpc, CidrBlock=f"10.0.{index}.0/24", AvailabilityZone=f"{REGION}{zone}")["Subnet"][
            "SubnetId"
        ]
        for index, zone in enumerate("ab")
    ]
    role = make_role(cloud, f"{name}-cluster", trust({"Service": "eks.amazonaws.com"}, ["sts:AssumeRole"]))
    eks.create_cluster(
        name=name,
        roleArn=role,
        resourcesVpcConfig={"subnetIds": subnets},
        accessConfig={"authenticationMode": "API"},
    )
    return eks.describe_cluster(name=name)["cluster"]


def user_with(cloud: Cloud, name: str, *statements: dict[str, Any]) -> dict[str, Any]:
    """An IAM user with a policy, or its policy replaced; gives credentials."""
    iam = cloud.client("iam")
    if name not in {user["UserName"] for user in iam.list_users()["Users"]}:
        iam.create_user(UserName=name)
    document = {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Resource": "*", **item} for item in statements],
    }
    iam.put_user_policy(UserName=name, PolicyName="policy", PolicyDocument=json.dumps(document))
    return iam.create_access_key(UserName=name)["AccessKey"]


def refusal(call: Any) -> tuple[str, str, int]:
    """Error code, message and HTTP status of a call that must be refused."""
    with pytest.raises(ClientError) as caught:
        call()
    response: Any = caught.value.response
    return response["Error"]["Code"], response["Error"]["Message"], response["ResponseMetadata"]["HTTPStatusCode"]
