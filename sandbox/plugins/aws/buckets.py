"""S3 buckets."""

import re
from collections.abc import Iterator

from provider_kit import Properties
from sandbox.plugins.aws import service_model
from sandbox.plugins.aws.operation import Step
from sandbox.plugins.aws.resource import AwsResource
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

_REFUSED = (
    (r"^[.-]|[^a-z0-9.-]|[.-]$", "only lowercase alphanumeric characters, periods and hyphens allowed in bucket name"),
    (r"\.\.", "bucket name must not contain two adjacent periods"),
    (r"^(xn--|sthree-|amzn-s3-demo-)|(-s3alias|--ol-s3|\.mrap|--x-s3)$", "bucket name has a reserved prefix or suffix"),
    (r"^\d+\.\d+\.\d+\.\d+$", "bucket name must not be formatted as an IP address"),
)


def bucket_name_problem(name: str) -> str | None:
    """Why S3 would refuse a bucket name, or None.

    The rules are https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html.
    """
    if not 3 <= len(name) <= 63:
        return f"expected length of bucket to be in the range (3 - 63), got {name}"
    return next((f"{reason}: {name!r}" for pattern, reason in _REFUSED if re.search(pattern, name)), None)


class Bucket(AwsResource):
    token, service, label = "aws:s3/bucket:Bucket", "s3", "S3 Bucket"
    inputs = "bucket! +forceDestroy- +tags"
    named = ("bucket", 63)
    thing, key, tags_apart = "bucket", "Bucket", True
    create_params = "{CreateBucketConfiguration: place}"
    reads = "head_bucket get_bucket_location"

    def verify(self, inputs: Properties) -> Iterator[Problem]:
        name = inputs.get("bucket")
        reason = bucket_name_problem(name) if isinstance(name, str) else None
        if reason:
            yield "bucket", reason

    def derived(self, step: Step) -> Properties:
        # us-east-1 is the one region that must not be named.
        return {"place": {"LocationConstraint": step.region} if step.region != "us-east-1" else None}

    def retag(self, step: Step, id: str, put: dict[str, str], drop: list[str]) -> None:
        # S3 takes all tags or none.
        if step.tags:
            step.client.put_bucket_tagging(Bucket=id, Tagging={"TagSet": service_model.pairs(step.tags)})
        else:
            step.client.delete_bucket_tagging(Bucket=id)

    def more(self, step: Step, found: Properties) -> Properties:
        id, place = found["Bucket"], found.get("LocationConstraint") or "us-east-1"
        return {
            "arn": f"arn:{step.cloud.partition}:s3:::{id}",
            "bucketDomainName": f"{id}.s3.amazonaws.com",
            "bucketRegion": place,
            "bucketRegionalDomainName": f"{id}.s3.{place}.amazonaws.com",
            "hostedZoneId": _HOSTED_ZONES.get(place, ""),
            "tagsAll": self._tags(step, id),
        }

    def _tags(self, step: Step, id: str) -> dict[str, str]:
        try:
            return service_model.tag_map(step.client.get_bucket_tagging(Bucket=id)["TagSet"])
        except step.client.exceptions.ClientError as error:
            if error.response["Error"]["Code"] == "NoSuchTagSet":
                return {}
            raise

    def remove(self, step: Step, id: str) -> None:
        if step.get("forceDestroy"):
            self._empty(step, id)
        super().remove(step, id)

    def _empty(self, step: Step, id: str) -> None:
        for page in step.client.get_paginator("list_object_versions").paginate(Bucket=id):
            found = [*page.get("Versions", []), *page.get("DeleteMarkers", [])]
            objects = [{"Key": item["Key"], "VersionId": item["VersionId"]} for item in found]
            if objects:
                step.client.delete_objects(Bucket=id, Delete={"Objects": objects, "Quiet": True})
