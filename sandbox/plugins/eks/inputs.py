"""Inputs of the components, checked against the official SDK's own argument types.

An `Output` is checked when its value is there; until then it passes, as it does in the real provider.
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib.metadata import version
from typing import Any, NoReturn, TypeAlias, cast

import pulumi
import pulumi_aws as aws
from pulumi.output import Unknown

from provider_kit import UNKNOWN, Path, format_path
from sandbox.plugins import sdk_schema

VERSION = version("pulumi_eks")
"""The provider's version is that of the SDK, as for the real one."""

Inputs: TypeAlias = dict[str, Any]
"""Properties by their names in the package's schema, i.e. in camel case."""

_RESOURCES: dict[str, Any] = {
    "clusterSecurityGroup": aws.ec2.SecurityGroup,
    "nodeRole": aws.iam.Role,
    "serviceRole": aws.iam.Role,
}
"""Inputs that are whole resources; the shared check of types knows plain values only."""


class Faults:
    """Collects what is wrong with the inputs of one component, to say all of it at once."""

    def __init__(self, component: str) -> None:
        self._component = component
        self._found: list[pulumi.InputPropertyErrorDetails] = []

    def add(self, path: str, reason: str) -> None:
        """Notes one fault at a property path such as `accessEntries.admins.type`."""
        self._found.append({"property_path": path, "reason": reason})

    def raise_any(self) -> None:
        """Raises pulumi.InputPropertiesError when anything has been noted."""
        if self._found:
            raise pulumi.InputPropertiesError(f"the inputs of {self._component} are invalid", self._found)


def refuse(component: str, path: str, reason: str) -> NoReturn:
    """Raises pulumi.InputPropertiesError for a single fault."""
    faults = Faults(component)
    faults.add(path, reason)
    faults.raise_any()
    raise AssertionError("a noted fault always raises")


def check_types(token: str, inputs: Mapping[str, Any], component: str) -> Inputs:
    """Checks a component's inputs against the SDK class of its arguments.

    Args:
        token: of the component's type.
        inputs: to check; None counts as absent.
        component: its name in the program, for the message.

    Returns:
        the inputs without the absent ones. Those that are Outputs fail later, when their value turns out wrong.

    Raises:
        pulumi.InputPropertiesError: unknown, missing or wrongly typed inputs.
    """
    given: Inputs = _whole_numbers(_without_nulls(inputs))
    plain: Inputs = {key: _plain(value) for key, value in given.items()}
    faults = Faults(component)
    for path, reason in sdk_schema.problems(token, plain):
        faults.add(path, reason)
    for key in _RESOURCES.keys() & given.keys():
        if not isinstance(given[key], pulumi.Output):
            _note_other_resource(key, given[key], faults)
    faults.raise_any()

    def later(value: Any, path: Path) -> Any:
        if isinstance(value, pulumi.Output):
            return cast("pulumi.Output[Any]", value).apply(lambda found: checked(found, path))
        if isinstance(value, dict):
            return {key: later(item, (*path, key)) for key, item in cast("Inputs", value).items()}
        if isinstance(value, list):
            return [later(item, (*path, index)) for index, item in enumerate(cast("list[Any]", value))]
        return value

    def checked(found: Any, path: Path) -> Any:
        found, late, here = _whole_numbers(found), Faults(component), format_path(path)
        for at, reason in sdk_schema.problems(token, _with(plain, path, _plain(found))):
            if at.startswith(here):
                late.add(at, reason)
        if len(path) == 1 and path[0] in _RESOURCES:
            _note_other_resource(str(path[0]), found, late)
        late.raise_any()
        return found

    return {key: later(value, (key,)) for key, value in given.items()}


def note_unsupported(inputs: Inputs, supported: frozenset[str], faults: Faults) -> None:
    """Notes inputs that the real component takes and the stand-in does not.

    What is switched off (False or empty) does nothing in the real component either, and passes.
    """
    for key, value in inputs.items():
        if key not in supported and (isinstance(value, pulumi.Output | Unknown) or value):
            faults.add(key, f"the sandbox's eks does not support {key}")


def require_plain(inputs: Inputs, names: tuple[str, ...], component: str) -> None:
    """Refuses Outputs where the real component decides which children exist, since it takes any Output for true."""
    faults = Faults(component)
    for name in names:
        if isinstance(inputs.get(name), pulumi.Output | Unknown):
            faults.add(name, f"{name} decides which resources exist, so it has to be a plain value and not an Output")
    faults.raise_any()


def _without_nulls(value: Any) -> Any:
    if isinstance(value, Mapping):
        pairs = cast("Mapping[str, Any]", value)
        return {key: _without_nulls(item) for key, item in pairs.items() if item is not None}
    return [_without_nulls(item) for item in cast("list[Any]", value)] if isinstance(value, list) else value


def _whole_numbers(value: Any) -> Any:
    """All numbers of the wire are floats; written as JSON, a whole one has no point in the real component."""
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, Mapping):
        return {key: _whole_numbers(item) for key, item in cast("Mapping[str, Any]", value).items()}
    return [_whole_numbers(item) for item in cast("list[Any]", value)] if isinstance(value, list) else value


def _plain(value: Any) -> Any:
    """The value as the shared check of types wants it: what is not there yet, and resources, are unknown."""
    if isinstance(value, pulumi.Output | Unknown | pulumi.Resource):
        return UNKNOWN
    if isinstance(value, Mapping):
        pairs = cast("Mapping[str, Any]", value)
        return {key: _plain(item) for key, item in pairs.items() if item is not None}
    return [_plain(item) for item in cast("list[Any]", value)] if isinstance(value, list) else value


def _with(values: Any, path: Path, found: Any) -> Any:
    """A copy of plain values with something else at one path."""
    if not path:
        return found
    copied = values.copy()
    copied[path[0]] = _with(values[path[0]], path[1:], found)
    return copied


def _note_other_resource(key: str, value: Any, faults: Faults) -> None:
    kind = _RESOURCES[key]
    if value is not None and not isinstance(value, kind | Unknown):
        faults.add(key, f"expected a resource {kind.pulumi_type}, got {type(value).__name__}")
