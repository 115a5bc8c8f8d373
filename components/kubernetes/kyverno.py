"""Kyverno, by its official chart."""

import pulumi
import pulumi_kubernetes as k8s
from pulumi import Resource, ResourceOptions

from components.kubernetes.admission_policy import deny
from components.kubernetes.kyverno_guard import namespace_policy
from components.kubernetes.namespaces import RESTRICTED, namespace
from settings.sections import KyvernoSettings

REPOSITORY = "https://kyverno.github.io/kyverno"
NOBODY = "vvp:nobody"
"""A group that has no member."""
ANYWHERE = {"ipBlock": {"cidr": "0.0.0.0/0"}}


class Kyverno(pulumi.ComponentResource):
    """The Kyverno admission controller, and nothing else of Kyverno.

    The rule only validates at admission, so the controllers for background scans, clean-up and reports stay away, with
    the cluster-wide rights that they would have. Follows
    https://github.com/kyverno/kyverno/blob/main/charts/kyverno/README.md.

    Args:
        name: Logical name and Helm release name.
        settings: The stack's Kyverno settings.
        opts: Resource options; `provider` is the Kubernetes provider.

    Attributes:
        ready: What must exist before its policies.
    """

    ready: list[Resource]

    def __init__(self, name: str, settings: KyvernoSettings, opts: ResourceOptions | None = None) -> None:
        super().__init__("vvp:kubernetes:Kyverno", name, None, opts)
        child = ResourceOptions(parent=self)
        # Kyverno's own images and hooks keep the strictest level.
        own = namespace(name, settings.namespace, RESTRICTED, opts=child)
        off = {"enabled": False}
        # A Release, not a Chart: the chart takes its webhooks away by a Helm hook when it is uninstalled.
        release = k8s.helm.v3.Release(
            name,
            name=name,
            chart="kyverno",
            version=settings.chart_version,
            namespace=own.metadata.name,
            repository_opts={"repo": REPOSITORY},
            values={
                "admissionController": {
                    "replicas": settings.replicas,
                    # The API server calls from an address that nobody knows before; whoever else calls is answered
                    # what he could ask the API server. The metrics, and all other ports, are closed.
                    "networkPolicy": {"enabled": True, "ingressFrom": [ANYWHERE]},
                    "metricsService": {"create": False},
                },
                "backgroundController": off,
                "cleanupController": off,
                "reportsController": off,
                # By default nodes are not asked about, so a stolen node may relabel pods. An empty list is no value to
                # Helm's provider, and the default would stay.
                "config": {"excludeGroups": [NOBODY]},
                "features": {"policyExceptions": off},
                # By default whoever has Kubernetes' `admin` may write policies and exceptions.
                "rbac": {"roles": {"aggregate": {"admin": False, "view": False}}},
            },
            opts=child,
        )
        guard = deny(f"{name}-namespace", namespace_policy(settings.namespace), opts=child)
        self.ready = [release, *guard]
        self.register_outputs({})
