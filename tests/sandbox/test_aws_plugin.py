"""The aws stand-in: what it refuses before anything is made, what it calls a change, and whole lives on a cloud."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from pulumi_plugin.base import UNKNOWN, Change, CheckFailed, Diff, Operation, PluginError, Properties
from sandbox.plugins.aws import documents
from sandbox.plugins.aws.provider import TYPES, AwsPlugin
from sandbox.plugins.aws.session import Cloud, check_settings
from tests.sandbox import cloud_fixtures

ACCOUNT = "123456789012"
ROLE_ARN = f"arn:aws:iam::{ACCOUNT}:role/r"
BUCKET, ROLE = "aws:s3/bucket:Bucket", "aws:iam/role:Role"


def statement(**changes: Any) -> str:
    """A policy document of one statement that reads an object, with some elements changed or, by None, left out."""
    said = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/*"} | changes
    kept = {name: value for name, value in said.items() if value is not None}
    return json.dumps({"Version": "2012-10-17", "Statement": [kept]})


TRUST = statement(Action="sts:AssumeRole", Resource=None, Principal={"Service": "eks.amazonaws.com"})
OPEN_KEY = {"Action": "kms:*", "Resource": "*"}


@pytest.fixture(scope="module")
def plugin() -> AwsPlugin:
    """A configured plugin that has nothing to talk to."""
    made = AwsPlugin()
    made.use_settings(
        {"region": "eu-central-1", "accessKey": "a", "secretKey": "b", "defaultTags": '{"tags": {"owner": "team"}}'}
    )
    made.cloud.caller = {"Account": ACCOUNT, "Arn": ROLE_ARN, "UserId": "A"}
    return made


def operation(kind: str, inputs: Properties | None = None, **fields: Any) -> Operation:
    """A question of the engine about a resource called `job`."""
    urn = f"urn:pulumi:dev::vvp::{kind}::job"
    return Operation(urn=urn, type=kind, name="job", inputs=inputs or {}, seed=b"seed", **fields)


def checked(plugin: AwsPlugin, kind: str, inputs: Properties, **fields: Any) -> Properties:
    """The inputs after the check."""
    return plugin.resource(kind).check(operation(kind, inputs, **fields))


def refusals(plugin: AwsPlugin, kind: str, inputs: Properties) -> dict[str, str]:
    """Property path to reason of what the check refuses."""
    with pytest.raises(CheckFailed) as caught:
        checked(plugin, kind, inputs)
    return dict(caught.value.failures)


def compared(plugin: AwsPlugin, kind: str, state: Properties, inputs: Properties) -> Diff:
    """The diff of a state against inputs."""
    return plugin.resource(kind).diff(operation(kind, inputs, id="x", state=state, old_inputs=inputs))


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
        check_settings({"region": "eu-central-1", "regio": "x", "assumeRoles": "[]", "allowedAccountIds": "[1]"})
    assert {path for path, _ in caught.value.failures} == {"regio", "assumeRoles", "allowedAccountIds[0]"}


def test_region_is_required(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_REGION", raising=False)
    monkeypatch.delenv("AWS_DEFAULT_REGION", raising=False)
    with pytest.raises(CheckFailed, match="missing region"):
        check_settings({})


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
    assert documents.same(short, statement(Principal={"AWS": [f"arn:aws:iam::{ACCOUNT}:root"]}))
    assert not documents.same(short, statement(Principal={"AWS": "*"}))


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


# From here on with a cloud: ministack behind the sandbox's own checks.


@pytest.fixture(scope="module")
def live(tmp_path_factory: pytest.TempPathFactory) -> Iterator[AwsPlugin]:
    """The plugin on a running cloud, as the IAM user who runs Pulumi."""
    running = cloud_fixtures.prepare(tmp_path_factory.mktemp("cloud"))
    with cloud_fixtures.running(running), pytest.MonkeyPatch.context() as patch:
        key = json.loads((Path(running.state) / "credentials.json").read_text())
        patch.setenv("AWS_ENDPOINT_URL", running.url)
        patch.setenv("AWS_CA_BUNDLE", running.authority)
        plugin = AwsPlugin()
        settings = {"region": cloud_fixtures.REGION, "defaultTags": '{"tags": {"owner": "team"}}'}
        plugin.use_settings({**settings, "accessKey": key["access_key_id"], "secretKey": key["secret_access_key"]})
        yield plugin


# Their ids do not say which group or table they are in, as with the real provider.
_NOT_BY_ID = ("aws:ec2/securityGroupRule:SecurityGroupRule",)


class Life:
    """One resource from its creation on; each step is what the engine would do."""

    def __init__(self, plugin: AwsPlugin, kind: str, inputs: Properties) -> None:
        self.plugin, self.kind, self.handler = plugin, kind, plugin.resource(kind)
        self.inputs = checked(plugin, kind, inputs)
        made = self.handler.create(operation(kind, self.inputs))
        self.id, self.state = made.id, made.outputs
        assert not self.changes(inputs), "a second preview shows a change"
        if kind not in _NOT_BY_ID:
            found = self.handler.read(operation(kind, id=self.id))
            assert found, "it cannot be imported"
            diff = self.handler.diff(operation(kind, self.inputs, id=found.id, state=found.outputs))
            assert {*diff.changes} <= {*self.handler.kept.split()}, "an import shows a change"

    def _operation(self, inputs: Properties) -> Operation:
        return operation(self.kind, inputs, id=self.id, state=self.state, old_inputs=self.inputs)

    def changes(self, inputs: Properties | None = None) -> set[str]:
        """The changed paths."""
        wanted = self.inputs if inputs is None else checked(self.plugin, self.kind, inputs, old_inputs=self.inputs)
        return set(self.handler.diff(self._operation(wanted)).changes)

    def refresh(self) -> bool:
        """Take over what the cloud has; false if it is gone. The inputs stay the program's."""
        found = self.handler.read(self._operation({}))
        if found:
            self.state = found.outputs
        return found is not None

    def update(self, inputs: Properties | None = None) -> None:
        """Bring the cloud to the inputs, after which nothing may be left to do."""
        wanted = self.inputs if inputs is None else checked(self.plugin, self.kind, inputs, old_inputs=self.inputs)
        self.state = self.handler.update(self._operation(wanted))
        self.inputs = wanted
        assert self.refresh()
        assert not self.changes()

    def delete(self) -> None:
        """Remove it; twice, since a resource that is already gone is no error."""
        for _ in range(2):
            self.handler.delete(self._operation({}))
        assert not self.refresh()


