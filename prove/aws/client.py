"""Clients of AWS, and which of its errors are refusals."""

import re
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from threading import Lock
from typing import Any

import boto3
from botocore import UNSIGNED
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from prove.cloud import CloudError
from prove.verdicts import Outcome

REFUSALS = frozenset({"AccessDenied", "AccessDeniedException", "KMSAccessDeniedException", "KMS.AccessDenied"})
TOKEN_REFUSALS = REFUSALS | {
    "ExpiredToken",
    "ExpiredTokenException",
    "IDPRejectedClaim",
    "InvalidIdentityToken",
    # EKS' word for what does not even look like a token.
    "InvalidParameterException",
    "InvalidTokenException",
    # EKS' word for an account without a Pod Identity association.
    "ResourceNotFoundException",
}

_TOKEN = re.compile(r"eyJ[\w=-]+\.[\w=-]+\.[\w=-]*")
"""Some services repeat a token that they do not like; rows are not the place for it."""


def tried(call: Callable[[], Any], refusals: frozenset[str] = REFUSALS) -> Outcome:
    """What came of a call.

    Args:
        call: The call.
        refusals: Codes of errors that say no; any other error says nothing about permission.
    """
    try:
        call()
    except ClientError as error:
        code = error.response.get("Error", {}).get("Code", "")
        if code in refusals:
            return Outcome(False, code)
        message = error.response.get("Error", {}).get("Message", "")
        return Outcome(None, f"{code}: {_TOKEN.sub('(token)', message)}")
    except BotoCoreError as error:
        return Outcome(None, f"no answer: {error}")
    return Outcome(True)


@contextmanager
def told() -> Generator[None]:
    """Errors of boto3 as CloudError."""
    try:
        yield
    except (BotoCoreError, ClientError) as error:
        raise CloudError(str(error)) from None


@dataclass(frozen=True)
class Credentials:
    """The credentials of a role's session, and the role's name."""

    key: str
    secret: str
    token: str
    role: str = ""


class Aws:
    """Makes clients; they are kept, and may be used by several threads.

    Args:
        region: The stack's region.
        profile: The profile that the stack file names, if any.
        environment: Where AWS answers and as whom (see prove.target.Target).
    """

    def __init__(self, region: str, profile: str | None, environment: Mapping[str, str] | None) -> None:
        self._options: dict[str, Any] = {}
        self._proxies: dict[str, str] | None = None
        if environment is None:
            with told():
                self._session = boto3.Session(profile_name=profile, region_name=region)
        else:
            self._session = boto3.Session(
                aws_access_key_id=environment["AWS_ACCESS_KEY_ID"],
                aws_secret_access_key=environment["AWS_SECRET_ACCESS_KEY"],
                region_name=region,
            )
            self._options = {"endpoint_url": environment["AWS_ENDPOINT_URL"], "verify": environment["AWS_CA_BUNDLE"]}
            # This process' proxies are not of that environment.
            self._proxies = {}
        self._clients: dict[tuple[str, str], Any] = {}
        self._lock = Lock()

    def admin(self, service: str) -> Any:
        """A client of who runs the proof; a client's type exists at run time only.

        Args:
            service: The service's name.
        """
        return self._kept(service, "admin", {})

    def anonymous(self, service: str) -> Any:
        """A client for calls that need no signature."""
        return self._kept(service, "anonymous", {}, signature_version=UNSIGNED)

    def client(self, service: str, credentials: Credentials) -> Any:
        """A client with the credentials of a role's session."""
        keys = {
            "aws_access_key_id": credentials.key,
            "aws_secret_access_key": credentials.secret,
            "aws_session_token": credentials.token,
        }
        return self._kept(service, credentials.key, keys)

    def _kept(self, service: str, who: str, keys: Mapping[str, str], **options: Any) -> Any:
        # Making clients shares caches that are not safe among threads.
        with self._lock:
            if (service, who) not in self._clients:
                config = Config(
                    proxies=self._proxies,
                    max_pool_connections=16,
                    read_timeout=60,
                    retries={"mode": "standard", "total_max_attempts": 5},
                    **options,
                )
                session: Any = self._session
                self._clients[service, who] = session.client(service, config=config, **self._options, **keys)
            return self._clients[service, who]
