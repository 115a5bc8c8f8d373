"""The API server as one user, over plain HTTPS."""

from typing import Any

import httpx

from prove.kubeconfig import Connection
from settings.sections import TOKEN_PROVERS

Object = dict[str, Any]
DRY_RUN = {"dryRun": "All"}
APPLYING = {"fieldManager": "vvp-prove", "force": "true"}
MERGE = "application/merge-patch+json"
APPLY = "application/apply-patch+yaml"
METADATA = "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1"
"""What is asked for where a Secret is looked for: nobody needs its content."""
SHORTEST = 600
"""Seconds that a token lives at least: the API server gives no shorter ones."""
POSING = {"Impersonate-User": TOKEN_PROVERS, "Impersonate-Group": TOKEN_PROVERS}
"""As whom the proof has tokens of the stack's accounts: nobody else but nodes is given them, administrators neither."""


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
        connection: Where the API server is, and who the administrator is.
        token: The account's token.
        own_proxy: Whether the proxies of this process' environment count.
    """

    def __init__(self, connection: Connection, token: str | None = None, *, own_proxy: bool = False) -> None:
        self._connection, self._own_proxy = connection, own_proxy
        self._client = httpx.Client(
            base_url=connection.server,
            verify=connection.tls(as_user=token is None),
            headers={"Authorization": f"Bearer {token}"} if token else {},
            auth=None if token else connection.auth(),
            timeout=httpx.Timeout(60, connect=10),
            proxy=connection.proxy,
            trust_env=own_proxy,
        )

    def as_account(self, token: str) -> "Kube":
        """A connection to the same API server as a service account."""
        return Kube(self._connection, token, own_proxy=self._own_proxy)

    def close(self) -> None:
        """Ends the connection."""
        self._client.close()

    def call(
        self,
        method: str,
        path: str,
        body: Object | None = None,
        *,
        dry: bool = False,
        kind: str = "",
        accept: str = "",
        posing: bool = False,
    ) -> Object:
        """One request.

        Args:
            method: The HTTP method.
            path: Path after `/api/v1/`, or an absolute one.
            body: A JSON object.
            dry: Whether nothing is to be kept of it.
            kind: The body's content type, if it is not plain JSON. A body to apply is this proof's, against anybody.
            accept: The answer's content type, if it is not plain JSON.
            posing: Whether to ask as the one who may have tokens (impersonation).

        Raises:
            Answered: the answer is an error.
            httpx.HTTPError: there is no answer.
        """
        url = path if path.startswith("/") else f"/api/v1/{path}"
        headers = {"Content-Type": kind, "Accept": accept, **(POSING if posing else {})}
        query = {**(DRY_RUN if dry else {}), **(APPLYING if kind == APPLY else {})}
        answer = self._client.request(
            method,
            url,
            json=body,
            # An empty mapping would take the path's own query away.
            params=query or None,
            headers={name: value for name, value in headers.items() if value},
            extensions=self._connection.extensions,
        )
        content: Object = _json(answer)
        if answer.is_error:
            error = Missing if answer.status_code == 404 else Answered
            raise error(answer.status_code, str(content.get("message") or answer.reason_phrase))
        return content

    def make(self, path: str, body: Object) -> bool:
        """Makes an object; returns whether it was not there yet."""
        try:
            self.call("POST", path, body)
        except Answered as error:
            if error.status == 409:
                return False
            raise
        return True

    def token(self, namespace: str, account: str, audience: str = "", seconds: int = SHORTEST) -> str:
        """A token of a service account by TokenRequest, as a pod's volume has it.

        Args:
            namespace: The account's namespace.
            account: Its name.
            audience: Whom it is for; the API server itself if empty.
            seconds: How long it lives.
        """
        spec = {"expirationSeconds": seconds, **({"audiences": [audience]} if audience else {})}
        path = f"namespaces/{namespace}/serviceaccounts/{account}/token"
        try:
            made = self.call("POST", path, {"spec": spec})
        except Answered as error:
            if not error.refused:
                raise
            # An account of the stack: see POSING.
            made = self.call("POST", path, {"spec": spec}, posing=True)
        return str(made["status"]["token"])


def _json(answer: httpx.Response) -> Object:
    try:
        return answer.json() if answer.content else {}
    except ValueError:
        # A proxy's answer, say; its status tells enough.
        return {}
