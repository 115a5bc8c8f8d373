"""Checks a stack file as a whole: every fault at once, before anything is created."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from settings import consistency, flink_settings, stored_keys, table_access
from settings.aws.stack_file import AwsStackFile
from settings.faults import Fault, SettingsError, show
from settings.reading import read
from settings.stack_file import NAMESPACE, SECRETS, StackFile, key_of
from settings.workloads import Workload, Workloads

if TYPE_CHECKING:
    from pulumi import Output

PROJECT = Path(__file__).parent.parent
CLOUD = f"{NAMESPACE}:cloud"
STACK_FILES: Mapping[str, type[StackFile]] = {"aws": AwsStackFile}
"""The stack file's model by cloud; the first is the one of a stack file that names none."""

F_co = TypeVar("F_co", bound=StackFile, covariant=True)


@dataclass(frozen=True)
class Secrets:
    """The stack file's secrets; each stays a Pulumi secret from here to the state.

    Attributes:
        license: The licence as Ververica sends it: a YAML document with the tree `vvp.license`.
        database_password: Password of `platform.persistence.username`.
        api_token: The platform's bootstrap token; its presence turns authentication on.
    """

    license: Output[str] | None = None
    database_password: Output[str] | None = None
    api_token: Output[str] | None = None


@dataclass(frozen=True)
class Settings(Generic[F_co]):
    """A stack file without faults.

    Attributes:
        file: What it says.
        namespaces: The jobs, together if they share a namespace of the platform and so its tables.
        secrets: The secrets in clear, as Pulumi keeps them; empty where only the file was checked.
        remarks: What is no fault, and still worth a word before it is deployed.
    """

    file: F_co
    namespaces: tuple[tuple[Workload, ...], ...]
    secrets: Secrets = Secrets()
    remarks: tuple[str, ...] = ()

    @property
    def jobs(self) -> tuple[Workload, ...]:
        """All jobs, in the order of the stack file."""
        return tuple(job for namespace in self.namespaces for job in namespace)


def check(config: Mapping[str, Any], folder: Path = PROJECT, secrets: Secrets | None = None) -> Settings[StackFile]:
    """Checks the block `config` of a stack file.

    Args:
        config: Plain JSON values by key, as they stand in the file; only the engine's own keys are left alone. A secret
            is `{"secure": …}`, and text in its place is a fault.
        folder: The project's folder, to which the jobs' files are relative.
        secrets: The secrets in clear.

    Raises:
        SettingsError: There are faults; the error lists all of them.
    """
    clouds = list(STACK_FILES)
    cloud = config.get(CLOUD, clouds[0])
    if not isinstance(cloud, str) or cloud not in STACK_FILES:
        raise SettingsError([Fault(CLOUD, show(cloud), f"one of {', '.join(clouds)}")])
    # Pulumi asks for every key of Pulumi.yaml that has no default, so an optional secret that is not there is empty.
    absent = {key_of(name) for name in SECRETS if config.get(key_of(name)) == ""}
    file, faults = read(STACK_FILES[cloud], {key: value for key, value in config.items() if key not in absent})
    file = file.filled()
    workloads = Workloads(folder, file.variables, one_catalog=file.platform.shares_namespace)
    namespaces = workloads.read(file.jobs)
    faults += workloads.faults
    misfits = [*consistency.faults(file), *file.own_faults(), *workloads.misfits]
    misfits += [*flink_settings.faults(file.jobs), *table_access.faults(file, namespaces)]
    misfits += stored_keys.faults(file, namespaces)
    # What was judged by a value that could not be read says nothing.
    faults += [misfit for misfit in misfits if not any(misfit.touches(fault) for fault in faults)]
    if faults:
        raise SettingsError(faults)
    return Settings(
        file,
        namespaces,
        secrets or Secrets(),
        (*file.remarks(), *workloads.remarks, *table_access.remarks(file, namespaces)),
    )
