"""Stack files as files, where no engine reads them."""

from pathlib import Path
from typing import Any, cast

import yaml

from settings.faults import NOTHING, Fault, SettingsError


def config_of(file: Path) -> dict[str, Any]:
    """The block `config` of a stack file.

    Args:
        file: The file, as `Pulumi.dev.yaml`.

    Raises:
        SettingsError: It cannot be read, is no YAML, or has no such block.
    """
    try:
        content = yaml.safe_load(file.read_text())
    except OSError as error:
        raise SettingsError([Fault(file.name, NOTHING, f"a file that can be read: {error.strerror}")]) from None
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise SettingsError([Fault(file.name, " ".join(str(error).split()), "a YAML document")]) from None
    config: Any = cast("dict[str, Any]", content).get("config") if isinstance(content, dict) else content
    if not isinstance(config, dict):
        found = NOTHING if config is None else type(config).__name__
        raise SettingsError([Fault(f"{file.name}: config", found, "an object with the stack's keys")])
    return cast("dict[str, Any]", config)
