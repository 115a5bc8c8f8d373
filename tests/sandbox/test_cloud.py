"""The cloud's layer over ministack: what EKS refuses, who may use keys and streams, who the API server is told one is,
and what is left after the power went off."""

import base64
import json
import time
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from botocore.exceptions import ClientError

from tests.sandbox import cloud_fixtures
from tests.sandbox.cloud_calls import make_cluster, make_role, refusal, trust
from tests.sandbox.cloud_fixtures import ACCOUNT, REGION, Cloud

pytestmark = pytest.mark.sandbox

EC2_TRUST = trust({"Service": "ec2.amazonaws.com"}, ["sts:AssumeRole"])


@pytest.fixture(scope="module")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cloud]:
    """A cloud with one cluster, `vvp`."""
    cloud = cloud_fixtures.prepare(tmp_path_factory.mktemp("cloud"))
    with cloud_fixtures.running(cloud):
        make_cluster(cloud)
        yield cloud


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


def token_review(cloud: Cloud, token: str) -> dict[str, Any]:
    """What the API server is told about a token."""
    review = {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenReview", "spec": {"token": token}}
    return httpx.post(f"{cloud.plain_url}/_sandbox/authenticate", json=review, trust_env=False).json()["status"]


def eks_token(
    cloud: Cloud, credentials: dict[str, Any] | None = None, cluster: str = "vvp", action: str = "get_caller_identity"
) -> str:
    """A token as `aws eks get-token` makes it."""
    sts = cloud.client("sts", credentials)

    def name_cluster(params: dict[str, Any], context: dict[str, Any], **_: Any) -> None:
        context["cluster"] = params.pop("Cluster")

    def sign_name(request: Any, **_: Any) -> None:
        request.headers["x-k8s-aws-id"] = request.context["cluster"]

    sts.meta.events.register("provide-client-params.sts.*", name_cluster)
    sts.meta.events.register("before-sign.sts.*", sign_name)
    url = sts.generate_presigned_url(action, Params={"Cluster": cluster}, ExpiresIn=60, HttpMethod="GET")
    return "k8s-aws-v1." + base64.urlsafe_b64encode(url.encode()).decode().rstrip("=")


# EKS


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
        name="vvp", resourcesVpcConfig={"endpointPrivateAccess": True, "publicAccessCidrs": ["192.0.2.0/24"]}
    )["update"]
    assert eks.describe_update(name="vvp", updateId=update["id"])["update"]["type"] == "EndpointAccessUpdate"
    network = eks.describe_cluster(name="vvp")["cluster"]["resourcesVpcConfig"]
    assert (network["endpointPrivateAccess"], network["publicAccessCidrs"]) == (True, ["192.0.2.0/24"])
    eks.update_cluster_config(name="vvp", logging={"clusterLogging": [{"types": ["api", "audit"], "enabled": True}]})
    logs = eks.describe_cluster(name="vvp")["cluster"]["logging"]["clusterLogging"]
    assert logs[0] == {"types": ["api", "audit"], "enabled": True}
    bad: list[dict[str, Any]] = [
        {},
        {"resourcesVpcConfig": {"endpointPrivateAccess": True}},
        {"resourcesVpcConfig": {"endpointPrivateAccess": False, "endpointPublicAccess": False}},
        {"resourcesVpcConfig": {"publicAccessCidrs": ["everywhere"]}},
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


# IAM


def test_an_oidc_provider_can_be_changed(cloud: Cloud) -> None:
    iam = cloud.client("iam")
    for url in ("http://issuer.example.org", "issuer.example.org", "https://issuer.example.org?a=b"):
        assert refusal(lambda url=url: iam.create_open_id_connect_provider(Url=url))[0] == "ValidationError"
    created = iam.create_open_id_connect_provider(Url="https://issuer.example.org", ClientIDList=["one"])
    provider = {"OpenIDConnectProviderArn": created["OpenIDConnectProviderArn"]}
    iam.add_client_id_to_open_id_connect_provider(**provider, ClientID="two")
    iam.remove_client_id_from_open_id_connect_provider(**provider, ClientID="one")
    iam.update_open_id_connect_provider_thumbprint(**provider, ThumbprintList=["a" * 40])
    iam.tag_open_id_connect_provider(**provider, Tags=[{"Key": "a", "Value": "1"}, {"Key": "b", "Value": "2"}])
    iam.untag_open_id_connect_provider(**provider, TagKeys=["a"])
    found = iam.get_open_id_connect_provider(**provider)
    assert (found["ClientIDList"], found["ThumbprintList"]) == (["two"], ["a" * 40])
    assert iam.list_open_id_connect_provider_tags(**provider)["Tags"] == [{"Key": "b", "Value": "2"}]


@pytest.mark.parametrize(
    "change",
    [
        {"Principal": None},
        {"Action": "s3:GetObject"},
        {"Effect": "Maybe"},
        {"Resource": "*"},
        {"Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:role/nobody"}},
    ],
    ids=str,
)
def test_a_trust_policy_that_iam_refuses(cloud: Cloud, change: dict[str, Any]) -> None:
    good = {"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}
    statement = {name: value for name, value in (good | change).items() if value is not None}
    document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    assert refusal(lambda: make_role(cloud, "wrong", document))[0] == "MalformedPolicyDocument"


# Who one is for the API server


def test_the_administrators_token_is_a_master(cloud: Cloud) -> None:
    status = token_review(cloud, eks_token(cloud))
    assert status["authenticated"]
    assert status["user"]["username"] == f"arn:aws:iam::{ACCOUNT}:user/platform-engineer"
    assert status["user"]["groups"] == ["system:masters"]


def test_a_token_is_for_one_cluster_one_action_and_one_key(cloud: Cloud) -> None:
    assert not token_review(cloud, eks_token(cloud, cluster="other"))["authenticated"]
    assert not token_review(cloud, eks_token(cloud, action="get_session_token"))["authenticated"]
    known = json.loads((cloud.state / "credentials.json").read_text())
    forged = {"AccessKeyId": known["access_key_id"], "SecretAccessKey": "x" * 40}
    assert not token_review(cloud, eks_token(cloud, forged))["authenticated"]
    assert not token_review(cloud, "k8s-aws-v1.bm90IGEgdXJs")["authenticated"]
    assert not token_review(cloud, "")["authenticated"]
    url = base64.urlsafe_b64decode(eks_token(cloud).removeprefix("k8s-aws-v1.") + "==").decode()
    old = url.replace(time.strftime("X-Amz-Date=%Y", time.gmtime()), "X-Amz-Date=2020")
    elsewhere = url.replace("127.0.0.1", "sts.example.org")
    for changed in (old, elsewhere, url + "&RoleArn=x"):
        assert not token_review(cloud, "k8s-aws-v1." + base64.urlsafe_b64encode(changed.encode()).decode())[
            "authenticated"
        ]


def test_a_role_is_known_by_its_access_entry(cloud: Cloud) -> None:
    eks, principal = cloud.client("eks"), f"arn:aws:iam::{ACCOUNT}:user/platform-engineer"
    role = make_role(cloud, "developer", trust({"AWS": principal}, ["sts:AssumeRole"]))
    session = cloud.client("sts").assume_role(RoleArn=role, RoleSessionName="eve@example.org")["Credentials"]
    assert not token_review(cloud, eks_token(cloud, session))["authenticated"]
    refused = refusal(
        lambda: eks.create_access_entry(clusterName="vvp", principalArn=role, kubernetesGroups=["system:masters"])
    )
    assert refused[0] == "InvalidParameterException"
    eks.create_access_entry(clusterName="vvp", principalArn=role, kubernetesGroups=["developers"])
    eks.associate_access_policy(
        clusterName="vvp",
        principalArn=role,
        policyArn="arn:aws:eks::aws:cluster-access-policy/AmazonEKSEditPolicy",
        accessScope={"type": "namespace", "namespaces": ["vvp"]},
    )
    user = token_review(cloud, eks_token(cloud, session))["user"]
    assert user["username"] == f"arn:aws:sts::{ACCOUNT}:assumed-role/developer/eve-example.org"
    assert user["groups"] == ["developers", "eks-access-policy:AmazonEKSEditPolicy:vvp"]
    bindings = httpx.get(f"{cloud.plain_url}/_sandbox/cluster", trust_env=False).json()["access_bindings"]
    wanted = {"group": "eks-access-policy:AmazonEKSEditPolicy:vvp", "cluster_role": "edit", "namespace": "vvp"}
    assert wanted in bindings
    eks.delete_access_entry(clusterName="vvp", principalArn=role)
    assert not token_review(cloud, eks_token(cloud, session))["authenticated"]


# Data


def test_tls_only_is_what_it_says(cloud: Cloud) -> None:
    s3 = cloud.client("s3")
    s3.create_bucket(Bucket="tls-only", CreateBucketConfiguration={"LocationConstraint": REGION})
    s3.put_object(Bucket="tls-only", Key="a", Body=b"1")
    assert cloud.client("s3", plain=True).get_object(Bucket="tls-only", Key="a")
    resources = ["arn:aws:s3:::tls-only", "arn:aws:s3:::tls-only/*"]
    deny = {"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": resources}
    deny["Condition"] = {"Bool": {"aws:SecureTransport": "false"}}
    s3.put_bucket_policy(Bucket="tls-only", Policy=json.dumps({"Version": "2012-10-17", "Statement": [deny]}))
    assert s3.get_object(Bucket="tls-only", Key="a")["Body"].read() == b"1"
    plain = cloud.client("s3", plain=True)
    assert refusal(lambda: plain.get_object(Bucket="tls-only", Key="a"))[0] == "AccessDenied"


def test_strangers_get_nothing(cloud: Cloud) -> None:
    cloud.client("s3").create_bucket(Bucket="private", CreateBucketConfiguration={"LocationConstraint": REGION})
    cloud.client("s3").put_object(Bucket="private", Key="a", Body=b"1")
    for method, path in (
        ("GET", "/private/a"),
        ("GET", "/private"),
        ("PUT", "/private/b"),
        ("DELETE", "/private/a"),
        ("GET", "/"),
    ):
        assert httpx.request(method, f"{cloud.plain_url}{path}", trust_env=False).status_code in (400, 403), path
    for path in ("/_ministack/reset", "/_ministack/health", "/clusters", "/clusters/vvp"):
        assert httpx.post(f"{cloud.plain_url}{path}", trust_env=False).status_code in (400, 403, 404), path
    assert httpx.post(cloud.plain_url, data={"Action": "ListUsers"}, trust_env=False).status_code == 403


def test_an_encrypted_bucket_needs_its_key(cloud: Cloud) -> None:
    kms, s3 = cloud.client("kms"), cloud.client("s3")
    key = kms.create_key()["KeyMetadata"]["Arn"]
    s3.create_bucket(Bucket="encrypted", CreateBucketConfiguration={"LocationConstraint": REGION})
    rule = {
        "ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": key},
        "BucketKeyEnabled": True,
    }
    s3.put_bucket_encryption(Bucket="encrypted", ServerSideEncryptionConfiguration={"Rules": [rule]})
    writer = cloud.client("s3", user_with(cloud, "writer", {"Action": "s3:*"}))
    code, message, _ = refusal(lambda: writer.put_object(Bucket="encrypted", Key="a", Body=b"1"))
    assert (code, "kms:GenerateDataKey" in message) == ("AccessDenied", True)
    user_with(cloud, "writer", {"Action": "s3:*"}, {"Action": "kms:GenerateDataKey", "Resource": key})
    writer.put_object(Bucket="encrypted", Key="a", Body=b"1")
    code, message, _ = refusal(lambda: writer.get_object(Bucket="encrypted", Key="a"))
    assert (code, "kms:Decrypt" in message) == ("AccessDenied", True)
    copy = {"Bucket": "encrypted", "Key": "a"}
    assert refusal(lambda: writer.copy_object(Bucket="encrypted", Key="b", CopySource=copy))[0] == "AccessDenied"
    upload = writer.create_multipart_upload(Bucket="encrypted", Key="c")["UploadId"]
    part: dict[str, Any] = {"Bucket": "encrypted", "Key": "c", "UploadId": upload, "PartNumber": 1, "Body": b"1"}
    assert refusal(lambda: writer.upload_part(**part))[0] == "AccessDenied"
    through_s3 = {"StringEquals": {"kms:ViaService": f"s3.{REGION}.amazonaws.com"}}
    use = {"Action": ["kms:GenerateDataKey", "kms:Decrypt"], "Resource": key, "Condition": through_s3}
    user_with(cloud, "writer", {"Action": "s3:*"}, use)
    assert writer.get_object(Bucket="encrypted", Key="a")["Body"].read() == b"1"
    writer.copy_object(Bucket="encrypted", Key="b", CopySource=copy)
    assert writer.upload_part(**part)["ETag"]
    kms.disable_key(KeyId=key)
    assert refusal(lambda: writer.get_object(Bucket="encrypted", Key="a"))[0] == "KMS.DisabledException"


