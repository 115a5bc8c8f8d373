"""Certificates of the sandbox's own https servers: each has an authority, whose certificate its clients trust."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509

from sandbox import layout
from sandbox.cluster.certificates import Authority


@dataclass(frozen=True)
class ServerCertificate:
    """The certificate of one server on 127.0.0.1, and the authority that issued it, whose private key is not kept."""

    server: str
    """The server's name in the sandbox, like `cloud`."""
    names: Sequence[str] = ("localhost",)
    """DNS names that it answers for."""

    @property
    def authority(self) -> Path:
        """The authority's certificate in PEM, for clients."""
        return layout.authority(self.server)

    @property
    def certificate(self) -> Path:
        """What the server shows."""
        return self.authority.with_name("server.crt")

    @property
    def key(self) -> Path:
        """Private key of `certificate`."""
        return self.authority.with_name("server.key")

    def ensure(self) -> None:
        """Makes authority and certificate, unless there are some for these names."""
        # The authority's certificate is written last: what has one is whole.
        if self.authority.exists() and self._has_names():
            return
        issuer = Authority(f"vvp-sandbox-{self.server}")
        certificate, key = issuer.server([*self.names], ["127.0.0.1"])
        self.authority.unlink(missing_ok=True)
        layout.write_atomically(self.key, key, mode=0o600)
        layout.write_atomically(self.certificate, certificate)
        layout.write_atomically(self.authority, issuer.certificate)

    def _has_names(self) -> bool:
        certificate = x509.load_pem_x509_certificate(self.certificate.read_bytes())
        alternatives = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        return {*alternatives.get_values_for_type(x509.DNSName)} == {*self.names}
