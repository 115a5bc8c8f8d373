"""Ververica Platform 2.x, by its official chart."""

from collections.abc import Mapping, Sequence
from typing import Any

import pulumi
import pulumi_kubernetes as k8s
from pulumi import Input, Output, Resource, ResourceOptions

from components.kubernetes.guarded import DATABASE_SECRET, LICENSE_SECRET, TOKEN_SECRET
from components.ververica.chart_values import LICENSE_FILE, platform_values
from settings.check import Secrets
from settings.sections import CHART, JdbcPersistence, PlatformSettings

REPOSITORY = "https://charts.ververica.com"
SERVICE_PORT = 80


class Platform(pulumi.ComponentResource):
    """The platform's Helm release, with the Kubernetes Secrets that it reads.

    Follows https://docs.ververica.com/vvp/installation-and-upgrades/install-with-helm.

    Args:
        name: Logical name.
        settings: The stack's platform section.
        secrets: The stack's secrets; licence, database password and token each become a Kubernetes Secret.
        namespace: The platform's Kubernetes namespace.
        service_account: The platform's service account.
        base_uri: Where the platform keeps its blobs.
        identity_values: Values that its identity wants of the chart.
        depends_on: What must exist before the platform's pod: account, access, storage class.
        opts: Resource options; `provider` is the Kubernetes provider.

    Attributes:
        url: The platform's address inside the cluster.
        port_forward: The command that makes the platform answer at http://localhost:8080.
    """

    url: Output[str]
    port_forward: Output[str]

    def __init__(
        self,
        name: str,
        settings: PlatformSettings,
        secrets: Secrets,
        *,
        namespace: Input[str],
        service_account: Input[str],
        base_uri: Input[str],
        identity_values: Mapping[str, Any],
        depends_on: Sequence[Resource] = (),
        opts: ResourceOptions | None = None,
    ) -> None:
        super().__init__("vvp:ververica:Platform", name, None, opts)
        self._namespace = namespace
        database = None
        if isinstance(settings.persistence, JdbcPersistence) and secrets.database_password is not None:
            credentials = {"username": settings.persistence.username, "password": secrets.database_password}
            database = self._secret(DATABASE_SECRET, credentials)
        token = self._secret(TOKEN_SECRET, {"token": secrets.api_token}) if secrets.api_token else None
        licence = self._secret(LICENSE_SECRET, {LICENSE_FILE: secrets.license}) if secrets.license else None
        release = k8s.helm.v3.Release(
            name,
            name=settings.release_name,
            chart=CHART,
            version=settings.chart_version,
            namespace=namespace,
            repository_opts={"repo": REPOSITORY},
            values={
                **platform_values(
                    settings,
                    base_uri=base_uri,
                    service_account=service_account,
                    license_secret=licence,
                    database_secret=database,
                    token_secret=token,
                ),
                **identity_values,
            },
            opts=ResourceOptions(parent=self, depends_on=list(depends_on)),
        )
        service = settings.service_name
        # Taken from the release, so that whoever uses them waits for a platform that runs.
        running = release.status.namespace
        self.url = running.apply(lambda ns: f"http://{service}.{ns}.svc:{SERVICE_PORT}")
        self.port_forward = running.apply(
            lambda ns: f"kubectl --namespace {ns} port-forward service/{service} 8080:{SERVICE_PORT}"
        )
        self.register_outputs({"url": self.url, "portForward": self.port_forward})

    def _secret(self, name: str, content: Mapping[str, Input[str]]) -> Output[str]:
        """A Secret beside the release; its name is all that the chart's values say of it."""
        secret = k8s.core.v1.Secret(
            name,
            metadata={"name": name, "namespace": self._namespace},
            type="Opaque",
            string_data=dict(content),
            opts=ResourceOptions(parent=self),
        )
        return secret.metadata.apply(lambda metadata: metadata.name or "")
