"""The certificate that the cloud shows on its https port.

AWS is https only, and policies may say so (`aws:SecureTransport`): a plain endpoint could not tell whether such a
policy works. Clients trust the authority by `AWS_CA_BUNDLE`.
"""

from pathlib import Path

from sandbox import layout
from sandbox.cluster.certificates import Authority


def authority() -> Path:
    """The authority's certificate in PEM: the value of AWS_CA_BUNDLE."""
    return layout.STATE / "cloud" / "tls" / "ca.crt"


def certificate() -> Path:
    """What the https port shows."""
    return authority().with_name("server.crt")


def key() -> Path:
    """Private key of certificate()."""
    return authority().with_name("server.key")


def ensure() -> None:
    """Makes authority and certificate unless they are there; the authority's certificate is written last."""
    if authority().exists():
        return
    issuer = Authority("vvp-sandbox-cloud")
    server_certificate, server_key = issuer.server(["localhost"], ["127.0.0.1"])
    layout.write_atomically(key(), server_key, mode=0o600)
    layout.write_atomically(certificate(), server_certificate)
    layout.write_atomically(authority(), issuer.certificate)
