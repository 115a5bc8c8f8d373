"""What the aws stand-in knows in a preview, and what it calls a change."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from provider_kit import UNKNOWN, Change, Properties
from sandbox.plugins.aws import policy_documents
from sandbox.plugins.aws.provider import AwsPlugin
from tests.sandbox.aws_questions import (
    ACCOUNT,
    BUCKET,
    OPEN_KEY,
    ROLE,
    ROLE_ARN,
    TRUST,
    checked,
    compared,
    operation,
    statement,
)


def test_autoname_stays_until_a_name_is_given(plugin: AwsPlugin) -> None:
    first = checked(plugin, BUCKET, {})
    assert first["bucket"].startswith("job-")
    assert len(first["bucket"]) == len("job-") + 7
    assert checked(plugin, BUCKET, {}, old_inputs=first)["bucket"] == first["bucket"]
    given = checked(plugin, BUCKET, {"bucket": "mine"}, old_inputs=first)
    assert given["bucket"] == "mine"
    assert checked(plugin, BUCKET, {}, old_inputs=given)["bucket"] != "mine"
    assert checked(plugin, "aws:kms/alias:Alias", {"targetKeyId": "k"})["name"].startswith("alias/job-")


def test_a_preview_knows_inputs_and_no_more(plugin: AwsPlugin) -> None:
    handler = plugin.resource(ROLE)
    inputs = handler.check(operation(ROLE, {"assumeRolePolicy": UNKNOWN, "tags": {"a": "b"}}))
    outputs = handler.preview(operation(ROLE, inputs))
    assert outputs["arn"] is UNKNOWN
    assert outputs["assumeRolePolicy"] is UNKNOWN
    assert outputs["name"] == inputs["name"]
    assert outputs["tagsAll"] == {"a": "b", "owner": "team"}


SAMPLES: list[tuple[str, Properties]] = [
    (
        "aws:ec2/securityGroup:SecurityGroup",
        {"vpcId": "v", "ingress": [{"protocol": "tcp", "fromPort": 1, "toPort": 2, "cidrBlocks": ["10.0.0.0/8"]}]},
    ),
    (
        "aws:ec2/launchTemplate:LaunchTemplate",
        {
            "blockDeviceMappings": [{"deviceName": "a", "ebs": {"encrypted": "true"}}],
            "tagSpecifications": [{"resourceType": "instance", "tags": {"a": "b"}}],
            "tags": {"a": "b"},
        },
    ),
    (
        "aws:eks/cluster:Cluster",
        {
            "roleArn": ROLE_ARN,
            "vpcConfig": {"subnetIds": ["a", "b"]},
            "tags": {"a": "b"},
            "enabledClusterLogTypes": ["api"],
            "encryptionConfig": {"provider": {"keyArn": "k"}, "resources": ["secrets"]},
        },
    ),
    (
        "aws:eks/nodeGroup:NodeGroup",
        {
            "clusterName": "c",
            "nodeRoleArn": ROLE_ARN,
            "subnetIds": ["a"],
            "scalingConfig": {"minSize": 1, "desiredSize": 1, "maxSize": 1},
            "launchTemplate": {"id": "lt", "version": "1"},
        },
    ),
    (
        "aws:kinesis/stream:Stream",
        {
            "streamModeDetails": {"streamMode": "ON_DEMAND"},
            "encryptionType": "KMS",
            "kmsKeyId": "k",
            "retentionPeriod": 24,
            "tags": {"a": "b"},
        },
    ),
    ("aws:kms/key:Key", {"policy": statement(**OPEN_KEY, Principal={"AWS": ACCOUNT}), "deletionWindowInDays": 7}),
    (ROLE, {"assumeRolePolicy": json.loads(TRUST), "tags": {"a": "b"}}),
    ("aws:s3/bucketVersioning:BucketVersioning", {"bucket": "b", "versioningConfiguration": {"status": "Enabled"}}),
    (
        "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration",
        {
            "bucket": "b",
            "rules": [{"applyServerSideEncryptionByDefault": {"sseAlgorithm": "aws:kms", "kmsMasterKeyId": "k"}}],
        },
    ),
    (
        "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration",
        {
            "bucket": "b",
            "rules": [
                {
                    "id": "a",
                    "status": "Enabled",
                    "filter": {"and": {"prefix": "p", "tags": {"a": "b"}}},
                    "expiration": {"days": 3},
                }
            ],
        },
    ),
    (
        "aws:ec2/securityGroupRule:SecurityGroupRule",
        {
            "type": "ingress",
            "protocol": "tcp",
            "fromPort": 1,
            "toPort": 2,
            "securityGroupId": "sg",
            "cidrBlocks": ["10.0.0.0/8"],
        },
    ),
    ("aws:ec2/subnet:Subnet", {"vpcId": "v", "cidrBlock": "10.0.0.0/24"}),
    (
        "aws:iam/openIdConnectProvider:OpenIdConnectProvider",
        {"url": "https://x.y", "clientIdLists": ["sts.amazonaws.com"]},
    ),
]


def _with_unknowns(value: Any) -> Iterator[Any]:
    """The value with each of its parts, one at a time, not known yet."""
    yield UNKNOWN
    parts = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, part in parts:
        for changed in _with_unknowns(part):
            copy = value.copy()
            copy[key] = changed
            yield copy


@pytest.mark.parametrize(("kind", "inputs"), SAMPLES)
def test_any_part_may_be_unknown_in_a_preview(plugin: AwsPlugin, kind: str, inputs: Properties) -> None:
    handler = plugin.resource(kind)
    for some in [inputs, *_with_unknowns(inputs)]:
        if some is not UNKNOWN:
            accepted = handler.check(operation(kind, some))
            state = handler.preview(operation(kind, accepted))
            handler.diff(operation(kind, accepted, id="x", state=state))


def test_policy_written_differently_is_no_change(plugin: AwsPlugin) -> None:
    one = statement(Action=["s3:GetObject"], Sid="")
    other = json.dumps(json.loads(statement()), indent=4)
    state = {"name": "p", "policy": one, "path": "/", "tagsAll": {"owner": "team"}}
    assert not compared(plugin, "aws:iam/policy:Policy", state, {"name": "p", "policy": other}).changes
    wider = {"name": "p", "policy": statement(Action="s3:*")}
    assert compared(plugin, "aws:iam/policy:Policy", state, wider).changes == {"policy": Change.UPDATE}


def test_account_id_and_root_are_the_same_principal() -> None:
    short = statement(Principal={"AWS": ACCOUNT})
    assert policy_documents.same(short, statement(Principal={"AWS": [f"arn:aws:iam::{ACCOUNT}:root"]}))
    assert not policy_documents.same(short, statement(Principal={"AWS": "*"}))


def test_default_tags_are_no_change_and_a_lost_one_is(plugin: AwsPlugin) -> None:
    inputs = {"bucket": "b", "tags": {"a": "b"}}
    state = {"bucket": "b", "tags": {"a": "b"}, "tagsAll": {"a": "b", "owner": "team"}, "arn": "x"}
    assert not compared(plugin, BUCKET, state, inputs).changes
    assert compared(plugin, BUCKET, {**state, "tagsAll": {"a": "b"}}, inputs).changes == {"tagsAll.owner": Change.ADD}
    drifted = {**state, "tags": {"a": "c"}, "tagsAll": {"a": "c", "owner": "team"}}
    assert compared(plugin, BUCKET, drifted, inputs).changes == {"tags.a": Change.UPDATE}


def test_what_aws_chooses_is_no_change(plugin: AwsPlugin) -> None:
    kind = "aws:eks/cluster:Cluster"
    inputs = {"name": "c", "roleArn": ROLE_ARN, "vpcConfig": {"subnetIds": ["b", "a"], "endpointPublicAccess": True}}
    network = {"subnetIds": ["a", "b"], "endpointPublicAccess": True, "vpcId": "v", "publicAccessCidrs": ["0.0.0.0/0"]}
    state = {"name": "c", "roleArn": ROLE_ARN, "version": "1.33", "vpcConfig": network}
    state |= {"tagsAll": {"owner": "team"}, "bootstrapSelfManagedAddons": True}
    assert not compared(plugin, kind, state, inputs).changes
    assert not compared(plugin, kind, state, {**inputs, "vpcConfig": {"subnetIds": ["b", "a"]}}).changes
    private = {**state, "vpcConfig": {**network, "endpointPublicAccess": False}}
    assert compared(plugin, kind, private, {**inputs, "vpcConfig": {"subnetIds": ["b", "a"]}}).changes == {
        "vpcConfig.endpointPublicAccess": Change.UPDATE
    }
    closed = {**inputs, "vpcConfig": {**inputs["vpcConfig"], "publicAccessCidrs": ["10.0.0.0/8"]}}
    diff = compared(plugin, kind, state, closed)
    assert diff.changes == {"vpcConfig.publicAccessCidrs[0]": Change.UPDATE}
    assert not diff.replaces


@pytest.mark.parametrize(
    ("kind", "state", "inputs", "delete_first"),
    [
        (BUCKET, {"bucket": "a"}, {"bucket": "b"}, False),
        (ROLE, {"name": "a", "path": "/x/", "assumeRolePolicy": TRUST}, {"name": "a", "assumeRolePolicy": TRUST}, True),
        ("aws:ec2/subnet:Subnet", {"vpcId": "v", "cidrBlock": "10.0.0.0/24"}, {"vpcId": "v", "cidrBlock": "x"}, True),
        ("aws:eks/cluster:Cluster", {"name": "a", "roleArn": "r"}, {"name": "a", "roleArn": UNKNOWN}, True),
    ],
)
def test_replacements(plugin: AwsPlugin, kind: str, state: Properties, inputs: Properties, delete_first: bool) -> None:
    diff = compared(plugin, kind, {**state, "tagsAll": {"owner": "team"}}, inputs)
    assert diff.replaces
    assert diff.delete_before_replace is delete_first
