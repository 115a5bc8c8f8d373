"""What the aws stand-in refuses before anything is made, by name and path."""

from __future__ import annotations

import pytest

from provider_kit import CheckFailed, PluginError, Properties
from sandbox.plugins.aws.provider import TYPES, AwsPlugin
from sandbox.plugins.aws.session import check_settings
from tests.sandbox.aws_questions import (
    BUCKET,
    OPEN_KEY,
    ROLE,
    ROLE_ARN,
    TRUST,
    checked,
    statement,
)


def refusals(plugin: AwsPlugin, kind: str, inputs: Properties) -> dict[str, str]:
    """Property path to reason of what the check refuses."""
    with pytest.raises(CheckFailed) as caught:
        checked(plugin, kind, inputs)
    return dict(caught.value.failures)


# Each of these is refused by AWS, by the real provider, or because no such property exists.
REFUSED: list[tuple[str, Properties, str, str]] = [
    (BUCKET, {"buket": "x"}, "buket", 'has no "buket"; did you mean "bucket"'),
    (BUCKET, {"forceDestroy": "yes"}, "forceDestroy", "expected boolean type"),
    (BUCKET, {"tags": {"a": 1}}, "tags.a", "expected string type"),
    (BUCKET, {"acl": "private"}, "acl", "does not support acl"),
    (BUCKET, {"bucket": "Upper"}, "bucket", "lowercase"),
    (BUCKET, {"bucket": "a..b"}, "bucket", "adjacent periods"),
    (BUCKET, {"bucket": "10.0.0.1"}, "bucket", "IP address"),
    (BUCKET, {"bucket": "ab"}, "bucket", "(3 - 63)"),
    (BUCKET, {"bucket": "xn--name"}, "bucket", "reserved"),
    (ROLE, {}, "assumeRolePolicy", "missing required argument"),
    (ROLE, {"assumeRolePolicy": TRUST, "name": "r" * 65}, "name", "(1 - 64)"),
    (ROLE, {"assumeRolePolicy": TRUST, "name": "a b"}, "name", "must match"),
    (ROLE, {"assumeRolePolicy": TRUST, "maxSessionDuration": 60}, "maxSessionDuration", "between 3600 and 43200"),
    (ROLE, {"assumeRolePolicy": "{"}, "assumeRolePolicy", "invalid JSON"),
    (ROLE, {"assumeRolePolicy": statement()}, "assumeRolePolicy", "Principal"),
    ("aws:iam/policy:Policy", {"policy": statement(Action="GetObject")}, "policy", "vendor"),
    ("aws:iam/policy:Policy", {"policy": statement(Resource="bucket")}, "policy", "ARN format"),
    ("aws:iam/policy:Policy", {"policy": statement(Principal="*")}, "policy", "should not specify a principal"),
    ("aws:iam/policy:Policy", {"policy": statement(Sid="a b")}, "policy", "alpha-numeric"),
    ("aws:iam/policy:Policy", {"policy": statement(Condition={"StringIs": {}})}, "policy", "condition operator"),
    (
        "aws:iam/openIdConnectProvider:OpenIdConnectProvider",
        {"url": "http://x", "clientIdLists": ["a"]},
        "url",
        "https",
    ),
    ("aws:kms/key:Key", {"deletionWindowInDays": 3}, "deletionWindowInDays", "(7 - 30)"),
    (
        "aws:kms/key:Key",
        {"policy": statement(**OPEN_KEY, Principal={"AWS": "arn:aws:iam::210987654321:root"})},
        "policy",
        "will not allow you to update the key policy",
    ),
    ("aws:kms/alias:Alias", {"targetKeyId": "k", "name": "key"}, "name", 'must begin with "alias/"'),
    ("aws:kinesis/stream:Stream", {"shardCount": 1, "name": "a b"}, "name", "characters"),
    ("aws:kinesis/stream:Stream", {"shardCount": 1, "retentionPeriod": 1}, "retentionPeriod", "(24 - 8760)"),
    ("aws:kinesis/stream:Stream", {}, "shardCount", "at least 1"),
    ("aws:cloudwatch/logGroup:LogGroup", {"retentionInDays": 2}, "retentionInDays", "to be one of"),
    ("aws:ec2/vpc:Vpc", {"cidrBlock": "10.0.0.1/16"}, "cidrBlock", "host bits"),
    ("aws:ec2/vpc:Vpc", {"cidrBlock": "10.0.0.0/8"}, "cidrBlock", "between 16 and 28"),
    ("aws:ec2/securityGroup:SecurityGroup", {"name": "sg-mine"}, "name", "cannot begin with sg-"),
    (
        "aws:ec2/securityGroupRule:SecurityGroupRule",
        {"type": "in", "protocol": "tcp", "fromPort": 1, "toPort": 1, "securityGroupId": "sg-1", "self": True},
        "type",
        "[ingress egress]",
    ),
    (
        "aws:ec2/securityGroupRule:SecurityGroupRule",
        {"type": "ingress", "protocol": "tcp", "fromPort": 1, "toPort": 70000, "securityGroupId": "sg-1", "self": True},
        "fromPort",
        "invalid ports",
    ),
    (
        "aws:ec2/launchTemplate:LaunchTemplate",
        {"metadataOptions": {"httpTokens": "always"}},
        "launchTemplateData.metadataOptions.httpTokens",
        "optional, required",
    ),
    ("aws:ec2/launchTemplate:LaunchTemplate", {"metadataOptions": {"tokens": "x"}}, "metadataOptions.tokens", "has no"),
    (
        "aws:eks/cluster:Cluster",
        {"roleArn": ROLE_ARN, "vpcConfig": {"subnetIds": ["subnet-1"]}, "enabledClusterLogTypes": ["all"]},
        "enabledClusterLogTypes[0]",
        "expected one of",
    ),
    (
        "aws:eks/nodeGroup:NodeGroup",
        {
            "clusterName": "c",
            "nodeRoleArn": ROLE_ARN,
            "subnetIds": ["subnet-1"],
            "scalingConfig": {"minSize": 3, "desiredSize": 1, "maxSize": 4},
        },
        "scalingConfig.desiredSize",
        "between minimum 3 and maximum 4",
    ),
]


