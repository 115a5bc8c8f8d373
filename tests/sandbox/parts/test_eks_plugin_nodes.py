"""The eks stand-in's node groups: what they take from the cluster, what is sent for them, and what is refused."""

from __future__ import annotations

from typing import Any

import pulumi
import pulumi_aws as aws
import pytest

from sandbox.plugins.eks.provider import EksProvider
from tests.sandbox.eks_program import CLUSTER_URN, NODE_ROLE, MockedCloud, existing_cluster, run


def _core(**access: Any) -> dict[str, Any]:
    cluster = aws.eks.Cluster(
        "c",
        name="vvp",
        version="1.33",
        role_arn=NODE_ROLE,
        vpc_config={"subnet_ids": []},
        access_config=aws.eks.ClusterAccessConfigArgs(**access) if access else None,
    )
    return {
        "cluster": cluster,
        "clusterIamRole": aws.iam.Role("r", assume_role_policy="{}"),
        "endpoint": "https://api.example",
        "instanceRoles": [],
        "nodeGroupOptions": {},
        "provider": None,
        "subnetIds": ["subnet-a"],
        "vpcId": "vpc-1",
    }


def _node_group(mocked: MockedCloud, core: dict[str, str], inputs: dict[str, Any]) -> dict[str, Any]:
    def body() -> dict[str, Any]:
        given = {"cluster": _core(**core), **inputs}
        return dict(EksProvider().construct("system", "eks:index:ManagedNodeGroup", given).state)

    return run(mocked, body)


def test_a_node_group_takes_subnets_version_and_sizes_from_the_cluster(mocked: MockedCloud) -> None:
    state = _node_group(
        mocked, {"authentication_mode": "API"}, {"nodeRoleArn": NODE_ROLE, "amiType": "AL2023_x86_64_STANDARD"}
    )
    assert state["placementGroupName"] == ""
    assert isinstance(state["nodeGroup"], aws.eks.NodeGroup)
    kind = mocked.registered["system"][0]
    assert kind == "aws:eks/nodeGroup:NodeGroup"
    assert mocked.registered["system"][1] == {
        "clusterName": "vvp",
        "version": "1.33",
        "nodeRoleArn": NODE_ROLE,
        "subnetIds": ["subnet-a"],
        "amiType": "AL2023_x86_64_STANDARD",
        "scalingConfig": {"desiredSize": 2, "minSize": 1, "maxSize": 2},
    }


def test_a_node_group_depends_on_the_cluster_and_not_on_the_component_around_it(mocked: MockedCloud) -> None:
    def body() -> dict[str, Any]:
        given = {"cluster": existing_cluster(mocked), "nodeRoleArn": NODE_ROLE}
        return dict(EksProvider().construct("system", "eks:index:ManagedNodeGroup", given).state)

    run(mocked, body)
    sent = mocked.registered["system"][1]
    assert (sent["clusterName"], sent["version"], sent["subnetIds"]) == ("vvp", "1.33", ["subnet-a"])
    assert mocked.dependencies["system"] == {CLUSTER_URN}


def test_a_launch_template_leaves_the_version_to_the_program(mocked: MockedCloud) -> None:
    template = {"id": "lt-1", "version": "3"}
    _node_group(mocked, {"authentication_mode": "API"}, {"nodeRoleArn": NODE_ROLE, "launchTemplate": template})
    sent = mocked.registered["system"][1]
    assert sent["launchTemplate"] == template
    assert "version" not in sent


def test_without_access_entries_the_role_must_be_an_instance_role(mocked: MockedCloud) -> None:
    with pytest.raises(pulumi.InputPropertiesError) as caught:
        _node_group(mocked, {}, {"nodeRoleArn": NODE_ROLE})
    assert [fault["property_path"] for fault in caught.value.errors or []] == ["nodeRole"]


@pytest.mark.parametrize(
    ("inputs", "path", "words"),
    [
        ({}, "nodeRole", "An IAM role, or role ARN must be provided"),
        ({"nodeRoleArn": NODE_ROLE, "enableIMDSv2": True}, "enableIMDSv2", "does not support enableIMDSv2"),
        (
            {"nodeRoleArn": NODE_ROLE, "enableIMDSv2": True, "launchTemplate": {"id": "lt-1", "version": "1"}},
            "launchTemplate",
            "If you provide a custom launch template",
        ),
        ({"nodeRoleArn": NODE_ROLE, "launchTemplate": {"id": "lt-1"}}, "launchTemplate.version", "missing required"),
        ({"nodeRoleArn": NODE_ROLE, "operatingSystem": "AL2023"}, "operatingSystem", "does not support"),
    ],
)
def test_refused_node_groups(mocked: MockedCloud, inputs: dict[str, Any], path: str, words: str) -> None:
    with pytest.raises(pulumi.InputPropertiesError) as caught:
        _node_group(mocked, {"authentication_mode": "API"}, inputs)
    faults = {fault["property_path"]: fault["reason"] for fault in caught.value.errors or []}
    assert words in faults[path]
