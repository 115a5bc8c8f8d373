"""What a job may do, as verbs on what is granted. Nowhere else stands an action's name for a job.

Each verb gives the statements for one resource; a job's policy is the sum of its grants.
"""

from collections.abc import Mapping
from typing import Any

from pulumi import Input, Output

from components.aws.policies import (
    BUCKET_ACTIONS,
    KEY_ACTIONS,
    OBJECT_ACTIONS,
    Statement,
    allow,
)
from job_sections import BlobVerb, StreamVerb

_POLLING = ("kinesis:GetRecords", "kinesis:GetShardIterator")
_FAN_OUT_STREAM = (
    "kinesis:DescribeStreamSummary",
    "kinesis:RegisterStreamConsumer",
)
_FAN_OUT_CONSUMER = (
    "kinesis:DeregisterStreamConsumer",
    "kinesis:DescribeStreamConsumer",
    "kinesis:SubscribeToShard",
)
_WRITE = ("kinesis:PutRecords",)
_READ_OBJECTS = ("s3:GetObject",)
_DECRYPT = ("kms:Decrypt",)
_ENCRYPT = ("kms:GenerateDataKey",)


def stream(verb: StreamVerb, name: str, arn: Input[str], key_arn: Input[str] | None) -> list[Statement]:
    """Access to one stream.

    `read-polling` is the article's: what the source of Flink 1.15 calls when it polls. `read-fan-out` adds enhanced
    fan-out (https://nightlies.apache.org/flink/flink-docs-release-1.15/docs/connectors/table/kinesis/), and
    `read-connector-5` what the connector calls from version 5
    (https://nightlies.apache.org/flink/flink-docs-stable/docs/connectors/table/kinesis/). `write` is the article's:
    what the SQL sink calls.

    Args:
        verb: What the job may do.
        name: The stream's name, for the statements' ids.
        arn: The stream's ARN.
        key_arn: The key that encrypts it, if one does.
    """
    sid = "".join(part.capitalize() for part in name.replace("_", "-").replace(".", "-").split("-"))
    if verb is StreamVerb.WRITE:
        statements = [allow(f"Write{sid}", _WRITE, arn)]
        # https://docs.aws.amazon.com/streams/latest/dev/permissions-user-key-KMS.html
        key_actions = _ENCRYPT
    else:
        # ListShards takes a stream or a page token; AWS checks it against the stream in both cases.
        statements = [allow(f"Read{sid}", ("kinesis:ListShards", *_POLLING), arn)]
        key_actions = _DECRYPT
        if verb is StreamVerb.READ_FAN_OUT:
            statements += [
                allow(f"FanOut{sid}", _FAN_OUT_STREAM, arn),
                allow(f"Consumers{sid}", _FAN_OUT_CONSUMER, [arn, Output.concat(arn, "/consumer/*")]),
            ]
        if verb is StreamVerb.READ_CONNECTOR_5:
            statements.append(allow(f"Describe{sid}", ("kinesis:DescribeStreamSummary",), arn))
    return [*statements, *([allow(f"Key{sid}", key_actions, key_arn)] if key_arn is not None else [])]


def blob(verb: BlobVerb, label: str, bucket_arn: Input[str], prefix: str, key_arn: Input[str]) -> list[Statement]:
    """Access to the objects under one prefix of the bucket.

    What Flink's S3 file systems call, by
    https://nightlies.apache.org/flink/flink-docs-stable/docs/deployment/filesystems/s3/. Listing is limited to the
    prefix by the condition key `s3:prefix`.

    Args:
        verb: Read, write, or both.
        label: Tells the statements of one policy apart: letters and digits.
        bucket_arn: The bucket.
        prefix: Key prefix, with its slash at the end.
        key_arn: The key that encrypts the bucket.
    """
    actions = {
        BlobVerb.READ: _READ_OBJECTS,
        BlobVerb.WRITE: tuple(action for action in OBJECT_ACTIONS if action not in _READ_OBJECTS),
        BlobVerb.READ_WRITE: OBJECT_ACTIONS,
    }[verb]
    condition: Mapping[str, Mapping[str, Any]] = {"StringLike": {"s3:prefix": [f"{prefix}*", prefix.rstrip("/")]}}
    listing: Statement = {**allow(f"List{label}", ("s3:ListBucket",), bucket_arn), "Condition": condition}
    return [
        listing,
        allow(f"Objects{label}", actions, Output.concat(bucket_arn, "/", prefix, "*")),
        allow(f"Key{label}", _DECRYPT if verb is BlobVerb.READ else KEY_ACTIONS, key_arn),
    ]


def bucket_location(bucket_arn: Input[str]) -> Statement:
    """Asking where the bucket is, which the file systems do at their start."""
    return allow("Location", (BUCKET_ACTIONS[0],), bucket_arn)
