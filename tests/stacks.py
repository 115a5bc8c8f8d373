"""Stack files for tests: the repository's own `dev`, and variations of it."""

import copy
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parent.parent
NAMESPACE = "vvp:"


def stack_file(name: str = "dev") -> dict[str, Any]:
    """Every key of a stack file, with its namespace."""
    return yaml.safe_load((ROOT / f"Pulumi.{name}.yaml").read_text())["config"]


def own_keys(config: dict[str, Any]) -> dict[str, Any]:
    """The keys of the program's own namespace, without it: what `settings.check` takes."""
    return {key.removeprefix(NAMESPACE): value for key, value in config.items() if key.startswith(NAMESPACE)}


def changed(base: dict[str, Any], **changes: Any) -> dict[str, Any]:
    """A copy of `base` with some keys changed: `cluster__nodes__minSize=3` sets that one value, None removes it."""
    result = copy.deepcopy(base)
    for path, value in changes.items():
        *parents, last = path.split("__")
        target = result
        for step in parents:
            target = target.setdefault(step, {})
        if value is None:
            target.pop(last, None)
        else:
            target[last] = value
    return result
