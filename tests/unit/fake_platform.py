"""A platform in memory for tests of the provider's client: every request is checked against the API description.

The description has no closed schemas; here every object with properties is closed, so that a misspelt key is seen.
What newer platforms than the description have added is listed in `ADDED`.
"""

import copy
import json
import re
import uuid
from functools import cache
from pathlib import Path
from typing import Any

import httpx
import jsonschema

from flink_sql.statements import single

Json = dict[str, Any]

API = Path(__file__).parents[2] / "sandbox" / "platform" / "api"
ADDED: dict[str, tuple[str, ...]] = {
    "SecretValueSpec": ("value",),
    "DeploymentRestoreStrategy": ("allowNonRestoredState",),
}


@cache
def descriptions() -> dict[str, Json]:
    """The two descriptions by the beginning of their names, with closed schemas."""
    found: dict[str, Json] = {}
    for file in sorted(API.glob("*.json")):
        described = json.loads(file.read_text())
        for name, schema in described.get("definitions", {}).items():
            for key in ADDED.get(name, ()):
                schema["properties"][key] = {}
            if "properties" in schema:
                schema["additionalProperties"] = False
        if "paths" in described:
            found[file.name.partition("-")[0]] = described
    return found


def check_request(request: httpx.Request) -> None:
    """Raises: AssertionError: the API has no such operation, query or body."""
    method, path = request.method.lower(), request.url.path
    for described in descriptions().values():
        for template, operations in described["paths"].items():
            if method in operations and re.fullmatch(re.sub(r"\{\w+\}", "[^/:]+", template), path):
                _check_parameters(described, operations[method], request)
                return
    raise AssertionError(f"the API has no {request.method} {path}")


def _check_parameters(described: Json, operation: Json, request: httpx.Request) -> None:
    queries = {p["name"] for p in operation["parameters"] if p["in"] == "query"}
    assert set(request.url.params) <= queries, f"unknown query {request.url}"
    bodies = [p["schema"] for p in operation["parameters"] if p["in"] == "body"]
    assert bool(bodies) == bool(request.content), f"{request.method} {request.url.path}: body"
    if bodies:
        schema = bodies[0]
        if schema.get("$ref", "").endswith("ObjectNode"):
            # What the operation really takes; the description only says: JSON.
            schema = {"$ref": "#/definitions/Deployment"}
        _validator(described["info"]["title"], json.dumps(schema)).validate(json.loads(request.content))


@cache
def _validator(title: str, schema: str) -> jsonschema.Draft4Validator:
    described = next(each for each in descriptions().values() if each["info"]["title"] == title)
    return jsonschema.Draft4Validator({**json.loads(schema), "definitions": described["definitions"]})


class FakePlatform:
    """The platform. `transport` goes into an `httpx.Client`."""

    def __init__(self, token: str | None = None) -> None:
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
        check_request(request)
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
