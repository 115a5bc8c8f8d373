"""The client's operations and messages, and its typed face, against the platform's own description, field by field."""

import httpx
import pytest
from typing_extensions import is_typeddict

from tests.unit.vvp_provider.fake_platform import CALLED
from tests.vvp_description import Description
from tests.vvp_shapes import Comparison
from vvp_provider.operations import Sending
from vvp_provider.sdk import deployments, namespaces

ADDED = frozenset({"spec.value", "spec.restoreStrategy.allowNonRestoredState", "spec.template.spec.kubernetes.labels"})
"""What the description of 2.4.3 leaves out and the documentation has."""


@pytest.mark.parametrize("name", CALLED)
def test_an_operation_sends_and_reads_what_is_described(api_description: Description, name: str) -> None:
    operation = CALLED[name]
    key = operation.method, operation.path
    assert key in api_description.operations
    definitions = api_description.definitions(operation.path)
    described = api_description.parameters(*key, "query")
    needed = {item["name"] for item in described if item["required"]}
    assert needed <= set(operation.query) <= {item["name"] for item in described}
    assert {item["type"] for item in described if item["name"] in operation.query} <= {"string"}
    schema = api_description.body(*key)
    assert isinstance(operation, Sending) == (schema is not None)
    if isinstance(operation, Sending) and schema is not None:
        sent = Comparison(definitions, "sends", ADDED)
        assert list(sent.differences(operation.body, schema)) == []
    if is_typeddict(operation.answer):
        read = Comparison(definitions, "reads", ADDED)
        assert list(read.differences(operation.answer, api_description.answer(*key), "answer")) == []
    assert any(httpx.codes.is_success(int(status)) for status in api_description.operations[key]["responses"])


def test_the_typed_face_has_the_api_s_fields(api_description: Description) -> None:
    for model, path in (
        (deployments.DeploymentSpec, "/api/v1/namespaces/{namespace}/deployments"),
        (namespaces.RoleBinding, "/namespaces/v1/namespaces"),
    ):
        compared = Comparison(api_description.definitions(path), "sends", ADDED)
        schema = {"$ref": f"#/definitions/{model.__name__}"}
        assert list(compared.differences(model, schema, "body.spec")) == []