@pytest.fixture
def bucket(live: AwsPlugin) -> Iterator[Life]:
    made = Life(live, BUCKET, {"forceDestroy": True, "tags": {"a": "b"}})
    yield made
    made.delete()


@pytest.mark.sandbox
def test_bucket_tags_drift_and_come_back(live: AwsPlugin, bucket: Life) -> None:
    client = live.cloud.client("s3")
    client.put_bucket_tagging(Bucket=bucket.id, Tagging={"TagSet": [{"Key": "a", "Value": "hand"}]})
    assert bucket.refresh()
    assert bucket.changes() == {"tags.a"}
    bucket.update()
    assert {tag["Key"]: tag["Value"] for tag in client.get_bucket_tagging(Bucket=bucket.id)["TagSet"]} == {
        "a": "b",
        "owner": "team",
    }


@pytest.mark.sandbox
def test_bucket_with_objects_is_kept(live: AwsPlugin) -> None:
    life = Life(live, BUCKET, {})
    client = live.cloud.client("s3")
    client.put_object(Bucket=life.id, Key="a", Body=b"x")
    with pytest.raises(PluginError, match="BucketNotEmpty"):
        life.delete()
    client.delete_object(Bucket=life.id, Key="a")
    life.delete()


SETTINGS: list[tuple[str, Properties, str, Properties, set[str]]] = [
    (
        "aws:s3/bucketVersioning:BucketVersioning",
        {"versioningConfiguration": {"status": "Enabled"}},
        "put_bucket_versioning",
        {"VersioningConfiguration": {"Status": "Suspended"}},
        {"versioningConfiguration.status"},
    ),
    (
        "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock",
        {"blockPublicAcls": True, "blockPublicPolicy": True, "ignorePublicAcls": True, "restrictPublicBuckets": True},
        "put_public_access_block",
        {"PublicAccessBlockConfiguration": {"BlockPublicAcls": True, "IgnorePublicAcls": True}},
        {"blockPublicPolicy", "restrictPublicBuckets"},
    ),
    (
        "aws:s3/bucketOwnershipControls:BucketOwnershipControls",
        {"rule": {"objectOwnership": "BucketOwnerEnforced"}},
        "put_bucket_ownership_controls",
        {"OwnershipControls": {"Rules": [{"ObjectOwnership": "ObjectWriter"}]}},
        {"rule.objectOwnership"},
    ),
    (
        "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration",
        {"rules": [{"id": "a", "status": "Enabled", "abortIncompleteMultipartUpload": {"daysAfterInitiation": 7}}]},
        "put_bucket_lifecycle_configuration",
        {
            "LifecycleConfiguration": {
                "Rules": [{"ID": "a", "Status": "Disabled", "Filter": {"Prefix": ""}, "Expiration": {"Days": 1}}]
            }
        },
        {"rules[0].status", "rules[0].expiration", "rules[0].abortIncompleteMultipartUpload"},
    ),
]


