"""The forms in which APIs want what a program says: tags, letter case, optional parameters."""

from __future__ import annotations

import types
from collections.abc import Callable, Iterable, Mapping
from typing import Any, cast

from provider_kit import UNKNOWN, Properties, Unknown


def table(**entries: Any) -> Mapping[str, Any]:
    """A read-only table for a class attribute."""
    return types.MappingProxyType(entries)


def tag_list(tags: Mapping[str, Any] | Unknown, key: str = "Key", value: str = "Value") -> Any:
    """Tags as most APIs take them: a list of objects with a key and a value."""
    return UNKNOWN if isinstance(tags, Unknown) else [{key: name, value: text} for name, text in tags.items()]


def tag_map(tags: Iterable[Mapping[str, Any]] | None, key: str = "Key", value: str = "Value") -> dict[str, str]:
    """Tags from such a list."""
    return {tag[key]: tag[value] for tag in tags or ()}


def known(value: Any) -> Properties:
    """An object, or an empty one in the place of what is absent or unknown."""
    return cast("Properties", value) if isinstance(value, dict) else {}


def known_items(value: Any) -> list[Any]:
    """A list, or an empty one in the place of what is absent or unknown."""
    return cast("list[Any]", value) if isinstance(value, list) else []


def without_empty(values: Mapping[str, Any]) -> Properties:
    """An object without what is empty, for optional request parameters."""
    return {key: value for key, value in values.items() if value not in (None, "", [], {})}


def recased(value: Any, change: Callable[[str], str]) -> Any:
    """A nested value with the names of all its properties changed, e.g. from `volumeSize` to `VolumeSize`."""
    if isinstance(value, dict):
        return {change(str(key)): recased(item, change) for key, item in value.items()}  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]
    if isinstance(value, list):
        return [recased(item, change) for item in value]  # pyright: ignore[reportUnknownVariableType]
    return value


def pascal(name: str) -> str:
    """`volumeSize` as `VolumeSize`."""
    return name[:1].upper() + name[1:]


def camel(name: str) -> str:
    """`VolumeSize` as `volumeSize`."""
    return name[:1].lower() + name[1:]
