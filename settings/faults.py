"""Faults of a stack file: found all at once, each told by key, by what was found and by what would be right."""

import copy
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any, TypeVar, cast, get_args

from pydantic import BaseModel, ConfigDict, RootModel, ValidationError
from pydantic.alias_generators import to_camel
from pydantic_core import ErrorDetails

NOTHING = "nothing"
_LONGEST_SHOWN = 80


@dataclass(frozen=True)
class Fault:
    """One fault of the stack file.

    Attributes:
        key: Where it is, as the stack file spells it: `vvp:cluster.nodes.minSize`.
        found: What stands there, as YAML would show it; never a secret.
        expected: What would be right.
        beside: Other keys that the fault was judged by; it stands only if they have none of their own.
    """

    key: str
    found: str
    expected: str
    beside: tuple[str, ...] = ()

    def touches(self, other: "Fault") -> bool:
        """Whether `other` makes this fault's ground unsure: it is about the key, or what is around it, or about a key
        that this fault was judged by, or what is around or inside that."""
        there = f"{other.key}."
        around = any(f"{key}.".startswith(there) for key in (self.key, *self.beside))
        return around or any(there.startswith(f"{key}.") for key in self.beside)

    def __str__(self) -> str:
        return f"{self.key}: found {self.found}; would be right: {self.expected}"


class SettingsError(Exception):
    """The stack file has faults; the message lists every one.

    Attributes:
        faults: All of them, in the order of their keys.
    """

    def __init__(self, faults: Iterable[Fault]) -> None:
        self.faults = sorted(faults, key=lambda fault: fault.key)
        count = len(self.faults)
        head = f"the stack file has {count} {'fault' if count == 1 else 'faults'}; nothing was created"
        super().__init__("\n  ".join([head, *map(str, self.faults)]))


class Section(BaseModel):
    """One key of the stack file: closed, frozen, spelled in camelCase, with no conversion between types."""

    model_config = ConfigDict(
        alias_generator=to_camel, extra="forbid", frozen=True, strict=True, use_attribute_docstrings=True
    )


S = TypeVar("S", bound=BaseModel)


def show(value: object) -> str:
    """`value` as a fault shows it: JSON, cut to one readable line."""
    text = json.dumps(value, default=str)
    return text if len(text) <= _LONGEST_SHOWN else text[: _LONGEST_SHOWN - 1] + "…"


def unknown_key(key: str, name: str, known: Iterable[str]) -> Fault:
    """The fault of a key that nobody reads, with the nearest known name first."""
    names = sorted(known)
    near = get_close_matches(name, names, n=1)
    hint = f"`{near[0]}`, or " if near else ""
    return Fault(key, f"the unknown key `{name}`", f"{hint}one of {', '.join(names)}")


def parse(model: type[S], key: str, value: object) -> tuple[S, list[Fault]]:
    """Reads one section of the stack file.

    Args:
        model: The section's model; every key of it has a default.
        key: Its key in the stack file, with the namespace.
        value: What stands there: the plain JSON value.

    Returns:
        The section and its faults. Where something is wrong the section has its defaults, so that what is right can
        still be checked against other sections.
    """
    faults: list[Fault] = []
    rest = copy.deepcopy(value)
    while True:
        try:
            # JSON mode: strict about types, and still reads enums and tuples.
            return model.model_validate_json(json.dumps(rest)), faults
        except ValidationError as error:
            details = error.errors()
        locations = [_location(value, each) for each in details]
        faults += [_fault(model, key, location, each) for location, each in zip(locations, details, strict=True)]
        for location, each in zip(locations, details, strict=True):
            # What misses a part goes as a whole: half of it means nothing.
            rest = _without(rest, location[:-1] if each["type"] == "missing" else location)


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
    if not location:
        return {}
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


def _fault(model: type[BaseModel], key: str, location: list[str | int], details: ErrorDetails) -> Fault:
    path = ".".join([key, *map(str, location)])
    match details["type"]:
        case "missing":
            return Fault(path, NOTHING, f"a value, as this key has no default{_described(model, location)}")
        case "extra_forbidden":
            return unknown_key(path, str(location[-1]), _known(model, location[:-1]))
        case "expected":
            return Fault(path, show(details["input"]), details["msg"])
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


def _known(model: type[BaseModel], location: list[str | int]) -> list[str]:
    inner = _model_at(model, location)
    return [field.alias or name for name, field in inner.model_fields.items()] if inner else []


def _described(model: type[BaseModel], location: list[str | int]) -> str:
    owner = _model_at(model, location[:-1])
    fields: Mapping[str, Any] = owner.model_fields if owner else {}
    text = next((f.description for f in fields.values() if f.alias == location[-1] and f.description), None)
    return f": {text.rstrip('.')}" if text else ""


def _model_at(model: type[BaseModel], location: list[str | int]) -> type[BaseModel] | None:
    """The model of the object at `location`, looking through optional and list annotations."""
    current: type[BaseModel] | None = model
    for part in location:
        if isinstance(part, int) or current is None:
            continue
        if issubclass(current, RootModel):
            current = next(iter(_models_in(current.model_fields["root"].annotation)), None)
            continue
        field = next((f for f in current.model_fields.values() if f.alias == part), None)
        current = next(iter(_models_in(field.annotation)), None) if field else None
    return current


def _models_in(annotation: Any) -> list[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    return [model for argument in get_args(annotation) for model in _models_in(argument)]
