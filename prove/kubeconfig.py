"""A kubeconfig as settings of an HTTP client: certificates, tokens, and commands that fetch either.

The format: https://kubernetes.io/docs/reference/config-api/kubeconfig.v1/. Reading it, and running its commands, is the
work of the Kubernetes client.
"""

import copy
import logging
import ssl
import threading
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from typing import Any

import httpx


class KubeconfigError(Exception):
    """A kubeconfig leads nowhere; the text says why."""


class Connection:
    """How a kubeconfig's current context reaches an API server, and as whom.

    Args:
        kubeconfig: The kubeconfig.

    Attributes:
        server: The API server's address.
        proxy: The proxy that the kubeconfig names, if any.

    Raises:
        KubeconfigError: It is not whole, or its command gives no credentials.
    """

    def __init__(self, kubeconfig: Mapping[str, Any]) -> None:
        # Imported here: it takes a second, and nobody who only reads a stack file needs it.
        from kubernetes import client
        from kubernetes import config as untyped_config

        # The client has no types for these.
        config: Any = untyped_config
        made: Any = client.Configuration()
        with _heard() as messages:
            try:
                config.load_kube_config_from_dict(copy.deepcopy(dict(kubeconfig)), client_configuration=made)
            except (config.ConfigException, OSError, KeyError, TypeError, ValueError) as error:
                raise KubeconfigError(f"the kubeconfig cannot be used: {error}") from None
        if messages:
            # The client only logs a command that fails, and would go on as nobody.
            raise KubeconfigError(f"the kubeconfig gives no credentials: {'; '.join(messages)}")
        self._configuration = made
        self._lock = threading.Lock()
        self.server: str = made.host
        # Not the client's own attribute, which takes one of the environment for it, and does so against NO_PROXY.
        self.proxy: str | None = _cluster(kubeconfig).get("proxy-url")

    def tls(self, *, as_user: bool) -> ssl.SSLContext:
        """What is trusted, and who shows itself.

        Args:
            as_user: Whether the kubeconfig's client certificate, if it has one, is shown.

        Raises:
            KubeconfigError: A certificate or key is none.
        """
        made = self._configuration
        try:
            context = ssl.create_default_context(cafile=made.ssl_ca_cert)
            if as_user and made.cert_file:
                context.load_cert_chain(made.cert_file, made.key_file)
        except OSError as error:
            raise KubeconfigError(f"a certificate or key of the kubeconfig cannot be used: {error}") from None
        if not made.verify_ssl:
            context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        return context

    def auth(self) -> httpx.Auth:
        """Signs each request as the kubeconfig's user; a command's token is fetched again when it has expired."""
        return _Bearer(self)

    @property
    def extensions(self) -> dict[str, Any]:
        """What httpx must know of each request: the name in the server's certificate where it is not the host's."""
        name: str | None = self._configuration.tls_server_name
        return {"sni_hostname": name} if name else {}

    def authorization(self) -> str | None:
        """The header that says who asks; None where a certificate does.

        Raises:
            KubeconfigError: The command gives no credentials any more.
        """
        with self._lock, _heard() as messages:
            header: str | None = self._configuration.get_api_key_with_prefix("BearerToken")
        if messages:
            raise KubeconfigError(f"the kubeconfig gives no credentials: {'; '.join(messages)}")
        return header


class _Bearer(httpx.Auth):
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response]:
        header = self._connection.authorization()
        if header:
            request.headers["Authorization"] = header
        yield request


class _Listener(logging.Handler):
    def __init__(self, messages: list[str]) -> None:
        super().__init__()
        self._messages = messages

    def emit(self, record: logging.LogRecord) -> None:
        # The client logs in no logger's name; what others say is theirs.
        if record.name == "root":
            self._messages.append(record.getMessage())


@contextmanager
def _heard() -> Generator[list[str]]:
    messages: list[str] = []
    listener = _Listener(messages)
    logging.getLogger().addHandler(listener)
    try:
        yield messages
    finally:
        logging.getLogger().removeHandler(listener)


def _cluster(kubeconfig: Mapping[str, Any]) -> dict[str, Any]:
    contexts = {entry["name"]: entry["context"] for entry in kubeconfig["contexts"]}
    clusters = {entry["name"]: entry["cluster"] for entry in kubeconfig["clusters"]}
    return clusters[contexts[kubeconfig["current-context"]]["cluster"]]
