"""Who may ask for an object by its key: what the real policy of a job gives, slashes and all."""

import json
from typing import Any

import pytest

from grants.aws import job_policy
from grants.verbs import BlobVerb, own_prefix
from tests.sandbox.cloud_calls import refusal, user_with
from tests.sandbox.cloud_fixtures import Cloud

pytestmark = pytest.mark.sandbox

BUCKET = "objects"


@pytest.fixture(scope="module")
def job(cloud: Cloud) -> Any:
    """S3 as somebody with the policy of the job `a`, in a bucket that has nothing of it."""
    cloud.client("s3").create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": "eu-central-1"})
    prefix = {own_prefix("a"): BlobVerb.READ_WRITE}
    policy: Any = job_policy([], prefix, f"arn:aws:s3:::{BUCKET}", "arn:aws:kms:eu-central-1:1:key/1")
    return cloud.client("s3", user_with(cloud, "job-a", *json.loads(json.dumps(policy["Statement"]))))


@pytest.mark.parametrize("key", ["jobs/a/", "jobs/a/checkpoints/", "jobs/a/x"])
def test_what_is_not_there_is_not_found_under_the_jobs_own_prefix(job: Any, key: str) -> None:
    """S3 says so to who may list the key: https://docs.aws.amazon.com/AmazonS3/latest/API/API_HeadObject.html."""
    assert refusal(lambda: job.head_object(Bucket=BUCKET, Key=key))[0] == "404"


@pytest.mark.parametrize("key", ["jobs/a", "jobs/ab/", "jobs/", "jobs/b/", "jobs//a/x"])
def test_anything_else_is_refused(job: Any, key: str) -> None:
    assert refusal(lambda: job.head_object(Bucket=BUCKET, Key=key))[0] == "403"
