"""S3 buckets."""

from __future__ import annotations

import re
from collections.abc import Iterator
from ipaddress import AddressValueError, IPv4Address

from provider_kit import Properties
from sandbox.plugins.aws.operation import Job
from sandbox.plugins.aws.resource import AwsResource
from sandbox.plugins.aws.spelling import tag_list, tag_map
from sandbox.plugins.sdk_schema import Problem

# https://docs.aws.amazon.com/general/latest/gr/s3.html#s3_website_region_endpoints
_HOSTED_ZONES = {
    "us-east-1": "Z3AQBSTGFYJSTF",
    "us-east-2": "Z2O1EMRO9K5GLX",
    "us-west-1": "Z2F56UZL2M1ACD",
    "us-west-2": "Z3BJ6K6RIION7M",
    "eu-central-1": "Z21DNDUVLTQW6Q",
    "eu-west-1": "Z1BKCTXD74EZPE",
    "eu-west-2": "Z3GKZC51ZF0DB4",
    "eu-west-3": "Z3R1K369G5AVDG",
    "eu-north-1": "Z3BAZG2TWCNX0D",
}


def bucket_name_problem(name: str) -> str | None:
    """Why S3 would refuse a bucket name, or None.

    The rules are https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html.
    """
    if not 3 <= len(name) <= 63:
        return f"expected length of bucket to be in the range (3 - 63), got {name}"
    if not re.fullmatch(r"[a-z0-9][a-z0-9.-]*[a-z0-9]", name):
        return f"only lowercase alphanumeric characters, periods and hyphens allowed in bucket name: {name!r}"
    if ".." in name:
        return f"bucket name must not contain two adjacent periods: {name!r}"
    if name.startswith(("xn--", "sthree-", "amzn-s3-demo-")) or name.endswith(
        ("-s3alias", "--ol-s3", ".mrap", "--x-s3")
    ):
        return f"bucket name has a reserved prefix or suffix: {name!r}"
    try:
        IPv4Address(name)
    except AddressValueError:
        return None
    return f"bucket name must not be formatted as an IP address: {name!r}"


class Bucket(AwsResource):
    """https://www.pulumi.com/registry/packages/aws/api-docs/s3/bucket/"""

    token = "aws:s3/bucket:Bucket"
    service = "s3"
    label = "S3 Bucket"
    supports = "bucket forceDestroy tags"
    named = ("bucket", 63)
    replaced_by = "bucket"
    kept = "forceDestroy"
    create_call = "create_bucket"
    fields = "bucket"

    def verify(self, inputs: Properties) -> Iterator[Problem]:
        name = inputs.get("bucket")
        reason = bucket_name_problem(name) if isinstance(name, str) else None
        if reason:
            yield "bucket", reason

    def params(self, job: Job) -> Properties:
        # us-east-1 is the one region that must not be named.
        place = {} if job.region == "us-east-1" else {"LocationConstraint": job.region}
        return {**super().params(job), **({"CreateBucketConfiguration": place} if place else {})}

    def identify(self, reply: Properties, job: Job) -> str:
        return job.inputs["bucket"]

    def apply(self, job: Job, id: str) -> None:
        if not job.op.id and job.tags:
            job.client.put_bucket_tagging(Bucket=id, Tagging={"TagSet": tag_list(job.tags)})

    def retag(self, job: Job, id: str, put: dict[str, str], drop: list[str]) -> None:
        if job.tags:
            job.client.put_bucket_tagging(Bucket=id, Tagging={"TagSet": tag_list(job.tags)})
        else:
            job.client.delete_bucket_tagging(Bucket=id)

    def describe(self, job: Job, id: str) -> Properties | None:
        job.client.head_bucket(Bucket=id)
        place = job.client.get_bucket_location(Bucket=id).get("LocationConstraint") or "us-east-1"
        return {
            "arn": f"arn:{job.cloud.partition}:s3:::{id}",
            "bucket": id,
            "bucketDomainName": f"{id}.s3.amazonaws.com",
            "bucketRegion": place,
            "bucketRegionalDomainName": f"{id}.s3.{place}.amazonaws.com",
            "hostedZoneId": _HOSTED_ZONES.get(place, ""),
            "tagsAll": self._tags(job, id),
        }

    def _tags(self, job: Job, id: str) -> dict[str, str]:
        try:
            return tag_map(job.client.get_bucket_tagging(Bucket=id)["TagSet"])
        except job.client.exceptions.ClientError as error:
            if error.response["Error"]["Code"] == "NoSuchTagSet":
                return {}
            raise

    def remove(self, job: Job, id: str) -> None:
        if job.get("forceDestroy"):
            self._empty(job, id)
        job.client.delete_bucket(Bucket=id)

    def _empty(self, job: Job, id: str) -> None:
        for page in job.client.get_paginator("list_object_versions").paginate(Bucket=id):
            found = [*page.get("Versions", []), *page.get("DeleteMarkers", [])]
            objects = [{"Key": item["Key"], "VersionId": item["VersionId"]} for item in found]
            if objects:
                job.client.delete_objects(Bucket=id, Delete={"Objects": objects, "Quiet": True})


RESOURCES = (Bucket,)
