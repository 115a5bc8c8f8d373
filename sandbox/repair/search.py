"""Where to look for what an interrupted operation did, and what a search ends in."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

Properties = dict[str, Any]


@dataclass(frozen=True)
class Search:
    """Where to look for what an interrupted operation did."""

    environment: dict[str, str]
    """The variables that Pulumi got: region, endpoint, credentials, kubeconfig, PATH."""
    account_id: str

    def client(self, service: str) -> Any:
        """A boto3 client for the sandbox."""
        # Imported late: it takes a quarter of a second, and every command looks whether there is something to repair.
        import boto3

        session: Any = boto3.Session(
            aws_access_key_id=self.environment["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=self.environment["AWS_SECRET_ACCESS_KEY"],
            region_name=self.environment["AWS_REGION"],
        )
        return session.client(
            service, endpoint_url=self.environment["AWS_ENDPOINT_URL"], verify=self.environment["AWS_CA_BUNDLE"]
        )

    def wait(self, service: str, waiter: str, **what: Any) -> None:
        """Waits for a change that AWS has under way, as long as AWS' own tools do.

        Raises:
            LookupError: it does not come to a good end.
        """
        from botocore.exceptions import WaiterError

        try:
            # Theirs look twice a minute, for real clusters that take many; the number of looks stays.
            waiting = self.client(service).get_waiter(waiter)
            looks = waiting.config.max_attempts * waiting.config.delay
            waiting.wait(**what, WaiterConfig={"Delay": 1, "MaxAttempts": looks})
        except WaiterError as error:
            raise LookupError(f"what an interrupted update began does not come to its end: {error}") from error


Finder = Callable[[Search, Properties], list[str]]
"""The ids of all that a create with these inputs may have made. What is half made it removes, or waits for."""
