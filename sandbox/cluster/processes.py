"""The cluster's processes: which there are, their flags, and what each waits for.

supervisord gets the same short commands whether a cluster exists or not: `python -m sandbox.cluster.processes NAME`
reads who the cluster is, waits for what the process needs, and becomes the process.
"""

import json
import os
import ssl
import sys
from collections.abc import Callable
from pathlib import Path

import httpx
from tenacity import retry, retry_if_exception_type, stop_after_delay, wait_fixed

from sandbox import layout
from sandbox.cluster import files
from sandbox.supervisord import Command

STAGES = Path(__file__).parent / "stages"

SERVICES = "10.100.0.0/16"
"""Cluster IPs, as EKS gives them to a VPC of another range."""

PODS = "100.64.0.0/16"
"""Pod IPs: one pool for all nodes, so that each pod has its own. Nothing listens there."""

PLATFORM_PORTS = (8080, 8081, 9080, 9081, 4200)
"""Of the platform's containers gateway, appmanager and ui. kwok knows pods only by name, and a platform pod's name is
not known before; so these ports of any pod lead to the platform."""

PATIENCE = 60.0
"""Seconds to wait for what a process needs, before supervisord may try again."""


def commands(sandbox: layout.Sandbox) -> dict[str, Command]:
    """What supervisord runs as group `cluster` while an EKS cluster exists.

    Args:
        sandbox: its ports and folders; nothing in it changes while supervisord runs.

    Returns:
        By process name. The priority is the order of starting, and backwards of stopping.
    """
    return {
        name: Command(
            argv=[sys.executable, "-m", "sandbox.cluster.processes", name],
            environment={"VVP_SANDBOX_STATE": str(layout.STATE), "PYTHONPATH": str(layout.CHECKOUT)},
            priority=priority,
        )
        for priority, name in enumerate(ARGUMENTS, start=100)
    }


def etcd(sandbox: layout.Sandbox, _: files.Identity) -> list[str]:
    """etcd's command line. Without `--unsafe-no-fsync`, or the machine going off could tear its database."""
    client = f"https://127.0.0.1:{sandbox.ports['etcd']}"
    peer = f"https://127.0.0.1:{sandbox.ports['etcd_peer']}"
    return [
        str(Path(sandbox.bin) / "etcd"),
        "--name=sandbox",
        f"--data-dir={files.etcd_data()}",
        f"--listen-client-urls={client}",
        f"--advertise-client-urls={client}",
        f"--listen-peer-urls={peer}",
        f"--initial-advertise-peer-urls={peer}",
        f"--initial-cluster=sandbox={peer}",
        *(
            f"--{side}{flag}"
            for side in ("", "peer-")
            for flag in (
                "client-cert-auth",
                f"trusted-ca-file={files.ca_certificate()}",
                f"cert-file={files.serving_certificate()}",
                f"key-file={files.serving_key()}",
            )
        ),
        # Fewer log entries in memory between snapshots than the default of 100,000, which is for large clusters.
        "--snapshot-count=5000",
        "--log-level=warn",
    ]


def kube_apiserver(sandbox: layout.Sandbox, identity: files.Identity) -> list[str]:
    """kube-apiserver's command line: RBAC and the rights of nodes, its own issuer's tokens, AWS identities by webhook.

    See https://kubernetes.io/docs/reference/command-line-tools-reference/kube-apiserver/.
    """
    return [
        str(Path(sandbox.bin) / "kube-apiserver"),
        "--bind-address=127.0.0.1",
        f"--secure-port={sandbox.ports['apiserver']}",
        # Kubernetes allows no loopback address here; this one is kept for documentation (RFC 5737) and reaches nobody.
        "--advertise-address=192.0.2.1",
        "--endpoint-reconciler-type=none",
        f"--cert-dir={layout.cluster() / 'pki'}",
        f"--tls-cert-file={files.serving_certificate()}",
        f"--tls-private-key-file={files.serving_key()}",
        f"--client-ca-file={files.ca_certificate()}",
        f"--etcd-servers=https://127.0.0.1:{sandbox.ports['etcd']}",
        f"--etcd-cafile={files.ca_certificate()}",
        f"--etcd-certfile={files.serving_certificate()}",
        f"--etcd-keyfile={files.serving_key()}",
        "--authorization-mode=Node,RBAC",
        # A node may touch only what is its own: a token of a pod's account, for one, while the pod is on it.
        "--enable-admission-plugins=NodeRestriction",
        f"--authentication-token-webhook-config-file={files.authentication_webhook()}",
        "--authentication-token-webhook-version=v1",
        # Short, so that an access entry taken away is soon felt; without a cache each request asks the cloud.
        "--authentication-token-webhook-cache-ttl=5s",
        f"--service-account-issuer={identity.issuer}",
        f"--service-account-key-file={files.token_signing_key()}",
        f"--service-account-signing-key-file={files.token_signing_key()}",
        f"--api-audiences={identity.issuer},https://kubernetes.default.svc",
        f"--service-cluster-ip-range={SERVICES}",
        # Each node's host name is 127.0.0.1 and its kubelet is kwok, while its other addresses look like AWS'.
        "--kubelet-preferred-address-types=Hostname",
        f"--kubelet-certificate-authority={files.ca_certificate()}",
        f"--kubelet-client-certificate={files.client_certificate('admin')}",
        f"--kubelet-client-key={files.client_key('admin')}",
        "--allow-privileged=true",
        "--profiling=false",
    ]


