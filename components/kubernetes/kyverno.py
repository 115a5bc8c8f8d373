"""Kyverno, by its official chart."""

import pulumi
import pulumi_kubernetes as k8s
from pulumi import ResourceOptions

from settings.sections import KyvernoSettings

REPOSITORY = "https://kyverno.github.io/kyverno"


class Kyverno(pulumi.ComponentResource):
    """The Kyverno admission controller, and nothing else of Kyverno.

    The one-to-one rule only validates at admission, so the controllers for background scans, clean-up and reports
    stay away, with the cluster-wide rights that they would have. Follows
    https://github.com/kyverno/kyverno/blob/main/charts/kyverno/README.md.

    Args:
        name: Logical name and Helm release name.
        settings: The stack's Kyverno settings.
        opts: Resource options; `provider` is the Kubernetes provider.
    """

    def __init__(self, name: str, settings: KyvernoSettings, opts: ResourceOptions | None = None) -> None:
        super().__init__("vvp:kubernetes:Kyverno", name, None, opts)
        namespace = k8s.core.v1.Namespace(
            name, metadata={"name": settings.namespace}, opts=ResourceOptions(parent=self)
        )
        off = {"enabled": False}
        # A Release, not a Chart: the chart takes its webhooks away by a Helm hook when it is uninstalled.
        k8s.helm.v3.Release(
            name,
            name=name,
            chart="kyverno",
            version=settings.chart_version,
            namespace=namespace.metadata.name,
            repository_opts={"repo": REPOSITORY},
            values={
                "admissionController": {"replicas": settings.replicas},
                "backgroundController": off,
                "cleanupController": off,
                "reportsController": off,
            },
            opts=ResourceOptions(parent=self),
        )
        self.register_outputs({})
