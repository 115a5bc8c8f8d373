"""Kinesis data streams."""

from collections.abc import Iterator

import jmespath

from provider_kit import Properties, Unknown
from sandbox.plugins.aws.input_checks import among, within
from sandbox.plugins.aws.operation import Step
from sandbox.plugins.aws.resource import AwsResource
from sandbox.plugins.aws.spelling import known, table
from sandbox.plugins.sdk_schema import Problem

_METRICS = "EnhancedMonitoring[].ShardLevelMetrics[]"


class Stream(AwsResource):
    token, service, label = "aws:kinesis/stream:Stream", "kinesis", "Kinesis Stream"
    inputs = """
        name!=StreamName shardCount? +arn!? +encryptionType +enforceConsumerDeletion- +kmsKeyId +retentionPeriod
        +shardLevelMetrics~ +streamModeDetails? +tags
    """
    create_params = "{StreamModeDetails: streamModeDetails && {StreamMode: streamModeDetails.streamMode} || `null`}"
    named = ("name", 128)
    defaults = table(encryptionType="NONE", retentionPeriod=24)
    checks = ((within, "retentionPeriod", 24, 8760), (among, "encryptionType", "NONE", "KMS"))
    thing, key, item = "stream", "StreamName", "StreamDescriptionSummary"
    reads = "describe_stream_summary list_tags_for_stream"
    delete_params = "{EnforceConsumerDeletion: enforceConsumerDeletion || `false`}"
    tag_calls, tags_apart = "add_tags_to_stream remove_tags_from_stream", True
    status, ready_state, gone_minutes = "StreamStatus", "ACTIVE", 120
    outputs = f"""{{id: StreamARN, arn: StreamARN, encryptionType: EncryptionType, kmsKeyId: KeyId,
                    retentionPeriod: RetentionPeriodHours, shardLevelMetrics: {_METRICS},
                    shardCount: StreamModeDetails.StreamMode == 'ON_DEMAND' && `0` || OpenShardCount,
                    streamModeDetails: {{streamMode: StreamModeDetails.StreamMode || 'PROVISIONED'}}}}"""
    changes = """
        streamModeDetails: update_stream_mode / nothing
            {StreamARN: id, StreamModeDetails: {StreamMode: streamModeDetails.streamMode}}
        shardCount: update_shard_count / nothing {TargetShardCount: shardCount, ScalingType: 'UNIFORM_SCALING'}
    """

    def verify(self, inputs: Properties) -> Iterator[Problem]:
        details, count = inputs.get("streamModeDetails"), inputs.get("shardCount")
        mode = known(details).get("streamMode", "PROVISIONED")
        if mode == "ON_DEMAND" and count:
            yield "shardCount", "shardCount must not be set when streamMode is ON_DEMAND"
        if mode == "PROVISIONED" and not isinstance(details, Unknown) and not count:
            yield "shardCount", "shardCount must be at least 1 when streamMode is PROVISIONED"
        if inputs["encryptionType"] == "KMS" and not inputs.get("kmsKeyId"):
            yield "kmsKeyId", "KMS Key Id required when setting encryption_type is not set as NONE"

    def key_of(self, step: Step, id: str) -> Properties:
        # Import takes the stream's name, the state holds its ARN.
        return {"StreamName": id.rpartition("/")[2]}

    def make(self, step: Step) -> str:
        name = super().make(step)
        self.ready(step, name)
        return (self.look(step, name) or {})["StreamARN"]

    def called(self, step: Step, id: str, answer: Properties) -> None:
        self.ready(step, id)

    def apply(self, step: Step, id: str) -> None:
        super().apply(step, id)
        now: Properties = self.look(step, id) or {}
        for method, params in self._by_what_is_there(step, now):
            self.called(step, id, self.call(step, id, method, **params))

    def _by_what_is_there(self, step: Step, now: Properties) -> Iterator[tuple[str, Properties]]:
        """Calls that are one or the other, depending on how the stream is."""
        hours, hours_now = step.inputs["retentionPeriod"], now["RetentionPeriodHours"]
        if hours != hours_now:
            verb = "increase" if hours > hours_now else "decrease"
            yield f"{verb}_stream_retention_period", {"RetentionPeriodHours": hours}
        if step.touches("encryptionType", "kmsKeyId"):
            if step.inputs["encryptionType"] == "KMS":
                yield "start_stream_encryption", {"EncryptionType": "KMS", "KeyId": step.inputs["kmsKeyId"]}
            elif now.get("EncryptionType") == "KMS":
                yield "stop_stream_encryption", {"EncryptionType": "KMS", "KeyId": now["KeyId"]}
        if step.touches("shardLevelMetrics"):
            wanted, on = set(step.inputs.get("shardLevelMetrics") or ()), set(jmespath.search(_METRICS, now) or ())
            for verb, metrics in (("disable", on - wanted), ("enable", wanted - on)):
                if metrics:
                    yield f"{verb}_enhanced_monitoring", {"ShardLevelMetrics": sorted(metrics)}
