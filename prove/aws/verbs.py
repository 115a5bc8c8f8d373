"""What the words of a stack file mean, said once more and independently of the program's policies.

The proof compares these few sets with what AWS and Kubernetes really do, so nothing here may come from the components.
Names are those of API calls, not of IAM permissions: `CreateMultipartUpload` needs `s3:PutObject`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from grants.verbs import BlobVerb, StreamVerb, own_prefix
from settings.aws.sections import PlatformBlobAccess
from settings.aws.stack_file import AwsStackFile
from settings.check import Settings
from settings.sections import JobBlobScope
from settings.workloads import Workload

POLLING = frozenset({"ListShards", "GetShardIterator", "GetRecords"})
FAN_OUT = frozenset(
    {
        "ListShards",
        "DescribeStream",
        "DescribeStreamSummary",
        "RegisterStreamConsumer",
        "DescribeStreamConsumer",
        "SubscribeToShard",
        "DeregisterStreamConsumer",
    }
)
STREAM_CALLS: Mapping[StreamVerb, frozenset[str]] = {
    StreamVerb.READ_POLLING: POLLING,
    StreamVerb.READ_POLLING_4_2: POLLING | {"DescribeStream"},
    StreamVerb.READ_FAN_OUT: FAN_OUT,
    StreamVerb.READ_CONNECTOR_5: POLLING | {"DescribeStreamSummary"},
    StreamVerb.WRITE: frozenset({"PutRecords"}),
}
NEVER_ON_STREAMS = frozenset({"PutRecord", "AddTagsToStream", "RemoveTagsFromStream"})
"""Calls that no verb contains: Flink's sink writes by PutRecords, and nobody but the administrator manages a stream."""
ALL_STREAM_CALLS = sorted(NEVER_ON_STREAMS.union(*STREAM_CALLS.values()))

READ = frozenset({"GetObject", "ListObjectsV2"})
WRITE = frozenset({"PutObject", "DeleteObject", "CreateMultipartUpload", "AbortMultipartUpload", "ListObjectsV2"})
BLOB_CALLS: Mapping[BlobVerb, frozenset[str]] = {
    BlobVerb.READ: READ,
    BlobVerb.READ_WRITE: READ | WRITE,
}
ALL_BLOB_CALLS = sorted(READ | WRITE)

BUCKET_LEAST = frozenset({"GetBucketLocation", "ListMultipartUploads"})
BUCKET_MANAGEMENT = frozenset({"GetBucketPolicy", "GetBucketVersioning", "PutBucketTagging"})
ALL_BUCKET_CALLS = sorted(BUCKET_LEAST | BUCKET_MANAGEMENT)

CLOUD_CALLS = ("iam:ListRoles", "kinesis:ListStreams", "s3:ListBuckets")
KEY_CALLS = ("Decrypt", "GenerateDataKey")
BUCKET_KEY = ""
"""The bucket's key among the keys by stream."""

PLATFORM_AREA = "artifacts/"
"""Where the platform keeps what users upload."""


@dataclass(frozen=True)
class Access:
    """What one account may do.

    Attributes:
        streams: Calls by stream.
        prefixes: Calls by prefix of the bucket; "" is all of it.
        bucket: Calls on the bucket itself.
        keys: Calls by stream whose key it is, or BUCKET_KEY.
    """

    streams: Mapping[str, frozenset[str]] = field(default_factory=dict[str, frozenset[str]])
    prefixes: Mapping[str, frozenset[str]] = field(default_factory=dict[str, frozenset[str]])
    bucket: frozenset[str] = frozenset()
    keys: Mapping[str, frozenset[str]] = field(default_factory=dict[str, frozenset[str]])

    def on_prefix(self, prefix: str, call: str) -> bool:
        """Whether a call is allowed on what lies directly under a prefix, or for its listing."""
        # A listing may leave the slash away, which shows nothing more.
        return any(prefix.startswith(granted) and call in calls for granted, calls in self.prefixes.items())


def whole_bucket(settings: Settings[AwsStackFile]) -> Access:
    """What the platform may do, and each job where jobs share the bucket."""
    everything = settings.file.blob_storage.platform_access is PlatformBlobAccess.ALL_S3_ACTIONS
    return Access(
        prefixes={"": READ | WRITE},
        bucket=BUCKET_LEAST | BUCKET_MANAGEMENT if everything else BUCKET_LEAST,
        keys={BUCKET_KEY: frozenset(KEY_CALLS)},
    )


def of_job(settings: Settings[AwsStackFile], job: Workload) -> Access:
    """What a job may do."""
    granted = job.settings.access
    keys: dict[str, frozenset[str]] = {}
    for stream, verb in granted.streams.items():
        if settings.file.streams[stream].encrypted:
            # Writing encrypts with a new data key; `write` means the whole use of the key, as reading means opening it.
            keys[stream] = frozenset({"GenerateDataKey" if verb is StreamVerb.WRITE else "Decrypt"})
    verbs = dict(granted.blobs)
    shared = settings.file.blob_storage.job_access is JobBlobScope.SHARED
    if not shared:
        verbs[own_prefix(job.name)] = BlobVerb.READ_WRITE
    prefixes = {prefix: BLOB_CALLS[verb] for prefix, verb in verbs.items()}
    bucket = frozenset({"GetBucketLocation"}) if verbs else frozenset[str]()
    if shared:
        whole = whole_bucket(settings)
        prefixes |= whole.prefixes
        bucket |= whole.bucket
    writes = any(calls & {"PutObject"} for calls in prefixes.values())
    if prefixes:
        keys[BUCKET_KEY] = frozenset(KEY_CALLS) if writes else frozenset({"Decrypt"})
    streams = {name: STREAM_CALLS[verb] for name, verb in granted.streams.items()}
    return Access(streams=streams, prefixes=prefixes, bucket=bucket, keys=keys)
