"""What a deployment leaves behind: jobs, savepoints, events."""

from typing import Literal, Required

from typing_extensions import TypedDict


class SavepointMetadata(TypedDict, total=False):
    """Whose a savepoint is."""

    createdAt: str
    deploymentId: Required[str]
    namespace: str
    origin: Literal["USER_REQUEST", "SUSPEND_AND_UPGRADE", "SUSPEND", "COPIED", "RETAINED_CHECKPOINT"]


class SavepointSpec(TypedDict, total=False):
    """Where a savepoint is."""

    savepointLocation: str


class SavepointStatus(TypedDict, total=False):
    """How far it is."""

    state: Literal["STARTED", "COMPLETED", "FAILED"]


class Savepoint(TypedDict, total=False):
    """A savepoint."""

    apiVersion: str
    kind: str
    metadata: Required[SavepointMetadata]
    spec: Required[SavepointSpec]
    status: SavepointStatus


class Savepoints(TypedDict, total=False):
    """Those of a deployment."""

    items: list[Savepoint]


class Failure(TypedDict, total=False):
    """Why a job has failed."""

    message: str
    reason: str


class JobMetadata(TypedDict, total=False):
    """A job's id and age."""

    createdAt: str
    id: Required[str]


class JobStatus(TypedDict, total=False):
    """How a job is."""

    failure: Failure


class Job(TypedDict, total=False):
    """A job."""

    metadata: Required[JobMetadata]
    status: JobStatus


class Jobs(TypedDict, total=False):
    """Those of a deployment."""

    items: list[Job]


class EventMetadata(TypedDict, total=False):
    """What kind of event it is, and when it was. Newer platforms have further kinds."""

    createdAt: str
    name: str


class EventSpec(TypedDict, total=False):
    """What has happened, in words."""

    message: str


class Event(TypedDict, total=False):
    """An event."""

    metadata: Required[EventMetadata]
    spec: EventSpec


class Events(TypedDict, total=False):
    """Those of a deployment."""

    items: list[Event]
