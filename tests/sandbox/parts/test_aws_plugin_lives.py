"""Whole lives of resources of the aws stand-in, on a cloud: ministack behind the sandbox's own checks."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from botocore.exceptions import ClientError

from provider_kit import PluginError, Properties
from sandbox.plugins.aws.provider import AwsPlugin
from sandbox.plugins.aws.session import Cloud
from tests.sandbox import cloud_fixtures
from tests.sandbox.aws_questions import BUCKET, ROLE, TRUST, Life, operation, statement


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
def test_the_first_change_of_a_cluster_leaves_what_eks_reads_at_its_creation(live: AwsPlugin) -> None:
    vpc = Life(live, "aws:ec2/vpc:Vpc", {"cidrBlock": "10.7.0.0/16"})
    subnets = [
        Life(
            live,
            "aws:ec2/subnet:Subnet",
            {"vpcId": vpc.id, "cidrBlock": f"10.7.{index}.0/24", "availabilityZone": f"{cloud_fixtures.REGION}{zone}"},
        )
        for index, zone in enumerate("ab")
    ]
    role = Life(live, ROLE, {"assumeRolePolicy": TRUST})
    access = {"authenticationMode": "API", "bootstrapClusterCreatorAdminPermissions": True}
    inputs: Properties = {
        "roleArn": role.state["arn"],
        "vpcConfig": {"subnetIds": [subnet.id for subnet in subnets], "endpointPublicAccess": True},
        "accessConfig": access,
    }
    # An import cannot know what EKS was told at the creation.
    cluster = Life(
        live,
        "aws:eks/cluster:Cluster",
        inputs,
        unreadable=frozenset({"accessConfig.bootstrapClusterCreatorAdminPermissions"}),
    )
    assert cluster.state["accessConfig"] == access
    cluster.update({**inputs, "enabledClusterLogTypes": ["audit"]})
    assert cluster.state["enabledClusterLogTypes"] == ["audit"]
    # The same for a state that does not know it.
    cluster.state["accessConfig"] = {"authenticationMode": "API"}
    cluster.update({**inputs, "enabledClusterLogTypes": ["api"]})
    for life in (cluster, role, *subnets, vpc):
        life.delete()


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


@pytest.mark.sandbox
def test_a_role_is_taken(live: AwsPlugin) -> None:
    iam, account = live.cloud.client("iam"), cloud_fixtures.ACCOUNT
    root = {"AWS": f"arn:aws:iam::{account}:root"}
    trust = {"Effect": "Allow", "Principal": root, "Action": "sts:AssumeRole"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [trust]})
    iam.create_role(RoleName="deployer", AssumeRolePolicyDocument=document)
    session = live.cloud.client("sts")._request_signer._credentials
    keys = {"accessKey": session.access_key, "secretKey": session.secret_key, "region": "eu-central-1"}
    role = {"roleArn": f"arn:aws:iam::{account}:role/deployer", "sessionName": "pulumi", "duration": "1h"}
    try:
        taken = Cloud({**keys, "assumeRoles": json.dumps([role])})
        assert taken.caller["Arn"] == f"arn:aws:sts::{account}:assumed-role/deployer/pulumi"
        # It has the role's rights, and this role has none.
        with pytest.raises(ClientError, match="AccessDenied"):
            taken.client("s3").list_buckets()
        with pytest.raises(PluginError, match=r"IAM Role \(.*role/nobody\) cannot be assumed"):
            Cloud(
                {
                    **keys,
                    "assumeRoles": json.dumps([{**role, "roleArn": role["roleArn"].replace("deployer", "nobody")}]),
                }
            )
    finally:
        iam.delete_role(RoleName="deployer")
