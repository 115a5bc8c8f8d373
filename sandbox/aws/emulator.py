"""ministack's modules, named in this one place: they carry no types, and read their settings on import.

`configure` must have run before anything below is used.
"""

import importlib
import os
from collections.abc import Awaitable, Callable
from typing import Any

from sandbox import layout

Reply = tuple[int, dict[str, str], Any]
"""HTTP status, headers, body: what ministack's handlers answer."""

Handler = Callable[[str, str, dict[str, str], bytes, dict[str, list[str]]], Awaitable[Reply]]
"""Takes method, path, headers (lower-case names), body and query parameters of a request that IAM has let pass."""

SERVICES = ("account", "ec2", "eks", "eks-auth", "iam", "kinesis", "kms", "logs", "s3", "sts", "tagging")
"""What the sandbox's cloud offers; a request to any other service is refused by name."""

FALLBACK_REGION = "us-east-1"
"""For requests that name none, as AWS's global endpoints do."""


def configure(account_id: str, port: int) -> None:
    """Sets what ministack reads from the environment: identity, where it keeps its state, and that IAM is enforced.

    Args:
        account_id: twelve digits.
        port: TCP port of the plain endpoint.
    """
    state = layout.STATE / "cloud"
    os.environ |= {
        "AUTH": "true",
        "GATEWAY_PORT": str(port),
        "BIND_HOST": "127.0.0.1",
        "MINISTACK_HOST": "127.0.0.1",
        "MINISTACK_ACCOUNT_ID": account_id,
        "MINISTACK_REGION": os.environ.get("AWS_REGION", FALLBACK_REGION),
        "PERSIST_STATE": "1",
        "STATE_DIR": str(state / "state"),
        "S3_PERSIST": "1",
        "S3_DATA_DIR": str(state / "s3"),
        "LOG_LEVEL": os.environ.get("LOG_LEVEL", "WARNING"),
        # Listeners and containers of services that the sandbox does not offer.
        "SFTP_ENABLED": "0",
        "IOT_MTLS_ENABLED": "0",
        "DOCKER_HOST": "unix:///nonexistent",
    }
    # ministack takes the caller's own AWS credentials for those of its root user.
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_ENDPOINT_URL", "AWS_PROFILE"):
        os.environ.pop(name, None)


def core(name: str) -> Any:
    """One of ministack's core modules, like `iam_evaluator`."""
    return importlib.import_module(f"ministack.core.{name}")


def service(name: str) -> Any:
    """One of ministack's service modules, like `iam`."""
    return importlib.import_module(f"ministack.services.{name}")


def application() -> Any:
    """ministack's application module."""
    return importlib.import_module("ministack.app")


def account_id() -> str:
    """The account of the request being served."""
    return str(core("responses").get_account_id())


def region() -> str:
    """The region of the request being served."""
    return str(core("responses").get_region())


def caller_arn() -> str:
    """The IAM principal of the request being served: a user's ARN or an assumed role's."""
    return str(core("iam_evaluator").caller_arn())
