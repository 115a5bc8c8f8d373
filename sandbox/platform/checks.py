"""Checks of requests and answers against the models: unknown fields, types, enumerations, required fields."""

from collections.abc import Mapping
from functools import cache
from types import GenericAlias
from typing import Any

from pydantic import ConfigDict, TypeAdapter, ValidationError

from sandbox.platform.calls import Parameter
from sandbox.platform.errors import ApiError, bad, unsupported
from sandbox.platform.names import as_id


def check_query(parameters: tuple[Parameter, ...], query: Mapping[str, str]) -> None:
    """Checks the query parameters that an operation has; others are ignored, as the platform does.

    Raises:
        ApiError: 400.
    """
    for parameter in parameters:
        value = query.get(parameter.name)
        if value is None:
            if parameter.required:
                raise bad(f"Required string parameter '{parameter.name}' is not present")
        elif parameter.kind == "boolean" and value.lower() not in ("true", "false"):
            raise bad(f"parameter '{parameter.name}' must be true or false, not '{value}'")
        elif parameter.kind == "uuid" and not as_id(value):
            raise bad(f"parameter '{parameter.name}' must be a UUID, not '{value}'")


def check_body(model: Any, body: Any, *, patch: bool = False) -> None:
    """Checks a request's body.

    Args:
        model: of `models`.
        body: as the client sent it.
        patch: required fields may be missing.

    Raises:
        ApiError: 400, naming the field; 501 for a field that the platform has and the stand-in does not.
    """
    fault = _fault(model, body, patch=patch)
    if fault:
        raise fault


def check_answer(model: Any, answer: Any) -> None:
    """Checks an answer of a handler's. Nothing is required of answers: they are of what clients gave.

    Raises:
        ValueError: a handler or the controller has written what the platform does not have.
    """
    fault = _fault(model, answer, patch=True)
    if fault:
        raise ValueError(f"an answer is not as its model says: {fault}")


def _fault(model: Any, value: Any, *, patch: bool) -> ApiError | None:
    try:
        _adapter(model).validate_python([value])
    except ValidationError as error:
        found = [(fault["type"], _place(fault["loc"]), fault["msg"]) for fault in error.errors(include_url=False)]
    else:
        return None
    wrong = [fault for fault in found if fault[0] != "unsupported" and not (patch and fault[0] == "missing")]
    if wrong:
        kind, place, message = min(wrong, key=lambda fault: fault[1])
        return bad(f"{place}: {'unexpected field' if kind == 'extra_forbidden' else message[:500]}")
    refused = [place for kind, place, _ in found if kind == "unsupported"]
    return unsupported(f"the field {refused[0]}") if refused else None


def _place(location: tuple[int | str, ...]) -> str:
    return ".".join(str(part) for part in location[1:] if part != "[key]") or "the body"


@cache
def _adapter(model: Any) -> TypeAdapter[list[Any]]:
    # A typed dictionary has its configuration from what it is in.
    within: Any = GenericAlias(list, (model,))
    return TypeAdapter(within, config=ConfigDict(extra="forbid", strict=True))
