"""Reads a stack file key by key into its model, and tells each fault by where it is in the file."""

import copy
import json
from collections.abc import Iterable, Mapping
from dataclasses import replace
from difflib import get_close_matches
from types import UnionType
from typing import Annotated, Any, Literal, TypeVar, Union, cast, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails

from settings.faults import IN_CLEAR, NOTHING, Fault, alternatives, show, unknown_key
from settings.names import TWICE
from settings.stack_file import NAMESPACE, StackFile, key_of

F = TypeVar("F", bound=StackFile)
_ENGINES = "pulumi:"
"""The namespace of the engine's own keys, as pulumi:tags."""


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
    faults = [_foreign(model, key) for key in config if key not in fields and not key.startswith(_ENGINES)]
    value = {**dict.fromkeys(required), **{key: config[key] for key in fields if key in config}}
    rest: dict[str, Any] = copy.deepcopy(value)
    while True:
        try:
            # JSON mode: strict about types, and still reads enums and tuples. Halves of characters are none.
            text = json.dumps(rest, ensure_ascii=False).encode(errors="replace")
            return model.model_validate_json(text), faults
        except ValidationError as error:
            details = error.errors()
        found = [(_location(value, each), each) for each in details]
        faults += _told_once(faults, [_fault(model, location, each) for location, each in found])
        for location, each in found:
            # What misses a part goes as a whole: half of it means nothing.
            rest = _without(rest, location[:-1] if each["type"] == "missing" else location)
        # Something has to stand there, so that the rest can be checked: the fault is told already.
        rest |= {key: examples[0] for key, examples in required.items() if key not in rest and examples}


def _foreign(model: type[StackFile], key: str) -> Fault:
    """The fault of a key that the model does not have."""
    fields = [field.alias or name for name, field in model.model_fields.items()]
    namespace, _, name = key.rpartition(":")
    known = [field.removeprefix(f"{namespace}:") for field in fields if field.startswith(f"{namespace}:")]
    if namespace == NAMESPACE:
        return unknown_key(key, name, known)
    if known:
        reason = model.foreign_keys.get(key, "the program gives its provider what it has, and this would be ignored")
        return Fault(key, "a value", f"nothing: {reason}; {namespace} has {', '.join(known)}")
    namespaces = sorted({field.split(":")[0] for field in fields})
    near = get_close_matches(namespace, namespaces, n=1) or namespaces
    right = f"no such namespace: nobody reads it; `{near[0]}:{name}`?"
    return Fault(key, f"the namespace `{namespace}`", right)


def _told_once(before: Iterable[Fault], faults: Iterable[Fault]) -> list[Fault]:
    """Faults by key: what a value could be instead, in one; not again what is missing because it was wrong."""
    known = {fault.key for fault in before}
    found = list(faults)
    once: dict[str, Fault] = {}
    for fault in found:
        if any(other.key.startswith(f"{fault.key}.") for other in found):
            # One of several forms is wrong inside: that is the one that was meant.
            continue
        if fault.key in once and fault.expected not in once[fault.key].expected.split(", or "):
            once[fault.key] = replace(fault, expected=f"{once[fault.key].expected}, or {fault.expected}")
        elif fault.key not in known:
            once.setdefault(fault.key, fault)
    return list(once.values())


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
    found = NOTHING if details["input"] is None else show(details["input"], location)
    context = details.get("ctx", {})
    match details["type"]:
        case "missing":
            return Fault(path, NOTHING, f"a value, as this key has no default{_described(model, location)}")
        case "extra_forbidden":
            return _unknown(model, path, location)
        case "expected":
            return Fault(path, found, details["msg"])
        case kind if kind in (TWICE, IN_CLEAR):
            return _own_fault(path, location, details)
        case "union_tag_invalid" | "union_tag_not_found":
            # The fault is that of the key by which the kinds are told apart.
            name, kinds = context["discriminator"].strip("'"), _choice_at(model, location)
            tag = context.get("tag")
            return Fault(f"{path}.{name}", NOTHING if tag is None else show(tag), kinds)
        case kind:
            return Fault(path, found, _WORDS[kind].format_map({name: _plain(it) for name, it in context.items()}))


def _own_fault(path: str, location: list[str | int], details: ErrorDetails) -> Fault:
    """The fault of a rule of this program's own that is not about the value as it stands there."""
    if details["type"] == IN_CLEAR:
        return Fault(path, "text in clear", f"a secret, set by `pulumi config set --secret {path}`")
    index: int = details.get("ctx", {})["index"]
    return Fault(f"{path}.{index}", show(details["input"][index], location), details["msg"])


def _plain(value: Any) -> str:
    return str(value).replace("'", "")


_WORDS = {
    "int_type": "a whole number, without quotes",
    "int_from_float": "a whole number",
    "int_parsing_size": "a smaller number",
    "float_type": "a number, without quotes",
    "finite_number": "a number",
    "string_type": "text; quote a number that is meant as text",
    "bool_type": "true or false, without quotes",
    "tuple_type": "a list",
    "dict_type": "an object",
    "model_type": "an object",
    "json_type": "an object",
    "enum": "{expected}",
    "literal_error": "{expected}",
    "greater_than": "more than {gt}",
    "greater_than_equal": "at least {ge}",
    "less_than": "less than {lt}",
    "less_than_equal": "at most {le}",
    "too_short": "a list of at least {min_length}",
    "too_long": "a list of at most {max_length}",
    "string_too_short": "text of at least {min_length} characters",
    "string_too_long": "text of at most {max_length} characters",
    "none_required": "nothing",
}
"""What would be right, by the kind of mistake; a kind that no model here can make is missing, and a test looks."""

_INSTEAD = {"password": "database_password", "licence": "license", "license": "license", "token": "api_token"}
"""Secrets that people look for elsewhere, by a part of the name."""


def _unknown(model: type[BaseModel], path: str, location: list[str | int]) -> Fault:
    name = str(location[-1])
    fault = unknown_key(path, name, _known(model, location[:-1]))
    secret = next((key_of(field) for part, field in _INSTEAD.items() if part in name.lower()), None)
    if secret is None:
        return fault
    right = f"{secret}, as a secret: `pulumi config set --secret {secret}`; here, {fault.expected}"
    return replace(fault, expected=right)


def _choice_at(annotation: Any, location: Iterable[str | int]) -> str:
    """The tags of the models that may stand at `location`."""
    for part in location:
        annotation = _inside(annotation, part)
    tags = [
        str(tag)
        for model in models_in(annotation)
        for field in model.model_fields.values()
        if get_origin(field.annotation) is Literal
        for tag in get_args(field.annotation)
    ]
    return alternatives(tags)


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
