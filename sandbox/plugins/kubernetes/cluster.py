"""The API server: connection by kubeconfig, discovery, and the few verbs that the provider uses."""

from __future__ import annotations

import functools
import json
import os
import tempfile
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast
from urllib.parse import urlencode

import urllib3
import yaml
from kubernetes import client, config
from kubernetes.client.rest import RESTClientObject

from provider_kit.server import PluginError, Properties
from sandbox.plugins.kubernetes.kinds import Kind

APPLY = "application/apply-patch+yaml"
JSON_PATCH = "application/json-patch+json"


class Unreachable(PluginError):
    """The cluster of the kubeconfig does not answer, or the kubeconfig is of no use."""


class NoMatch(PluginError):
    """The API server serves no such kind; a CustomResourceDefinition may be missing."""


class ApiError(PluginError):
    """The API server refused.

    Attributes:
        code: HTTP status.
        reason: Kubernetes' word for it, e.g. `AlreadyExists`.
        causes: one message for each field that is at fault.
    """

    def __init__(self, code: int, reason: str, message: str, causes: tuple[str, ...] = ()) -> None:
        super().__init__(message)
        self.code, self.reason, self.causes = code, reason, causes


@dataclass(frozen=True)
class Mapping:
    """Where objects of a kind are: path prefix of the API, plural name, and whether they are in a namespace."""

    prefix: str
    plural: str
    namespaced: bool

    def path(self, namespace: str, name: str = "") -> str:
        scope = f"/namespaces/{namespace}" if self.namespaced else ""
        return f"{self.prefix}{scope}/{self.plural}" + (f"/{name}" if name else "")


def parse_kubeconfig(text: str) -> Properties:
    """A kubeconfig given as JSON, YAML or the path of a file.

    Raises:
        Unreachable: it is neither.
    """
    path = Path(text).expanduser() if "\n" not in text and len(text) < 4096 else None
    try:
        content = path.read_text() if path and path.is_file() else text
        parsed: Any = yaml.safe_load(content)
    except (OSError, yaml.YAMLError) as error:
        raise Unreachable(f"failed to parse kubeconfig data in `kubernetes:config:kubeconfig`- {error}") from error
    if not isinstance(parsed, dict):
        raise Unreachable("failed to parse kubeconfig data in `kubernetes:config:kubeconfig`- it is not a kubeconfig")
    return cast("Properties", parsed)


def active_cluster(kubeconfig: Properties, context: str = "", cluster: str = "") -> Properties | None:
    """The cluster entry that a kubeconfig points to; None if there is none."""
    contexts = {entry["name"]: entry["context"] for entry in kubeconfig.get("contexts") or []}
    clusters = {entry["name"]: entry["cluster"] for entry in kubeconfig.get("clusters") or []}
    chosen = contexts.get(context or kubeconfig.get("current-context") or "", {})
    return clusters.get(cluster or chosen.get("cluster", ""))


