"""A platform in memory for tests of the provider's client. Every request is checked before it is answered.

`of_the_client` checks against the client's own operations and messages, closed, so that a misspelt key is seen;
`as_described` checks against the platform's own description of its API, closed as well.
"""

import copy
import json
import re
import uuid
from collections.abc import Callable
from functools import cache
from types import GenericAlias
from typing import Any

import httpx
import jsonschema
from pydantic import ConfigDict, TypeAdapter

from flink_sql.statements import single
from tests.vvp_description import Description
from vvp_provider import operations
from vvp_provider.operations import Asking, Sending

Json = dict[str, Any]
Check = Callable[[httpx.Request], None]

CALLED = {name: each for name, each in vars(operations).items() if isinstance(each, Asking | Sending)}
"""All that the client calls."""

ADDED: dict[str, tuple[str, ...]] = {
    "SecretValueSpec": ("value",),
    "DeploymentRestoreStrategy": ("allowNonRestoredState",),
}
"""What the description of 2.4.3 leaves out and the documentation has."""


def of_the_client(request: httpx.Request) -> None:
    """Raises: AssertionError, ValueError: The client declares no such operation, query or body."""
    found = [each for each in CALLED.values() if each.method == request.method and _fits(each.path, request)]
    assert len(found) == 1, f"{request.method} {request.url.path} is {found}"
    [operation] = found
    assert set(request.url.params) <= set(operation.query), f"unknown query {request.url}"
    assert isinstance(operation, Sending) == bool(request.content)
    if isinstance(operation, Sending):
        _closed(operation.body).validate_json(b"[" + request.content + b"]")


@cache
def _closed(message: Any) -> TypeAdapter[list[Any]]:
    # A typed dictionary has its configuration from what it is in.
    within: Any = GenericAlias(list, (message,))
    return TypeAdapter(within, config=ConfigDict(extra="forbid", strict=True))


def _fits(template: str, request: httpx.Request) -> bool:
    return re.fullmatch(re.sub(r"\{\w+\}", "[^/:]+", template), request.url.path) is not None


def as_described(description: Description) -> Check:
    """Against a description."""

    def check(request: httpx.Request) -> None:
        of_the_client(request)
        found = [key for key in description.operations if key[0] == request.method and _fits(key[1], request)]
        assert len(found) == 1, f"{request.method} {request.url.path} is {found}"
        [(method, path)] = found
        assert set(request.url.params) <= {item["name"] for item in description.parameters(method, path, "query")}
        schema = description.body(method, path)
        assert (schema is not None) == bool(request.content), f"{method} {path}: body"
        if schema:
            if schema.get("$ref", "").endswith("ObjectNode"):
                # What the operation really takes; the description only says: JSON.
                schema = {"$ref": "#/definitions/Deployment"}
            definitions = _closed_definitions(description, path)
            jsonschema.Draft4Validator({**schema, "definitions": definitions}).validate(json.loads(request.content))

    return check


@cache
def _closed_definitions(description: Description, path: str) -> Json:
    """A description has no closed schemas; here every object with properties is closed."""
    definitions = copy.deepcopy(description.definitions(path))
    for name, schema in definitions.items():
        for key in ADDED.get(name, ()):
            assert key not in schema["properties"], f"{name}.{key} need not be added"
            schema["properties"][key] = {}
        if "properties" in schema:
            schema["additionalProperties"] = False
    return definitions


