"""Pulumi property values as plain Python, and back.

Handlers of the providers work on dicts, lists, strings, numbers and booleans. Two things do not fit into those: a value
that is not known yet, which is the sentinel `UNKNOWN`, and secrecy, which travels beside the value as a set of paths.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any, Final, TypeAlias, cast

import pulumi
from pulumi.provider.experimental.property_value import Computed, PropertyValue, ResourceReference
from pulumi.runtime import rpc

Path: TypeAlias = tuple[str | int, ...]
Properties: TypeAlias = dict[str, Any]


class Unknown(Enum):
    """The type of `UNKNOWN`: an output that exists only after the resource has been made."""

    UNKNOWN = "unknown"

    def __repr__(self) -> str:
        return "<unknown>"


UNKNOWN: Final = Unknown.UNKNOWN


class UnsupportedValue(ValueError):
    """A kind of value that no provider takes: an asset, an archive or a reference to another resource."""


@dataclass(frozen=True)
class Decoded:
    """Plain properties and the paths inside them that are secret."""

    values: Properties
    secrets: frozenset[Path]


def decode(properties: Mapping[str, PropertyValue]) -> Decoded:
    """Plain Python of a property map.

    Absent and null are the same thing to a provider, so nulls in objects are dropped. Whole numbers become `int`.

    Raises:
        UnsupportedValue: an asset, archive or resource reference is inside; the message has its path.
    """
    secrets: set[Path] = set()
    values = {key: _decode(item, (key,), secrets) for key, item in properties.items()}
    return Decoded({key: item for key, item in values.items() if item is not None}, frozenset(secrets))


def _decode(item: PropertyValue, path: Path, secrets: set[Path]) -> Any:
    if item.is_secret:
        secrets.add(path)
    value = item.value
    if isinstance(value, Computed) or value == rpc.UNKNOWN:
        return UNKNOWN
    if isinstance(value, float):
        return int(value) if value.is_integer() else value
    if isinstance(value, pulumi.Asset | pulumi.Archive | ResourceReference):
        raise UnsupportedValue(f"{format_path(path)}: no property takes {type(value).__name__} values")
    if isinstance(value, Mapping):
        pairs = {key: _decode(child, (*path, key), secrets) for key, child in value.items()}
        return {key: child for key, child in pairs.items() if child is not None}
    if isinstance(value, tuple):
        return [_decode(child, (*path, index), secrets) for index, child in enumerate(value)]
    return value


def encode(values: Mapping[str, Any], secrets: Iterable[Path] = ()) -> dict[str, PropertyValue]:
    """A property map of plain Python; what lies at one of the `secrets` paths is marked secret.

    So is a plain value above such a path: a document that came as an object is written as one text afterwards.
    """
    marked = frozenset(secrets)
    above = frozenset(path[:length] for path in marked for length in range(1, len(path)))
    return {key: _encode(item, (key,), marked, above) for key, item in values.items() if item is not None}


def _encode(value: Any, path: Path, secrets: frozenset[Path], above: frozenset[Path]) -> PropertyValue:
    plain: Any
    secret = path in secrets or (path in above and not isinstance(value, Mapping | list | tuple))
    if isinstance(value, Unknown):
        plain = rpc.UNKNOWN
    elif isinstance(value, bool) or value is None or isinstance(value, str):
        plain = value
    elif isinstance(value, int | float):
        plain = float(value)
    elif isinstance(value, Mapping):
        pairs = cast("Mapping[str, Any]", value)
        plain = {key: _encode(child, (*path, key), secrets, above) for key, child in pairs.items() if child is not None}
    elif isinstance(value, list | tuple):
        items = cast("Iterable[Any]", value)
        plain = [_encode(child, (*path, index), secrets, above) for index, child in enumerate(items)]
    else:
        raise UnsupportedValue(f"{format_path(path)}: {type(value).__name__} is not a property value")
    return PropertyValue(plain, is_secret=secret)


def has_unknown(value: Any) -> bool:
    """Whether anything inside a plain value is not known yet."""
    if isinstance(value, Unknown):
        return True
    if isinstance(value, Mapping):
        return any(has_unknown(child) for child in cast("Mapping[str, Any]", value).values())
    if isinstance(value, list | tuple):
        return any(has_unknown(child) for child in cast("Iterable[Any]", value))
    return False


def format_path(path: Path) -> str:
    """A property path as Pulumi writes it, e.g. `ingress[0].cidrBlocks` or `tags["kubernetes.io/cluster"]`."""
    text = ""
    for part in path:
        if isinstance(part, int):
            text += f"[{part}]"
        elif part.replace("_", "a").replace("-", "a").isalnum():
            text += f".{part}" if text else part
        else:
            escaped = part.replace('"', '\\"')
            text += f'["{escaped}"]'
    return text


def lookup(values: Any, path: Path) -> Any:
    """What lies at a path, or None where there is nothing."""
    for part in path:
        if isinstance(part, int):
            items = cast("list[Any]", values) if isinstance(values, list) else []
            values = items[part] if part < len(items) else None
        else:
            values = cast("dict[str, Any]", values).get(part) if isinstance(values, dict) else None
    return values


class Redactor(logging.Filter):
    """Keeps every secret string that passed through this plugin out of its logs and error messages."""

    _shortest: Final = 4

    def __init__(self) -> None:
        super().__init__()
        self._secrets: set[str] = set()

    def learn(self, decoded: Decoded) -> None:
        """Remember the strings that are secret in `decoded`."""
        for path in decoded.secrets:
            self._learn(lookup(decoded.values, path))

    def _learn(self, value: Any) -> None:
        if isinstance(value, str):
            # A secret of one or two letters would blank out half of every message and hides nothing.
            if len(value) >= self._shortest:
                self._secrets.add(value)
        elif isinstance(value, Mapping):
            for child in cast("Mapping[str, Any]", value).values():
                self._learn(child)
        elif isinstance(value, list):
            for child in cast("list[Any]", value):
                self._learn(child)

    def clean(self, text: str) -> str:
        """`text` with every known secret replaced by `[secret]`."""
        for secret in sorted(self._secrets, key=len, reverse=True):
            text = text.replace(secret, "[secret]")
        return text

    def filter(self, record: logging.LogRecord) -> bool:
        """Redact a log record in place; it is never dropped."""
        record.msg, record.args = self.clean(record.getMessage()), ()
        return True
