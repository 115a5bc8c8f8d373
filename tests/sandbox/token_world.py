"""A cloud with a cluster and roles for one of its accounts, for the tests of the token service.

Tokens are made here with the cluster's own key and with others; the cloud, its IAM and its EKS are the sandbox's.
"""

import base64
import dataclasses
import hashlib
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import boto3
import jwt
from botocore import UNSIGNED
from botocore.config import Config
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from tests.sandbox import cloud_fixtures
from tests.sandbox.cloud_calls import CLUSTER, make_cluster, make_role, trust
from tests.sandbox.cloud_fixtures import REGION, Cloud

AUDIENCE = "sts.amazonaws.com"
POD_AUDIENCE = "pods.eks.amazonaws.com"
SUBJECT = "system:serviceaccount:vvp:greeting-request-consumer"


@dataclasses.dataclass
class World:
    """A cloud with a cluster, its registered OIDC provider, a role for SUBJECT and a role for Pod Identity."""

    cloud: Cloud
    issuer: str
    key: rsa.RSAPrivateKey
    provider: str
    role: str
    pod_role: str

    def token(
        self, key: rsa.RSAPrivateKey | None = None, kid_of: rsa.RSAPrivateKey | None = None, **claims: Any
    ) -> str:
        """A token as kube-apiserver writes it; claims replace its own, None leaves one out, times are from now on."""
        now = int(time.time())
        claims |= {name: now + claims[name] for name in ("exp", "nbf") if claims.get(name) is not None}
        namespace, account = claims.get("sub", SUBJECT).split(":")[-2:]
        body: dict[str, Any] = {
            "aud": [AUDIENCE],
            "exp": now + 3600,
            "iat": now,
            "nbf": now,
            "iss": self.issuer,
            "sub": SUBJECT,
            "kubernetes.io": {
                "namespace": namespace,
                "pod": {"name": "taskmanager-0", "uid": "b6ba8b8f-5d0a-4c9f-9c4e-0d7c4b1f0a11"},
                "serviceaccount": {"name": account, "uid": "0d7c4b1f-5d0a-4c9f-9c4e-b6ba8b8f0a11"},
            },
            **claims,
        }
        signer = key or self.key
        headers = {"kid": key_id(kid_of or signer)}
        return jwt.encode({k: v for k, v in body.items() if v is not None}, signer, algorithm="RS256", headers=headers)

    def exchange(self, token: str, role: str | None = None, **more: Any) -> dict[str, Any]:
        """AssumeRoleWithWebIdentity, unsigned, as an SDK in a pod calls it."""
        sts: Any = boto3.client(
            "sts",
            region_name=REGION,
            endpoint_url=self.cloud.url,
            verify=self.cloud.authority,
            # What the client would refuse by itself is to be refused by the service.
            config=Config(signature_version=UNSIGNED, parameter_validation=False),
        )
        return sts.assume_role_with_web_identity(
            RoleArn=role or self.role, RoleSessionName="flink", WebIdentityToken=token, **more
        )

    def pod_exchange(self, token: str, credentials: dict[str, Any] | None = None) -> dict[str, Any]:
        """AssumeRoleForPodIdentity, as the Pod Identity agent calls it."""
        return self.cloud.client("eks-auth", credentials).assume_role_for_pod_identity(clusterName=CLUSTER, token=token)


def key_id(key: rsa.RSAPrivateKey) -> str:
    """The `kid` that kube-apiserver gives a key."""
    form = serialization.PublicFormat.SubjectPublicKeyInfo
    der = key.public_key().public_bytes(serialization.Encoding.DER, form)
    return base64.urlsafe_b64encode(hashlib.sha256(der).digest()).decode().rstrip("=")


@contextmanager
def running(folder: Path) -> Iterator[World]:
    """Runs the cloud, on a state in a folder, and makes what a World has."""
    cloud = cloud_fixtures.prepare(folder)
    with cloud_fixtures.running(cloud):
        cluster = make_cluster(cloud)
        issuer = cluster["identity"]["oidc"]["issuer"]
        signing_key = serialization.load_pem_private_key(
            (cloud.state / "cluster" / "pki" / "service-account.key").read_bytes(), None
        )
        assert isinstance(signing_key, rsa.RSAPrivateKey)
        iam = cloud.client("iam")
        provider = iam.create_open_id_connect_provider(Url=issuer, ClientIDList=[AUDIENCE])["OpenIDConnectProviderArn"]
        host = issuer.removeprefix("https://")
        condition = {"StringEquals": {f"{host}:aud": AUDIENCE, f"{host}:sub": SUBJECT}}
        role = make_role(
            cloud, "consumer", trust({"Federated": provider}, ["sts:AssumeRoleWithWebIdentity"], condition)
        )
        pod_role = make_role(
            cloud, "pod-consumer", trust({"Service": POD_AUDIENCE}, ["sts:AssumeRole", "sts:TagSession"])
        )
        cloud.client("eks").create_pod_identity_association(
            clusterName=CLUSTER, namespace="vvp", serviceAccount="greeting-request-consumer", roleArn=pod_role
        )
        yield World(cloud, issuer, signing_key, provider, role, pod_role)
