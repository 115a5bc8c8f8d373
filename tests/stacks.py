"""Stack files for tests: the repository's own `dev`, and variations of it."""

import copy
from pathlib import Path
from typing import Any

import yaml

from settings.check import check
from settings.faults import Fault, SettingsError

ROOT = Path(__file__).parent.parent
EXAMPLES = sorted((ROOT / "examples").glob("Pulumi.*.yaml"))
"""The stack files to copy."""
NAMESPACE = "vvp:"
SECRET = {"secure": "v1:AAAA:BBBB"}
"""A secret as it stands in a stack file."""


def deployed_urns() -> list[str]:
    """The resources of `dev` as a deployed stack has them: URNs without project and stack, in order."""
    return (ROOT / "tests" / "program" / "dev.urns").read_text().splitlines()


def stack_file(name: str = "dev") -> dict[str, Any]:
    """Every key of a stack file, with its namespace."""
    return yaml.safe_load((ROOT / f"Pulumi.{name}.yaml").read_text())["config"]


def own(changes: dict[str, Any]) -> dict[str, Any]:
    """The same changes with the program's namespace before keys that name none."""
    return {key if ":" in key else f"{NAMESPACE}{key}": value for key, value in changes.items()}


def faults_of(changes: dict[str, Any]) -> list[Fault]:
    """The faults of `dev` with these changes, which need no namespace."""
    try:
        check(changed(stack_file(), **own(changes)))
    except SettingsError as error:
        return error.faults
    return []


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
