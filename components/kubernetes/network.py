"""Who may talk to whom: the platform to its jobs, a job's pods to each other, and nobody else to either.

The rules hold where the cluster's network plugin enforces NetworkPolicies. A kubelet's probes and `kubectl
port-forward` come from the pod's own node, which a NetworkPolicy never stops. See
https://kubernetes.io/docs/concepts/services-networking/network-policies/.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, cast

import pulumi
import pulumi_kubernetes as k8s
from pulumi import Input, ResourceOptions

from components.kubernetes.guarded import PLATFORM_LABEL
from components.kubernetes.pod_rule import DEPLOYMENT_LABEL
from settings.names import PRIVATE_NETWORKS

Rule = Mapping[str, Any]

LINK_LOCAL = "169.254.0.0/16"
"""What a node answers itself: metadata and the agents of identities (RFC 3927)."""
NAMESPACE_LABEL = "kubernetes.io/metadata.name"

OUTSIDE: Rule = {"to": [{"ipBlock": {"cidr": "0.0.0.0/0", "except": [*PRIVATE_NETWORKS, LINK_LOCAL]}}]}
"""The cloud's APIs, and the internet."""
NAMES: Rule = {
    "to": [
        {
            "namespaceSelector": {"matchLabels": {NAMESPACE_LABEL: "kube-system"}},
            "podSelector": {"matchLabels": {"k8s-app": "kube-dns"}},
        }
    ],
    "ports": [{"protocol": protocol, "port": 53} for protocol in ("UDP", "TCP")],
}
"""The cluster's DNS."""
SERVICES: Rule = {
    "podSelector": {
        "matchExpressions": [{"key": key, "operator": "DoesNotExist"} for key in (DEPLOYMENT_LABEL, *PLATFORM_LABEL)]
    }
}
"""What selects pods by neither label. A network plugin that looks at a packet before its Service's address is replaced
compares this with the Service's own selector, and by which labels the platform selects a job's pods is not documented.
Such pods let nobody in."""
API_SERVER: Rule = {"to": [{"ipBlock": {"cidr": "0.0.0.0/0"}}], "ports": [{"protocol": "TCP", "port": 443}]}
"""The API server has a private address that nobody knows before."""


def of_platform(platform_namespace: Input[str]) -> Mapping[str, Any]:
    """The platform's pods, as a peer of a policy in any namespace.

    Args:
        platform_namespace: Their namespace.
    """
    return {
        "namespaceSelector": {"matchLabels": {NAMESPACE_LABEL: platform_namespace}},
        "podSelector": {"matchLabels": dict(PLATFORM_LABEL)},
    }


class PlatformNetwork(pulumi.ComponentResource):
    """The platform's namespace: nobody reaches a pod in it, and its pods reach names and the outside.

    The platform's own pods reach all that they need, which only the platform knows: jobs, database, identity provider.
    Jobs add their policies to these; so do deployments that are not the stack's, and that it reserves accounts for.

    Args:
        name: Logical name.
        namespace: The platform's Kubernetes namespace.
        reserved: Names of deployments that somebody else makes on the platform.
        opts: Resource options; `provider` is the Kubernetes provider.
    """

    def __init__(
        self, name: str, namespace: Input[str], reserved: Iterable[str], opts: ResourceOptions | None = None
    ) -> None:
        super().__init__("vvp:kubernetes:PlatformNetwork", name, None, opts)
        child = ResourceOptions(parent=self)
        _policy("closed", namespace, "closed", {}, ingress=[], egress=[NAMES, OUTSIDE], opts=child)
        pods = {"matchLabels": dict(PLATFORM_LABEL)}
        _policy("platform", namespace, "platform", pods, ingress=[], egress=[{}], opts=child)
        for deployment in reserved:
            job(deployment, namespace, platform_namespace=namespace, alone=False, opts=child)
        self.register_outputs({})


def job(
    name: str,
    namespace: Input[str],
    *,
    platform_namespace: Input[str],
    alone: bool,
    networks: Sequence[str] = (),
    elects: bool = False,
    opts: ResourceOptions,
) -> k8s.networking.v1.NetworkPolicy:
    """A deployment's pods reach each other, and the platform reaches them, on every port: Flink chooses some by itself.

    The admission rule makes the label `deploymentName` trustworthy.

    Args:
        name: The deployment's name, and logical name.
        namespace: Where its pods are.
        platform_namespace: The platform's.
        alone: Whether the namespace is the job's own: the policy is then for every pod in it.
        networks: Private networks that its pods may reach, in CIDR form.
        elects: Whether its JobManagers elect a leader by the API server.
        opts: Resource options; `provider` is the Kubernetes provider.
    """
    pods = {"matchLabels": {DEPLOYMENT_LABEL: name}}
    own = {"podSelector": pods}
    egress: list[Rule] = [{"to": [own, SERVICES]}]
    egress += [NAMES, OUTSIDE] if alone else []
    egress += [{"to": [{"ipBlock": {"cidr": network}} for network in networks]}] if networks else []
    egress += [API_SERVER] if elects else []
    return _policy(
        name,
        namespace,
        f"job-{name}",
        {} if alone else pods,
        ingress=[{"from": [own, of_platform(platform_namespace)]}],
        egress=egress,
        opts=opts,
    )


def _policy(
    name: str,
    namespace: Input[str],
    kubernetes_name: str,
    pods: Rule,
    *,
    ingress: Sequence[Rule],
    egress: Sequence[Rule],
    opts: ResourceOptions,
) -> k8s.networking.v1.NetworkPolicy:
    spec = {
        "podSelector": dict(pods),
        "policyTypes": ["Ingress", "Egress"],
        "ingress": list(ingress),
        "egress": list(egress),
    }
    metadata: k8s.meta.v1.ObjectMetaArgsDict = {"name": kubernetes_name, "namespace": namespace}
    return k8s.networking.v1.NetworkPolicy(name, metadata=metadata, spec=cast(Any, spec), opts=opts)
