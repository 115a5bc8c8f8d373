"""The stand-in's operations and models against the platform's own description, field by field."""

import pytest

from sandbox.platform import handlers
from sandbox.platform.calls import OPERATIONS
from sandbox.platform.unsupported import NAMES
from tests.vvp_description import Description
from tests.vvp_shapes import Comparison

SUPPORTED = sorted(OPERATIONS) if handlers.ALL else []


def test_every_operation_is_supported_or_refused_by_name(api_description: Description) -> None:
    assert OPERATIONS.keys() | NAMES.keys() == api_description.operations.keys()
    assert not OPERATIONS.keys() & NAMES.keys()


@pytest.mark.parametrize(("method", "path"), SUPPORTED)
def test_an_operation_takes_and_answers_what_is_described(api_description: Description, method: str, path: str) -> None:
    own, definitions = OPERATIONS[method, path], api_description.definitions(path)
    body, answer = api_description.body(method, path), api_description.answer(method, path)
    assert (own.body is None) == (body is None)
    if body is not None:
        taken = Comparison(definitions, "takes")
        assert list(taken.differences(own.body, body)) == []
    answered = Comparison(definitions, "answers")
    assert list(answered.differences(own.answer, answer, "answer")) == []
    described = {
        (item["name"], item.get("format") or item["type"], item["required"])
        for item in api_description.parameters(method, path, "query")
    }
    assert {(item.name, item.kind, item.required) for item in own.query} == described
    assert {str(status) for status in own.statuses} <= api_description.operations[method, path]["responses"].keys()
