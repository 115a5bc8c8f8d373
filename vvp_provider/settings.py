"""The provider's configuration, and the API client that it describes."""

import atexit
import threading
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import httpx
import yaml

from provider_kit import CheckFailed, PluginError, Properties, Unknown
from vvp_provider.api import Api
from vvp_provider.disks import disks_of
from vvp_provider.forward import ForwardTransport, PortForward
from vvp_provider.pods import waiting_pods

KNOWN = ("endpoint", "kubeconfig", "namespace", "service", "port", "token", "requestTimeout", "retryTimeout")
DEFAULTS = {"port": "80", "requestTimeout": "30", "retryTimeout": "120"}
# Filled in by the engine.
_ENGINE = ("version", "pluginDownloadURL", "pluginChecksums")


def check_settings(settings: Properties) -> Properties:
    """The configuration with defaults.

    Raises:
        CheckFailed: naming every key that is wrong.
    """
    failures = [(key, "there is no such setting") for key in settings if key not in (*KNOWN, *_ENGINE)]
    given = {key: value for key, value in settings.items() if key in KNOWN and value not in ("", None)}
    if "endpoint" in given and "kubeconfig" in given:
        failures.append(("endpoint", "give either endpoint or kubeconfig, not both"))
    elif "endpoint" not in given and "kubeconfig" not in given:
        failures.append(("endpoint", "give endpoint, or kubeconfig with namespace and service"))
    elif "kubeconfig" in given:
        needed = [key for key in ("namespace", "service") if key not in given]
        failures += [(key, "needed with kubeconfig: where the platform's Service is") for key in needed]
        failures += _kubeconfig(given["kubeconfig"])
    elif not isinstance(given["endpoint"], Unknown):
        url = urlsplit(str(given["endpoint"]))
        if url.scheme not in ("http", "https") or not url.netloc:
            failures.append(("endpoint", f"{given['endpoint']!r} is not an address, as https://vvp.example.com"))
        elif url.username or url.password:
            failures.append(("endpoint", "the address must not hold credentials; give token"))
    result = DEFAULTS | given
    for key in DEFAULTS:
        if not isinstance(result[key], Unknown) and not (str(result[key]).isdecimal() and int(result[key]) > 0):
            failures.append((key, f"{result[key]!r} is not a whole number above 0"))
    if failures:
        raise CheckFailed(failures)
    return result


def _kubeconfig(text: Any) -> list[tuple[str, str]]:
    if isinstance(text, Unknown):
        return []
    try:
        parsed = yaml.safe_load(text)
    except yaml.YAMLError:
        parsed = None
    # The content stays out of the message: it is a credential.
    return [] if isinstance(parsed, dict) else [("kubeconfig", "this is not a kubeconfig in YAML or JSON")]


@dataclass
class Connection:
    """Opens the way to the platform when it is first needed and keeps it for the run."""

    _settings: Properties = field(default_factory=dict[str, Any])
    _client: httpx.Client | None = None
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def use(self, settings: Properties) -> None:
        """Take a configuration into use."""
        self.close()
        self._settings = settings

    def api(self, cancelled: threading.Event) -> Api:
        """The API, for as long as `cancelled` is not set. Nothing is connected yet.

        Raises:
            PluginError: the configuration is not known yet, as in a preview before the cluster exists.
        """
        needed = ("endpoint", "kubeconfig", "namespace", "service", "token")
        if not self._settings or any(isinstance(self._settings.get(key), Unknown) for key in needed):
            raise PluginError("the provider's configuration is not known yet")
        with self._lock:
            if self._client is None:
                self._client = _client(self._settings)
                atexit.register(self.close)
        return Api(self._client, retry_timeout=float(self._settings["retryTimeout"]), cancelled=cancelled)

    def waiting_pods(self, deployment_id: str) -> list[str]:
        """Why pods of a deployment wait; nothing without a kubeconfig, as then the cluster is out of reach."""
        kubeconfig = self._settings.get("kubeconfig")
        return waiting_pods(kubeconfig, deployment_id) if isinstance(kubeconfig, str) else []

    def disks(self, namespace: str) -> list[str]:
        """The disks of a Kubernetes namespace that go with their claims.

        Raises:
            PluginError: the configuration has no kubeconfig, or the cluster does not answer.
        """
        kubeconfig = self._settings.get("kubeconfig")
        if not kubeconfig or isinstance(kubeconfig, Unknown):
            raise PluginError("disks are looked for in the cluster: the provider needs kubeconfig")
        return disks_of(kubeconfig, namespace)

    def close(self) -> None:
        """Close all connections."""
        with self._lock:
            if self._client is not None:
                self._client.close()
                atexit.unregister(self.close)
            self._client = None


def _client(settings: Properties) -> httpx.Client:
    headers = {"Accept": "application/json", "User-Agent": "pulumi-resource-vvp"}
    if token := settings.get("token"):
        headers["Authorization"] = f"Bearer {token}"
    timeout = float(settings["requestTimeout"])
    if "endpoint" in settings:
        return httpx.Client(base_url=settings["endpoint"], headers=headers, timeout=timeout)
    forward = PortForward(settings["kubeconfig"], settings["namespace"], settings["service"], int(settings["port"]))
    # The host is only a name in the request: the forward decides where it goes.
    base_url = f"http://{settings['service']}.{settings['namespace']}"
    return httpx.Client(base_url=base_url, headers=headers, timeout=timeout, transport=ForwardTransport(forward))
