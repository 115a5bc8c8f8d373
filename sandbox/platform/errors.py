"""Refusals, and how they look to a client.

The description declares no error body. This one has the fields of Spring Boot, which the platform is built with.
"""

import datetime
from http import HTTPStatus


class ApiError(Exception):
    """The request is refused; the text is the answer's `message`."""

    def __init__(self, status: HTTPStatus, message: str) -> None:
        super().__init__(message)
        self.status = status

    def body(self, path: str) -> dict[str, object]:
        """What the client gets."""
        return {
            "timestamp": now(),
            "status": self.status.value,
            "error": self.status.phrase,
            "message": str(self),
            "path": path,
        }


def bad(message: str) -> ApiError:
    """The request itself is wrong."""
    return ApiError(HTTPStatus.BAD_REQUEST, message)


def conflict(message: str) -> ApiError:
    """The request does not fit what there is."""
    return ApiError(HTTPStatus.CONFLICT, message)


def absent(kind: str, name: str, namespace: str | None = None) -> ApiError:
    """There is no such thing."""
    where = f" in namespace '{namespace}'" if namespace else ""
    return ApiError(HTTPStatus.NOT_FOUND, f"{kind} '{name}' does not exist{where}.")


def forbidden(message: str) -> ApiError:
    """The caller is known, and may not."""
    return ApiError(HTTPStatus.FORBIDDEN, message)


def unsupported(what: str) -> ApiError:
    """The platform could, the stand-in cannot."""
    return ApiError(HTTPStatus.NOT_IMPLEMENTED, f"the sandbox's Ververica Platform does not support {what}")


def now() -> str:
    """The time as the platform writes it."""
    return datetime.datetime.now(datetime.UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
