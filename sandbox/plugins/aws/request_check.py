"""Checks of API requests against botocore's service models, before anything is sent.

botocore itself checks types and least lengths only; the models also hold patterns, enums and greatest lengths.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Mapping
from typing import Any, cast

from provider_kit import Path, format_path
from sandbox.plugins.sdk_schema import Problem


def request_problems(client: Any, method: str, params: Mapping[str, Any], names: Mapping[str, str]) -> list[Problem]:
    """What AWS would refuse in a request.

    Args:
        client: a boto3 client.
        method: its method, e.g. `create_role`.
        params: the request, possibly with unknown values, which are taken as good.
        names: request parameter to the property it came from, for the reported paths.
    """
    shape = client.meta.service_model.operation_model(client.meta.method_to_api_mapping[method]).input_shape
    found: list[Problem] = []
    for key, value in params.items():
        member = shape.members.get(key)
        if member is not None:
            found += _problems((names.get(key) or _camel(key),), value, member)
    return found


def _camel(name: str) -> str:
    return name[:1].lower() + name[1:]


def _problems(path: Path, value: Any, shape: Any) -> list[Problem]:
    found: list[Problem] = []
    match shape.type_name, value:
        case "structure", dict():
            pairs = cast("dict[str, Any]", value)
            for key in [key for key in pairs if key in shape.members]:
                found += _problems((*path, _camel(key)), pairs[key], shape.members[key])
        case "list", list():
            items = cast("list[Any]", value)
            found += _range(path, len(items), shape.metadata, "number of items")
            for index, item in enumerate(items):
                found += _problems((*path, index), item, shape.member)
        case "map", dict():
            for key, item in cast("dict[str, Any]", value).items():
                found += _problems((*path, key), key, shape.key) + _problems((*path, key), item, shape.value)
        case "string", str():
            found += _string(path, value, shape.metadata)
        case (("integer" | "long"), int()):
            found += _range(path, value, shape.metadata, "value")
        case _:
            # An unknown value, or a type that the schema check has refused already.
            pass
    return found


def _string(path: Path, value: str, limits: Mapping[str, Any]) -> list[Problem]:
    allowed = limits.get("enum")
    if allowed and value not in allowed:
        return [(format_path(path), f"expected one of {', '.join(allowed)}, got {value!r}")]
    found = _range(path, len(value), limits, "length")
    pattern = _compiled(limits["pattern"]) if "pattern" in limits else None
    if pattern and not pattern.fullmatch(value):
        found.append((format_path(path), f"value {value!r} does not match the pattern {limits['pattern']}"))
    return found


def _range(path: Path, size: int, limits: Mapping[str, Any], what: str) -> list[Problem]:
    least, most = limits.get("min"), limits.get("max")
    if (least is None or size >= least) and (most is None or size <= most):
        return []
    expected = (
        f"between {least} and {most}"
        if None not in (least, most)
        else f"at least {least}"
        if least
        else f"at most {most}"
    )
    return [(format_path(path), f"{what} must be {expected}, got {size}")]


@functools.cache
def _compiled(pattern: str) -> re.Pattern[str] | None:
    r"""The model's pattern, which is Java's, for Python's `re`; None for one that Python cannot read."""
    text = pattern.replace(r"\p{L}", r"a-zA-Z\u00aa-\uffff").replace(r"\p{Z}", r"\s").replace(r"\p{N}", r"\d")
    try:
        return re.compile(text, re.DOTALL)
    except re.error:
        return None
