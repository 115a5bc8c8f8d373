"""Kinesis data streams."""

from __future__ import annotations

import re
from collections.abc import Iterator

from provider_kit import UNKNOWN, PluginError, Properties, Unknown
from sandbox.plugins.aws.operation import Job
from sandbox.plugins.aws.resource import AwsResource
from sandbox.plugins.aws.session import is_gone
from sandbox.plugins.aws.spelling import known, pascal, recased, table, tag_map
from sandbox.plugins.sdk_schema import Problem


class Stream(AwsResource):
    """https://www.pulumi.com/registry/packages/aws/api-docs/kinesis/stream/"""

    token = "aws:kinesis/stream:Stream"
    service = "kinesis"
    label = "Kinesis Stream"
    supports = (
        "arn encryptionType enforceConsumerDeletion kmsKeyId name retentionPeriod shardCount shardLevelMetrics "
        "streamModeDetails tags"
    )
    named = ("name", 128)
    replaced_by = "name arn"
    chosen_by_aws = "arn shardCount streamModeDetails"
    defaults = table(encryptionType="NONE", retentionPeriod=24)
    kept = "enforceConsumerDeletion"
    unordered = "shardLevelMetrics"
    create_call = "create_stream"
    fields = "name=StreamName shardCount"

    def verify(self, inputs: Properties) -> Iterator[Problem]:
        name, hours = inputs.get("name"), inputs["retentionPeriod"]
        if isinstance(name, str) and not re.fullmatch(r"[a-zA-Z0-9_.-]{1,128}", name):
            yield "name", f"name {name!r} must have 1 to 128 characters out of a-zA-Z0-9_.-"
        if isinstance(hours, int) and not 24 <= hours <= 8760:
            yield "retentionPeriod", f"expected retentionPeriod to be in the range (24 - 8760), got {hours}"
        mode = known(inputs.get("streamModeDetails")).get("streamMode", "PROVISIONED")
        if mode == "ON_DEMAND" and inputs.get("shardCount"):
            yield "shardCount", "shardCount must not be set when streamMode is ON_DEMAND"
        fixed = mode == "PROVISIONED" and not isinstance(inputs.get("streamModeDetails"), Unknown)
        if fixed and not inputs.get("shardCount"):
            yield "shardCount", "shardCount must be at least 1 when streamMode is PROVISIONED"
        if inputs["encryptionType"] == "KMS" and not inputs.get("kmsKeyId"):
            yield "kmsKeyId", "KMS Key Id required when setting encryption_type is not set as NONE"
        if inputs["encryptionType"] not in ("NONE", "KMS", UNKNOWN):
            yield "encryptionType", f"expected encryptionType to be one of [NONE KMS], got {inputs['encryptionType']}"

    def params(self, job: Job) -> Properties:
        mode = job.inputs.get("streamModeDetails")
        extra = {"StreamModeDetails": recased(mode, pascal)} if mode else {}
        return {**super().params(job), **extra}

    def identify(self, reply: Properties, job: Job) -> str:
        self._active(job, job.inputs["name"])
        return job.client.describe_stream_summary(StreamName=job.inputs["name"])["StreamDescriptionSummary"][
            "StreamARN"
        ]

    def _active(self, job: Job, name: str) -> None:
        def probe() -> bool | None:
            found = job.client.describe_stream_summary(StreamName=name)["StreamDescriptionSummary"]
            return True if found["StreamStatus"] == "ACTIVE" else None

        job.wait(f"Kinesis Stream ({name}) to be ACTIVE", probe, 60)

    def apply(self, job: Job, id: str) -> None:
        name, inputs, made = job.inputs["name"], job.inputs, not job.op.id
        if made and job.tags:
            job.client.add_tags_to_stream(StreamName=name, Tags=job.tags)
        now = job.client.describe_stream_summary(StreamName=name)["StreamDescriptionSummary"]
        if "streamModeDetails" in job.changed and not made and inputs.get("streamModeDetails"):
            mode = {"StreamMode": inputs["streamModeDetails"]["streamMode"]}
            job.client.update_stream_mode(StreamARN=id, StreamModeDetails=mode)
            self._active(job, name)
        if "shardCount" in job.changed and not made and inputs.get("shardCount"):
            job.client.update_shard_count(
                StreamName=name, TargetShardCount=inputs["shardCount"], ScalingType="UNIFORM_SCALING"
            )
            self._active(job, name)
        if inputs["retentionPeriod"] != now["RetentionPeriodHours"]:
            longer = inputs["retentionPeriod"] > now["RetentionPeriodHours"]
            call = (
                job.client.increase_stream_retention_period if longer else job.client.decrease_stream_retention_period
            )
            call(StreamName=name, RetentionPeriodHours=inputs["retentionPeriod"])
            self._active(job, name)
        if {"encryptionType", "kmsKeyId"} & job.changed:
            if inputs["encryptionType"] == "KMS":
                job.client.start_stream_encryption(StreamName=name, EncryptionType="KMS", KeyId=inputs["kmsKeyId"])
            elif now.get("EncryptionType") == "KMS":
                job.client.stop_stream_encryption(StreamName=name, EncryptionType="KMS", KeyId=now["KeyId"])
            self._active(job, name)
        if "shardLevelMetrics" in job.changed:
            self._metrics(job, name, set(inputs.get("shardLevelMetrics") or ()), now)

    def _metrics(self, job: Job, name: str, wanted: set[str], now: Properties) -> None:
        on = {metric for each in now.get("EnhancedMonitoring", []) for metric in each.get("ShardLevelMetrics", [])}
        if on - wanted:
            job.client.disable_enhanced_monitoring(StreamName=name, ShardLevelMetrics=sorted(on - wanted))
        if wanted - on:
            job.client.enable_enhanced_monitoring(StreamName=name, ShardLevelMetrics=sorted(wanted - on))

    def retag(self, job: Job, id: str, put: dict[str, str], drop: list[str]) -> None:
        if drop:
            job.client.remove_tags_from_stream(StreamName=job.inputs["name"], TagKeys=drop)
        if put:
            job.client.add_tags_to_stream(StreamName=job.inputs["name"], Tags=put)

    def describe(self, job: Job, id: str) -> Properties | None:
        # Import takes the stream's name, the state holds its ARN.
        name = id.rpartition("/")[2]
        found = job.client.describe_stream_summary(StreamName=name)["StreamDescriptionSummary"]
        mode = found.get("StreamModeDetails", {}).get("StreamMode", "PROVISIONED")
        monitoring = found.get("EnhancedMonitoring", [])
        return {
            "id": found["StreamARN"],
            "arn": found["StreamARN"],
            "name": found["StreamName"],
            "encryptionType": found.get("EncryptionType", "NONE"),
            "kmsKeyId": found.get("KeyId"),
            "retentionPeriod": found["RetentionPeriodHours"],
            "shardCount": found["OpenShardCount"] if mode == "PROVISIONED" else 0,
            "shardLevelMetrics": [m for each in monitoring for m in each.get("ShardLevelMetrics", [])],
            "streamModeDetails": {"streamMode": mode},
            "tagsAll": tag_map(job.client.list_tags_for_stream(StreamName=name).get("Tags")),
        }

    def remove(self, job: Job, id: str) -> None:
        consumers = bool(job.get("enforceConsumerDeletion"))
        job.client.delete_stream(StreamName=id.rpartition("/")[2], EnforceConsumerDeletion=consumers)

    def removed(self, job: Job, id: str) -> None:
        def probe() -> bool | None:
            try:
                job.client.describe_stream_summary(StreamName=id.rpartition("/")[2])
            except job.client.exceptions.ClientError as error:
                if is_gone(error):
                    return True
                raise PluginError(str(error)) from error
            return None

        job.wait(f"Kinesis Stream ({id}) delete", probe, 120)


RESOURCES = (Stream,)
