"""What a resource type takes and gives, derived from the official Python SDK.

The SDK's `<Resource>Args` classes carry the provider's schema: wire names, types, nested objects, enums, what is
required. The SDK itself refuses unknown keyword arguments, but a dict given in place of an `Args` object passes through
it unread; here it is read, so that a misspelt or wrongly typed property is refused by name and path, as the real
provider does.
"""

from __future__ import annotations

import difflib
import enum
import functools
import importlib
import inspect
import json
import sys
import threading
import types
import typing
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

import pulumi
from pulumi import _types as sdk
from pulumi.runtime import rpc

from provider_kit import Path, Properties, Unknown, format_path

Problem = tuple[str, str]
"""A property path and what is wrong there."""

# The SDKs load their modules lazily, and two threads that meet in such a module see it half loaded.
_importing = threading.RLock()


class NoSuchType(LookupError):
    """The official SDK has no such resource type, function or property type."""


@dataclass(frozen=True)
class ObjectType:
    """An object with named properties.

    Attributes:
        name: for messages.
        properties: wire name to SDK type.
        required: wire names that must be given.
    """

    name: str
    properties: Mapping[str, Any]
    required: frozenset[str]


@dataclass(frozen=True)
class ResourceType:
    """A resource: its inputs, and the names of all its outputs."""

    inputs: ObjectType
    outputs: tuple[str, ...]


@functools.cache
def resource_type(token: str) -> ResourceType:
    """The schema of a type token such as `aws:s3/bucket:Bucket` or `pulumi:providers:aws`.

    Raises:
        NoSuchType: the SDK does not have it.
    """
    with _importing:
        cls = _resource_class(token)
        module = sys.modules[cls.__module__]
        # A resource whose own property would clash with `<Resource>Args` has its arguments in `<Resource>InitArgs`.
        args = getattr(module, f"{cls.__name__}InitArgs", None) or getattr(module, f"{cls.__name__}Args")
        return ResourceType(_object_type(args, token), tuple(sdk.resource_types(cls)))


def _resource_class(token: str) -> type:
    package, module_name, name = token.split(":")
    if package == "pulumi" and module_name == "providers":
        return cast("type", importlib.import_module(f"pulumi_{name.replace('-', '_')}").Provider)
    importlib.import_module(f"pulumi_{package.replace('-', '_')}")
    module = rpc.get_resource_module(package, module_name, "")
    info: dict[str, Any] = getattr(module, "mod_info", {"classes": {}})
    if token not in info["classes"]:
        raise NoSuchType(f"unknown resource type {token}")
    return cast("type", getattr(importlib.import_module(info["fqn"]), info["classes"][token]))


@functools.cache
def _object_type(cls: type, name: str) -> ObjectType:
    with _importing:
        wire = sdk.input_type_py_to_pulumi_names(cls)
        parameters = inspect.signature(cls.__init__).parameters.values()
        required = {wire[p.name] for p in parameters if p.default is p.empty and p.name in wire}
        return ObjectType(name, sdk.input_type_types(cls), frozenset(required))


def problems(token: str, inputs: Properties) -> list[Problem]:
    """Everything in `inputs` that the type does not take, in their order. Unknown values are taken as good."""
    return _object_problems((), inputs, resource_type(token).inputs)


def parse_settings(package: str, settings: Properties) -> Properties:
    """Provider settings with nested ones decoded: SDKs and stack configuration hand them over as JSON text.

    Raises:
        ValueError: text that should be JSON is not.
    """
    known = resource_type(f"pulumi:providers:{package}").inputs.properties

    def parse(key: str, value: Any) -> Any:
        if not isinstance(value, str) or key not in known or _plain(known[key]) is str:
            return value
        try:
            return json.loads(value)
        except json.JSONDecodeError:
            # An enum or a union with text: the type check says whether the text is acceptable.
            return value

    return {key: parse(key, value) for key, value in settings.items()}


