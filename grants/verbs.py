"""What may be granted to a job, as verbs: the same on every cloud."""

from enum import StrEnum

JOBS_PREFIX = "jobs/"
"""Under it each job has its own prefix of the blob storage."""


class StreamVerb(StrEnum):
    """What a job may do with a stream."""

    READ_POLLING = "read-polling"
    READ_FAN_OUT = "read-fan-out"
    READ_CONNECTOR_5 = "read-connector-5"
    WRITE = "write"


class BlobVerb(StrEnum):
    """What a job may do under a prefix of the blob storage."""

    READ = "read"
    WRITE = "write"
    READ_WRITE = "read-write"


def own_prefix(job: str) -> str:
    """The prefix of the blob storage that belongs to a job."""
    return f"{JOBS_PREFIX}{job}/"
