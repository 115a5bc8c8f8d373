"""EKS in the cloud: the cluster as it is shown, node groups, add-ons, settings, and what is refused."""

import base64
from typing import Any

import httpx
import pytest

from tests.sandbox.cloud_calls import EC2_TRUST, make_role, refusal, trust
from tests.sandbox.cloud_fixtures import ACCOUNT, REGION, Cloud

pytestmark = pytest.mark.sandbox


def test_the_creator_is_administrator_and_the_cluster_is_as_eks_shows_it(cloud: Cloud) -> None:
    eks = cloud.client("eks")
    cluster = eks.describe_cluster(name="vvp")["cluster"]
    assert cluster["status"] == "ACTIVE"
    assert cluster["endpoint"] == f"https://127.0.0.1:{cloud.ports['apiserver']}"
    assert base64.b64decode(cluster["certificateAuthority"]["data"]).startswith(b"-----BEGIN")
    group = cloud.client("ec2").describe_security_groups(
        GroupIds=[cluster["resourcesVpcConfig"]["clusterSecurityGroupId"]]
    )
    assert group["SecurityGroups"][0]["VpcId"] == cluster["resourcesVpcConfig"]["vpcId"]
    creator = f"arn:aws:iam::{ACCOUNT}:user/platform-engineer"
    assert creator in eks.list_access_entries(clusterName="vvp")["accessEntries"]
    associated = eks.list_associated_access_policies(clusterName="vvp", principalArn=creator)[
        "associatedAccessPolicies"
    ]
    assert [policy["policyArn"].rpartition("/")[2] for policy in associated] == ["AmazonEKSClusterAdminPolicy"]


def test_cluster_creation_refuses_what_does_not_exist(cloud: Cloud) -> None:
    eks = cloud.client("eks")
    network = eks.describe_cluster(name="vvp")["cluster"]["resourcesVpcConfig"]
    good = {
        "roleArn": f"arn:aws:iam::{ACCOUNT}:role/vvp-cluster",
        "resourcesVpcConfig": {"subnetIds": network["subnetIds"]},
        "accessConfig": {"authenticationMode": "API"},
    }
    assert refusal(lambda: eks.create_cluster(name="other", **good))[0] == "ResourceLimitExceededException"
    assert refusal(lambda: eks.create_cluster(name="vvp", **good))[0] == "ResourceInUseException"
    assert refusal(lambda: eks.create_cluster(name="vvp!", **good))[0] == "InvalidParameterException"


def test_node_groups(cloud: Cloud) -> None:
    eks, ec2 = cloud.client("eks"), cloud.client("ec2")
    role = make_role(cloud, "nodes", EC2_TRUST)
    subnets = eks.describe_cluster(name="vvp")["cluster"]["resourcesVpcConfig"]["subnetIds"]
    template = ec2.create_launch_template(
        LaunchTemplateName="nodes",
        LaunchTemplateData={"MetadataOptions": {"HttpTokens": "required", "HttpPutResponseHopLimit": 1}},
    )["LaunchTemplate"]["LaunchTemplateId"]
    good: dict[str, Any] = {
        "clusterName": "vvp",
        "nodegroupName": "workers",
        "subnets": subnets,
        "nodeRole": role,
        "scalingConfig": {"minSize": 1, "maxSize": 3, "desiredSize": 2},
        "instanceTypes": ["m6i.large"],
        "launchTemplate": {"id": template},
        "labels": {"pool": "flink"},
        "tags": {"team": "platform"},
    }
    bad: list[dict[str, Any]] = [
        {"nodeRole": role.replace("nodes", "nobody")},
        {"nodeRole": f"arn:aws:iam::{ACCOUNT}:role/vvp-cluster"},
        {"subnets": ["subnet-0123456789abcdef0"]},
        {"scalingConfig": {"minSize": 3, "maxSize": 3, "desiredSize": 2}},
        {"instanceTypes": ["huge"]},
        {"diskSize": 50},
        {"launchTemplate": {"id": "lt-0123456789abcdef0"}},
        {"launchTemplate": {"id": template, "version": "7"}},
        {"amiType": "WINDOWS_95"},
        {"capacityType": "CHEAP"},
        {"version": "1.20"},
    ]
    for change in bad:
        assert refusal(lambda change=change: eks.create_nodegroup(**good | change))[0] == "InvalidParameterException", (
            change
        )
    eks.create_nodegroup(**good)
    assert refusal(lambda: eks.create_nodegroup(**good))[0] == "ResourceInUseException"
    group = eks.describe_nodegroup(clusterName="vvp", nodegroupName="workers")["nodegroup"]
    assert (group["status"], group["launchTemplate"]["version"], group["tags"]) == ("ACTIVE", "1", {"team": "platform"})
    assert eks.describe_access_entry(clusterName="vvp", principalArn=role)["accessEntry"]["type"] == "EC2_LINUX"
    update = eks.update_nodegroup_config(
        clusterName="vvp", nodegroupName="workers", scalingConfig={"desiredSize": 3}, labels={"removeLabels": ["pool"]}
    )["update"]
    found = eks.describe_update(name="vvp", updateId=update["id"], nodegroupName="workers")["update"]
    assert found["status"] == "Successful"
    seen = httpx.get(f"{cloud.plain_url}/_sandbox/cluster", trust_env=False).json()["nodegroups"][0]
    assert (seen["name"], seen["desired"], seen["labels"], seen["instance_type"]) == ("workers", 3, {}, "m6i.large")
    assert {subnet["zone"] for subnet in seen["subnets"]} == {f"{REGION}a", f"{REGION}b"}
    assert refusal(lambda: eks.delete_cluster(name="vvp"))[0] == "ResourceInUseException"
    eks.delete_nodegroup(clusterName="vvp", nodegroupName="workers")
    assert (
        refusal(lambda: eks.describe_nodegroup(clusterName="vvp", nodegroupName="workers"))[0]
        == "ResourceNotFoundException"
    )
    assert role not in eks.list_access_entries(clusterName="vvp")["accessEntries"]


