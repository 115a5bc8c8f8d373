"""The comparison of models with a description sees every kind of difference."""

from typing import Annotated, Any, Literal, NotRequired, Required

import pytest
from typing_extensions import TypedDict

from sandbox.platform.models.kinds import Documented, Int32, Quantity, Unsupported, Uuid
from tests.vvp_shapes import Comparison, Role

PART = {"type": "object", "required": ["name"], "properties": {"name": {"type": "string"}, "size": {"$ref": "#/Size"}}}
WHOLE = {
    "type": "object",
    "properties": {
        "id": {"type": "string", "format": "uuid"},
        "count": {"type": "integer", "format": "int32"},
        "parts": {"type": "array", "items": {"$ref": "#/definitions/Part"}},
        "texts": {"type": "object", "additionalProperties": {"type": "string"}},
        "state": {"type": "string", "enum": ["ON", "OFF"]},
        "old": {"type": "object", "properties": {"x": {"type": "string"}}},
    },
}
DEFINITIONS = {"Part": PART, "Whole": WHOLE, "Quantity": {"type": "object"}, "Size": {"type": "number"}}
PART["properties"]["size"] = {"$ref": "#/definitions/Quantity"}


class Part(TypedDict, total=False):
    name: Required[str]
    size: Quantity


class Whole(TypedDict, total=False):
    id: Uuid
    count: Int32
    parts: list[Part]
    texts: dict[str, str]
    state: Literal["ON", "OFF"]
    old: Unsupported
    later: Annotated[str, Documented("https://a.page", field=True)]


class Loose(TypedDict):
    id: NotRequired[str]
    parts: NotRequired[list[dict[str, Any]]]
    state: NotRequired[Literal["ON"]]


class NamelessPart(TypedDict, total=False):
    size: Quantity


class Number(TypedDict, total=False):
    count: str


class Unknown(TypedDict, total=False):
    stat: str


class Lists(TypedDict, total=False):
    parts: list[NamelessPart]


class Texts(TypedDict, total=False):
    texts: dict[str, int]


class AnyState(TypedDict, total=False):
    state: str


class Demanding(TypedDict, total=False):
    texts: Required[dict[str, str]]


class Known(TypedDict, total=False):
    count: Annotated[Int32, Documented("https://a.page", field=True)]


class Size(TypedDict, total=False):
    count: Quantity


def found(model: Any, role: Role) -> list[str]:
    return list(Comparison(DEFINITIONS, role).differences(model, {"$ref": "#/definitions/Whole"}))


def test_what_is_as_described_has_no_differences() -> None:
    assert found(Whole, "takes") == []
    assert found(Whole, "answers") == []
    assert found(Loose, "sends") == []


@pytest.mark.parametrize(
    ("model", "role", "difference"),
    [
        (Loose, "takes", "body.count: the model does not have it"),
        (Loose, "answers", "body.id: string is string uuid"),
        (Loose, "answers", "body.parts[]: any object is object ['name', 'size']"),
        (Loose, "takes", "body.state: ['ON'] are ['OFF', 'ON']"),
        (Loose, "reads", "body.state: ['ON'] are ['OFF', 'ON']"),
        (Number, "reads", "body.count: string is integer int32"),
        (Unknown, "sends", "body.stat: the description does not have it"),
        (Lists, "sends", "body.parts[].name: not required here"),
        (Texts, "answers", "body.texts{}: integer is string"),
        (AnyState, "answers", "body.state: any string is one of ['ON', 'OFF']"),
        (Demanding, "takes", "body.texts: required only here"),
        (Known, "takes", "body.count: the description has it"),
        (Size, "sends", "body.count: Quantity is {'type': 'integer', 'format': 'int32'}"),
    ],
)
def test_differences_are_told_by_path(model: Any, role: Role, difference: str) -> None:
    assert difference in found(model, role)