@pytest.mark.parametrize(("kind", "inputs", "path", "reason"), REFUSED)
def test_refused_by_name_and_path(plugin: AwsPlugin, kind: str, inputs: Properties, path: str, reason: str) -> None:
    assert reason in refusals(plugin, kind, inputs)[path]


def test_all_faults_at_once(plugin: AwsPlugin) -> None:
    assert refusals(plugin, BUCKET, {"acl": "private", "x": 1, "tags": []}).keys() == {"acl", "x", "tags"}


def test_unsupported_type_and_function_are_named(plugin: AwsPlugin) -> None:
    with pytest.raises(PluginError, match=r"does not support the resource type aws:sqs/queue:Queue"):
        plugin.resource("aws:sqs/queue:Queue")
    with pytest.raises(PluginError, match="unknown resource type aws:s3/nothing:Nothing"):
        plugin.resource("aws:s3/nothing:Nothing")
    with pytest.raises(PluginError, match="does not support the function aws:iam/getRole:getRole"):
        plugin.function("aws:iam/getRole:getRole", {})


@pytest.mark.parametrize("kind", sorted(TYPES))
def test_tables_name_real_properties(plugin: AwsPlugin, kind: str) -> None:
    """A misspelt name in a table would silently switch off what the table is for."""
    from sandbox.plugins import sdk_schema

    handler, schema = plugin.resource(kind), sdk_schema.resource_type(kind)
    for table in ("supports", "replaced_by", "chosen_by_aws", "kept", "unordered"):
        names = {name.split(".")[0] for name in getattr(handler, table).split()}
        assert names <= {*schema.inputs.properties, "transitionDefaultMinimumObjectSize"}, table
    assert {*handler.defaults} <= {*handler.supports.split()}


def test_settings() -> None:
    with pytest.raises(CheckFailed) as caught:
        check_settings({"region": "eu-central-1", "regio": "x", "endpoints": "[]", "allowedAccountIds": "[1]"})
    assert {path for path, _ in caught.value.failures} == {"regio", "endpoints", "allowedAccountIds[0]"}


def test_what_a_role_cannot_be_taken_with_is_told() -> None:
    role = '[{"roleArn": "arn:aws:iam::123456789012:role/x", "sessionName": "s", "externalId": "e"}]'
    with pytest.raises(CheckFailed) as caught:
        check_settings({"region": "eu-central-1", "assumeRoles": role})
    assert [path for path, _ in caught.value.failures] == ["assumeRoles[0].externalId"]


@pytest.mark.parametrize("region", ["cn-north-1", "us-gov-west-1"])
def test_regions_of_other_partitions_are_refused(region: str) -> None:
    with pytest.raises(CheckFailed, match="no region of the partition aws-"):
        check_settings({"region": region})


def test_region_is_required(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_REGION", raising=False)
    monkeypatch.delenv("AWS_DEFAULT_REGION", raising=False)
    with pytest.raises(CheckFailed, match="missing region"):
        check_settings({})
