"""The forms in which APIs want what a program says: letter case, dates, absent values."""

import datetime
import types
from collections.abc import Mapping
from typing import Any, cast

import jmespath

from provider_kit import Properties
from sandbox.plugins.aws.service_model import pairs, tag_map


def table(**entries: Any) -> Mapping[str, Any]:
    """A read-only table for a class attribute."""
    return types.MappingProxyType(entries)


def known(value: Any) -> Properties:
    """An object, or an empty one in the place of what is absent or unknown."""
    return cast("Properties", value) if isinstance(value, dict) else {}


def known_items(value: Any) -> list[Any]:
    """A list, or an empty one in the place of what is absent or unknown."""
    return cast("list[Any]", value) if isinstance(value, list) else []


def selected(expression: str, values: Mapping[str, Any]) -> Properties:
    """What a JMESPath expression makes of values: an object, without what is absent in it; empty for no expression."""
    return pruned(jmespath.search(expression, values)) if expression else {}


def pruned(value: Any) -> Any:
    """A value without the absent parts of the objects in it."""
    if isinstance(value, dict):
        return {key: pruned(item) for key, item in value.items() if item is not None}  # pyright: ignore[reportUnknownVariableType]
    return [pruned(item) for item in value] if isinstance(value, list) else value  # pyright: ignore[reportUnknownVariableType]


def filled(values: Properties) -> Properties | None:
    """An object without what is empty in it, or None if nothing is left."""
    return {name: value for name, value in values.items() if value} or None


def plain(value: Any) -> Any:
    """A value of an API's answer as an output: dates are text."""
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}  # pyright: ignore[reportUnknownVariableType]
    if isinstance(value, list):
        return [plain(item) for item in value]  # pyright: ignore[reportUnknownVariableType]
    return value.strftime("%Y-%m-%dT%H:%M:%SZ") if isinstance(value, datetime.datetime) else value


def pascal(name: str) -> str:
    """`volumeSize` as `VolumeSize`."""
    return name[:1].upper() + name[1:]


def camel(name: str) -> str:
    """`VolumeSize` as `volumeSize`."""
    return name[:1].lower() + name[1:]


class Spelling:
    """How an API with capital letters writes an object of the program; tags in it are a map here and pairs there.

    Args:
        texts: booleans that the program has as text, with spaces between: so Terraform tells "not said" from "false".
        exceptions: the program's name to the API's, where more than the first letter differs.
    """

    def __init__(self, texts: str = "", **exceptions: str) -> None:
        self._texts = texts.split()
        self._api, self._ours = exceptions, {api: name for name, api in exceptions.items()}

    def api(self, value: Any) -> Any:
        """A value of the program as the API takes it."""
        if not isinstance(value, dict):
            return [self.api(item) for item in value] if isinstance(value, list) else value  # pyright: ignore[reportUnknownVariableType]
        return {self._api.get(name) or pascal(name): self._sent(name, item) for name, item in value.items()}  # pyright: ignore

    def _sent(self, name: str, item: Any) -> Any:
        if name == "tags" and isinstance(item, dict):
            return pairs(item)
        return item == "true" if name in self._texts and isinstance(item, str) else self.api(item)

    def ours(self, value: Any) -> Any:
        """A value of the API as the program has it."""
        if not isinstance(value, dict):
            return [self.ours(item) for item in value] if isinstance(value, list) else value  # pyright: ignore[reportUnknownVariableType]
        named = ((self._ours.get(api) or camel(api), item) for api, item in value.items())
        return {name: self._received(name, item) for name, item in named}

    def _received(self, name: str, item: Any) -> Any:
        if name == "tags" and isinstance(item, list):
            return tag_map(item)
        return str(item).lower() if name in self._texts and isinstance(item, bool) else self.ours(item)
