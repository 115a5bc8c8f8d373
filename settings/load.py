"""Reads the settings of the stack that Pulumi runs."""

import json
from collections.abc import Mapping
from typing import Any

import pulumi
from pulumi.runtime.config import CONFIG, get_config_env, get_config_secret_keys_env, is_config_secret

from settings.check import Secrets, Settings, check
from settings.faults import SettingsError
from settings.stack_file import NAMESPACE, SECRETS, StackFile, key_of


def load() -> Settings[StackFile]:
    """Reads the stack file of the stack that runs. Nothing has been registered by then, so nothing is created.

    Raises:
        pulumi.RunError: The stack file has faults; the message lists all of them, and Pulumi prints it and no more.
    """
    texts: dict[str, str] = {**get_config_env(), **CONFIG.get()}
    config = {key: _plain(text) for key, text in texts.items()}
    own = pulumi.Config(NAMESPACE)
    secrets: dict[str, pulumi.Output[str] | None] = {}
    for name in SECRETS:
        key = key_of(name)
        if texts.get(key) and _is_secret(key):
            config[key] = {"secure": ""}
            secrets[name] = own.get_secret(key.removeprefix(f"{NAMESPACE}:"))
    return _checked(config, Secrets(**secrets))


def _checked(config: Mapping[str, Any], secrets: Secrets) -> Settings[StackFile]:
    try:
        return check(config, secrets=secrets)
    except SettingsError as error:
        raise pulumi.RunError(str(error)) from None


def _plain(text: str) -> Any:
    """A config value as the engine sends it, objects and lists as JSON, the rest as text."""
    return json.loads(text) if text.startswith(("{", "[")) else text


def _is_secret(key: str) -> bool:
    return is_config_secret(key) or key in get_config_secret_keys_env()
