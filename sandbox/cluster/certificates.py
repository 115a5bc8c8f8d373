"""Keys and certificates of one cluster. They live as long as it does, so nothing renews them."""

import datetime
import ipaddress
from collections.abc import Sequence

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from sandbox import layout
from sandbox.cluster import files

VALIDITY = datetime.timedelta(days=3650)

CLIENTS: dict[files.Component, tuple[str, str | None]] = {
    "admin": ("sandbox-admin", "system:masters"),
    "agent": ("sandbox-agent", "system:masters"),
    "kwok": ("sandbox-kwok", "system:masters"),
    "kube-controller-manager": ("system:kube-controller-manager", None),
    "kube-scheduler": ("system:kube-scheduler", None),
}
"""User and group in each component's certificate. The last two have their rights from Kubernetes' own role bindings."""


class Authority:
    """A certificate authority that exists only while the cluster is made: its private key is never written down."""

    def __init__(self, name: str) -> None:
        self._key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        usage = _key_usage(key_cert_sign=True, crl_sign=True)
        self._certificate = (
            _builder(subject, subject)
            .public_key(self._key.public_key())
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .add_extension(usage, critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(self._key.public_key()), critical=False)
            .sign(self._key, hashes.SHA256())
        )

    @property
    def certificate(self) -> str:
        """The authority's own certificate in PEM."""
        return _pem(self._certificate)

    def server(self, names: list[str], addresses: list[str]) -> tuple[str, str]:
        """Makes a certificate for a server; it may also be shown as a client, as etcd does to itself.

        Args:
            names: DNS names.
            addresses: IP addresses.

        Returns:
            Certificate and private key in PEM.
        """
        alternatives = [x509.DNSName(name) for name in names]
        alternatives += [x509.IPAddress(ipaddress.ip_address(address)) for address in addresses]
        usages = [ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH]
        return self._issue(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, names[0])]), usages, alternatives)

    def client(self, user: str, group: str | None) -> tuple[str, str]:
        """Makes a client certificate that Kubernetes reads as this user in this group.

        See https://kubernetes.io/docs/reference/access-authn-authz/authentication/#x509-client-certificates.

        Returns:
            Certificate and private key in PEM.
        """
        subject = [x509.NameAttribute(NameOID.COMMON_NAME, user)]
        if group:
            subject.append(x509.NameAttribute(NameOID.ORGANIZATION_NAME, group))
        return self._issue(x509.Name(subject), [ExtendedKeyUsageOID.CLIENT_AUTH], [])

    def _issue(
        self, subject: x509.Name, usages: list[x509.ObjectIdentifier], alternatives: Sequence[x509.GeneralName]
    ) -> tuple[str, str]:
        key = ec.generate_private_key(ec.SECP256R1())
        builder = (
            _builder(subject, self._certificate.subject)
            .public_key(key.public_key())
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(_key_usage(digital_signature=True), critical=True)
            .add_extension(x509.ExtendedKeyUsage(usages), critical=False)
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(self._key.public_key()), critical=False)
        )
        if alternatives:
            builder = builder.add_extension(x509.SubjectAlternativeName(alternatives), critical=False)
        return _pem(builder.sign(self._key, hashes.SHA256())), _private_pem(key)


def write_all() -> Authority:
    """Writes every key and certificate of a new cluster.

    Returns:
        The authority, for what is to be said about it elsewhere.
    """
    authority = Authority("sandbox-cluster-ca")
    layout.write_atomically(files.ca_certificate(), authority.certificate)
    names = ["localhost", "kubernetes", "kubernetes.default", "kubernetes.default.svc"]
    certificate, key = authority.server(names, ["127.0.0.1"])
    layout.write_atomically(files.serving_certificate(), certificate)
    layout.write_atomically(files.serving_key(), key, mode=0o600)
    for component, (user, group) in CLIENTS.items():
        certificate, key = authority.client(user, group)
        layout.write_atomically(files.client_certificate(component), certificate)
        layout.write_atomically(files.client_key(component), key, mode=0o600)
    # RSA because AWS' token service takes RS256 only, as EKS' own keys are.
    signing_key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    layout.write_atomically(files.token_signing_key(), _private_pem(signing_key), mode=0o600)
    public = signing_key.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    layout.write_atomically(files.token_public_key(), public.decode())
    return authority


def _builder(subject: x509.Name, issuer: x509.Name) -> x509.CertificateBuilder:
    now = datetime.datetime.now(datetime.UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .serial_number(x509.random_serial_number())
        # An hour back, so that a clock which is set back a little does not make the cluster unreachable.
        .not_valid_before(now - datetime.timedelta(hours=1))
        .not_valid_after(now + VALIDITY)
    )


def _key_usage(digital_signature: bool = False, key_cert_sign: bool = False, crl_sign: bool = False) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=digital_signature,
        key_cert_sign=key_cert_sign,
        crl_sign=crl_sign,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


def _pem(certificate: x509.Certificate) -> str:
    return certificate.public_bytes(serialization.Encoding.PEM).decode()


def _private_pem(key: PrivateKeyTypes) -> str:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ).decode()