def test_a_key_policy_decides_too(cloud: Cloud) -> None:
    user = f"arn:aws:iam::{ACCOUNT}:user/platform-engineer"
    own = {"Effect": "Allow", "Principal": {"AWS": user}, "Action": "kms:*", "Resource": "*"}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [own]})
    kms = cloud.client("kms")
    key = kms.create_key(Policy=policy)["KeyMetadata"]["KeyId"]
    kms.create_alias(AliasName="alias/own", TargetKeyId=key)
    other = cloud.client("kms", user_with(cloud, "cryptographer", {"Action": "kms:*"}))
    for reference in (key, "alias/own"):
        assert kms.encrypt(KeyId=reference, Plaintext=b"1")
        assert (
            refusal(lambda reference=reference: other.encrypt(KeyId=reference, Plaintext=b"1"))[0]
            == "AccessDeniedException"
        )


def test_a_stream_is_read_by_whom_may_read_it(cloud: Cloud) -> None:
    kinesis, kms = cloud.client("kinesis"), cloud.client("kms")
    kinesis.create_stream(StreamName="requests", ShardCount=1)
    kinesis.create_stream(StreamName="greetings", ShardCount=1)
    arn = f"arn:aws:kinesis:{REGION}:{ACCOUNT}:stream/requests"
    actions = ["kinesis:ListShards", "kinesis:GetShardIterator", "kinesis:GetRecords"]
    credentials = user_with(cloud, "consumer", {"Action": actions, "Resource": arn})
    consumer = cloud.client("kinesis", credentials)
    kinesis.put_record(StreamName="requests", Data=b"hello", PartitionKey="a")
    shard = consumer.list_shards(StreamName="requests")["Shards"][0]["ShardId"]
    start = {"ShardId": shard, "ShardIteratorType": "TRIM_HORIZON"}
    iterator = consumer.get_shard_iterator(StreamName="requests", **start)["ShardIterator"]
    # With the iterator alone, as connectors do: the stream is known from it.
    assert consumer.get_records(ShardIterator=iterator)["Records"][0]["Data"] == b"hello"
    foreign = kinesis.get_shard_iterator(StreamName="greetings", **start)["ShardIterator"]
    assert refusal(lambda: consumer.get_records(ShardIterator=foreign))[0] == "AccessDeniedException"
    assert (
        refusal(lambda: consumer.put_record(StreamName="requests", Data=b"1", PartitionKey="a"))[0]
        == "AccessDeniedException"
    )
    assert refusal(lambda: consumer.list_shards(StreamName="greetings"))[0] == "AccessDeniedException"
    key = kms.create_key()["KeyMetadata"]["Arn"]
    unknown = key[:-4] + "0000"
    refused = refusal(
        lambda: kinesis.start_stream_encryption(StreamName="requests", EncryptionType="KMS", KeyId=unknown)
    )
    assert refused[0] == "KMSNotFoundException"
    kinesis.start_stream_encryption(StreamName="requests", EncryptionType="KMS", KeyId=key)
    assert refusal(lambda: consumer.get_records(ShardIterator=iterator))[0] == "KMSAccessDeniedException"
    user_with(cloud, "consumer", {"Action": actions, "Resource": arn}, {"Action": "kms:Decrypt", "Resource": key})
    assert consumer.get_records(ShardIterator=iterator)["Records"]


