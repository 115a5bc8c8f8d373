"""What EKS leaves in EC2 and CloudWatch, and what that keeps from being deleted."""

from collections.abc import Iterator
from typing import Any

import pytest
from tenacity import retry, stop_after_delay, wait_fixed

from tests.sandbox import cloud_fixtures
from tests.sandbox.cloud_calls import CLUSTER, EC2_TRUST, make_cluster, make_role, refusal
from tests.sandbox.cloud_fixtures import Cloud

pytestmark = pytest.mark.sandbox

LOGS = f"/aws/eks/{CLUSTER}/cluster"
GROUP = {"clusterName": CLUSTER, "nodegroupName": "nodes"}


@pytest.fixture
def own(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cloud]:
    """A cloud of the test's own, whose cluster may be deleted."""
    cloud = cloud_fixtures.prepare(tmp_path_factory.mktemp("cloud"))
    with cloud_fixtures.running(cloud):
        yield cloud


def with_nodes(cloud: Cloud) -> dict[str, Any]:
    """A cluster with the network plugin and two nodes."""
    cluster, eks = make_cluster(cloud), cloud.client("eks")
    eks.create_addon(clusterName=CLUSTER, addonName="vpc-cni")
    role, subnets = make_role(cloud, "nodes", EC2_TRUST), cluster["resourcesVpcConfig"]["subnetIds"]
    eks.create_nodegroup(
        **GROUP, nodeRole=role, subnets=subnets, scalingConfig={"minSize": 1, "desiredSize": 2, "maxSize": 3}
    )
    return cluster


def of_nodes(cloud: Cloud) -> list[dict[str, Any]]:
    """The network plugin's interfaces."""
    found = cloud.client("ec2").describe_network_interfaces()["NetworkInterfaces"]
    return [each for each in found if each["Description"].startswith("aws-K8S-")]


@retry(stop=stop_after_delay(30), wait=wait_fixed(0.2), reraise=True)
def gone(cloud: Cloud) -> None:
    """Waits for the cluster's end."""
    assert cloud.client("eks").list_clusters()["clusters"] == []


@retry(stop=stop_after_delay(30), wait=wait_fixed(0.2), reraise=True)
def log_groups(cloud: Cloud, expected: list[str]) -> list[dict[str, Any]]:
    """Waits for log groups, and gives them."""
    groups = cloud.client("logs").describe_log_groups()["logGroups"]
    assert [group["logGroupName"] for group in groups] == expected
    return groups


def test_the_plugin_takes_its_interfaces_away_with_the_nodes(own: Cloud) -> None:
    cluster, eks, ec2 = with_nodes(own), own.client("eks"), own.client("ec2")
    assert len(of_nodes(own)) == 2
    eks.update_nodegroup_config(**GROUP, scalingConfig={"desiredSize": 3})
    assert len(of_nodes(own)) == 3
    subnets = cluster["resourcesVpcConfig"]["subnetIds"]
    assert refusal(lambda: ec2.delete_subnet(SubnetId=subnets[0]))[0] == "DependencyViolation"
    eks.delete_nodegroup(**GROUP)
    eks.delete_addon(clusterName=CLUSTER, addonName="vpc-cni")
    # The control plane has interfaces of its own.
    assert refusal(lambda: ec2.delete_subnet(SubnetId=subnets[0]))[0] == "DependencyViolation"
    eks.delete_cluster(name=CLUSTER)
    gone(own)
    for subnet in subnets:
        ec2.delete_subnet(SubnetId=subnet)
    ec2.delete_vpc(VpcId=cluster["resourcesVpcConfig"]["vpcId"])


def test_without_the_plugin_they_stay_and_hold_subnets_and_the_clusters_group(own: Cloud) -> None:
    cluster, eks, ec2 = with_nodes(own), own.client("eks"), own.client("ec2")
    eks.delete_addon(clusterName=CLUSTER, addonName="vpc-cni")
    eks.delete_nodegroup(**GROUP)
    eks.delete_cluster(name=CLUSTER)
    gone(own)
    assert {each["Status"] for each in of_nodes(own)} == {"available"}
    subnet = of_nodes(own)[0]["SubnetId"]
    assert refusal(lambda: ec2.delete_subnet(SubnetId=subnet))[0] == "DependencyViolation"
    group = cluster["resourcesVpcConfig"]["clusterSecurityGroupId"]
    assert refusal(lambda: ec2.delete_security_group(GroupId=group))[0] == "DependencyViolation"


def test_a_deleted_clusters_log_group_comes_back_if_it_is_deleted_at_once(own: Cloud) -> None:
    cluster, eks, logs = make_cluster(own), own.client("eks"), own.client("logs")
    assert logs.describe_log_groups()["logGroups"] == []
    enabled = {"clusterLogging": [{"types": ["audit"], "enabled": True}]}
    eks.update_cluster_config(name=CLUSTER, logging=enabled)
    log_groups(own, [LOGS])
    del cluster
    eks.delete_cluster(name=CLUSTER)
    gone(own)
    logs.delete_log_group(logGroupName=LOGS)
    (back,) = log_groups(own, [LOGS])
    assert "retentionInDays" not in back