def test_add_ons(cloud: Cloud) -> None:
    eks = cloud.client("eks")
    versions = eks.describe_addon_versions(addonName="aws-ebs-csi-driver", kubernetesVersion="1.34")["addons"][0][
        "addonVersions"
    ]
    default = next(item for item in versions if item["compatibilities"][0]["defaultVersion"])["addonVersion"]
    bad: list[dict[str, Any]] = [
        {"addonName": "aws-ebs-driver"},
        {"addonVersion": "v0.0.1"},
        {"serviceAccountRoleArn": f"arn:aws:iam::{ACCOUNT}:role/nobody"},
        {"configurationValues": "not: json"},
        {"resolveConflicts": "SOMETIMES"},
    ]
    for change in bad:
        arguments = {"clusterName": "vvp", "addonName": "aws-ebs-csi-driver"} | change
        assert refusal(lambda arguments=arguments: eks.create_addon(**arguments))[0] == "InvalidParameterException", (
            change
        )
    role = make_role(cloud, "ebs", trust({"Service": "pods.eks.amazonaws.com"}, ["sts:AssumeRole", "sts:TagSession"]))
    eks.create_addon(
        clusterName="vvp",
        addonName="aws-ebs-csi-driver",
        addonVersion=default,
        podIdentityAssociations=[{"serviceAccount": "ebs-csi-controller-sa", "roleArn": role}],
    )
    addon = eks.describe_addon(clusterName="vvp", addonName="aws-ebs-csi-driver")["addon"]
    assert (addon["status"], addon["addonVersion"], len(addon["podIdentityAssociations"])) == ("ACTIVE", default, 1)
    owned = eks.list_pod_identity_associations(clusterName="vvp", namespace="kube-system")["associations"][0]
    refused = refusal(
        lambda: eks.delete_pod_identity_association(clusterName="vvp", associationId=owned["associationId"])
    )
    assert refused[0] == "InvalidRequestException"
    eks.delete_addon(clusterName="vvp", addonName="aws-ebs-csi-driver")
    assert not eks.list_pod_identity_associations(clusterName="vvp", namespace="kube-system")["associations"]


def test_cluster_settings_change_one_at_a_time(cloud: Cloud) -> None:
    eks = cloud.client("eks")
    update = eks.update_cluster_config(
        name="vvp", resourcesVpcConfig={"endpointPrivateAccess": True, "publicAccessCidrs": ["8.8.8.0/24"]}
    )["update"]
    assert eks.describe_update(name="vvp", updateId=update["id"])["update"]["type"] == "EndpointAccessUpdate"
    network = eks.describe_cluster(name="vvp")["cluster"]["resourcesVpcConfig"]
    assert (network["endpointPrivateAccess"], network["publicAccessCidrs"]) == (True, ["8.8.8.0/24"])
    eks.update_cluster_config(name="vvp", logging={"clusterLogging": [{"types": ["api", "audit"], "enabled": True}]})
    logs = eks.describe_cluster(name="vvp")["cluster"]["logging"]["clusterLogging"]
    assert logs[0] == {"types": ["api", "audit"], "enabled": True}
    bad: list[dict[str, Any]] = [
        {},
        {"resourcesVpcConfig": {"endpointPrivateAccess": True}},
        {"resourcesVpcConfig": {"endpointPrivateAccess": False, "endpointPublicAccess": False}},
        {"resourcesVpcConfig": {"publicAccessCidrs": ["everywhere"]}},
        {"resourcesVpcConfig": {"publicAccessCidrs": ["203.0.113.0/24"]}},
        {"resourcesVpcConfig": {"publicAccessCidrs": [f"8.8.{index}.0/24" for index in range(41)]}},
        {"accessConfig": {"authenticationMode": "CONFIG_MAP"}},
        {"logging": {"clusterLogging": [{"types": ["kubelet"], "enabled": True}]}},
        {"logging": {"clusterLogging": []}, "accessConfig": {"authenticationMode": "API"}},
    ]
    for change in bad:
        assert (
            refusal(lambda change=change: eks.update_cluster_config(name="vvp", **change))[0]
            == "InvalidParameterException"
        )


def test_what_the_sandbox_lacks_is_refused_by_name(cloud: Cloud) -> None:
    code, message, _ = refusal(lambda: cloud.client("eks").list_fargate_profiles(clusterName="vvp"))
    assert (code, message) == ("InvalidRequestException", "the sandbox's EKS does not support ListFargateProfiles")