class FakePlatform:
    """The platform. `transport` goes into an `httpx.Client`.

    Args:
        token: What a client has to bring.
        check: Raises if a request is not as it has to be.
    """

    def __init__(self, token: str | None = None, check: Check = of_the_client) -> None:
        self._check = check
        self.objects: dict[str, Json] = {}
        self.tables: dict[str, Json] = {}
        self.savepoints: list[Json] = []
        self.requests: list[tuple[str, str, Any]] = []
        self.statements: list[str] = []
        self.token = token
        self.delay = 1
        """How many reads see the old state after a change."""
        self.fail_with: str | None = None
        self.no_savepoints = False
        self.conflicts = 0
        self.transport = httpx.MockTransport(self._answer)

    def writes(self) -> list[tuple[str, str]]:
        """Method and last part of the path of every request that changes something."""
        return [(method, path.rpartition("/")[2]) for method, path, _ in self.requests if method != "GET"]

    def _answer(self, request: httpx.Request) -> httpx.Response:
        if self.token and request.headers.get("Authorization") != f"Bearer {self.token}":
            return httpx.Response(401, json={"message": "Unauthorized"})
        self._check(request)
        body = json.loads(request.content) if request.content else None
        path = request.url.path
        self.requests.append((request.method, path, body))
        if ":" in path:
            return self._sql(path, dict(request.url.params), body)
        if path.startswith(("/namespaces/", "/apitokens/")):
            return self._platform(request.method, path, body)
        return self._manager(request.method, path, dict(request.url.params), body)

    def _platform(self, method: str, path: str, body: Any) -> httpx.Response:
        key = "namespace" if path.startswith("/namespaces/") else "apiToken"
        if method == "POST":
            path = f"{path}/{body['name'].rpartition('/')[2]}"
            if path in self.objects:
                return httpx.Response(409, json={"message": f"{body['name']} already exists"})
            made = {**body, "createTime": "2026-01-01T00:00:00Z"}
            self.objects[path] = made
            shown = {**made, "secret": f"secret-of-{body['name']}"} if key == "apiToken" else made
            return httpx.Response(200, json={key: shown})
        if path not in self.objects:
            return httpx.Response(404, json={"message": "not found"})
        if method == "DELETE":
            del self.objects[path]
            return httpx.Response(200, json={})
        if method == "PUT":
            self.objects[path] = body
        return httpx.Response(200, json={key: self.objects[path]})

    def _manager(self, method: str, path: str, params: Json, body: Any) -> httpx.Response:
        kind = path.split("/")[5]
        if kind in ("jobs", "events", "savepoints"):
            return self._history(method, kind, params, body)
        return self._object(method, path, kind, body)

    def _history(self, method: str, kind: str, params: Json, body: Any) -> httpx.Response:
        if kind in ("jobs", "events"):
            return httpx.Response(200, json={"items": self._reasons(kind)})
        if method == "POST":
            self.savepoints.append(body)
            return httpx.Response(201, json=body)
        mine = [s for s in self.savepoints if s["metadata"]["deploymentId"] == params["deploymentId"]]
        return httpx.Response(200, json={"items": mine})

    def _object(self, method: str, path: str, kind: str, body: Any) -> httpx.Response:  # noqa: PLR0911  # one per answer
        if method == "POST":
            path = f"{path}/{body['metadata']['name']}"
            if path in self.objects:
                return httpx.Response(409, json={"message": f"{body['metadata']['name']} already exists"})
            return self._store(path, kind, {"metadata": {"id": str(uuid.uuid4())}}, body)
        live = self.objects.get(path)
        if live is None:
            return httpx.Response(404, json={"message": "not found"})
        if method == "DELETE":
            if kind == "deployments" and live["status"]["state"] not in ("CANCELLED", "FAILED"):
                return httpx.Response(400, json={"message": "only a CANCELLED deployment can be deleted"})
            del self.objects[path]
            return httpx.Response(200, json=live)
        if method in ("PUT", "PATCH"):
            if self.conflicts:
                self.conflicts -= 1
                live["metadata"]["resourceVersion"] += 1
            version = body["metadata"].get("resourceVersion")
            if version not in (None, live["metadata"]["resourceVersion"]):
                return httpx.Response(409, json={"message": "the resource version is not the newest"})
            return self._store(path, kind, live, body)
        self._proceed(live)
        return httpx.Response(200, json=live)

    def _store(self, path: str, kind: str, live: Json, body: Json) -> httpx.Response:
        before = copy.deepcopy(live)
        made = copy.deepcopy(body)
        made["metadata"] = {**live["metadata"], **made["metadata"], "namespace": path.split("/")[4]}
        made["metadata"]["resourceVersion"] = live["metadata"].get("resourceVersion", 0) + 1
        made["spec"].pop("value", None)
        if kind == "deployments":
            spec = made["spec"]
            spec.setdefault("maxJobCreationAttempts", 4)
            spec.setdefault("state", "CANCELLED")
            spec["template"]["spec"].setdefault("parallelism", 1)
            made["status"] = live.get("status", {"state": "CANCELLED"})
            same_job = before.get("spec", {}).get("template") == spec["template"]
            if not (same_job and made["status"]["state"] == spec["state"]):
                made["pending"] = self.delay
        self.objects[path] = made
        return httpx.Response(200, json={k: v for k, v in made.items() if k != "pending"})

    def _proceed(self, live: Json) -> None:
        """One step nearer to the desired state."""
        if "pending" not in live:
            return
        if live["pending"] > 0:
            live["pending"] -= 1
            return
        del live["pending"]
        wanted, id = live["spec"]["state"], live["metadata"]["id"]
        if wanted == "RUNNING" and self.fail_with:
            live["status"] = {"state": "FAILED"}
            return
        runs = live["status"]["state"] == "RUNNING"
        if runs and (wanted == "SUSPENDED" or live["spec"].get("upgradeStrategy", {}).get("kind") == "STATEFUL"):
            if self.no_savepoints:
                self.fail_with = "checkpoints are not configured"
                live["status"] = {"state": "FAILED"}
                return
            if wanted != "CANCELLED":
                number = len(self.savepoints) + 1
                self.savepoints.append(
                    {
                        "metadata": {"deploymentId": id, "createdAt": f"2026-01-01T00:00:{number:02}Z"},
                        "spec": {"savepointLocation": f"s3://bucket/savepoint-{number}"},
                        "status": {"state": "COMPLETED"},
                    }
                )
        live["status"] = {"state": wanted}
        if wanted == "RUNNING":
            live["status"]["running"] = {"jobId": str(uuid.uuid4())}

    def _reasons(self, kind: str) -> list[Json]:
        if not self.fail_with:
            return []
        meta = {"id": "job-1", "createdAt": "2026-01-01T00:00:00Z", "name": "CREATING_A_NEW_JOB"}
        if kind == "jobs":
            failure = {"reason": "JobFailed", "message": self.fail_with}
            return [{"metadata": meta, "status": {"state": "FAILED", "failure": failure}}]
        return [{"metadata": meta, "spec": {"message": "created job-1"}}]

    def _sql(self, path: str, params: Json, body: Any) -> httpx.Response:
        if not path.endswith(":execute"):
            name = ".".join([path.rpartition("/")[2].partition(":")[0], *params.values()])
            found = self.tables.get(name)
            return httpx.Response(200, json={"table": found}) if found else httpx.Response(404, json={})
        sql: str = body["statement"]
        self.statements.append(sql)
        if "broken" in sql:
            details = {"message": "SQL parse failed: broken", "lineNumber": 2, "columnNumber": 7}
            return httpx.Response(200, json={"result": "RESULT_ERROR_WITH_DETAILS", "errorMessage": details})
        statement = single(sql)
        assert statement.name is not None
        name = ".".join(statement.name.resolve(params["catalog"], params["database"]).parts)
        strings = [token.string for token in statement.tokens if token.string is not None]
        if statement.kind == "CREATE TABLE":
            options = dict(zip(strings[::2], strings[1::2], strict=True))
            columns = [{"name": "name", "type": "VARCHAR(2147483647)"}]
            self.tables[name] = {"properties": {**options, "path": "s3://own"}, "schema": {"column": columns}}
        elif statement.kind == "DROP TABLE":
            self.tables.pop(name, None)
        elif "RENAME TO" in sql:
            other = f"{name.rpartition('.')[0]}.{statement.tokens[-1].name}"
            self.tables[other] = self.tables.pop(name)
        elif " SET (" in sql:
            self.tables[name]["properties"].update(dict(zip(strings[::2], strings[1::2], strict=True)))
        elif " RESET (" in sql:
            for key in strings:
                del self.tables[name]["properties"][key]
        return httpx.Response(200, json={"result": "RESULT_SUCCESS"})
