"""The stack file as one model: its fields are the sections, its keys are spelled as `Pulumi.<stack>.yaml` spells them.

What is the same on every cloud is here. Each cloud has a model of its own that adds its sections to these; the block
`config` of Pulumi.yaml, docs/configuration.md and the JSON schema for editors are made from these models.
"""

from abc import abstractmethod
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field
from pydantic.alias_generators import to_camel

from grants.verbs import StreamVerb
from settings.faults import Fault, Section, in_clear
from settings.jobs import JobSettings
from settings.names import KubernetesName, expected
from settings.sections import AdmissionSettings, Environment, PlatformSettings

NAMESPACE = "vvp"
"""The namespace of the program's own keys."""


class Encrypted(Section):
    """A value that `pulumi config set --secret` has encrypted."""

    secure: str
    """The ciphertext."""


def _environment(value: Any) -> Any:
    names = [environment.value for environment in Environment]
    if value not in names:
        raise expected(f"one of {', '.join(names)}")
    return value


def _encrypted(value: Any) -> Any:
    if isinstance(value, str):
        raise in_clear()
    return value


Secret = Annotated[Encrypted | None, BeforeValidator(_encrypted)]


@dataclass(frozen=True)
class StreamUse:
    """A stream that a table stands for.

    Attributes:
        name: The stream.
        verbs: Any of them lets the table's connector do what the job does with the table.
    """

    name: str
    verbs: tuple[StreamVerb, ...]


class StackFile(BaseModel):
    """What every stack file says, whatever its cloud."""

    model_config = ConfigDict(
        alias_generator=lambda name: f"{NAMESPACE}:{to_camel(name)}",
        extra="forbid",
        frozen=True,
        strict=True,
        use_attribute_docstrings=True,
    )

    foreign_keys: ClassVar[Mapping[str, str]] = {}
    """Why the program does not take a key that a provider of the cloud knows."""

    environment: Annotated[Environment, BeforeValidator(_environment)] = Field(examples=[Environment.DEV.value])
    """dev, staging or prod; staging and prod protect what holds data from deletion."""
    admission: AdmissionSettings = AdmissionSettings()
    """The one-to-one rule between deployments and service accounts."""
    platform: PlatformSettings = PlatformSettings()
    """Ververica Platform 2.x."""
    jobs: dict[KubernetesName, JobSettings] = Field(default_factory=dict[KubernetesName, JobSettings])
    """Jobs, by name."""
    license: Secret = None
    """The licence as Ververica sends it, a YAML document; excludes platform.acceptCommunityEditionLicense."""
    database_password: Secret = None
    """Password of platform.persistence.username, with jdbc persistence."""
    api_token: Secret = None
    """The platform's bootstrap API token; turns its authentication on."""

    @property
    @abstractmethod
    def stream_names(self) -> Collection[str]:
        """The streams that jobs may name."""

    @property
    @abstractmethod
    def variables(self) -> Mapping[str, str]:
        """What `${NAME}` in a job's SQL files and settings stands for (see `settings.variables`). A value may have a
        `${NAME}` itself, which the cloud fills in when it is there."""

    def filled(self) -> Self:
        """The stack file with the variables' values in its jobs' settings."""
        jobs = {name: job.filled(self.variables) for name, job in self.jobs.items()}
        return self.model_copy(update={"jobs": jobs})

    identity_options: ClassVar[frozenset[str]]
    """Options of tables and catalogs that name an identity and hold no secret, though they sound like it."""

    @abstractmethod
    def stream_of(self, options: Mapping[str, str], *, writes: bool) -> StreamUse | None:
        """The stream that a table with these options stands for, if it does."""

    @abstractmethod
    def own_faults(self) -> Iterator[Fault]:
        """Faults between values that only this cloud can know."""

    def remarks(self) -> Iterator[str]:
        """What is no fault, and still worth a word before it is deployed."""
        yield from ()

    @property
    def secrets(self) -> tuple[str, ...]:
        """Names of the secrets that the stack file has."""
        return tuple(name for name in SECRETS if getattr(self, name) is not None)


SECRETS = tuple(name for name, field in StackFile.model_fields.items() if field.annotation == Encrypted | None)
"""The fields that hold secrets."""


def key_of(field: str) -> str:
    """A field's key in the stack file."""
    return StackFile.model_fields[field].alias or field
