"""Clients of the sandbox's AWS, and which of its errors are refusals."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from threading import Lock
from typing import Any

import boto3
from botocore import UNSIGNED
from botocore.config import Config
from botocore.exceptions import ClientError

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
    return Outcome(True)


@dataclass(frozen=True)
class Credentials:
    """An access key and, of a role's session, its token and the role."""

    key: str
    secret: str
    token: str | None = None
    role: str = ""


class Aws:
    """Makes clients for the sandbox's AWS; clients are kept, and may be used by several threads.

    Args:
        variables: What `make env` sets.
    """

    def __init__(self, variables: dict[str, str]) -> None:
        self._variables = variables
        self._session = boto3.Session()
        self._clients: dict[tuple[str, str], Any] = {}
        self._lock = Lock()
        self.admin = Credentials(variables["AWS_ACCESS_KEY_ID"], variables["AWS_SECRET_ACCESS_KEY"])

    def client(self, service: str, credentials: Credentials | None) -> Any:
        """A client; its type exists at run time only.

        Args:
            service: The service's name.
            credentials: Whose; None for calls that need no signature.
        """
        key = (service, credentials.key if credentials else "")
        # Making clients shares caches that are not safe among threads.
        with self._lock:
            if key not in self._clients:
                self._clients[key] = self._client(service, credentials)
            return self._clients[key]

    def _client(self, service: str, credentials: Credentials | None) -> Any:
        options: dict[str, Any] = {"signature_version": UNSIGNED} if credentials is None else {}
        session: Any = self._session
        return session.client(
            service,
            endpoint_url=self._variables["AWS_ENDPOINT_URL"],
            verify=self._variables["AWS_CA_BUNDLE"],
            region_name=self._variables["AWS_REGION"],
            aws_access_key_id=credentials.key if credentials else None,
            aws_secret_access_key=credentials.secret if credentials else None,
            aws_session_token=credentials.token if credentials else None,
            config=Config(
                # The sandbox is on this machine: no proxy leads to it.
                proxies={},
                max_pool_connections=16,
                read_timeout=60,
                retries={"mode": "standard", "total_max_attempts": 2},
                **options,
            ),
        )
