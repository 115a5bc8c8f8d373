"""A cloud of its own for the tests of its tokens: free ports, a temporary state, and a cluster that is only its keys.

The control plane is stood in for, since a token's checks need the cluster's keys and not its API server; that lets the
tests sign whatever they want with them. `python -m tests.sandbox.cloud_fixtures` is the process that `running` starts.
"""

import json
import os
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

ACCOUNT = "314159265358"
REGION = "eu-central-1"
CHECKOUT = Path(__file__).resolve().parents[2]


class KeysOnly:
    """A control plane without processes: a cluster is its identity and its token keys."""

    def create(self, name: str, region: str, version: str, oidc_id: str, issuer: str) -> None:
        """Writes what the token service reads."""
        from sandbox import layout
        from sandbox.cluster import files

        key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        layout.write_atomically(files.token_signing_key(), private_pem(key), mode=0o600)
        layout.write_atomically(files.token_public_key(), public_pem(key))
        identity = files.Identity(name=name, region=region, version=version, oidc_id=oidc_id, issuer=issuer)
        layout.write_atomically(files.identity(), identity.to_json())

    def ready(self) -> bool:
        """There is nothing to wait for."""
        return True

    def destroy(self) -> None:
        """Removes the identity, which is the cluster."""
        from sandbox.cluster import files

        files.identity().unlink(missing_ok=True)

    def certificate_authority(self) -> str:
        """No server shows a certificate of it."""
        return "-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----\n"


@dataclass(frozen=True)
class Cloud:
    """A running cloud."""

    state: Path
    ports: dict[str, int]

    @property
    def url(self) -> str:
        """The endpoint of AWS."""
        return f"https://127.0.0.1:{self.ports['cloud_tls']}"

    @property
    def plain_url(self) -> str:
        """The endpoint without TLS."""
        return f"http://127.0.0.1:{self.ports['cloud']}"

    @property
    def authority(self) -> str:
        """AWS_CA_BUNDLE."""
        return str(self.state / "cloud" / "tls" / "ca.crt")

    def client(self, service: str, credentials: dict[str, Any] | None = None, plain: bool = False) -> Any:
        """A client of an AWS service.

        Args:
            service: boto3's name of it.
            credentials: as STS gives them; the administrator's if left out.
            plain: whether to go without TLS.
        """
        import boto3

        if credentials is None:
            known = json.loads((self.state / "credentials.json").read_text())
            credentials = {"AccessKeyId": known["access_key_id"], "SecretAccessKey": known["secret_access_key"]}
        make: Any = boto3.client  # the service is named when it is called, so no stub knows which client it is
        return make(
            service,
            region_name=REGION,
            endpoint_url=self.plain_url if plain else self.url,
            verify=self.authority,
            aws_access_key_id=credentials["AccessKeyId"],
            aws_secret_access_key=credentials["SecretAccessKey"],
            aws_session_token=credentials.get("SessionToken"),
        )


def private_pem(key: rsa.RSAPrivateKey) -> str:
    """A private key in PEM."""
    encoding, form = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
    return key.private_bytes(encoding, form, serialization.NoEncryption()).decode()


def public_pem(key: rsa.RSAPrivateKey) -> str:
    """The public half of a key in PEM."""
    encoding, form = serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    return key.public_key().public_bytes(encoding, form).decode()


def prepare(state: Path) -> Cloud:
    """Makes the state of a sandbox on free ports."""
    with ExitStack() as held:
        sockets = [held.enter_context(socket.socket()) for _ in range(3)]
        for probe in sockets:
            probe.bind(("127.0.0.1", 0))
        ports: dict[str, int] = dict(
            zip(("cloud", "cloud_tls", "apiserver"), (probe.getsockname()[1] for probe in sockets), strict=True)
        )
    state.mkdir(parents=True, exist_ok=True)
    (state / "sandbox.json").write_text(json.dumps({"ports": ports, "account_id": ACCOUNT, "passphrase": "unused"}))
    return Cloud(state, ports)


@contextmanager
def running(cloud: Cloud, kill: bool = False) -> Iterator[subprocess.Popen[bytes]]:
    """Runs the cloud's process on a prepared state.

    Args:
        cloud: from `prepare`.
        kill: whether to end it as a power failure would.
    """
    import httpx

    from sandbox.build import bootstrap

    python = os.environ.get("VVP_CLOUD_PYTHON") or str(bootstrap.environment(bootstrap.CLOUD) / "bin" / "python")
    environment = os.environ | {"VVP_SANDBOX_STATE": str(cloud.state), "PYTHONPATH": str(CHECKOUT)}
    with (cloud.state / "cloud.log").open("ab") as log:
        process = subprocess.Popen(
            [python, "-m", "tests.sandbox.cloud_fixtures"], cwd=CHECKOUT, env=environment, stdout=log, stderr=log
        )
    try:
        deadline = time.monotonic() + 30
        while True:
            if process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"the cloud did not start:\n{(cloud.state / 'cloud.log').read_text()}")
            try:
                if httpx.get(f"{cloud.plain_url}/_sandbox/health", trust_env=False).status_code == 200:
                    break
            except httpx.TransportError:
                time.sleep(0.05)
        yield process
    finally:
        process.kill() if kill else process.terminate()
        process.wait(15)


if __name__ == "__main__":
    from sandbox.aws import server

    server.run(KeysOnly())
