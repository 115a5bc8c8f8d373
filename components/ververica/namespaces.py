"""Where jobs run: all in the platform's namespace, or each in a namespace of its own."""

from collections.abc import Sequence

import pulumi
from pulumi import Input, Resource, ResourceOptions

from components.kubernetes.namespaces import BASELINE, namespace
from components.kubernetes.service_account import PLATFORM_RULES, bind_role
from components.ververica.jobs import Place
from settings.sections import PlatformSettings
from vvp_provider.sdk.namespaces import DeploymentTarget, Namespace


class JobNamespaces(pulumi.ComponentResource):
    """Namespaces and deployment targets for the jobs of a stack.

    With `shared-namespace` one deployment target leads to the platform's namespace. With `namespace-per-job`, the
    strategy that the article would rather have, each job has a Kubernetes namespace in which the platform may act, a
    namespace of the platform and a deployment target.

    Args:
        name: Logical name.
        platform: The stack's platform section.
        jobs: The jobs' names.
        namespace: The platform's Kubernetes namespace.
        in_cluster: The Kubernetes provider.
        on_platform: The platform's provider.
        opts: Resource options.
    """

    def __init__(
        self,
        name: str,
        platform: PlatformSettings,
        jobs: Sequence[str],
        *,
        namespace: Input[str],
        in_cluster: pulumi.ProviderResource,
        on_platform: pulumi.ProviderResource,
        opts: ResourceOptions | None = None,
    ) -> None:
        super().__init__("vvp:ververica:Places", name, None, opts)
        self._platform = platform
        self._namespace = namespace
        self._in_cluster = in_cluster
        self._on_platform = on_platform
        if not platform.shares_namespace:
            self._places = {job: self._own(job) for job in jobs}
        else:
            shared = self._place(
                platform.vvp_namespace, platform.deployment_target, namespace, platform.vvp_namespace, []
            )
            self._places = dict.fromkeys(jobs, shared)
        self.register_outputs({})

    def of(self, job: str) -> Place:
        """Where a job runs."""
        return self._places[job]

    def _own(self, job: str) -> Place:
        in_cluster = ResourceOptions(parent=self, provider=self._in_cluster)
        # The containers that the platform adds to a pod template do not say that they run without rights.
        kubernetes = namespace(job, job, BASELINE, opts=in_cluster)
        inside = kubernetes.metadata.apply(lambda metadata: metadata.name or "")
        role, binding = bind_role(
            f"{job}-platform",
            namespace=inside,
            account_name=self._platform.service_account,
            account_namespace=self._namespace,
            rules=PLATFORM_RULES,
            opts=in_cluster,
        )
        on_platform = ResourceOptions(parent=self, provider=self._on_platform)
        vvp = Namespace(job, name=job, opts=on_platform)
        return self._place(job, job, inside, vvp.name, [role, binding])

    def _place(
        self, name: str, target: str, kubernetes: Input[str], vvp_namespace: Input[str], depends_on: list[Resource]
    ) -> Place:
        deployment_target = DeploymentTarget(
            target,
            name=target,
            kubernetes_namespace=kubernetes,
            namespace=vvp_namespace,
            opts=ResourceOptions(parent=self, provider=self._on_platform, depends_on=depends_on),
        )
        return Place(
            name=name,
            kubernetes_namespace=kubernetes,
            alone=not self._platform.shares_namespace,
            vvp_namespace=vvp_namespace,
            target=deployment_target.name,
            in_cluster=self._in_cluster,
            on_platform=self._on_platform,
        )
