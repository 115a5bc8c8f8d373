"""REST APIs of AWS, read from the service's own model: which operation a request is, and whether its input is valid.

The models are botocore's, so required members, types, enumerations and patterns are AWS's and not written out again.
"""

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

from botocore.loaders import create_loader
from botocore.model import ServiceModel
from botocore.validate import ParamValidator

from sandbox.aws import emulator
from sandbox.aws.errors import Refused

Input = dict[str, Any]
Operation = Callable[[Input], Any]
"""Takes an operation's valid input, gives the members of its output; raises Refused."""


@dataclass(frozen=True)
class _Route:
    name: str
    method: str
    path: re.Pattern[str]
    shape: Any
    """The input's shape; None where there is no input."""


class Api:
    """One service's operations, of which some are offered here."""

    def __init__(self, service: str, operations: dict[str, Operation]) -> None:
        """Loads a service's model.

        Args:
            service: botocore's name of it, like `eks-auth`.
            operations: what is offered, by the operation's name. All others are refused by name.
        """
        self._operations = operations
        # Not by way of a botocore session, which takes half a second to import.
        model: Any = ServiceModel(create_loader().load_service_model(service, "service-2"), service)
        self._model = model
        routes: list[_Route] = []
        for name in model.operation_names:
            operation = model.operation_model(name)
            pattern = re.sub(r"\{(\w+?)(\+?)\}", _segment, str(operation.http["requestUri"]))
            routes.append(_Route(name, str(operation.http["method"]), re.compile(pattern), operation.input_shape))
        # Where two match, the one with more of the path written out is meant.
        self._routes = sorted(routes, key=lambda route: -len(re.sub(r"\(\?P.*?\)", "", route.path.pattern)))

    def operation(self, method: str, path: str) -> str | None:
        """The name of the operation that a request is."""
        found = self._route(method, path)
        return found[0].name if found else None

    def serve(self, method: str, path: str, body: bytes, query: dict[str, list[str]]) -> emulator.Reply:
        """Answers one request."""
        try:
            return 200, {"Content-Type": "application/json"}, json.dumps(self._call(method, path, body, query)).encode()
        except Refused as refused:
            error = self._model.shape_for(refused.code).metadata.get("error", {})
            headers = {"Content-Type": "application/json", "x-amzn-ErrorType": refused.code}
            content = {"__type": refused.code, "message": refused.message}
            return int(error.get("httpStatusCode", 400)), headers, json.dumps(content).encode()

    def _route(self, method: str, path: str) -> tuple[_Route, re.Match[str]] | None:
        for route in self._routes:
            if route.method == method and (match := route.path.fullmatch(path)):
                return route, match
        return None

    def _call(self, method: str, path: str, body: bytes, query: dict[str, list[str]]) -> Any:
        found = self._route(method, path)
        if not found:
            raise Refused("InvalidRequestException", f"{method} {path} is no operation of this service")
        route, match = found
        operation = self._operations.get(route.name)
        if operation is None:
            service = self._model.service_id
            raise Refused("InvalidRequestException", f"the sandbox's {service} does not support {route.name}")
        return operation(self._input(route, match, body, query))

    def _input(self, route: _Route, match: re.Match[str], body: bytes, query: dict[str, list[str]]) -> Input:
        try:
            given: Any = json.loads(body or b"{}")
        except ValueError as error:
            raise Refused("InvalidRequestException", f"the request's body is not JSON: {error}") from error
        if not isinstance(given, dict):
            raise Refused("InvalidRequestException", "the request's body is not a JSON object")
        read: Input = {}
        for name, shape in route.shape.members.items() if route.shape else ():
            wire = str(shape.serialization.get("name", name))
            location = shape.serialization.get("location")
            if location == "uri":
                read[name] = unquote(match[wire])
            elif location == "querystring" and wire in query:
                read[name] = _from_query(shape, query[wire])
            elif location is None and given.get(wire) is not None:
                read[name] = given[wire]
        if route.shape:
            _check(read, route.shape)
        return read


def _segment(match: re.Match[str]) -> str:
    name, greedy = match.groups()
    # An ARN has slashes of its own, which are decoded by the time the path is read.
    return f"(?P<{name}>.+?)" if greedy or name.endswith("Arn") else f"(?P<{name}>[^/]+)"


def _from_query(shape: Any, values: list[str]) -> Any:
    if shape.type_name == "list":
        return values
    value = values[0]
    if shape.type_name == "integer":
        return int(value) if value.lstrip("-").isdigit() else value
    return value == "true" if shape.type_name == "boolean" else value


def _check(value: Input, shape: Any) -> None:
    report: Any = ParamValidator().validate(value, shape)  # pyright: ignore[reportUnknownMemberType]
    faults = [str(report.generate_report())] if report.has_errors() else list(_constraints(value, shape, ""))
    if faults:
        plural = "s" if len(faults) > 1 else ""
        message = f"{len(faults)} validation error{plural} detected: {'; '.join(faults)}"
        raise Refused("InvalidParameterException", message)


def _constraints(value: Any, shape: Any, path: str) -> list[str]:
    """What botocore leaves to the service: enumerations, patterns, greatest lengths and values."""
    if shape.type_name == "structure":
        members: dict[str, Any] = shape.members
        return [
            fault
            for name, inner in value.items()
            for fault in _constraints(inner, members[name], f"{path}.{name}".strip("."))
        ]
    if shape.type_name == "list":
        return [
            fault
            for index, inner in enumerate(value)
            for fault in _constraints(inner, shape.member, f"{path}.{index + 1}.member")
        ]
    if shape.type_name == "map":
        return [fault for key, inner in value.items() for fault in _constraints(inner, shape.value, f"{path}.{key}")]
    fault = _scalar_fault(value, shape.metadata)
    return [f"Value '{value}' at '{path}' failed to satisfy constraint: Member must {fault}"] if fault else []


def _scalar_fault(value: Any, metadata: dict[str, Any]) -> str | None:
    if "enum" in metadata and value not in metadata["enum"]:
        return f"satisfy enum value set: [{', '.join(metadata['enum'])}]"
    if "pattern" in metadata and not re.fullmatch(metadata["pattern"], str(value)):
        return f"satisfy regular expression pattern: {metadata['pattern']}"
    kind, measured = ("length", len(value)) if isinstance(value, str) else ("value", value)
    if "max" in metadata and measured > metadata["max"]:
        return f"have {kind} less than or equal to {metadata['max']}"
    return None
