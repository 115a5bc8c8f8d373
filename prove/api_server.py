"""The API server as one user, over plain HTTPS."""

import ssl
from typing import Any

import httpx

from sandbox import layout
from sandbox.cluster import files

Object = dict[str, Any]
DRY_RUN = {"dryRun": "All"}
MERGE = "application/merge-patch+json"


class Answered(Exception):
    """The API server's answer is an error; the text is its own."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status

    @property
    def refused(self) -> bool:
        """Whether authorization or admission said no; any other error is neither yes nor no."""
        return self.status == 403 or "denied the request" in str(self) or "denied request" in str(self)


class Missing(Answered):
    """There is no such object."""


class Kube:
    """A connection as a service account, or as the administrator.

    Args:
        token: The account's token.
    """

    def __init__(self, token: str | None = None) -> None:
        context = ssl.create_default_context(cafile=str(files.ca_certificate()))
        if token is None:
            context.load_cert_chain(files.client_certificate("admin"), files.client_key("admin"))
        self._client = httpx.Client(
            base_url=f"https://127.0.0.1:{layout.Sandbox.load().ports['apiserver']}",
            verify=context,
            headers={"Authorization": f"Bearer {token}"} if token else {},
            timeout=httpx.Timeout(60, connect=10),
            trust_env=False,
        )

    def close(self) -> None:
        """Ends the connection."""
        self._client.close()

    def call(self, method: str, path: str, body: Object | None = None, *, dry: bool = False, kind: str = "") -> Object:
        """One request.

        Args:
            method: The HTTP method.
            path: Path after `/api/v1/`, or an absolute one.
            body: A JSON object.
            dry: Whether nothing is to be kept of it.
            kind: The body's content type, if it is not plain JSON.

        Raises:
            Answered: the answer is an error.
        """
        url = path if path.startswith("/") else f"/api/v1/{path}"
        headers = {"Content-Type": kind} if kind else {}
        answer = self._client.request(method, url, json=body, params=DRY_RUN if dry else None, headers=headers)
        content: Object = answer.json() if answer.content else {}
        if answer.is_error:
            error = Missing if answer.status_code == 404 else Answered
            raise error(answer.status_code, str(content.get("message") or answer.reason_phrase))
        return content

    def ensure(self, path: str, name: str, *, labels: dict[str, str]) -> bool:
        """Makes an object that is only a name; returns whether it was not there yet."""
        try:
            self.call("POST", path, {"metadata": {"name": name, "labels": labels}})
        except Answered as error:
            if error.status == 409:
                return False
            raise
        return True

    def token(self, namespace: str, account: str, audience: str = "") -> str:
        """A token of a service account by TokenRequest, as a pod's volume has it.

        Args:
            namespace: The account's namespace.
            account: Its name.
            audience: Whom it is for; the API server itself if empty.
        """
        spec = {"expirationSeconds": 3600, **({"audiences": [audience]} if audience else {})}
        path = f"namespaces/{namespace}/serviceaccounts/{account}/token"
        return str(self.call("POST", path, {"spec": spec})["status"]["token"])
