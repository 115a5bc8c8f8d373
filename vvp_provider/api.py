"""HTTP to the platform: retries, errors with the platform's own words, and no token in any log.

Follows https://docs.ververica.com/vvp/user-guide/application-operations/rest-api-ci-cd.
"""

import logging
import re
import threading
from collections.abc import Mapping
from typing import Any, TypeVar, cast

import httpx
from tenacity import (
    RetryCallState,
    Retrying,
    retry_if_exception_type,
    stop_after_delay,
    stop_when_event_set,
    wait_exponential_jitter,
)
from tenacity.nap import sleep_using_event

from provider_kit import PluginError
from vvp_provider.operations import Asking, Sending

log = logging.getLogger("vvp_provider")

Json = dict[str, Any]
Body = TypeVar("Body")
Answer = TypeVar("Answer")

_SAFE_METHODS = frozenset({"GET", "PUT", "DELETE", "PATCH"})
"""Sent twice, these do what they do once; a resource version guards PUT and PATCH."""
_NOT_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)
_UNAVAILABLE = frozenset({502, 503, 504})


class ApiError(PluginError):
    """The platform refused a request.

    Attributes:
        status: The HTTP status.
        detail: The platform's message.
    """

    def __init__(self, method: str, path: str, status: int, detail: str) -> None:
        super().__init__(f"{method} {path}: {status}{f' {detail}' if detail else ''}{_hint(status)}")
        self.status, self.detail = status, detail


class NotFound(ApiError):
    """There is no such thing."""


class Conflict(ApiError):
    """It exists already, or has another resource version than the one sent."""


class Unreachable(PluginError):
    """The platform did not answer in time."""


class _Again(Exception):
    """A failure that is worth another try, with the seconds the platform asks to wait."""

    def __init__(self, message: str, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class AuthorizationFilter(logging.Filter):
    """Keeps bearer tokens out of log records, whoever writes them."""

    _header = re.compile(r"(?i)(\bauthorization\b['\"]?\s*[:=,]\s*b?['\"]?)[^'\"\n]+")
    _bearer = re.compile(r"(?i)(\bbearer\s+)[^\s'\",)]+")

    def filter(self, record: logging.LogRecord) -> bool:
        """Redact the record in place; it is never dropped."""
        text = self._header.sub(r"\1[secret]", record.getMessage())
        record.msg, record.args = self._bearer.sub(r"\1[secret]", text), ()
        return True


class Api:
    """The platform's REST API.

    Args:
        client: An HTTP client whose base URL is the platform's.
        retry_timeout: Seconds for which a request is tried again while the platform cannot be reached.
        cancelled: Set when the user interrupts.
    """

    def __init__(self, client: httpx.Client, *, retry_timeout: float, cancelled: threading.Event) -> None:
        self._client = client
        self._retry_timeout = retry_timeout
        self.cancelled = cancelled

    def ask(self, operation: Asking[Answer], *names: str, **query: str) -> Answer:
        """Call an operation that takes no body.

        Args:
            operation: Of `operations`.
            names: What its path names, in order.
            query: Its parameters.

        Raises:
            PluginError: As `request`.
        """
        found = self.request(operation.method, operation.at(names), params=query or None)
        return cast("Answer", found)

    def find(self, operation: Asking[Answer], *names: str, **query: str) -> Answer | None:
        """What `ask` answers; None if it is not there."""
        try:
            return self.ask(operation, *names, **query)
        except NotFound:
            return None

    def send(self, operation: Sending[Body, Answer], body: Body, *names: str, **query: str) -> Answer:
        """Call an operation that takes a body. Otherwise as `ask`."""
        made = self.request(operation.method, operation.at(names), params=query or None, body=body)
        return cast("Answer", made)

    def request(self, method: str, path: str, *, params: Mapping[str, str] | None = None, body: Any = None) -> Json:
        """One request, tried again while that may help.

        Args:
            method: HTTP method.
            path: Path below the platform's address.
            params: Query.
            body: Sent as JSON.

        Raises:
            NotFound: 404.
            Conflict: 409.
            ApiError: Any other refusal.
            Unreachable: No answer until `retry_timeout`, or interrupted.
        """
        retrying = Retrying(
            retry=retry_if_exception_type(_Again),
            wait=_wait,
            stop=stop_after_delay(self._retry_timeout) | stop_when_event_set(self.cancelled),
            sleep=sleep_using_event(self.cancelled),
            reraise=True,
        )
        try:
            return retrying(self._once, method, path, params, body)
        except _Again as error:
            raise Unreachable(f"{method} {path}: Ververica Platform does not answer: {error}") from error

    def _once(self, method: str, path: str, params: Mapping[str, str] | None, body: Any) -> Json:
        try:
            response = self._client.request(method, path, params=params, json=body)
        except httpx.TransportError as error:
            message = f"{type(error).__name__}: {error}"
            if isinstance(error, _NOT_SENT) or method in _SAFE_METHODS:
                raise _Again(message) from error
            raise Unreachable(
                f"{method} {path}: the connection broke, and whether the platform did it is not known: {message}"
            ) from error
        # 503 and 429 say that nothing was done; 502 and 504 of a proxy do not.
        if response.status_code in _UNAVAILABLE and (response.status_code == 503 or method in _SAFE_METHODS):
            raise _Again(f"{response.status_code} {_detail(response)}", _retry_after(response))
        if response.status_code == 429:
            raise _Again(f"429 {_detail(response)}", _retry_after(response))
        if response.is_success:
            return _json(response) if response.content else {}
        error = {404: NotFound, 409: Conflict}.get(response.status_code, ApiError)
        raise error(method, path, response.status_code, _detail(response))


def _json(response: httpx.Response) -> Json:
    try:
        return response.json()
    except ValueError as error:
        path = response.request.url.path
        raise ApiError(response.request.method, path, response.status_code, "the answer is not JSON") from error


def _detail(response: httpx.Response) -> str:
    """The platform's message; its error bodies have no described form, so the usual keys are tried."""
    try:
        body: Any = response.json()
    except ValueError:
        return response.text.strip()[:500]
    if isinstance(body, dict):
        for key in ("message", "error", "errorMessage", "detail"):
            if isinstance(text := body.get(key), str) and text:  # pyright: ignore[reportUnknownVariableType, reportUnknownMemberType]
                return text
    return response.text.strip()[:500]


def _hint(status: int) -> str:
    if status == 401:
        return " (the provider's `token` is missing or not accepted)"
    return " (the provider's `token` has not the role for this)" if status == 403 else ""


def _retry_after(response: httpx.Response) -> float | None:
    value = response.headers.get("Retry-After", "")
    return float(value) if value.isdecimal() else None


_backoff = wait_exponential_jitter(multiplier=0.5, max=10)


def _wait(state: RetryCallState) -> float:
    error = state.outcome.exception() if state.outcome else None
    if isinstance(error, _Again) and error.retry_after is not None:
        return error.retry_after
    log.info("attempt %d failed: %s", state.attempt_number, error)
    return _backoff(state)
