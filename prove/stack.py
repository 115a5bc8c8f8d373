"""The stack whose claims are tried."""

from collections.abc import Mapping
from dataclasses import dataclass

from prove.cloud import Cloud
from prove.clouds import cloud_of
from settings.check import PROJECT, Settings, check
from settings.stack_file import StackFile
from settings.yaml_file import config_of


@dataclass(frozen=True)
class Stack:
    """A stack.

    Attributes:
        name: As Pulumi knows it; with an organisation and a project before it, or not.
        settings: Its stack file, by the program's own checks and without Pulumi.
        cloud: Its cloud.
    """

    name: str
    settings: Settings[StackFile]
    cloud: Cloud

    @classmethod
    def read(cls, name: str, environment: Mapping[str, str] | None = None) -> "Stack":
        """Reads a stack file of this checkout.

        Args:
            name: The stack's name.
            environment: See prove.target.Target.

        Raises:
            SettingsError: The stack file has faults.
            CloudError: The cloud's session cannot be had.
        """
        config = config_of(PROJECT / f"Pulumi.{name.rpartition('/')[2]}.yaml")
        settings = check(config)
        return cls(name, settings, cloud_of(settings, config, environment))
