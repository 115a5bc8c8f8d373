"""What may be granted to a job, as verbs: the same on every cloud."""

from enum import StrEnum

JOBS_PREFIX = "jobs/"
"""Under it each job has its own prefix of the blob storage."""


CHECKPOINTS, SAVEPOINTS, HIGH_AVAILABILITY = STATE_FOLDERS = ("checkpoints", "savepoints", "high-availability")
"""Folders of that prefix that Flink keeps the job's state in."""


class StreamVerb(StrEnum):
    """What a job may do with a stream, by the connector that it does it with."""

    READ_POLLING = "read-polling"
    READ_POLLING_4_2 = "read-polling-4.2"
    READ_FAN_OUT = "read-fan-out"
    READ_CONNECTOR_5 = "read-connector-5"
    WRITE = "write"


class BlobVerb(StrEnum):
    """What a job may do under a prefix of the blob storage. There is none that only writes: Flink's file systems ask
    for an object before they write it."""

    READ = "read"
    READ_WRITE = "read-write"


def own_prefix(job: str) -> str:
    """The prefix of the blob storage that belongs to a job."""
    return f"{JOBS_PREFIX}{job}/"