# Power off


def test_what_was_answered_survives_the_power_going_off(tmp_path_factory: pytest.TempPathFactory) -> None:
    cloud = cloud_fixtures.prepare(tmp_path_factory.mktemp("power"))
    with cloud_fixtures.running(cloud, kill=True):
        cluster = make_cluster(cloud)
        before = (cloud.state / "credentials.json").read_text()
        role = make_role(cloud, "last", EC2_TRUST)
        s3 = cloud.client("s3")
        s3.create_bucket(Bucket="kept", CreateBucketConfiguration={"LocationConstraint": REGION})
        session = cloud.client("sts").get_session_token()["Credentials"]
        vpc = cloud.client("ec2").create_vpc(CidrBlock="10.9.0.0/16")["Vpc"]["VpcId"]
    with cloud_fixtures.running(cloud, kill=True):
        assert (cloud.state / "credentials.json").read_text() == before
        assert cloud.client("iam").get_role(RoleName="last")["Role"]["Arn"] == role
        assert cloud.client("ec2").describe_vpcs(VpcIds=[vpc])["Vpcs"]
        assert cloud.client("s3").head_bucket(Bucket="kept")
        assert cloud.client("sts", session).get_caller_identity()["Arn"].endswith("user/platform-engineer")
        found = cloud.client("eks").describe_cluster(name="vvp")["cluster"]
        assert (found["status"], found["identity"]) == ("ACTIVE", cluster["identity"])
    (cloud.state / "cluster" / "cluster.json").unlink()
    for name in ("iam", "sts"):
        (cloud.state / "cloud" / "state" / f"{name}.json").unlink()
    with cloud_fixtures.running(cloud):
        # The administrator's key works again, and the cluster got a new control plane.
        eks = cloud.client("eks")
        assert eks.describe_cluster(name="vvp")["cluster"]["identity"] == cluster["identity"]
        group = cluster["resourcesVpcConfig"]["clusterSecurityGroupId"]
        eks.delete_cluster(name="vvp")
        for _ in range(50):
            if not eks.list_clusters()["clusters"]:
                break
            time.sleep(0.1)
        assert refusal(lambda: eks.describe_cluster(name="vvp"))[0] == "ResourceNotFoundException"
        assert (
            refusal(lambda: cloud.client("ec2").describe_security_groups(GroupIds=[group]))[0]
            == "InvalidGroup.NotFound"
        )
        assert httpx.get(f"{cloud.plain_url}/_sandbox/cluster", trust_env=False).status_code == 404
        with pytest.raises(ClientError, match="AccessDenied"):
            cloud.client("s3", user_with(cloud, "nobody", {"Action": "sts:*"})).list_buckets()
