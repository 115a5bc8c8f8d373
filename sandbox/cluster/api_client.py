"""The Kubernetes API as the loops need it: plain objects, server-side apply, watches that only wake.

httpx instead of the `kubernetes` client, which takes three times the memory and knows no asyncio.
"""

import asyncio
import datetime
import json
import logging
import ssl
from collections.abc import AsyncIterator, Generator
from pathlib import Path
from typing import Any

import httpx

from sandbox import layout
from sandbox.cluster import files

Object = dict[str, Any]
"""A Kubernetes object, or any other JSON object, as it was sent."""

FIELD_MANAGER = "sandbox-agent"

log = logging.getLogger(__name__)


class Refused(Exception):
    """The API server's answer is an error; `status` is its HTTP status, the text its own message."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


class _Bearer(httpx.Auth):
    """Shows a service account's token."""

    def __init__(self, token: str | Path) -> None:
        self._token = token

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        token = self._token.read_text() if isinstance(self._token, Path) else self._token
        request.headers["Authorization"] = f"Bearer {token}"
        yield request


class Api:
    """A connection to the API server as one user."""

    def __init__(self, token: str | Path | None = None) -> None:
        """Connects as a service account, or by default as the agent itself.

        Args:
            token: a service account's token, or a file with one that somebody renews.
        """
        context = ssl.create_default_context(cafile=str(files.ca_certificate()))
        if not token:
            context.load_cert_chain(files.client_certificate("agent"), files.client_key("agent"))
        self.server = f"https://127.0.0.1:{layout.Sandbox.load().ports['apiserver']}"
        self._client = httpx.AsyncClient(
            base_url=self.server,
            verify=context,
            auth=_Bearer(token) if token else None,
            timeout=httpx.Timeout(30, connect=5),
            trust_env=False,
        )

    async def __aenter__(self) -> "Api":
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._client.aclose()

    async def get(self, path: str) -> Object | None:
        """Reads one object; None if there is none.

        Args:
            path: like `/api/v1/namespaces/vvp/pods/p`.
        """
        try:
            return await self._request("GET", path)
        except Refused as refused:
            if refused.status == 404:
                return None
            raise

    async def list(self, path: str, **selectors: str) -> list[Object]:
        """Lists objects.

        Args:
            path: of the collection.
            selectors: `labelSelector`, `fieldSelector`.
        """
        return (await self._request("GET", path, params=selectors))["items"]

    async def create(self, path: str, body: Object) -> Object:
        """Creates an object, or what a subresource like `token` or `eviction` makes."""
        return await self._request("POST", path, content=json.dumps(body))

    async def apply(self, path: str, body: Object) -> Object:
        """Server-side apply: makes the object or brings these fields of it in order, whoever had them before."""
        return await self._request(
            "PATCH",
            path,
            params={"fieldManager": FIELD_MANAGER, "force": "true"},
            content=json.dumps(body),
            headers={"Content-Type": "application/apply-patch+yaml"},
        )

    async def patch(self, path: str, body: Object, *, strategic: bool = True) -> Object:
        """Changes fields; a strategic merge joins lists of Kubernetes' own kinds by their keys."""
        kind = "strategic-merge-patch" if strategic else "merge-patch"
        return await self._request(
            "PATCH", path, content=json.dumps(body), headers={"Content-Type": f"application/{kind}+json"}
        )

    async def replace(self, path: str, body: Object) -> Object:
        """Writes a whole object; refused if it has changed since it was read."""
        return await self._request("PUT", path, content=json.dumps(body))

    async def delete(
        self, path: str, *, grace_period: int | None = None, propagation: str | None = None, **selectors: str
    ) -> None:
        """Deletes an object, or all of a collection that the selectors name. What is gone already is no error.

        Args:
            path: of the object or collection.
            grace_period: seconds a pod may take to end; 0 removes it at once.
            propagation: what becomes of what it owns, like `Background`; by default as is usual for its kind.
            selectors: `labelSelector`, `fieldSelector`.
        """
        options = {"gracePeriodSeconds": grace_period, "propagationPolicy": propagation}
        # In the body, because with a body the API server ignores options of the query.
        body = {key: value for key, value in options.items() if value is not None}
        try:
            await self._request("DELETE", path, params=selectors, content=json.dumps(body))
        except Refused as refused:
            if refused.status != 404:
                raise

    async def token(self, pod: Object, *, seconds: int) -> str:
        """A token of a pod's service account for the API server, as the kubelet of its node asks for it.

        It is the node that asks, so what nodes may not do is refused. When the pod goes, so does the token.

        Args:
            pod: a pod that a node has.
            seconds: validity.
        """
        meta, spec = pod["metadata"], pod["spec"]
        bound = {"apiVersion": "v1", "kind": "Pod", "name": meta["name"], "uid": meta["uid"]}
        body: Object = {
            "apiVersion": "authentication.k8s.io/v1",
            "kind": "TokenRequest",
            "spec": {"expirationSeconds": seconds, "boundObjectRef": bound},
        }
        account = spec.get("serviceAccountName", "default")
        answer = await self._request(
            "POST",
            f"/api/v1/namespaces/{meta['namespace']}/serviceaccounts/{account}/token",
            content=json.dumps(body),
            headers={"Impersonate-User": f"system:node:{spec['nodeName']}", "Impersonate-Group": "system:nodes"},
        )
        return answer["status"]["token"]

    async def event(self, about: Object, kind: str, reason: str, message: str) -> None:
        """Reports a warning about an object, as `kubectl describe` shows it."""
        meta = about["metadata"]
        # One event per object and reason, by name: a loop that finds the same fault each second does not fill the list.
        name = f"{meta['name']}.{layout.stable_number(meta['uid'] + reason + message):016x}"
        time = now()
        await self.apply(
            f"/api/v1/namespaces/{meta['namespace']}/events/{name}",
            {
                "apiVersion": "v1",
                "kind": "Event",
                "metadata": {"name": name, "namespace": meta["namespace"]},
                "involvedObject": {
                    "kind": kind,
                    "namespace": meta["namespace"],
                    "name": meta["name"],
                    "uid": meta["uid"],
                },
                "type": "Warning",
                "reason": reason,
                "message": message,
                "source": {"component": FIELD_MANAGER},
                "firstTimestamp": time,
                "lastTimestamp": time,
            },
        )

    async def changes(self, path: str, **selectors: str) -> AsyncIterator[None]:
        """Yields once at first, and whenever something in a collection may have changed; goes on for ever.

        A lost connection, as when the API server restarts, is made anew and counts as a change.
        """
        while True:
            yield
            try:
                version = (await self._request("GET", path, params={**selectors, "limit": "1"}))["metadata"]
                params = {**selectors, "watch": "1", "resourceVersion": version["resourceVersion"]}
                async with self._client.stream("GET", path, params=params, timeout=httpx.Timeout(None)) as response:
                    await _raise_refusal(response)
                    yield
                    async for _ in response.aiter_lines():
                        yield
            except (httpx.TransportError, Refused) as error:
                log.info("watch of %s ended: %s", path, str(error) or type(error).__name__)
            await asyncio.sleep(1)

    async def _request(self, method: str, path: str, **more: Any) -> Object:
        response = await self._client.request(method, path, **more)
        await _raise_refusal(response)
        return response.json()


async def _raise_refusal(response: httpx.Response) -> None:
    if response.is_error:
        text = (await response.aread()).decode(errors="replace")
        try:
            message = json.loads(text)["message"]
        except (ValueError, KeyError, TypeError):
            message = text or response.reason_phrase
        raise Refused(response.status_code, message)


def now() -> str:
    """The time as Kubernetes writes it in a status."""
    return datetime.datetime.now(datetime.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
