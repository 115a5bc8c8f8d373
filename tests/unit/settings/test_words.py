"""Every fault that the models can make has words of its own, and no fault shows a secret."""

from typing import Any

import pytest

from settings.aws.stack_file import AwsStackFile
from settings.faults import show
from settings.reading import _WORDS  # pyright: ignore[reportPrivateUsage]

KINDS: dict[str, set[str]] = {
    # By the type of a node of pydantic's schema, or by that and one of its limits.
    "str": {"string_type"},
    "int": {"int_type", "int_from_float", "int_parsing_size"},
    "float": {"float_type", "finite_number"},
    "bool": {"bool_type"},
    "tuple": {"tuple_type"},
    "dict": {"dict_type"},
    "model": {"model_type"},
    "enum": {"enum"},
    "literal": {"literal_error"},
    "int.ge": {"greater_than_equal"},
    "int.le": {"less_than_equal"},
    "float.gt": {"greater_than"},
    "float.ge": {"greater_than_equal"},
    "float.le": {"less_than_equal"},
    "str.min_length": {"string_too_short"},
    "str.max_length": {"string_too_long"},
    "tuple.min_length": {"too_short"},
    "tuple.max_length": {"too_long"},
    "dict.max_length": {"too_long"},
}
WITHOUT_ERRORS = {
    *("model-field", "model-fields", "default", "nullable", "union", "tagged-union", "any"),
    *("no-info", "function-after", "function-before", "definitions", "definition-ref"),
}
LIMITS = ("gt", "ge", "lt", "le", "multiple_of", "min_length", "max_length", "pattern", "max_digits", "decimal_places")


def nodes(schema: Any) -> set[str]:
    found: set[str] = set()
    if isinstance(schema, dict):
        if isinstance(kind := schema.get("type"), str):
            found |= {kind, *(f"{kind}.{limit}" for limit in LIMITS if limit in schema)}
        for inner in schema.values():
            found |= nodes(inner)
    elif isinstance(schema, (list, tuple)):
        for inner in schema:
            found |= nodes(inner)
    return found


def test_each_kind_of_mistake_that_the_models_can_make_has_its_words() -> None:
    present = nodes(AwsStackFile.__pydantic_core_schema__)
    assert "int.ge" in present
    assert present - WITHOUT_ERRORS - KINDS.keys() == set(), "a new kind of field: what can be wrong with it?"
    assert {error for node in present & KINDS.keys() for error in KINDS[node]} <= _WORDS.keys()


@pytest.mark.parametrize(
    "text",
    [
        "jdbc:postgresql://u:hun/ter2@h/vvp",
        "jdbc:oracle:thin:u/hunter2@h:1521/vvp",
        "jdbc:mysql://u:p@hunter2@h",
        "jdbc:mysql://h/vvp?password=hun&ter2",
        'jdbc:mysql://h/vvp?password=a"hunter2',
        "jdbc:mysql://h/vvp?password=a hunter2",
        "jdbc:mysql://h/vvp?password=ü\\hunter2",
        "HTTPS://U:HUNTER2@H",
        "-----BEGIN RSA PRIVATE KEY-----\nhunter2",
        "eyJhbGciOiJub25lIn0.hunter2.ter2",
    ],
)
def test_a_secret_with_odd_characters_is_hidden_whole(text: str) -> None:
    for value in (text, [text], {"url": text}):
        shown = show(value)
        assert "ter2" not in shown.lower(), shown
        assert "hidden" in shown


@pytest.mark.parametrize("text", ["me@example.com", "arn:aws:iam::123456789012:user/me@example.com", "https://h/a.jar"])
def test_what_is_no_secret_is_shown(text: str) -> None:
    assert show(text) == f'"{text}"'
