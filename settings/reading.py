"""Reads a stack file key by key into its model, and tells each fault by where it is in the file."""

import copy
import json
from collections.abc import Iterable, Mapping
from types import UnionType
from typing import Annotated, Any, TypeVar, Union, cast, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails

from settings.faults import IN_CLEAR, NOTHING, Fault, show, unknown_key
from settings.stack_file import NAMESPACE, StackFile

F = TypeVar("F", bound=StackFile)
_OWN = f"{NAMESPACE}:"


def read(model: type[F], config: Mapping[str, Any]) -> tuple[F, list[Fault]]:
    """Reads the keys of a stack file that the program knows.

    Args:
        model: The stack file's model.
        config: Plain JSON values by key.

    Returns:
        The stack file and its faults. Where something is wrong it has its defaults, so that what is right can still be
        checked against the rest.
    """
    fields = {field.alias or name: field for name, field in model.model_fields.items()}
    required = {key: field.examples for key, field in fields.items() if field.is_required()}
    known = [key.removeprefix(_OWN) for key in fields if key.startswith(_OWN)]
    unknown = [key for key in config if key.startswith(_OWN) and key not in fields]
    faults = [unknown_key(key, key.removeprefix(_OWN), known) for key in unknown]
    value = {**dict.fromkeys(required), **{key: config[key] for key in fields if key in config}}
    rest: dict[str, Any] = copy.deepcopy(value)
    while True:
        try:
            # JSON mode: strict about types, and still reads enums and tuples.
            return model.model_validate_json(json.dumps(rest)), faults
        except ValidationError as error:
            details = error.errors()
        locations = [_location(value, each) for each in details]
        faults += [_fault(model, location, each) for location, each in zip(locations, details, strict=True)]
        for location, each in zip(locations, details, strict=True):
            # What misses a part goes as a whole: half of it means nothing.
            rest = _without(rest, location[:-1] if each["type"] == "missing" else location)
        # Something has to stand there, so that the rest can be checked: the fault is told already.
        rest |= {key: examples[0] for key, examples in required.items() if key not in rest and examples}


def _location(value: object, details: ErrorDetails) -> list[str | int]:
    """Where the fault is in the stack file: pydantic's location without the steps that only its types have."""
    steps = details["loc"]
    location: list[str | int] = []
    for index, step in enumerate(steps):
        there = (isinstance(value, dict) and step in value) or (isinstance(value, list) and isinstance(step, int))
        if there:
            value = cast("dict[str | int, Any]", value)[step]
        if there or (details["type"] == "missing" and index == len(steps) - 1):
            location.append(step)
    return location


def _without(value: Any, location: list[str | int]) -> Any:
    step, *deeper = location
    if isinstance(value, dict) and step in value:
        inner = cast("dict[str | int, Any]", value)
        if deeper and (kept := _without(inner[step], deeper)):
            return {**inner, step: kept}
        return {name: content for name, content in inner.items() if name != step}
    if isinstance(value, list) and isinstance(step, int):
        # A list with a fault in it goes as a whole: dropping one item would move the keys of the others.
        return None
    return cast("Any", value)


def _fault(model: type[BaseModel], location: list[str | int], details: ErrorDetails) -> Fault:
    path = ".".join(map(str, location))
    match details["type"]:
        case "missing":
            return Fault(path, NOTHING, f"a value, as this key has no default{_described(model, location)}")
        case "extra_forbidden":
            return unknown_key(path, str(location[-1]), _known(model, location[:-1]))
        case "expected":
            return Fault(path, NOTHING if details["input"] is None else show(details["input"]), details["msg"])
        case kind if kind == IN_CLEAR:
            return Fault(path, "text in clear", f"a secret, set by `pulumi config set --secret {path}`")
        case kind:
            right = _PLAIN.get(kind, details["msg"].removeprefix("Input should be ").replace("'", ""))
            return Fault(path, show(details["input"]), right)


_PLAIN = {
    "int_type": "a whole number, without quotes",
    "string_type": "text; quote a number that is meant as text",
    "bool_type": "true or false, without quotes",
    "tuple_type": "a list",
    "dict_type": "an object",
    "model_type": "an object",
    "json_type": "an object",
}


def _known(annotation: Any, location: Iterable[str | int]) -> list[str]:
    inner = _model_at(annotation, location)
    return [field.alias or name for name, field in inner.model_fields.items()] if inner else []


def _described(annotation: Any, location: list[str | int]) -> str:
    owner = _model_at(annotation, location[:-1])
    fields: Mapping[str, FieldInfo] = owner.model_fields if owner else {}
    text = next((f.description for f in fields.values() if f.alias == location[-1] and f.description), None)
    return f": {text.rstrip('.')}" if text else ""


def _model_at(annotation: Any, location: Iterable[str | int]) -> type[BaseModel] | None:
    """The model of the object at `location`."""
    for part in location:
        annotation = _inside(annotation, part)
    return next(iter(models_in(annotation)), None)


def _inside(annotation: Any, part: str | int) -> Any:
    """What an annotation says of one item of it; None if it has no such."""
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return _inside(arguments[0], part)
    if origin in (Union, UnionType):
        return next((found for one in arguments if (found := _inside(one, part)) is not None), None)
    if origin is dict:
        return arguments[1]
    if origin is tuple and isinstance(part, int):
        return arguments[0]
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return next((field.annotation for field in annotation.model_fields.values() if field.alias == part), None)
    return None


def models_in(annotation: Any) -> list[type[BaseModel]]:
    """The models that an annotation names, looking through optional, list and dictionary annotations."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    return [model for argument in get_args(annotation) for model in models_in(argument)]