def kube_controller_manager(sandbox: layout.Sandbox, _: files.Identity) -> list[str]:
    """kube-controller-manager's command line."""
    return [
        str(Path(sandbox.bin) / "kube-controller-manager"),
        f"--kubeconfig={files.kubeconfig('kube-controller-manager')}",
        f"--root-ca-file={files.ca_certificate()}",
        f"--service-account-private-key-file={files.token_signing_key()}",
        "--use-service-account-credentials",
        "--leader-elect=false",
        "--secure-port=0",
        "--profiling=false",
    ]


def kube_scheduler(sandbox: layout.Sandbox, _: files.Identity) -> list[str]:
    """kube-scheduler's command line."""
    return [
        str(Path(sandbox.bin) / "kube-scheduler"),
        f"--kubeconfig={files.kubeconfig('kube-scheduler')}",
        "--leader-elect=false",
        "--secure-port=0",
        "--profiling=false",
    ]


def kwok(sandbox: layout.Sandbox, _: files.Identity) -> list[str]:
    """kwok's command line: it plays the kubelet of every node, with logs and port-forward.

    See https://kwok.sigs.k8s.io/docs/user/configuration/.
    """
    configurations = [*sorted(STAGES.glob("*.yaml")), files.kwok_configuration()]
    return [
        str(Path(sandbox.bin) / "kwok"),
        f"--kubeconfig={files.kubeconfig('kwok')}",
        "--manage-all-nodes",
        "--node-ip=127.0.0.1",
        f"--node-port={sandbox.ports['kwok']}",
        "--node-lease-duration-seconds=40",
        f"--server-address=127.0.0.1:{sandbox.ports['kwok']}",
        f"--tls-cert-file={files.serving_certificate()}",
        f"--tls-private-key-file={files.serving_key()}",
        f"--cidr={PODS}",
        *(f"--config={path}" for path in configurations),
    ]


def agent(_: layout.Sandbox, __: files.Identity) -> list[str]:
    """The agent's command line; the folder in it lets a stale one be found among all processes."""
    return [sys.executable, "-m", "sandbox.cluster.agent", str(layout.cluster())]


ARGUMENTS: dict[str, Callable[[layout.Sandbox, files.Identity], list[str]]] = {
    "etcd": etcd,
    "kube-apiserver": kube_apiserver,
    "kube-controller-manager": kube_controller_manager,
    "kube-scheduler": kube_scheduler,
    "kwok": kwok,
    "agent": agent,
}


def answers(url: str) -> bool:
    """Whether a server of the cluster is ready.

    Args:
        url: https address of its health check.
    """
    try:
        return httpx.get(url, verify=_as_admin(), timeout=5, trust_env=False).status_code == 200
    except httpx.TransportError:
        return False


def _as_admin() -> ssl.SSLContext:
    context = ssl.create_default_context(cafile=str(files.ca_certificate()))
    context.load_cert_chain(files.client_certificate("admin"), files.client_key("admin"))
    return context


def _free_nodes(sandbox: layout.Sandbox) -> None:
    """Takes the nodes' leases from the kwok of before.

    Each kwok has a name of its own, and leaves a node alone, with all its pods, until another's lease has run out.
    """
    leases = "/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases"
    url = f"https://127.0.0.1:{sandbox.ports['apiserver']}{leases}"
    httpx.delete(url, verify=_as_admin(), timeout=10, trust_env=False).raise_for_status()


@retry(
    retry=retry_if_exception_type(ConnectionError), stop=stop_after_delay(PATIENCE), wait=wait_fixed(0.1), reraise=True
)
def _wait_for(url: str) -> None:
    if not answers(url):
        raise ConnectionError(f"{url} does not answer")


def _needs(name: str, sandbox: layout.Sandbox) -> str | None:
    match name:
        case "etcd":
            return None
        case "kube-apiserver":
            return f"https://127.0.0.1:{sandbox.ports['etcd']}/health"
        case _:
            return f"https://127.0.0.1:{sandbox.ports['apiserver']}/readyz"


def _write_forwards(sandbox: layout.Sandbox) -> None:
    """Which ports of pods lead to which of this machine, see
    https://kwok.sigs.k8s.io/docs/user/port-forward-configuration/.
    """
    target = {"address": "127.0.0.1", "port": sandbox.ports["platform"]}
    forward = {
        "apiVersion": "kwok.x-k8s.io/v1alpha1",
        "kind": "ClusterPortForward",
        "metadata": {"name": "ververica-platform"},
        "spec": {"forwards": [{"ports": list(PLATFORM_PORTS), "target": target}]},
    }
    layout.write_atomically(files.kwok_configuration(), json.dumps(forward) + "\n")


def main(name: str) -> None:
    """Becomes a process of the cluster.

    Args:
        name: one of ARGUMENTS.

    Raises:
        SystemExit: there is no cluster.
        ConnectionError: what the process needs does not answer.
        httpx.HTTPError: the API server does not do what kwok needs before it starts.
    """
    identity = files.Identity.load()
    if not identity:
        raise SystemExit("the sandbox has no EKS cluster")
    sandbox = layout.Sandbox.load()
    if url := _needs(name, sandbox):
        _wait_for(url)
    if name == "kwok":
        _write_forwards(sandbox)
        _free_nodes(sandbox)
    argv = ARGUMENTS[name](sandbox, identity)
    os.execv(argv[0], argv)


if __name__ == "__main__":
    main(sys.argv[1])