class Cluster:
    """One API server. Connects at first use; safe to use from several threads.

    Args:
        kubeconfig: parsed; a user with `exec` gets its token from that program, which is kept until it expires.
        context: name of the context instead of the kubeconfig's current one.
        cluster: name of the cluster instead of the context's.
        namespace: default for objects and releases; the context's or `default` if empty.
    """

    def __init__(self, kubeconfig: Properties, context: str = "", cluster: str = "", namespace: str = "") -> None:
        self.kubeconfig = self._narrowed(kubeconfig, context, cluster)
        chosen = self.kubeconfig["contexts"][0]["context"] if self.kubeconfig.get("contexts") else {}
        self.namespace: str = namespace or chosen.get("namespace") or "default"
        self._lock = threading.RLock()
        self._mappings: dict[tuple[str, str], dict[str, Mapping]] = {}

    @staticmethod
    def _narrowed(kubeconfig: Properties, context: str, cluster: str) -> Properties:
        """A kubeconfig of one context, so that Helm and this client use the same whatever the overrides say."""
        name = context or kubeconfig.get("current-context") or ""
        found = [entry for entry in kubeconfig.get("contexts") or [] if entry["name"] == name]
        if not found:
            return kubeconfig
        chosen = {**found[0]["context"], **({"cluster": cluster} if cluster else {})}
        return {**kubeconfig, "current-context": name, "contexts": [{"name": name, "context": chosen}]}

    @functools.cached_property
    def kubeconfig_file(self) -> str:
        """The kubeconfig in a file that only this user reads; for Helm. It goes away with this process."""
        folder = tempfile.TemporaryDirectory(prefix="pulumi-kubernetes-")
        self._folder = folder
        file = os.path.join(folder.name, "kubeconfig")
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT, 0o600)
        with os.fdopen(descriptor, "w") as out:
            json.dump(self.kubeconfig, out)
        return file

    @functools.cached_property
    def _connection(self) -> tuple[client.Configuration, RESTClientObject]:
        settings = client.Configuration()
        # Nothing in the environment may redirect what a kubeconfig names.
        settings.proxy = None
        try:
            config.load_kube_config_from_dict(self.kubeconfig, client_configuration=settings, persist_config=False)
        except (config.ConfigException, KeyError, TypeError) as error:
            raise Unreachable(
                f"unable to load Kubernetes client configuration from kubeconfig file: {error}"
            ) from error
        users = {entry["name"]: entry.get("user") or {} for entry in self.kubeconfig.get("users") or []}
        chosen = self.kubeconfig["contexts"][0]["context"].get("user")
        # The client only logs a failed exec plugin and then goes on as an anonymous user.
        if "exec" in users.get(chosen, {}) and not settings.api_key and not settings.cert_file:
            command = users[chosen]["exec"].get("command")
            raise Unreachable(
                f"unable to load Kubernetes client configuration: getting credentials by {command} failed"
            )
        settings.connection_pool_maxsize = 32
        return settings, RESTClientObject(settings)

    def request(
        self,
        method: str,
        path: str,
        query: dict[str, str] | None = None,
        *,
        body: Any = None,
        content_type: str = "application/json",
        timeout: float = 60,
    ) -> Properties:
        """One call of the API; returns the decoded answer.

        Raises:
            Unreachable: no connection.
            ApiError: any answer that is not a success.
        """
        with self._lock:
            settings, rest = self._connection
            # Runs the exec plugin again once its token has expired; one thread at a time is enough.
            credentials = cast("dict[str, dict[str, str]]", settings.auth_settings())
            headers = {entry["key"]: entry["value"] for entry in credentials.values() if entry["value"]}
        headers |= {"Accept": "application/json", "User-Agent": "pulumi-kubernetes", "Content-Type": content_type}
        url = f"{settings.host}{path}" + (f"?{urlencode(query)}" if query else "")
        text = None if body is None else json.dumps(body)
        try:
            answer = rest.pool_manager.request(method, url, body=text, headers=headers, timeout=timeout)
        except urllib3.exceptions.HTTPError as error:
            raise Unreachable(
                f"configured Kubernetes cluster is unreachable: {settings.host}: {_cause(error)}"
            ) from error
        if answer.status >= 400:
            raise _api_error(answer.status, answer.data)
        return cast("Properties", json.loads(answer.data)) if answer.data.startswith(b"{") else {}

    def reachable(self) -> bool:
        """Whether the API server answers."""
        try:
            self.request("GET", "/version", timeout=10)
        except Unreachable:
            return False
        return True

    def mapping(self, kind: Kind) -> Mapping:
        """Where the API server serves a kind.

        Raises:
            NoMatch: it does not.
        """
        prefix = f"/api/{kind.version}" if kind.api_version == kind.version else f"/apis/{kind.api_version}"
        key = (kind.group, kind.version)
        with self._lock:
            # A kind that is not known may come from a CustomResourceDefinition of a moment ago.
            if kind.kind not in self._mappings.get(key, {}):
                self._mappings[key] = self._discover(prefix)
            found = self._mappings[key].get(kind.kind)
        if found is None:
            raise NoMatch(f'no matches for kind "{kind.kind}" in version "{kind.api_version}"')
        return found

    def _discover(self, prefix: str) -> dict[str, Mapping]:
        try:
            resources = self.request("GET", prefix)["resources"]
        except ApiError as error:
            if error.code == 404:
                return {}
            raise
        return {
            entry["kind"]: Mapping(prefix, entry["name"], entry["namespaced"])
            for entry in resources
            if "/" not in entry["name"]
        }

    def get(self, kind: Kind, namespace: str, name: str) -> Properties | None:
        """The live object, or None."""
        try:
            return self.request("GET", self.mapping(kind).path(namespace, name))
        except ApiError as error:
            if error.code == 404:
                return None
            raise


def _cause(error: urllib3.exceptions.HTTPError) -> str:
    reason = getattr(error, "reason", None) or error
    return str(reason).rpartition(": ")[2] if "Failed to establish" in str(reason) else str(reason)


def _api_error(status: int, data: bytes) -> ApiError:
    try:
        answer: Any = json.loads(data)
        causes = tuple(str(cause.get("message", "")) for cause in (answer.get("details") or {}).get("causes") or [])
        return ApiError(status, str(answer.get("reason", "")), str(answer.get("message", "")), causes)
    except (json.JSONDecodeError, AttributeError):
        return ApiError(status, "", data.decode(errors="replace").strip() or f"the API server answered {status}")