@pytest.mark.sandbox
@pytest.mark.parametrize("setting", SETTINGS, ids=lambda setting: setting[0].rpartition(":")[2])
def test_bucket_settings_drift_and_come_back(
    live: AwsPlugin, bucket: Life, setting: tuple[str, Properties, str, Properties, set[str]]
) -> None:
    kind, inputs, call, by_hand, seen = setting
    life = Life(live, kind, {"bucket": bucket.id, **inputs})
    getattr(live.cloud.client("s3"), call)(Bucket=bucket.id, **by_hand)
    assert life.refresh()
    assert life.changes() == seen
    life.update()
    life.handler.delete(operation(kind, id=life.id, state=life.state))


@pytest.mark.sandbox
def test_bucket_policy_taken_away_is_gone(live: AwsPlugin, bucket: Life) -> None:
    policy = statement(Effect="Deny", Principal="*", Resource=f"{bucket.state['arn']}/*")
    life = Life(live, "aws:s3/bucketPolicy:BucketPolicy", {"bucket": bucket.id, "policy": policy})
    live.cloud.client("s3").delete_bucket_policy(Bucket=bucket.id)
    assert not life.refresh()


@pytest.mark.sandbox
def test_roles_and_policies(live: AwsPlugin) -> None:
    role = Life(live, ROLE, {"assumeRolePolicy": TRUST, "tags": {"a": "b"}})
    policy = Life(live, "aws:iam/policy:Policy", {"policy": statement()})
    attachment = {"role": role.id, "policyArn": policy.id}
    attached = Life(live, "aws:iam/rolePolicyAttachment:RolePolicyAttachment", attachment)
    inline = Life(live, "aws:iam/rolePolicy:RolePolicy", {"role": role.id, "policy": statement()})
    client = live.cloud.client("iam")
    open_trust = statement(Action="sts:AssumeRole", Resource=None, Principal={"AWS": "*"})
    client.update_assume_role_policy(RoleName=role.id, PolicyDocument=open_trust)
    client.put_role_policy(RoleName=role.id, PolicyName=inline.state["name"], PolicyDocument=statement(Action="*"))
    for life, path in ((role, "assumeRolePolicy"), (inline, "policy")):
        assert life.refresh()
        assert life.changes() == {path}
        life.update()
    # More than the five versions that IAM keeps.
    for prefix in "abcdef":
        policy.update({"policy": statement(Resource=f"arn:aws:s3:::b/{prefix}/*")})
    with pytest.raises(PluginError, match="DeleteConflict"):
        role.delete()
    for life in (attached, inline, policy, role):
        life.delete()


@pytest.mark.sandbox
def test_key_is_scheduled_for_deletion_in_the_window(live: AwsPlugin) -> None:
    key = Life(live, "aws:kms/key:Key", {"enableKeyRotation": True, "deletionWindowInDays": 7})
    alias = Life(live, "aws:kms/alias:Alias", {"targetKeyId": key.id})
    client = live.cloud.client("kms")
    client.disable_key_rotation(KeyId=key.id)
    assert key.refresh()
    assert "enableKeyRotation" in key.changes()
    key.update()
    alias.delete()
    key.delete()
    assert client.describe_key(KeyId=key.id)["KeyMetadata"]["KeyState"] == "PendingDeletion"


