"""From HTTP to the handlers: routes, authentication, checks, JSON and YAML, errors."""

import asyncio
import contextlib
import json
import logging
from collections.abc import AsyncIterator, Callable, Coroutine
from http import HTTPStatus
from typing import Any

import yaml
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from sandbox.platform import handlers
from sandbox.platform.access import authorize, identify
from sandbox.platform.calls import ACTIVE, OPERATIONS, Answer, Call, Operation, Platform
from sandbox.platform.checks import check_answer, check_body, check_query
from sandbox.platform.errors import ApiError, bad, conflict, unsupported
from sandbox.platform.unsupported import NAMES, OWN_DESCRIPTION

LARGEST_BODY = 4 * 1024 * 1024
"""Bytes."""

Endpoint = Callable[[Request], Coroutine[Any, Any, Response]]

log = logging.getLogger(__name__)


def application(platform: Platform, *background: Callable[[], Coroutine[Any, Any, None]]) -> Starlette:
    """The platform as an ASGI application.

    Args:
        platform: settings and database.
        background: run while the application does, like the controller.
    """

    @contextlib.asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        tasks = [asyncio.create_task(task()) for task in background]
        yield
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    templates: dict[str, list[str]] = {}
    for method, path in [*OPERATIONS, *NAMES]:
        templates.setdefault(path, []).append(method)
    # `/catalogs/{cat}:getTable` has to be tried before `/catalogs/{cat}`, which fits it too.
    ordered = sorted(templates, key=lambda path: (":" not in path, path))
    routes = [Route(path, _endpoint(platform, path), methods=templates[path]) for path in ordered]
    routes += [Route(path, _no_description) for path in OWN_DESCRIPTION]
    routes.append(Route("/actuator/health", _health))
    known = len(OPERATIONS) + len(NAMES)
    log.info("%d of %d operations, by %d modules", len(OPERATIONS), known, len(handlers.ALL))
    refusals = {ApiError: _refused, HTTPException: _not_routed}
    return Starlette(routes=routes, lifespan=lifespan, exception_handlers=refusals)  # type: ignore[arg-type]


def _endpoint(platform: Platform, path: str) -> Endpoint:
    async def answer(request: Request) -> Response:
        # Starlette adds HEAD to every GET.
        method = "GET" if request.method == "HEAD" else request.method
        principal = identify(request.headers.get("authorization"), platform.settings, platform.store)
        known = OPERATIONS.get((method, path))
        if not known:
            raise unsupported(f"{NAMES[method, path]}: {method} {path}")
        query = dict(request.query_params)
        body = await _body(request, path, known)
        call = Call(platform, principal, {**request.path_params}, query, body)
        _admit(call, known, write=method != "GET")
        check_query(known.query, query)
        if body is not None:
            check_body(known.body, body, patch=method == "PATCH")
        with platform.store.transaction():
            found = known.handler(call)
            _check_own(known, found)
        if method != "GET":
            platform.changed.set()
        return _response(request, found)

    return answer


def _admit(call: Call, known: Operation, *, write: bool) -> None:
    """Refuses what the caller may not, and what is in a namespace that does not exist or is on its way out."""
    if known.resource == "Namespace" or not {"ns", "namespace"} & call.params.keys():
        return
    authorize(call.principal, known.resource, call.namespace, write=write)
    row = call.active_namespace()
    if write and row.body["lifecyclePhase"] != ACTIVE:
        raise conflict(f"Namespace '{call.namespace}' is terminating.")


def _check_own(known: Operation, answer: Answer) -> None:
    """What the platform would not answer is a defect of the stand-in: 500, and nothing is written."""
    check_answer(known.answer, answer.body)
    if answer.status not in known.statuses:
        raise ValueError(f"an answer has status {answer.status}, not one of {sorted(known.statuses)}")


async def _body(request: Request, path: str, known: Operation) -> Any:
    if known.body is None:
        return None
    if int(request.headers.get("content-length") or 0) > LARGEST_BODY:
        raise ApiError(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f"a body may have {LARGEST_BODY} bytes")
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    content = await request.body()
    try:
        match kind:
            case "application/json" | "application/merge-patch+json":
                return _object(json.loads(content, parse_constant=_refuse_constant))
            case "application/yaml" | "application/x-yaml" if path.startswith("/api/"):
                # Through JSON, so that dates and other types of YAML's own become what JSON has.
                return _object(json.loads(json.dumps(yaml.safe_load(content), default=str)))
    except (ValueError, yaml.YAMLError, RecursionError) as error:
        raise bad(f"the body cannot be read: {error}") from error
    raise ApiError(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, f"Content type '{kind}' not supported")


def _object(value: Any) -> Any:
    if value is None:
        raise bad("Required request body is missing")
    return value


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is not JSON")


def _response(request: Request, answer: Answer) -> Response:
    if "yaml" in request.headers.get("accept", ""):
        text = yaml.safe_dump(answer.body, sort_keys=False)
        return Response(text, answer.status, media_type="application/yaml")
    return Response(json.dumps(answer.body), answer.status, media_type="application/json")


async def _health(request: Request) -> Response:
    return _response(request, Answer({"status": "UP"}))


async def _no_description(request: Request) -> Response:
    raise unsupported(f"a description of its own API: GET {request.url.path}")


async def _refused(request: Request, error: ApiError) -> Response:
    if error.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        log.warning("%s %s: %s", request.method, request.url.path, error)
    headers = {"WWW-Authenticate": "Bearer"} if error.status == HTTPStatus.UNAUTHORIZED else None
    content = json.dumps(error.body(request.url.path))
    return Response(content, error.status, headers, media_type="application/json")


async def _not_routed(request: Request, error: HTTPException) -> Response:
    answer = await _refused(request, ApiError(HTTPStatus(error.status_code), error.detail))
    answer.headers.update(error.headers or {})
    return answer
