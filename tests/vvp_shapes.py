"""Compares typed dictionaries with the schemas of a Swagger 2.0 description, field by field."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, NotRequired, Required, Union, get_args, get_origin, get_type_hints

import pulumi
from typing_extensions import is_typeddict

from sandbox.platform.models.kinds import Documented, Wire

Json = dict[str, Any]
Role = Literal["takes", "answers", "sends", "reads"]
"""What a model is for.

- `takes`: a server's, closed: every field with its format, every word of an enumeration, what is required and no more.
- `answers`: a server's: it may leave out fields, and words that it never says.
- `sends`: a client's: as `answers`, but it gives what is required.
- `reads`: a client's: it may leave out fields, and knows every word where it knows words.
"""

_PLAIN: dict[Any, str] = {str: "string", int: "integer", float: "number", bool: "boolean"}
_PULUMI = {"T": Any, "Output": pulumi.Output}
"""What `pulumi.Input[X]` refers to by name."""
_LISTS = (list, Sequence)
_MAPPINGS = (dict, Mapping)
_ANY_OBJECT = ("ObjectNode", "JsonNode")
"""Definitions that stand for any JSON object."""


@dataclass
class Comparison:
    """Models with schemas.

    Args:
        definitions: What `$ref` refers to.
        role: What the models are for.
        added: Fields that the description leaves out, as `path.to.field`; a model may mark its own as `Documented`.
    """

    definitions: Mapping[str, Json]
    role: Role
    added: frozenset[str] = frozenset()
    _seen: set[tuple[Any, str]] = field(default_factory=set)

    @property
    def _server(self) -> bool:
        """A server's models have formats."""
        return self.role in ("takes", "answers")

    def differences(self, model: Any, schema: Json, path: str = "body") -> Iterator[str]:
        """What differs, each with its path.

        Args:
            model: A typed dictionary, or a type that its fields may have.
            schema: What it should be.
            path: Where this is.
        """
        model, notes = _bare(model)
        wire = next((note.name for note in notes if isinstance(note, Wire)), None)
        name = schema.get("$ref", "").rpartition("/")[2]
        if wire == "unsupported":
            return
        if is_typeddict(model):
            if name in _ANY_OBJECT:
                # What the operation really takes is called as its answer.
                name = "Deployment"
            if (model, name) not in self._seen:
                self._seen.add((model, name))
                yield from self._fields(model, self._resolved(name, schema), path)
        elif model is Any and wire:
            yield from [f"{path}: {wire} is {name or schema}"] if wire != name else []
        else:
            yield from self._value(model, wire, self._resolved(name, schema), path)

    def _resolved(self, name: str, schema: Json) -> Json:
        return self.definitions[name] if name else schema

    def _value(self, model: Any, wire: str | None, schema: Json, path: str) -> Iterator[str]:
        origin, parts = get_origin(model), get_args(model)
        kind = schema.get("type", "object")
        if origin is Literal:
            yield from self._words(set(parts), schema, path)
        elif origin in _LISTS:
            yield from [f"{path}: a list is {kind}"] if kind != "array" else []
            yield from self.differences(parts[0], schema.get("items", {}), f"{path}[]")
        elif origin in _MAPPINGS:
            if kind != "object" or (self._server and schema.get("properties")):
                yield f"{path}: any object is {kind} {sorted(schema.get('properties', ()))}"
            elif parts[1] not in (Any, object):
                yield from self.differences(parts[1], schema.get("additionalProperties", {}), f"{path}{{}}")
        else:
            own = wire or _PLAIN.get(model, str(model))
            known = f"{kind} {schema['format']}" if kind != "number" and "format" in schema else kind
            if own != known if self._server else own != kind:
                yield f"{path}: {own} is {known}"
            elif self._server and "enum" in schema:
                yield f"{path}: any {own} is one of {schema['enum']}"

    def _words(self, words: set[Any], schema: Json, path: str) -> Iterator[str]:
        if schema.get("type") != "string":
            yield f"{path}: words are {schema.get('type')}"
        known = schema.get("enum")
        if known is None:
            yield from [f"{path}: {sorted(words)} are any string"] if self.role in ("takes", "reads") else []
        elif not (words <= set(known) if self.role in ("answers", "sends") else words == set(known)):
            yield f"{path}: {sorted(words)} are {sorted(known)}"

    def _fields(self, model: Any, schema: Json, path: str) -> Iterator[str]:
        known: Json = schema.get("properties", {})
        needed = set(schema.get("required", ()))
        hints = get_type_hints(model, localns=_PULUMI, include_extras=True)
        for key, hint in hints.items():
            place = f"{path}.{key}"
            note = next((note for note in _bare(hint)[1] if isinstance(note, Documented)), None)
            if place.partition(".")[2] in self.added or (note and note.field):
                yield from [f"{place}: the description has it"] if key in known else []
            elif key not in known:
                yield f"{place}: the description does not have it"
            else:
                yield from self.differences(hint, known[key], place)
            if self.role == "takes" and key in model.__required_keys__ - needed and not note:
                yield f"{place}: required only here"
        if self.role == "takes":
            yield from (f"{path}.{key}: the model does not have it" for key in sorted(known.keys() - hints.keys()))
        if self.role in ("takes", "sends"):
            yield from (f"{path}.{key}: not required here" for key in sorted(needed - model.__required_keys__))


def _bare(model: Any) -> tuple[Any, list[Any]]:
    """A type without what is around it, and its notes."""
    notes: list[Any] = []
    while True:
        origin, parts = get_origin(model), list(get_args(model))
        if origin is Annotated:
            notes += parts[1:]
        elif origin in (Union, UnionType):
            # `Input[X]` of Pulumi is X or a promise of it; only X is ever sent.
            parts = [part for part in parts if part is not NoneType and not _promise(part)]
            if len(parts) != 1:
                return model, notes
        elif origin not in (Required, NotRequired):
            return model, notes
        model = parts[0]


def _promise(part: Any) -> bool:
    return getattr(get_origin(part) or part, "__name__", "") in ("Output", "Awaitable")
