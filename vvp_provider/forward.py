"""A way to the platform through the Kubernetes API: each connection of the HTTP client is a port-forward of its own.

Nothing listens on this machine, so nobody else on it can use the way. A connection that breaks is dropped by the
client's pool and the next request opens another one, to whatever pod serves then. See
https://kubernetes.io/docs/tasks/access-application-cluster/port-forward-access-application-cluster/.
"""

import socket
from collections.abc import Iterable
from typing import Any

import httpcore
import httpx
import yaml
from httpcore import SOCKET_OPTION

from provider_kit import PluginError


class PortForward(httpcore.NetworkBackend):
    """Connects to a Service's pod.

    Args:
        kubeconfig: As YAML or JSON text; may name a command that fetches credentials.
        namespace: The Service's Kubernetes namespace.
        service: Its name.
        port: Its port.
    """

    def __init__(self, kubeconfig: str, namespace: str, service: str, port: int) -> None:
        self._kubeconfig = yaml.safe_load(kubeconfig)
        self._namespace, self._service, self._port = namespace, service, port

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[SOCKET_OPTION] | None = None,
    ) -> httpcore.NetworkStream:
        """A stream to the pod, whatever host and port the URL names."""
        # Imported here: it takes a second, and a provider with `endpoint` does without.
        from kubernetes import client
        from kubernetes import config as untyped_config
        from kubernetes import stream as untyped_stream

        # The client has no types for these.
        config: Any = untyped_config
        stream: Any = untyped_stream

        try:
            # Fresh for each connection: credentials of a command expire, and the stream helper is not for threads.
            api = client.CoreV1Api(config.new_client_from_config_dict(self._kubeconfig))
            pod, target = self._pod(api, timeout)
            forward = stream.portforward(
                api.connect_get_namespaced_pod_portforward, pod, self._namespace, ports=str(target)
            )
        except (client.ApiException, config.ConfigException, OSError, _NoPod) as error:
            reason = str(error).splitlines()[0] if str(error) else type(error).__name__
            raise httpcore.ConnectError(f"port-forward to {self._namespace}/{self._service}: {reason}") from error
        return _Stream(forward, target)

    def _pod(self, api: Any, timeout: float | None) -> tuple[str, int]:
        """A ready pod of the Service and the port it serves on."""
        service = api.read_namespaced_service(self._service, self._namespace, _request_timeout=timeout)
        ports: list[Any] = service.spec.ports or []
        found = next((entry for entry in ports if entry.port == self._port), None)
        if found is None:
            raise PluginError(f"service {self._namespace}/{self._service} has no port {self._port}")
        labels: dict[str, str] = service.spec.selector or {}
        selector = ",".join(f"{key}={value}" for key, value in labels.items())
        pods = api.list_namespaced_pod(self._namespace, label_selector=selector, _request_timeout=timeout).items
        for pod in pods:
            conditions: list[Any] = pod.status.conditions or []
            ready = any(entry.type == "Ready" and entry.status == "True" for entry in conditions)
            if ready and not pod.metadata.deletion_timestamp:
                return pod.metadata.name, _number(found.target_port or found.port, pod)
        raise _NoPod("no pod behind the service is ready")


class _NoPod(Exception):
    """Nothing serves now; it may soon."""


def _number(target: int | str, pod: Any) -> int:
    if isinstance(target, int) or str(target).isdecimal():
        return int(target)
    containers: list[Any] = pod.spec.containers
    for container in containers:
        ports: list[Any] = container.ports or []
        for port in ports:
            if port.name == target:
                return port.container_port
    raise PluginError(f"pod {pod.metadata.name} has no port named {target}")


class _Stream(httpcore.NetworkStream):
    def __init__(self, forward: Any, port: int) -> None:
        self._forward = forward
        self._port = port
        self._socket: socket.socket = forward.socket(port)

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        self._socket.settimeout(timeout)
        try:
            data = self._socket.recv(max_bytes)
        except TimeoutError as error:
            raise httpcore.ReadTimeout(str(error)) from error
        except OSError as error:
            raise httpcore.ReadError(str(error)) from error
        if not data and (reason := self._forward.error(self._port)):
            raise httpcore.ReadError(str(reason))
        return data

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._socket.settimeout(timeout)
        try:
            self._socket.sendall(buffer)
        except TimeoutError as error:
            raise httpcore.WriteTimeout(str(error)) from error
        except OSError as error:
            raise httpcore.WriteError(str(error)) from error

    def close(self) -> None:
        self._forward.close()

    def get_extra_info(self, info: str) -> Any:
        # The pool asks whether an idle connection has become readable, which is how a broken one looks.
        return self._socket if info == "socket" else None


class ForwardTransport(httpx.BaseTransport):
    """httpx over port-forwards."""

    def __init__(self, backend: httpcore.NetworkBackend) -> None:
        self._pool = httpcore.ConnectionPool(network_backend=backend, max_connections=8, keepalive_expiry=60)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Send one request and read the whole answer."""
        url = httpcore.URL(
            scheme=request.url.raw_scheme,
            host=request.url.raw_host,
            port=request.url.port,
            target=request.url.raw_path,
        )
        try:
            answer = self._pool.handle_request(
                httpcore.Request(
                    request.method,
                    url,
                    headers=request.headers.raw,
                    content=request.read(),
                    extensions=request.extensions,
                )
            )
            content = answer.read()
            answer.close()
        except (httpcore.ConnectError, httpcore.ConnectTimeout, httpcore.PoolTimeout) as error:
            raise httpx.ConnectError(str(error), request=request) from error
        except (httpcore.TimeoutException, httpcore.NetworkError, httpcore.ProtocolError) as error:
            raise httpx.ReadError(str(error) or type(error).__name__, request=request) from error
        return httpx.Response(answer.status, headers=answer.headers, content=content)

    def close(self) -> None:
        """Close every forward."""
        self._pool.close()
