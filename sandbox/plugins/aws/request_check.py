"""Checks of API requests against botocore's service models, before anything is sent.

botocore itself checks types and least lengths only; the models also hold patterns, enums and greatest lengths.
"""

import functools
import re
from collections.abc import Mapping
from typing import Any, cast

from provider_kit import Path, format_path
from sandbox.plugins.aws import service_model
from sandbox.plugins.aws.spelling import camel
from sandbox.plugins.sdk_schema import Problem


def request_problems(client: Any, method: str, params: Mapping[str, Any], names: Mapping[str, str]) -> list[Problem]:
    """What AWS would refuse in a request.

    Args:
        client: a boto3 client.
        method: its method, e.g. `create_role`.
        params: the request, possibly with unknown values, which are taken as good.
        names: request parameter to the property it came from, for the reported paths.
    """
    taken = service_model.parameters(client, method)
    found: list[Problem] = []
    for key, value in params.items():
        if key in taken:
            found += _problems((names.get(key) or camel(key),), value, taken[key])
    return found


def _problems(path: Path, value: Any, shape: Any) -> list[Problem]:
    found: list[Problem] = []
    match shape.type_name, value:
        case "structure", dict():
            pairs = cast("dict[str, Any]", value)
            for key in [key for key in pairs if key in shape.members]:
                found += _problems((*path, camel(key)), pairs[key], shape.members[key])
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
    name, allowed, pattern = format_path(path), limits.get("enum"), limits.get("pattern")
    if allowed and value not in allowed:
        return [(name, f"expected one of {', '.join(allowed)}, got {value!r}")]
    found: list[Problem] = []
    if not limits.get("min", 0) <= len(value) <= limits.get("max", len(value)):
        span = f"({limits.get('min', 0)} - {limits.get('max', '')})"
        found.append((name, f"expected length of {name} to be in the range {span}, got {value}"))
    compiled = _compiled(pattern) if pattern else None
    if compiled and not compiled.fullmatch(value):
        found.append((name, f"invalid value for {name} (its characters must match {pattern}), got {value}"))
    return found


def _range(path: Path, size: int, limits: Mapping[str, Any], what: str) -> list[Problem]:
    least, most = limits.get("min"), limits.get("max")
    if (least is None or size >= least) and (most is None or size <= most):
        return []
    both = f"between {least} and {most}"
    expected = both if None not in (least, most) else f"at least {least}" if least else f"at most {most}"
    return [(format_path(path), f"{what} must be {expected}, got {size}")]


@functools.cache
def _compiled(pattern: str) -> re.Pattern[str] | None:
    r"""The model's pattern, which is Java's, for Python's `re`; None for one that Python cannot read."""
    text = pattern.replace(r"\p{L}", r"a-zA-Z\u00aa-\uffff").replace(r"\p{Z}", r"\s\u00a0").replace(r"\p{N}", r"\d")
    try:
        # Java's \w, \d and \s are ASCII's.
        return re.compile(text, re.DOTALL | re.ASCII)
    except re.error:
        return None
