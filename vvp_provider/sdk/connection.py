"""The resources of Ververica Platform as Pulumi resources: the typed face of `provider/`.

Keys inside `DeploymentSpec` and its parts are the API's own (https://docs.ververica.com/vvp/user-guide/application-operations/deployments);
what is left out is left to the platform's defaults and never compared.
"""

from typing import Any

import pulumi
from pulumi import Input, Output, ResourceOptions


class Provider(pulumi.ProviderResource):
    """Where the platform is and who talks to it.

    Either `endpoint`, or a port-forward through the Kubernetes API to the platform's Service. The API server's service
    proxy is not enough: it removes the Authorization header.

    Args:
        name: Logical name.
        endpoint: The platform's address, as `https://vvp.example.com`.
        kubeconfig: Of the cluster that runs the platform, as an object or as YAML or JSON text; kept as a secret. It
            may name a command that fetches credentials, as a cloud's own does.
        namespace: The Kubernetes namespace of the platform's Service.
        service: The Service's name.
        port: The Service's port.
        token: API token, sent as bearer; kept as a secret. None while the platform's authentication is off.
        request_timeout: Seconds for one request.
        retry_timeout: Seconds for which a request is tried again while the platform is not reachable.
    """

    def __init__(
        self,
        name: str,
        *,
        endpoint: Input[str] | None = None,
        kubeconfig: Input[Any] | None = None,
        namespace: Input[str] | None = None,
        service: Input[str] | None = None,
        port: int = 80,
        token: Input[str] | None = None,
        request_timeout: int = 30,
        retry_timeout: int = 120,
        opts: ResourceOptions | None = None,
    ) -> None:
        props: dict[str, Any] = {"requestTimeout": str(request_timeout), "retryTimeout": str(retry_timeout)}
        if endpoint is not None:
            props["endpoint"] = endpoint
        if kubeconfig is not None:
            text = Output.from_input(kubeconfig).apply(_as_text)
            props |= {"kubeconfig": Output.secret(text), "namespace": namespace, "service": service, "port": str(port)}
        if token is not None:
            props["token"] = Output.secret(token)
        super().__init__("vvp", name, props, opts)


def _as_text(kubeconfig: Any) -> str:
    return kubeconfig if isinstance(kubeconfig, str) else pulumi.runtime.to_json(kubeconfig)
