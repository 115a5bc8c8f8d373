"""From CreateCluster to DeleteCluster: makes what a cluster is made of, starts its processes, and removes both.

The cloud calls this from a small virtual environment of its own, so it imports no Kubernetes client.
"""

import json
import shutil
import ssl
import xmlrpc.client

import httpx
from supervisor.xmlrpc import Faults

from sandbox import layout, supervisord
from sandbox.cluster import certificates, files, processes
from sandbox.supervisord import CLUSTER

MARKS = (
    "/readyz",
    # The controller manager works: pods may be made.
    "/api/v1/namespaces/default/serviceaccounts/default",
    # The agent works: access policies are bound.
    "/apis/rbac.authorization.k8s.io/v1/clusterroles/eks:admin-view",
)
"""What can be read once a cluster may be used."""


def create(name: str, region: str, version: str, oidc_id: str, issuer: str) -> None:
    """Makes a new, empty cluster and asks supervisord to start it; returns before it answers (see `ready`).

    What a crash in the middle left behind has no `cluster.json` and is made anew.

    Args:
        name: the EKS cluster's name.
        region: AWS region, like `eu-central-1`.
        version: Kubernetes minor version, like `1.34`. The binaries are the sandbox's, whatever is asked for.
        oidc_id: 32 upper-case hex digits, never used before.
        issuer: https URL that ends in `oidc_id`; the API server signs its tokens with it.

    Raises:
        FileExistsError: there is a cluster already.
        OSError: supervisord does not answer on its socket.
    """
    if existing := files.Identity.load():
        raise FileExistsError(f"the sandbox already runs cluster {existing.name}")
    stop()
    shutil.rmtree(layout.cluster(), ignore_errors=True)
    layout.cluster().mkdir(mode=0o700, parents=True)
    sandbox = layout.Sandbox.load()
    certificates.write_all()
    for component in certificates.CLIENTS:
        _write_kubeconfig(component, name, sandbox.ports["apiserver"])
    _write_authentication_webhook(f"{sandbox.url('cloud')}/_sandbox/authenticate")
    identity = files.Identity(name=name, region=region, version=version, oidc_id=oidc_id, issuer=issuer)
    layout.write_atomically(files.identity(), identity.to_json())
    start()


def start() -> None:
    """Asks supervisord to start the processes of the cluster there is; those that run already are left alone."""
    if files.Identity.load():
        with supervisord.connection() as supervisor:
            supervisor.startProcessGroup(CLUSTER, False)


def stop() -> None:
    """Stops the cluster's processes and waits until they are gone; their data stays.

    One after the other, etcd last: without it the API server waits for what never comes, until it is killed.
    """
    with supervisord.connection() as supervisor:
        for name in reversed(processes.ARGUMENTS):
            try:
                supervisor.stopProcess(f"{CLUSTER}:{name}", True)
            except xmlrpc.client.Fault as fault:
                if fault.faultCode != Faults.NOT_RUNNING:
                    raise


def destroy() -> None:
    """Stops the cluster's processes and removes all its files. Without a cluster it does nothing.

    `cluster.json` goes first, so that after a crash in the middle nobody starts what is left.
    """
    files.identity().unlink(missing_ok=True)
    stop()
    shutil.rmtree(layout.cluster(), ignore_errors=True)


def ready() -> bool:
    """Whether the API server answers, pods may be made, and access policies are bound."""
    if not files.Identity.load():
        return False
    base = f"https://127.0.0.1:{layout.Sandbox.load().ports['apiserver']}"
    try:
        context = ssl.create_default_context(cafile=str(files.ca_certificate()))
        context.load_cert_chain(files.client_certificate("admin"), files.client_key("admin"))
        with httpx.Client(base_url=base, verify=context, timeout=5, trust_env=False) as api:
            return all(api.get(path).status_code == 200 for path in MARKS)
    except (httpx.TransportError, OSError):
        return False


def certificate_authority() -> str:
    """The API server's certificate authority in PEM; EKS gives it in base64 (`certificateAuthority.data`).

    Raises:
        FileNotFoundError: there is no cluster.
    """
    return files.ca_certificate().read_text()


def _write_kubeconfig(component: files.Component, cluster: str, port: int) -> None:
    content = {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [
            {
                "name": cluster,
                "cluster": {
                    "server": f"https://127.0.0.1:{port}",
                    "certificate-authority": str(files.ca_certificate()),
                },
            }
        ],
        "users": [
            {
                "name": component,
                "user": {
                    "client-certificate": str(files.client_certificate(component)),
                    "client-key": str(files.client_key(component)),
                },
            }
        ],
        "contexts": [{"name": cluster, "context": {"cluster": cluster, "user": component}}],
        "current-context": cluster,
    }
    layout.write_atomically(files.kubeconfig(component), json.dumps(content, indent=2) + "\n", mode=0o600)


def _write_authentication_webhook(url: str) -> None:
    content = {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": "cloud", "cluster": {"server": url}}],
        "users": [{"name": "kube-apiserver", "user": {}}],
        "contexts": [{"name": "webhook", "context": {"cluster": "cloud", "user": "kube-apiserver"}}],
        "current-context": "webhook",
    }
    layout.write_atomically(files.authentication_webhook(), json.dumps(content, indent=2) + "\n", mode=0o600)
