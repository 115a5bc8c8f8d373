"""What one cluster keeps under `.sandbox/cluster/`, and who it is."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal

from sandbox import layout

Component = Literal["admin", "agent", "kube-controller-manager", "kube-scheduler", "kwok"]
"""Who talks to the API server by client certificate; each has a kubeconfig of its own."""


@dataclass(frozen=True)
class Identity:
    """Who the cluster is (`cluster.json`). The file is written last: where it is absent, there is no cluster."""

    name: str
    region: str
    version: str
    """Kubernetes minor version that was asked for, like `1.34`."""
    oidc_id: str
    """The 32 upper-case hex digits at the end of the issuer."""
    issuer: str
    """`iss` of every service-account token: https://oidc.eks.<region>.amazonaws.com/id/<oidc_id>."""

    @classmethod
    def load(cls) -> "Identity | None":
        """Reads the identity of the cluster there is, or None."""
        try:
            return cls(**json.loads(identity().read_text()))
        except FileNotFoundError:
            return None

    def to_json(self) -> str:
        """What `load` reads."""
        return json.dumps(asdict(self), indent=2) + "\n"


def identity() -> Path:
    """Who the cluster is. It is written last, so it also says that all other files are whole."""
    return layout.cluster() / "cluster.json"


def ca_certificate() -> Path:
    """The authority that every kubeconfig trusts, and that signs client certificates."""
    return layout.cluster() / "pki" / "ca.crt"


def serving_certificate() -> Path:
    """For every server of the cluster that listens on 127.0.0.1."""
    return layout.cluster() / "pki" / "server.crt"


def serving_key() -> Path:
    """Private key of serving_certificate()."""
    return layout.cluster() / "pki" / "server.key"


def token_signing_key() -> Path:
    """Signs service-account tokens (RS256)."""
    return layout.cluster() / "pki" / "service-account.key"


def token_public_key() -> Path:
    """What the cloud's token service checks service-account tokens with, also while the API server is down."""
    return layout.cluster() / "pki" / "service-account.pub"


def client_certificate(component: Component) -> Path:
    """Client certificate of a component."""
    return layout.cluster() / "pki" / f"{component}.crt"


def client_key(component: Component) -> Path:
    """Private key of client_certificate()."""
    return layout.cluster() / "pki" / f"{component}.key"


def kubeconfig(component: Component) -> Path:
    """Kubeconfig of a component; `admin` is the one for people (`make env`)."""
    return layout.cluster() / f"{component}.kubeconfig"


def authentication_webhook() -> Path:
    """Tells the API server where to have `aws eks get-token` tokens checked."""
    return layout.cluster() / "authentication-webhook.kubeconfig"


def kwok_configuration() -> Path:
    """The port-forwards that kwok serves."""
    return layout.cluster() / "kwok.yaml"


def etcd_data() -> Path:
    """etcd's database."""
    return layout.cluster() / "etcd"


def kyverno() -> Path:
    """What the Kyverno process needs on disk."""
    return layout.cluster() / "kyverno"


def platform() -> Path:
    """What the platform's process needs on disk, and its databases."""
    return layout.cluster() / "platform"
