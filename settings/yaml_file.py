"""Stack files as files, where no engine reads them."""

import json
from collections.abc import Hashable
from pathlib import Path
from typing import Any, cast

import yaml

from settings.faults import NOTHING, Fault, SettingsError
from settings.stack_file import NAMESPACE


def config_of(file: Path) -> dict[str, Any]:
    """The block `config` of a stack file.

    Args:
        file: The file, as `Pulumi.dev.yaml`.

    Raises:
        SettingsError: It cannot be read, is no YAML, or has no such block.
    """
    try:
        content = yaml.load(file.read_text(encoding="utf-8-sig"), _PlainLoader)
        json.dumps(content)
    except OSError as error:
        raise SettingsError([Fault(file.name, NOTHING, f"a file that can be read: {error.strerror}")]) from None
    except (yaml.YAMLError, ValueError, TypeError, RecursionError) as error:
        raise SettingsError(
            [Fault(file.name, " ".join(str(error).split()), "a YAML document of plain values")]
        ) from None
    config: Any = cast("dict[str, Any]", content).get("config") if isinstance(content, dict) else content
    if not isinstance(config, dict):
        found = NOTHING if config is None else type(config).__name__
        raise SettingsError([Fault(f"{file.name}: config", found, "an object with the stack's keys")])
    named = {str(key): value for key, value in cast("dict[Any, Any]", config).items()}
    # Pulumi takes a key without a namespace for one of the project's.
    return {key if ":" in key else f"{NAMESPACE}:{key}": value for key, value in named.items()}


class _PlainLoader(yaml.SafeLoader):
    """Reads YAML as Pulumi does: a date is text, and a key stands once."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        keys = [key.value for key, _ in node.value if isinstance(key, yaml.ScalarNode) and key.value != "<<"]
        twice = next((key for key in keys if keys.count(key) > 1), None)
        if twice is not None:
            raise yaml.constructor.ConstructorError(None, None, f"the key {twice} stands twice", node.start_mark)
        return super().construct_mapping(node, deep)


def _as_text(loader: yaml.SafeLoader, node: yaml.ScalarNode) -> str:
    return loader.construct_scalar(node)


_PlainLoader.add_constructor("tag:yaml.org,2002:timestamp", _as_text)
