"""Jobs as code on the sandbox: they run, records flow with their own identities only, and a change is exactly that."""

import json
import re
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from tests.sandbox.checkout import Checkout, deployments
from tests.sandbox.holes import done
from tests.sandbox.identities import audience, session, token

pytestmark = pytest.mark.sandbox

CONSUMER, PRODUCER = "greeting-request-consumer", "greeting-request-producer"
STREAM, BUCKET = "greeting-request", "vvp-blob-storage"


def kinesis(checkout: Checkout, account: str) -> Any:
    """A Kinesis client with the identity of a job."""
    web_token = token(checkout, audience(checkout), account)
    return boto3.client("kinesis", **session(checkout, web_token, account))


def s3(checkout: Checkout, account: str) -> Any:
    """An S3 client with the identity of a job."""
    return boto3.client("s3", **session(checkout, token(checkout, audience(checkout), account), account))


def refused(call: Any, **arguments: Any) -> bool:
    with pytest.raises(ClientError) as caught:
        call(**arguments)
    return caught.value.response.get("Error", {}).get("Code", "") in ("AccessDenied", "AccessDeniedException")


def test_both_jobs_run_in_pods_of_their_own_account(variant: Checkout) -> None:
    assert {name: d["actualState"] for name, d in deployments(variant).items()} == dict.fromkeys(
        (CONSUMER, PRODUCER), "RUNNING"
    )
    for job in (CONSUMER, PRODUCER):
        pods = variant.json("kubectl", "-n", "vvp", "get", "pods", "-l", f"deploymentName={job}", "-o", "json")["items"]
        assert len(pods) >= 2, "a JobManager and a TaskManager"
        assert {pod["spec"]["serviceAccountName"] for pod in pods} == {job}
        assert {pod["status"]["phase"] for pod in pods} == {"Running"}


def test_records_of_the_producer_come_out_at_the_consumer(variant: Checkout) -> None:
    producer, consumer = kinesis(variant, PRODUCER), kinesis(variant, CONSUMER)
    shard = consumer.list_shards(StreamName=STREAM)["Shards"][0]["ShardId"]
    name = json.dumps({"name": "Ada"}).encode()
    sent = producer.put_records(StreamName=STREAM, Records=[{"Data": name, "PartitionKey": "a"}])
    assert sent["FailedRecordCount"] == 0
    at = {"StreamName": STREAM, "ShardId": shard, "ShardIteratorType": "TRIM_HORIZON"}
    iterator = consumer.get_shard_iterator(**at)["ShardIterator"]
    assert name in [record["Data"] for record in consumer.get_records(ShardIterator=iterator)["Records"]]

    assert refused(consumer.put_records, StreamName=STREAM, Records=[{"Data": name, "PartitionKey": "a"}])
    assert refused(producer.get_shard_iterator, **at)
    assert refused(producer.get_records, ShardIterator=iterator)
    assert refused(producer.describe_stream, StreamName=STREAM)


def test_a_job_reaches_its_own_checkpoints_and_nobody_elses(variant: Checkout) -> None:
    own, other = f"jobs/{PRODUCER}/checkpoints/1", f"jobs/{CONSUMER}/checkpoints/1"
    producer, consumer = s3(variant, PRODUCER), s3(variant, CONSUMER)
    consumer.put_object(Bucket=BUCKET, Key=other, Body=b"state")
    producer.put_object(Bucket=BUCKET, Key=own, Body=b"state")
    assert producer.get_object(Bucket=BUCKET, Key=own)["Body"].read() == b"state"
    assert producer.list_objects_v2(Bucket=BUCKET, Prefix=f"jobs/{PRODUCER}/")["KeyCount"] >= 1
    assert refused(producer.get_object, Bucket=BUCKET, Key=other)
    assert refused(producer.put_object, Bucket=BUCKET, Key=other, Body=b"x")
    assert refused(producer.delete_object, Bucket=BUCKET, Key=other)
    assert refused(producer.list_objects_v2, Bucket=BUCKET, Prefix=f"jobs/{CONSUMER}/")
    assert refused(producer.list_objects_v2, Bucket=BUCKET)
    assert refused(producer.get_object, Bucket=BUCKET, Key="artifacts/any.jar")


def test_jobs_outlive_a_restart_of_everything(dev: Checkout) -> None:
    before = deployments(dev)
    done(dev.make("down"))
    refresh = done(dev.make("refresh"))
    assert not re.search(r"to (create|update|replace|delete)|[1-9]\d* (updated|deleted)", refresh.output), refresh
    assert deployments(dev) == before
    pods = dev.json("kubectl", "-n", "vvp", "get", "pods", "-l", "deploymentName", "-o", "json")["items"]
    assert {pod["metadata"]["labels"]["jobId"] for pod in pods} == {found["jobId"] for found in before.values()}


def test_jobs_with_faults_are_refused_together(dev: Checkout) -> None:
    dev.configure(
        **{
            f"jobs__{CONSUMER}__access__streams": {"nobody": "write"},
            f"jobs__{PRODUCER}__sql": "workloads/none.sql",
            "jobs__ververica-platform": {"sql": "workloads/greeting-request/consumer.sql"},
        }
    )
    result = dev.make("preview")
    dev.configure()
    assert result.status != 0
    # Two of them for tables of a stream that their job has no grant for.
    keys = (
        f"{CONSUMER}.access.streams.nobody",
        f"{CONSUMER}.access.streams.greeting-request",
        f"{PRODUCER}.sql",
        "ververica-platform",
        "ververica-platform.access.streams.greeting-request",
    )
    assert f"{len(keys)} faults; nothing was created" in result.output
    for key in keys:
        assert f"vvp:jobs.{key}: found " in result.output
