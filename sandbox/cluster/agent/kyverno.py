"""Kyverno's admission controller: the real one, outside the cluster, in place of the container of its pod.

What differs from the pod's own container is where it listens and what it cannot have on one machine, see
`kyverno_pod.overrides`. Several replicas share the process: in the cluster, too, only one at a time does more than
answer webhooks.
"""

import json
import logging
from pathlib import Path

from sandbox.cluster import files
from sandbox.cluster.agent import images, kyverno_pod
from sandbox.cluster.agent.pod_process import Launch, PodProcess
from sandbox.cluster.api_client import Api, Object

WEBHOOKS = "/apis/admissionregistration.k8s.io/v1"
MANAGED = "webhook.kyverno.io/managed-by=kyverno"
LEASES = ("kyvernopre-lock", "kyverno-health")

log = logging.getLogger(__name__)


class Kyverno(PodProcess):
    """Runs one Kyverno process while the cluster has pods for it."""

    def __init__(self, api: Api) -> None:
        super().__init__(api, "kyverno", files.kyverno())

    def plays(self, pod: Object) -> bool:
        """Pods with the image of the admission controller."""
        return images.container(pod, "kyverno") is not None

    async def launch(self, pod: Object) -> Launch:
        """See `kyverno_pod`."""
        return kyverno_pod.launch(pod, kubeconfig=_kubeconfig(self._api.server))

    def recognizes(self, argv: list[str]) -> bool:
        """The binary."""
        return "kyverno" in Path(argv[0]).name

    async def clean_up(self, pod: Object) -> None:
        """Removes the webhooks when the deployment goes, as Kyverno does by itself without `--serverIP`."""
        namespace = pod["metadata"]["namespace"]
        name = _deployment(pod)
        deployment = await self._api.get(f"/apis/apps/v1/namespaces/{namespace}/deployments/{name}")
        if deployment and "deletionTimestamp" not in deployment["metadata"] and deployment["spec"].get("replicas") != 0:
            return
        for kind in ("validatingwebhookconfigurations", "mutatingwebhookconfigurations"):
            await self._api.delete(f"{WEBHOOKS}/{kind}", labelSelector=MANAGED)
        for lease in LEASES:
            await self._api.delete(f"/apis/coordination.k8s.io/v1/namespaces/{namespace}/leases/{lease}")
        log.info("kyverno's webhooks are removed")


def _deployment(pod: Object) -> str:
    container = images.container(pod, "kyverno") or {}
    values = {variable["name"]: variable.get("value") for variable in container.get("env", ())}
    return values.get("KYVERNO_DEPLOYMENT") or "kyverno-admission-controller"


def _kubeconfig(server: str) -> str:
    content = {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [
            {"name": "sandbox", "cluster": {"server": server, "certificate-authority": str(files.ca_certificate())}}
        ],
        "users": [{"name": "kyverno", "user": {"tokenFile": str(files.kyverno() / "token")}}],
        "contexts": [{"name": "kyverno", "context": {"cluster": "sandbox", "user": "kyverno"}}],
        "current-context": "kyverno",
    }
    return json.dumps(content, indent=2) + "\n"
