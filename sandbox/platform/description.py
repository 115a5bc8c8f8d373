"""The platform's own description of its API, and the check of requests against it.

The description leaves out what its Java types say by inheritance, and what later platforms added; DOCUMENTED has what
of that the documentation shows. Everything else that a body may not have is refused, as the platform does.
"""

import copy
import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any, Final, Literal

from jsonschema import Draft4Validator, FormatChecker

from sandbox.platform.errors import bad

Part = Literal["appmanager", "platform"]

FILES: Final[Mapping[Part, str]] = {"appmanager": "appmanager-2.4.3.json", "platform": "platform-2.4.3.json"}

DOCUMENTED: Final[Mapping[str, Mapping[str, Any]]] = {
    # https://docs.ververica.com/vvp/user-guide/application-operations/deployments/secret-values
    "SecretValueSpec": {"value": {"type": "string"}},
    # https://docs.ververica.com/vvp/user-guide/application-operations/deployments/deployment-upgrades
    "DeploymentRestoreStrategy": {"allowNonRestoredState": {"type": "boolean"}},
    # https://docs.ververica.com/vvp/user-guide/application-operations/deployments/k8s-resources
    "KubernetesOptions": {"labels": {"type": "object", "additionalProperties": {"type": "string"}}},
}

WRITTEN: Final[Mapping[str, Any]] = {
    # Java classes whose JSON is Kubernetes' own notation.
    "Quantity": {"type": ["string", "number"]},
    "IntOrString": {"type": ["string", "integer"]},
    # Any JSON object: the handlers check it as what it becomes.
    "ObjectNode": {"$ref": "#/definitions/Deployment"},
    "JsonNode": {},
}

REQUIRED: Final[Mapping[str, list[str]]] = {
    "DeploymentTarget": ["metadata", "spec"],
    "DeploymentTargetSpec": ["kubernetes"],
    "SecretValueSpec": ["kind", "value"],
    "Statement": ["statement"],
    "RoleBinding": ["role", "members"],
}
"""What the documentation calls required; the description marks only fields of Kubernetes' own."""


def document(part: Part) -> dict[str, Any]:
    """The description as the platform serves it."""
    return json.loads((Path(__file__).parent / "api" / FILES[part]).read_text())


@cache
def operations() -> dict[tuple[str, str], tuple[Part, dict[str, Any]]]:
    """Every operation by method and path template, with the part that describes it."""
    return {
        (method.upper(), path): (part, operation)
        for part in FILES
        for path, methods in document(part)["paths"].items()
        for method, operation in methods.items()
    }


def check_query(method: str, path: str, query: Mapping[str, str]) -> None:
    """Checks the query parameters that the operation describes; others are ignored, as the platform does.

    Raises:
        ApiError: 400.
    """
    for parameter in operations()[method, path][1].get("parameters", ()):
        if parameter["in"] != "query":
            continue
        value = query.get(parameter["name"])
        if value is None:
            if parameter.get("required"):
                raise bad(f"Required {parameter['type']} parameter '{parameter['name']}' is not present")
        elif parameter["type"] == "boolean" and value.lower() not in ("true", "false"):
            raise bad(f"parameter '{parameter['name']}' must be true or false, not '{value}'")
        elif parameter.get("format") == "uuid" and not _FORMATS.conforms(value, "uuid"):
            raise bad(f"parameter '{parameter['name']}' must be a UUID, not '{value}'")


def check_body(method: str, path: str, body: Any, *, patch: bool = False) -> None:
    """Checks a request's body: unknown fields, types, enumerations, required fields.

    Args:
        method: HTTP method.
        path: the operation's path template.
        body: as the client sent it.
        patch: required fields may be missing.

    Raises:
        ApiError: 400, naming the field.
    """
    errors = sorted(_validator(method, path, patch).iter_errors(body), key=lambda error: list(map(str, error.path)))
    if errors:
        where = ".".join(map(str, errors[0].absolute_path)) or "the body"
        raise bad(f"{where}: {errors[0].message[:500]}")


_FORMATS = FormatChecker(formats=("uuid",))


@_FORMATS.checks("date-time")
def _is_time(value: object) -> bool:
    import datetime

    if not isinstance(value, str):
        return True
    try:
        datetime.datetime.fromisoformat(value)
    except ValueError:
        return False
    return "T" in value


@cache
def _validator(method: str, path: str, patch: bool) -> Draft4Validator:
    part, operation = operations()[method, path]
    schema = next(item["schema"] for item in operation["parameters"] if item["in"] == "body")
    return Draft4Validator({"definitions": _definitions(part, patch), **schema}, format_checker=_FORMATS)


@cache
def _definitions(part: Part, patch: bool) -> dict[str, Any]:
    definitions = copy.deepcopy(document(part)["definitions"])
    for name, schema in definitions.items():
        properties = schema.get("properties", {})
        properties.update(DOCUMENTED.get(name, {}))
        required = [] if patch else REQUIRED.get(name, schema.get("required", []))
        schema.pop("required", None)
        if required:
            schema["required"] = required
        if properties and "additionalProperties" not in schema:
            schema["additionalProperties"] = False
        for key, value in properties.items():
            properties[key] = _bounded(value)
    return {**definitions, **{name: schema for name, schema in WRITTEN.items() if name in definitions}}


def _bounded(schema: Any) -> Any:
    """A Java int has its bounds."""
    if isinstance(schema, dict) and schema.get("format") == "int32":
        return {**schema, "minimum": -(2**31), "maximum": 2**31 - 1}
    return schema


def _without_nulls(value: Any) -> Any:
    """The platform writes null for what is not set, and takes it back as that."""
    if isinstance(value, dict):
        return {key: _without_nulls(item) for key, item in value.items() if item is not None}
    return [_without_nulls(item) for item in value] if isinstance(value, list) else value