@pytest.mark.sandbox
def test_stream_changes_in_place(live: AwsPlugin) -> None:
    life = Life(live, "aws:kinesis/stream:Stream", {"shardCount": 1, "retentionPeriod": 48, "tags": {"a": "b"}})
    life.update({"shardCount": 2, "retentionPeriod": 24, "tags": {"c": "d"}})
    assert life.state["tagsAll"] == {"c": "d", "owner": "team"}
    life.delete()


@pytest.mark.sandbox
def test_network(live: AwsPlugin) -> None:
    vpc = Life(live, "aws:ec2/vpc:Vpc", {"cidrBlock": "10.9.0.0/16", "enableDnsHostnames": True})
    subnet = Life(live, "aws:ec2/subnet:Subnet", {"vpcId": vpc.id, "cidrBlock": "10.9.1.0/24"})
    for wrong, code in (("10.8.0.0/24", "InvalidSubnet.Range"), ("10.9.1.0/25", "InvalidSubnet.Conflict")):
        with pytest.raises(PluginError, match=code):
            Life(live, "aws:ec2/subnet:Subnet", {"vpcId": vpc.id, "cidrBlock": wrong})
    group = Life(live, "aws:ec2/securityGroup:SecurityGroup", {"vpcId": vpc.id})
    assert group.state["egress"] == [], "a group starts with nothing allowed"
    rule = Life(
        live,
        "aws:ec2/securityGroupRule:SecurityGroupRule",
        {
            "type": "ingress",
            "protocol": "tcp",
            "fromPort": 443,
            "toPort": 443,
            "securityGroupId": group.id,
            "cidrBlocks": ["10.9.0.0/16", "10.8.0.0/16"],
        },
    )
    permission = {"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443, "IpRanges": [{"CidrIp": "10.8.0.0/16"}]}
    live.cloud.client("ec2").revoke_security_group_ingress(GroupId=group.id, IpPermissions=[permission])
    assert rule.refresh()
    assert rule.changes() == {"cidrBlocks[1]"}
    for life in (rule, group, subnet):
        life.delete()
    imported = vpc.handler.read(operation(vpc.kind, id=vpc.id))
    assert imported
    assert imported.inputs == {"cidrBlock": "10.9.0.0/16", "enableDnsHostnames": True}
    vpc.delete()


@pytest.mark.sandbox
def test_launch_template_gets_versions(live: AwsPlugin) -> None:
    inputs = {"metadataOptions": {"httpTokens": "required", "httpPutResponseHopLimit": 1}, "updateDefaultVersion": True}
    life = Life(live, "aws:ec2/launchTemplate:LaunchTemplate", inputs)
    life.update({**inputs, "instanceType": "m5.large"})
    assert (life.state["latestVersion"], life.state["defaultVersion"]) == (2, 2)
    life.delete()


@pytest.mark.sandbox
def test_functions(live: AwsPlugin) -> None:
    assert live.function("aws:index/getCallerIdentity:getCallerIdentity", {})["accountId"] == cloud_fixtures.ACCOUNT
    zones = live.function("aws:index/getAvailabilityZones:getAvailabilityZones", {"state": "available"})
    assert zones["names"] == ["eu-central-1a", "eu-central-1b", "eu-central-1c"]
    assert live.function("aws:index/getPartition:getPartition", {})["dnsSuffix"] == "amazonaws.com"
    with pytest.raises(PluginError, match=r"VpcID\.NotFound"):
        live.function("aws:ec2/getVpc:getVpc", {"id": "vpc-0"})


@pytest.mark.sandbox
def test_other_accounts_are_refused(live: AwsPlugin) -> None:
    session = live.cloud.client("sts")._request_signer._credentials
    keys = {"accessKey": session.access_key, "secretKey": session.secret_key, "region": "eu-central-1"}
    with pytest.raises(PluginError, match=f"AWS account ID not allowed: {cloud_fixtures.ACCOUNT}"):
        Cloud({**keys, "allowedAccountIds": '["000000000000"]'})
