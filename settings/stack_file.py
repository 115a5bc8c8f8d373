"""The stack file as typed, checked settings.

`load()` reads every key of the namespace `vvp` and refuses a stack file with all of its faults at once: each with its
key, what was found there and what would be right. Nothing has been registered by then, so nothing is created.
"""

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import pulumi
from pulumi.runtime.config import CONFIG, get_config_env, get_config_secret_keys_env, is_config_secret
from pydantic import BaseModel

from settings.aws.sections import (
    BlobStorageSettings,
    ClusterSettings,
    IdentitySettings,
    NetworkSettings,
    Streams,
    StreamSettings,
)
from settings.consistency import between, expected_environments, of_jobs
from settings.faults import NOTHING, Fault, SettingsError, parse, show, unknown_key
from settings.jobs import Jobs
from settings.sections import AdmissionSettings, Environment, Layout, PlatformSettings
from settings.workloads import Workload, Workloads

NAMESPACE = "vvp"
PROJECT = Path(__file__).parent.parent
SECTIONS = ("network", "cluster", "blobStorage", "streams", "identity", "admission", "platform", "jobs")
SECRETS = ("license", "databasePassword", "apiToken")
KEYS = ("environment", *SECTIONS, *SECRETS)

S = TypeVar("S", bound=BaseModel)


@dataclass(frozen=True)
class Secrets:
    """The stack file's secrets; each stays a Pulumi secret from here to the state.

    Attributes:
        license: The licence as Ververica sends it: a YAML document with the tree `vvp.license`.
        database_password: Password of `platform.persistence.username`.
        api_token: The platform's bootstrap token; its presence turns authentication on.
    """

    license: pulumi.Output[str] | None = None
    database_password: pulumi.Output[str] | None = None
    api_token: pulumi.Output[str] | None = None


@dataclass(frozen=True)
class Settings:
    """A stack file without faults."""

    region: str
    environment: Environment
    network: NetworkSettings
    cluster: ClusterSettings
    blob_storage: BlobStorageSettings
    streams: Mapping[str, StreamSettings]
    identity: IdentitySettings
    admission: AdmissionSettings
    platform: PlatformSettings
    catalogs: tuple[tuple[Workload, ...], ...]
    """The jobs, together if they share the platform's namespace and so its tables."""
    secrets: Secrets

    @property
    def jobs(self) -> tuple[Workload, ...]:
        """All jobs, in the order of the stack file."""
        return tuple(job for catalog in self.catalogs for job in catalog)


def load() -> Settings:
    """Reads the settings of the stack that runs.

    Returns:
        The settings, checked one by one and against each other.

    Raises:
        SettingsError: The stack file has faults; the error lists all of them.
    """
    everything: dict[str, str] = {**get_config_env(), **CONFIG.get()}
    prefix = f"{NAMESPACE}:"
    raw = {key.removeprefix(prefix): _plain(text) for key, text in everything.items() if key.startswith(prefix)}
    # Pulumi asks for every key of Pulumi.yaml that has no default, so the optional secrets default to nothing.
    raw = {key: value for key, value in raw.items() if key not in SECRETS or value}
    clear = {key for key in SECRETS if key in raw and not _is_secret(prefix + key)}
    config = pulumi.Config(NAMESPACE)
    secrets = Secrets(*(config.get_secret(key) if key in raw else None for key in SECRETS))
    return check(raw, everything.get("aws:region"), secrets, clear)


def check(
    raw: Mapping[str, Any],
    region: str | None,
    secrets: Secrets | None = None,
    clear: Collection[str] = (),
    folder: Path = PROJECT,
) -> Settings:
    """Checks plain values, as they stand in a stack file.

    Args:
        raw: The keys of the namespace `vvp`, without the namespace, with plain JSON values.
        region: The value of `aws:region`.
        secrets: The stack's secrets; of these keys `raw` only says that they are there.
        clear: Names of secret keys that stand in the stack file in clear text.
        folder: The project's folder, to which the jobs' files are relative.

    Returns:
        The settings.

    Raises:
        SettingsError: There are faults; the error lists all of them.
    """
    faults = [unknown_key(f"{NAMESPACE}:{key}", key, KEYS) for key in raw if key not in KEYS]
    faults += [
        Fault(f"{NAMESPACE}:{key}", "text in clear", f"a secret, set by `pulumi config set --secret {NAMESPACE}:{key}`")
        for key in clear
    ]
    if not region:
        faults.append(Fault("aws:region", NOTHING, "the stack's AWS region, as eu-central-1"))
    environment = None
    if raw.get("environment") in expected_environments():
        environment = Environment(raw["environment"])
    else:
        found = show(raw["environment"]) if "environment" in raw else NOTHING
        faults.append(Fault(f"{NAMESPACE}:environment", found, f"one of {', '.join(expected_environments())}"))

    def section(model: type[S], key: str) -> S:
        result, found = parse(model, f"{NAMESPACE}:{key}", raw.get(key, {}))
        faults.extend(found)
        return result

    network = section(NetworkSettings, "network")
    cluster = section(ClusterSettings, "cluster")
    blob_storage = section(BlobStorageSettings, "blobStorage")
    streams = section(Streams, "streams").root
    identity = section(IdentitySettings, "identity")
    admission = section(AdmissionSettings, "admission")
    platform = section(PlatformSettings, "platform")
    jobs = section(Jobs, "jobs").root
    one_catalog = platform.layout is Layout.SHARED_NAMESPACE
    reader = Workloads(folder, {"AWS_REGION": region or ""}, one_catalog=one_catalog)
    catalogs = reader.read(jobs)
    faults += reader.faults
    misfits = between(network, cluster, identity, admission, platform, secrets={key for key in SECRETS if key in raw})
    misfits = [*misfits, *of_jobs(jobs, streams, identity, admission, platform)]
    # What was judged by a value that could not be read says nothing.
    faults += [misfit for misfit in misfits if not any(misfit.touches(fault) for fault in faults)]
    if faults or not region or environment is None:
        raise SettingsError(faults)
    return Settings(
        region=region,
        environment=environment,
        network=network,
        cluster=cluster,
        blob_storage=blob_storage,
        streams=streams,
        identity=identity,
        admission=admission,
        platform=platform,
        catalogs=catalogs,
        secrets=secrets or Secrets(),
    )


def _plain(text: str) -> Any:
    """A config value as the engine sends it, objects and lists as JSON, the rest as text."""
    return json.loads(text) if text.startswith(("{", "[")) else text


def _is_secret(key: str) -> bool:
    return is_config_secret(key) or key in get_config_secret_keys_env()
