"""What a job may do, as verbs on what is granted. Nowhere else stands an action's name for a job.

A job's policy is the sum of its grants. Statements are by what may be called, and list what it may be called on: a
policy holds 6,144 characters, and one statement for each stream would fill it with a dozen.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from grants.iam_documents import (
    BUCKET_ACTIONS,
    KEY_ACTIONS,
    OBJECT_ACTIONS,
    Document,
    Statement,
    allow,
    document,
)
from grants.verbs import BlobVerb, StreamVerb

# ListShards takes a stream or a page token; AWS checks it against the stream in both cases.
_POLLING = ("kinesis:ListShards", "kinesis:GetRecords", "kinesis:GetShardIterator")
_CONSUMERS = ("kinesis:DeregisterStreamConsumer", "kinesis:DescribeStreamConsumer", "kinesis:SubscribeToShard")
_STREAM_ACTIONS: Mapping[StreamVerb, Sequence[str]] = {
    StreamVerb.READ_POLLING: _POLLING,
    StreamVerb.READ_POLLING_4_2: (*_POLLING, "kinesis:DescribeStream"),
    StreamVerb.READ_FAN_OUT: (
        "kinesis:ListShards",
        "kinesis:DescribeStream",
        "kinesis:DescribeStreamSummary",
        "kinesis:RegisterStreamConsumer",
        *_CONSUMERS,
    ),
    StreamVerb.READ_CONNECTOR_5: (*_POLLING, "kinesis:DescribeStreamSummary"),
    StreamVerb.WRITE: ("kinesis:PutRecords",),
}
_READ_OBJECTS = ("s3:GetObject",)
_WRITE_OBJECTS = tuple(action for action in OBJECT_ACTIONS if action not in _READ_OBJECTS)
_DECRYPT = ("kms:Decrypt",)
_ENCRYPT = ("kms:GenerateDataKey",)


@dataclass(frozen=True)
class StreamGrant:
    """What a job may do with one stream.

    Attributes:
        verb: What.
        arn: The stream's ARN.
        key_arn: The key that encrypts it, if one does.
    """

    verb: StreamVerb
    arn: str
    key_arn: str | None


def job_policy(
    streams: Sequence[StreamGrant],
    blobs: Mapping[str, BlobVerb],
    bucket_arn: str,
    key_arn: str,
    read: Sequence[str] = (),
) -> Document | None:
    """The sum of a job's grants; None if there are none.

    Args:
        streams: Its grants on streams.
        blobs: Verbs by key prefix, which has its slash at the end.
        bucket_arn: The bucket.
        key_arn: The key that encrypts the bucket.
        read: Keys of single objects that it may read: its jar.
    """
    statements = [*on_streams(streams), *on_blobs(blobs, bucket_arn, key_arn, read)]
    return document(*statements) if statements else None


def on_streams(granted: Sequence[StreamGrant]) -> list[Statement]:
    """Access to streams: a statement for each verb.

    `read-polling` is the article's: what the connector calls up to version 4.1 when it polls. From 4.2 it asks for the
    stream's ARN first, which is `read-polling-4.2`
    (https://nightlies.apache.org/flink/flink-docs-release-1.18/docs/connectors/table/kinesis/). `read-fan-out` is
    enhanced fan-out, with any version: records are pushed, so it never calls GetRecords. `read-connector-5` is polling
    from version 5 (https://nightlies.apache.org/flink/flink-docs-stable/docs/connectors/table/kinesis/). `write` is the
    article's: what the SQL sink of every version calls. Which use of a key that is:
    https://docs.aws.amazon.com/streams/latest/dev/permissions-user-key-KMS.html.

    Args:
        granted: The grants.
    """
    verbs = [
        (_sid(verb), actions, [grant.arn for grant in granted if grant.verb is verb])
        for verb, actions in _STREAM_ACTIONS.items()
    ]
    consumers = [f"{grant.arn}/consumer/*" for grant in granted if grant.verb is StreamVerb.READ_FAN_OUT]
    read = [grant.key_arn for grant in granted if grant.key_arn is not None and grant.verb is not StreamVerb.WRITE]
    written = [grant.key_arn for grant in granted if grant.key_arn is not None and grant.verb is StreamVerb.WRITE]
    return _statements(
        *verbs,
        ("StreamConsumers", _CONSUMERS, consumers),
        ("DecryptStreams", _DECRYPT, read),
        ("EncryptStreams", _ENCRYPT, written),
    )


def _sid(verb: StreamVerb) -> str:
    return "".join(part.capitalize() for part in re.split(r"[-.]", verb)) + "Streams"


def on_blobs(
    granted: Mapping[str, BlobVerb], bucket_arn: str, key_arn: str, read: Sequence[str] = ()
) -> list[Statement]:
    """Access to the objects under prefixes of the bucket, and to single ones; asking where the bucket is comes with it.

    What Flink's S3 file systems call, by
    https://nightlies.apache.org/flink/flink-docs-stable/docs/deployment/filesystems/s3/. Listing is limited to the
    prefixes by the condition key `s3:prefix`.

    Args:
        granted: Verbs by key prefix, which has its slash at the end.
        bucket_arn: The bucket.
        key_arn: The key that encrypts the bucket.
        read: Keys of single objects to read.
    """
    if not granted and not read:
        return []
    listed = [each for prefix in sorted(granted) for each in (f"{prefix}*", prefix.rstrip("/"))]
    condition: Mapping[str, Mapping[str, Any]] = {"StringLike": {"s3:prefix": listed}}

    read_only = [f"{bucket_arn}/{prefix}*" for prefix in sorted(granted)] + [
        f"{bucket_arn}/{key}" for key in sorted(read)
    ]
    written = [f"{bucket_arn}/{prefix}*" for prefix in sorted(granted) if granted[prefix] is BlobVerb.READ_WRITE]
    listing: list[Statement] = [{**allow("ListBlobs", ("s3:ListBucket",), bucket_arn), "Condition": condition}]
    return [
        allow("BucketLocation", (BUCKET_ACTIONS[0],), bucket_arn),
        *(listing if granted else []),
        *_statements(
            ("ReadBlobs", _READ_OBJECTS, read_only),
            ("WriteBlobs", _WRITE_OBJECTS, written),
            ("BlobKey", KEY_ACTIONS if written else _DECRYPT, [key_arn]),
        ),
    ]


def _statements(*parts: tuple[str, Sequence[str], Sequence[str]]) -> list[Statement]:
    return [allow(sid, actions, resources) for sid, actions, resources in parts if resources]
