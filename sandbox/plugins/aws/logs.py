"""CloudWatch log groups."""

from __future__ import annotations

from collections.abc import Iterator

from provider_kit import Properties
from sandbox.plugins.aws.operation import Job
from sandbox.plugins.aws.resource import AwsResource
from sandbox.plugins.aws.spelling import table
from sandbox.plugins.sdk_schema import Problem

_RETENTION = (
    0,
    1,
    3,
    5,
    7,
    14,
    30,
    60,
    90,
    120,
    150,
    180,
    365,
    400,
    545,
    731,
    1096,
    1827,
    2192,
    2557,
    2922,
    3288,
    3653,
)


class LogGroup(AwsResource):
    """https://www.pulumi.com/registry/packages/aws/api-docs/cloudwatch/loggroup/"""

    token = "aws:cloudwatch/logGroup:LogGroup"
    service = "logs"
    label = "CloudWatch Logs Log Group"
    supports = "kmsKeyId logGroupClass name retentionInDays skipDestroy tags"
    named = ("name", 512)
    replaced_by = "name logGroupClass"
    chosen_by_aws = "logGroupClass"
    defaults = table(retentionInDays=0)
    kept = "skipDestroy"
    create_call = "create_log_group"
    fields = "name=logGroupName kmsKeyId=kmsKeyId logGroupClass=logGroupClass"

    def verify(self, inputs: Properties) -> Iterator[Problem]:
        days = inputs.get("retentionInDays")
        if isinstance(days, int) and days not in _RETENTION:
            yield "retentionInDays", f"expected retentionInDays to be one of {list(_RETENTION)}, got {days}"

    def params(self, job: Job) -> Properties:
        return {**super().params(job), **({"tags": job.tags} if job.tags else {})}

    def identify(self, reply: Properties, job: Job) -> str:
        return job.inputs["name"]

    def apply(self, job: Job, id: str) -> None:
        if "retentionInDays" in job.changed and (job.op.id or job.inputs["retentionInDays"]):
            if job.inputs["retentionInDays"]:
                job.client.put_retention_policy(logGroupName=id, retentionInDays=job.inputs["retentionInDays"])
            else:
                job.client.delete_retention_policy(logGroupName=id)
        if job.op.id and "kmsKeyId" in job.changed:
            if job.inputs.get("kmsKeyId"):
                job.client.associate_kms_key(logGroupName=id, kmsKeyId=job.inputs["kmsKeyId"])
            else:
                job.client.disassociate_kms_key(logGroupName=id)

    def retag(self, job: Job, id: str, put: dict[str, str], drop: list[str]) -> None:
        arn = job.op.state["arn"]
        if drop:
            job.client.untag_resource(resourceArn=arn, tagKeys=drop)
        if put:
            job.client.tag_resource(resourceArn=arn, tags=put)

    def describe(self, job: Job, id: str) -> Properties | None:
        pages = job.client.get_paginator("describe_log_groups").paginate(logGroupNamePrefix=id)
        group = next((g for page in pages for g in page["logGroups"] if g["logGroupName"] == id), None)
        if group is None:
            return None
        arn = group["arn"].removesuffix(":*")
        return {
            "arn": arn,
            "name": id,
            "kmsKeyId": group.get("kmsKeyId", ""),
            "logGroupClass": group.get("logGroupClass", "STANDARD"),
            "retentionInDays": group.get("retentionInDays", 0),
            "tagsAll": job.client.list_tags_for_resource(resourceArn=arn).get("tags", {}),
        }

    def remove(self, job: Job, id: str) -> None:
        if not job.get("skipDestroy"):
            job.client.delete_log_group(logGroupName=id)


RESOURCES = (LogGroup,)
