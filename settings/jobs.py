"""The sections of the stack file that say what runs: streams, and jobs with what they may touch."""

from collections.abc import Iterator, Mapping
from typing import Annotated, Literal, Self

from pydantic import Field

from grants.verbs import BlobVerb, StreamVerb
from settings.faults import Section
from settings.names import BlobPrefix, Memory, PrivateCidr
from settings.variables import fill


class JobResources(Section):
    """What one kind of pod gets."""

    cpu: Annotated[float, Field(gt=0, le=64)] = 1.0
    """CPU, in cores."""
    memory: Memory = "1G"
    """Memory, as a Kubernetes quantity."""


class JobAccess(Section):
    """What a job may touch besides its own prefix of the blob storage."""

    streams: dict[str, StreamVerb] = Field(default_factory=dict[str, StreamVerb])
    """Streams of the stack by name, each with a verb."""
    blobs: dict[BlobPrefix, BlobVerb] = Field(default_factory=dict[BlobPrefix, BlobVerb])
    """Further prefixes of the blob storage, each with a verb."""
    networks: tuple[PrivateCidr, ...] = ()
    """Private networks that its pods may reach, as a database's or an interface endpoint's; the internet they may."""


class JarSettings(Section):
    """A job that is a jar."""

    uri: Annotated[str, Field(min_length=1)]
    """Where the jar is: a URI of the blob storage that ends in .jar."""
    entry_class: str | None = None
    """The main class, if the jar's manifest names none."""
    arguments: str | None = None
    """Arguments of the main class; may have variables."""


LEADER_ELECTION = ("high-availability", "high-availability.type")
"""Flink's settings that turn high availability on, the old one and the new one."""


class JobSettings(Section):
    """One job: what it runs, what it touches, and how. Its key is its name, and that of its account and deployment."""

    sql: str | None = None
    """SQL file with the job's INSERT statements, relative to the project; or `jar`."""
    jar: JarSettings | None = None
    """The jar; or `sql`."""
    tables: tuple[str, ...] = ()
    """SQL files with the CREATE statements of the tables that the job uses, relative to the project; may have
    variables, as `sql`."""
    access: JobAccess = JobAccess()
    """What it may touch."""
    state: Literal["running", "suspended", "cancelled"] = "running"
    """The desired state."""
    parallelism: Annotated[int, Field(ge=1, le=4096)] = 1
    """Parallelism of the job."""
    job_manager: JobResources = JobResources()
    """Size of the JobManager."""
    task_manager: JobResources = JobResources()
    """Size of a TaskManager."""
    flink: dict[str, str] = Field(default_factory=dict[str, str])
    """Flink's own settings, as in its configuration file; may have variables."""
    stop_with_savepoint: bool = True
    """Whether stopping, replacing or deleting the job takes a savepoint first."""

    @property
    def elects_by_kubernetes(self) -> bool:
        """Whether its JobManagers elect a leader by Kubernetes: its name, the platform's for it, or a factory class."""
        return any("kubernetes" in self.flink.get(key, "").lower() for key in LEADER_ELECTION)

    def filled(self, variables: Mapping[str, str]) -> Self:
        """The job with the values of variables in the settings that may have some.

        Args:
            variables: Values by name.
        """
        flink = {key: fill(value, variables) for key, value in self.flink.items()}
        jar = self.jar and self.jar.model_copy(
            update={
                "uri": fill(self.jar.uri, variables),
                "arguments": self.jar.arguments and fill(self.jar.arguments, variables),
            }
        )
        return self.model_copy(update={"flink": flink, "jar": jar})

    def with_variables(self) -> Iterator[tuple[str, str]]:
        """The settings that may have variables, by their keys under the job's own."""
        yield from ((f"flink.{key}", value) for key, value in self.flink.items())
        if self.jar:
            yield "jar.uri", self.jar.uri
            yield "jar.arguments", self.jar.arguments or ""
