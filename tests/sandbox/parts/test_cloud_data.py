"""Who may use buckets, keys and streams in the cloud, and who may not."""

import json
from typing import Any

import httpx
import pytest

from tests.sandbox.cloud_calls import refusal, user_with
from tests.sandbox.cloud_fixtures import ACCOUNT, REGION, Cloud

pytestmark = pytest.mark.sandbox


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
