"""One request on its way to the function that answers it."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any, Literal

from sandbox.platform.access import Principal, Resource
from sandbox.platform.errors import absent
from sandbox.platform.settings import Settings
from sandbox.platform.store import Row, Store

Json = dict[str, Any]

ACTIVE = "LIFECYCLE_PHASE_ACTIVE"


@dataclass
class Platform:
    """What all requests share."""

    settings: Settings
    store: Store
    changed: asyncio.Event = field(default_factory=asyncio.Event)
    """Set when the controller has something to do."""


@dataclass(frozen=True)
class Answer:
    """What the client gets."""

    body: Any
    status: HTTPStatus = HTTPStatus.OK


@dataclass(frozen=True)
class Call:
    """A request that has been checked against its operation's models."""

    platform: Platform
    principal: Principal
    params: dict[str, str]
    query: dict[str, str]
    body: Any

    @property
    def store(self) -> Store:
        """The platform's database."""
        return self.platform.store

    @property
    def namespace(self) -> str:
        """The platform's namespace that the request is about."""
        return self.params.get("namespace") or self.params["ns"]

    def active_namespace(self) -> Row:
        """The namespace's own object.

        Raises:
            ApiError: 404.
        """
        row = self.store.find("Namespace", "", self.namespace)
        if not row:
            raise absent("Namespace", self.namespace)
        return row


Handler = Callable[[Call], Answer]


@dataclass(frozen=True)
class Parameter:
    """A parameter of the query."""

    name: str
    kind: Literal["string", "uuid", "boolean"] = "string"
    required: bool = False


@dataclass(frozen=True)
class Operation:
    """What an operation of the API takes, and comes to."""

    handler: Handler
    resource: Resource
    answer: Any
    """A model of `models`."""
    body: Any
    """A model of `models`, or None: it takes none."""
    query: tuple[Parameter, ...]
    statuses: frozenset[int]
    """Of answers that are no refusals."""


OPERATIONS: dict[tuple[str, str], Operation] = {}
"""Those that the stand-in supports, by method and path template; the modules of `handlers` fill it."""


def operation(
    method: str,
    path: str,
    answer: Any,
    resource: Resource = "other",
    *,
    body: Any = None,
    query: tuple[Parameter, ...] = (),
    statuses: tuple[int, ...] = (200,),
) -> Callable[[Handler], Handler]:
    """Registers a function as the answer to an operation of the API.

    Args:
        method: HTTP method.
        path: path template, with the platform's own names of its parts.
        answer: model of what it answers.
        resource: what the caller needs a role for.
        body: model of what it takes; a patch may leave out what the model requires.
        query: parameters that are checked; others are ignored.
        statuses: that it answers with when it does not refuse.
    """

    def register(handler: Handler) -> Handler:
        OPERATIONS[method, path] = Operation(handler, resource, answer, body, query, frozenset(statuses))
        return handler

    return register
