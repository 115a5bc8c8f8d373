"""Reads the settings of the stack that Pulumi runs."""

import json
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
    own = pulumi.Config(NAMESPACE)
    present = {key_of(name): name for name in SECRETS if texts.get(key_of(name))}
    encrypted = {key: name for key, name in present.items() if _is_secret(key)}
    secrets = {name: own.get_secret(key.removeprefix(f"{NAMESPACE}:")) for key, name in encrypted.items()}
    # A secret is any text, also one that begins like JSON.
    config = {key: text if key in present else _plain(text) for key, text in texts.items()}
    config |= {key: {"secure": ""} for key in encrypted}
    try:
        settings = check(config, secrets=Secrets(**secrets))
    except SettingsError as error:
        raise pulumi.RunError(str(error)) from None
    for remark in settings.remarks:
        pulumi.log.warn(remark)
    return settings


def _plain(text: str) -> Any:
    """A config value as the engine sends it, objects and lists as JSON, the rest as text."""
    if not text.startswith(("{", "[")):
        return text
    try:
        return json.loads(text)
    except ValueError:
        # Then it is a text that begins like one; where an object should be, that is told as any other fault.
        return text


def _is_secret(key: str) -> bool:
    return is_config_secret(key) or key in get_config_secret_keys_env()