def _object_problems(path: Path, value: Mapping[str, Any], shape: ObjectType) -> list[Problem]:
    found: list[Problem] = []
    for key, item in value.items():
        if key in shape.properties:
            found += _problems((*path, key), item, shape.properties[key])
        elif path or not key.startswith("__"):
            near = difflib.get_close_matches(key, shape.properties, 1)
            hint = f'; did you mean "{near[0]}"?' if near else ""
            found.append((format_path((*path, key)), f'unsupported argument: {shape.name} has no "{key}"{hint}'))
    for key in sorted(shape.required - value.keys()):
        reason = f'missing required argument: the argument "{key}" is required, but no definition was found'
        found.append((format_path((*path, key)), reason))
    return found


def _plain(annotation: Any) -> Any:
    """An annotation without Input, Output, Awaitable and Optional around it."""
    previous = None
    while annotation is not previous:
        previous = annotation
        annotation = sdk.unwrap_type(annotation)
        if typing.get_origin(annotation) in (typing.Union, types.UnionType):
            members = [m for m in typing.get_args(annotation) if not _is_wrapper(m)]
            annotation = members[0] if len(members) == 1 else typing.Union[tuple(members)]  # noqa: UP007
    return annotation


def _is_wrapper(annotation: Any) -> bool:
    origin = typing.get_origin(annotation)
    return annotation is type(None) or origin is pulumi.Output or getattr(origin, "__name__", "") == "Awaitable"


def _problems(path: Path, value: Any, annotation: Any) -> list[Problem]:
    kind = _plain(annotation)
    origin, arguments = typing.get_origin(kind), typing.get_args(kind)
    found: list[Problem] = []
    if isinstance(value, Unknown):
        pass
    elif origin in (typing.Union, types.UnionType):
        found = _union_problems(path, value, arguments)
    elif origin is typing.Literal:
        found = [] if value in arguments else [_not_one_of(path, value, arguments)]
    elif isinstance(origin, type) and issubclass(origin, Sequence | Mapping):
        found = _collection_problems(path, value, origin, arguments[-1])
    elif isinstance(kind, type):
        found = _class_problems(path, value, kind)
    return found


def _collection_problems(path: Path, value: Any, origin: type, item_type: Any) -> list[Problem]:
    expected = list if issubclass(origin, Sequence) else dict
    if not isinstance(value, expected):
        return [_mismatch(path, _NAMES[expected], value)]
    pairs = cast("dict[str, Any]", value).items() if isinstance(value, dict) else enumerate(cast("list[Any]", value))
    return [p for key, item in pairs for p in _problems((*path, key), item, item_type)]


def _class_problems(path: Path, value: Any, kind: type) -> list[Problem]:
    if sdk.is_input_type(kind):
        if not isinstance(value, dict):
            return [_mismatch(path, "object", value)]
        name = kind.__name__.removesuffix("Args")
        return _object_problems(path, cast("dict[str, Any]", value), _object_type(kind, name))
    if issubclass(kind, enum.Enum):
        allowed = tuple(member.value for member in kind)
        return [] if value in allowed else [_not_one_of(path, value, allowed)]
    if kind is float and isinstance(value, int) and not isinstance(value, bool):
        return []
    if kind in (str, bool, int, float) and type(value) is not kind:
        return [_mismatch(path, _NAMES[kind], value)]
    return []


def _union_problems(path: Path, value: Any, members: tuple[Any, ...]) -> list[Problem]:
    """No problem if one member takes the value; else those of the member that comes nearest."""
    found = [_problems(path, value, member) for member in members]
    deepest = max(found, key=lambda each: max((len(at) for at, _ in each), default=0))
    return [] if any(not each for each in found) else deepest


_NAMES: dict[type, str] = {
    str: "string",
    bool: "boolean",
    int: "integer",
    float: "number",
    list: "list",
    dict: "object",
    type(None): "null",
}


def _mismatch(path: Path, expected: str, value: Any) -> Problem:
    return format_path(path), f"expected {expected} type, got {_NAMES.get(type(value), type(value).__name__)} type"


def _not_one_of(path: Path, value: Any, allowed: tuple[Any, ...]) -> Problem:
    return format_path(path), f"expected one of {', '.join(map(str, allowed))}, got {value!r}"
