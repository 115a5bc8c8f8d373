"""The token service: which service-account tokens are exchanged for which role, and which are refused, and how.

Tokens are made here with the cluster's own key and with others; the cloud, its IAM and its EKS are the sandbox's.
"""

import base64
import dataclasses
import hashlib
import json
import time
from collections.abc import Iterator
from typing import Any

import boto3
import jwt
import pytest
from botocore import UNSIGNED
from botocore.config import Config
from botocore.exceptions import ClientError
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from tests.sandbox import cloud_fixtures
from tests.sandbox.cloud_fixtures import ACCOUNT, REGION, Cloud

pytestmark = pytest.mark.sandbox

CLUSTER = "vvp"
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
        """A token as kube-apiserver writes it; claims replace its own, None leaves one out."""
        now = int(time.time())
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


def trust(principal: dict[str, str], actions: list[str], condition: dict[str, Any] | None = None) -> str:
    """A trust policy of one statement."""
    statement: dict[str, Any] = {"Effect": "Allow", "Principal": principal, "Action": actions}
    if condition:
        statement["Condition"] = condition
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def make_role(cloud: Cloud, name: str, document: str) -> str:
    """Creates a role and gives its ARN."""
    return cloud.client("iam").create_role(RoleName=name, AssumeRolePolicyDocument=document)["Role"]["Arn"]


def make_cluster(cloud: Cloud, name: str = CLUSTER) -> dict[str, Any]:
    """Creates VPC, role and cluster."""
    ec2, eks = cloud.client("ec2"), cloud.client("eks")
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    subnets = [
        ec2.create_subnet(VpcId=vpc, CidrBlock=f"10.0.{index}.0/24", AvailabilityZone=f"{REGION}{zone}")["Subnet"][
            "SubnetId"
        ]
        for index, zone in enumerate("ab")
    ]
    role = make_role(cloud, f"{name}-cluster", trust({"Service": "eks.amazonaws.com"}, ["sts:AssumeRole"]))
    eks.create_cluster(
        name=name,
        roleArn=role,
        resourcesVpcConfig={"subnetIds": subnets},
        accessConfig={"authenticationMode": "API"},
    )
    return eks.describe_cluster(name=name)["cluster"]


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """One cloud for all tests of this file: none of them changes what another relies on."""
    cloud = cloud_fixtures.prepare(tmp_path_factory.mktemp("cloud"))
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


@pytest.fixture(scope="module")
def stranger() -> rsa.RSAPrivateKey:
    """The key of a cluster that is not this one."""
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def refusal(call: Any) -> tuple[str, str, int]:
    """Error code, message and HTTP status of a call that must be refused."""
    with pytest.raises(ClientError) as caught:
        call()
    response: Any = caught.value.response
    return response["Error"]["Code"], response["Error"]["Message"], response["ResponseMetadata"]["HTTPStatusCode"]


def test_the_account_of_the_trust_policy_gets_the_role(world: World) -> None:
    answer = world.exchange(world.token())
    assert answer["SubjectFromWebIdentityToken"] == SUBJECT
    assert answer["Audience"] == AUDIENCE
    assert answer["Provider"] == world.provider
    identity = world.cloud.client("sts", answer["Credentials"]).get_caller_identity()
    assert identity["Arn"] == f"arn:aws:sts::{ACCOUNT}:assumed-role/consumer/flink"


def test_an_audience_may_be_a_plain_string(world: World) -> None:
    assert world.exchange(world.token(aud=AUDIENCE))["Audience"] == AUDIENCE


@pytest.mark.parametrize(
    ("claims", "code", "message"),
    [
        ({"exp": int(time.time()) - 60}, "ExpiredTokenException", "Token expired"),
        ({"exp": None}, "InvalidIdentityToken", "exp"),
        ({"nbf": int(time.time()) + 600}, "InvalidIdentityToken", "not valid yet"),
        ({"aud": ["kubernetes.default.svc"]}, "InvalidIdentityToken", "Incorrect token audience"),
        ({"aud": [AUDIENCE, "other"]}, "InvalidIdentityToken", "Incorrect token audience"),
        ({"aud": []}, "InvalidIdentityToken", "Incorrect token audience"),
        ({"aud": None}, "InvalidIdentityToken", "Incorrect token audience"),
        ({"sub": None}, "InvalidIdentityToken", "sub"),
        (
            {"iss": f"https://oidc.eks.{REGION}.amazonaws.com/id/{'0' * 32}"},
            "InvalidIdentityToken",
            "No OpenIDConnect provider",
        ),
        ({"sub": "system:serviceaccount:vvp:greeting-request-producer"}, "AccessDenied", "Not authorized"),
        ({"sub": "system:serviceaccount:elsewhere:greeting-request-consumer"}, "AccessDenied", "Not authorized"),
    ],
    ids=lambda value: str(value)[:40],
)
def test_a_token_with_other_claims_is_refused(world: World, claims: dict[str, Any], code: str, message: str) -> None:
    token = world.token(**claims) if claims.get("sub", SUBJECT) else _without_subject(world)
    found_code, found_message, status = refusal(lambda: world.exchange(token))
    assert (found_code, status) == (code, 403 if code == "AccessDenied" else 400)
    assert message in found_message


def _without_subject(world: World) -> str:
    claims = jwt.decode(world.token(), options={"verify_signature": False})
    del claims["sub"]
    return jwt.encode(claims, world.key, algorithm="RS256", headers={"kid": key_id(world.key)})


def test_the_key_of_another_cluster_is_refused(world: World, stranger: rsa.RSAPrivateKey) -> None:
    code, message, _ = refusal(lambda: world.exchange(world.token(key=stranger)))
    assert (code, message[:36]) == ("InvalidIdentityToken", "Couldn't retrieve verification key f")


def test_another_key_under_the_name_of_the_clusters_is_refused(world: World, stranger: rsa.RSAPrivateKey) -> None:
    code, message, _ = refusal(lambda: world.exchange(world.token(key=stranger, kid_of=world.key)))
    assert (code, message) == ("InvalidIdentityToken", "Invalid token signature")


def test_a_changed_token_is_refused(world: World) -> None:
    header, _, signature = world.token(sub="system:serviceaccount:vvp:other").split(".")
    _, body, _ = world.token().split(".")
    assert refusal(lambda: world.exchange(f"{header}.{body}.{signature}"))[1] == "Invalid token signature"


def test_an_unsigned_token_is_refused(world: World) -> None:
    claims = jwt.decode(world.token(), options={"verify_signature": False})
    token = jwt.encode(claims, "", algorithm="none", headers={"kid": key_id(world.key)})
    assert refusal(lambda: world.exchange(token))[0] == "InvalidIdentityToken"


def test_the_public_key_as_a_shared_secret_is_refused(world: World) -> None:
    # The classic confusion: HS256 with the public key, which everybody has.
    claims = jwt.decode(world.token(), options={"verify_signature": False})
    encode = jwt.PyJWS().encode
    header = {"kid": key_id(world.key), "alg": "HS256", "typ": "JWT"}
    secret = hashlib.sha256(cloud_fixtures.public_pem(world.key).encode()).hexdigest()
    token = encode(json.dumps(claims).encode(), secret, algorithm="HS256", headers=header)
    assert refusal(lambda: world.exchange(token))[0] == "InvalidIdentityToken"


def test_something_else_than_a_token_is_refused(world: World) -> None:
    assert refusal(lambda: world.exchange("not a token"))[0] == "InvalidIdentityToken"


def test_a_same_named_cluster_elsewhere_is_refused(world: World, stranger: rsa.RSAPrivateKey) -> None:
    # Its issuer is even registered in this account, but no cluster of the sandbox has it.
    elsewhere = f"https://oidc.eks.{REGION}.amazonaws.com/id/{'F' * 32}"
    iam = world.cloud.client("iam")
    provider = iam.create_open_id_connect_provider(Url=elsewhere, ClientIDList=[AUDIENCE])["OpenIDConnectProviderArn"]
    role = make_role(world.cloud, "elsewhere", trust({"Federated": provider}, ["sts:AssumeRoleWithWebIdentity"]))
    for key in (stranger, world.key):
        code, message, _ = refusal(lambda key=key: world.exchange(world.token(key=key, iss=elsewhere), role))
        assert (code, message[:36]) == ("InvalidIdentityToken", "Couldn't retrieve verification key f")


def test_an_account_without_the_provider_is_refused(world: World) -> None:
    foreign = world.role.replace(ACCOUNT, "271828182845")
    code, message, _ = refusal(lambda: world.exchange(world.token(), foreign))
    assert (code, message) == (
        "InvalidIdentityToken",
        f"No OpenIDConnect provider found in your account for {world.issuer}",
    )


def test_a_role_that_is_not_there_is_refused_like_one_that_is_not_allowed(world: World) -> None:
    missing = world.role.replace("consumer", "nobody")
    assert refusal(lambda: world.exchange(world.token(), missing))[0::2] == ("AccessDenied", 403)


@pytest.mark.parametrize(
    ("seconds", "code"), [(899, "ValidationError"), (43_201, "ValidationError"), (7200, "ValidationError")]
)
def test_a_session_lasts_as_long_as_the_role_allows(world: World, seconds: int, code: str) -> None:
    assert refusal(lambda: world.exchange(world.token(), DurationSeconds=seconds))[0] == code
    assert world.exchange(world.token(), DurationSeconds=900)["Credentials"]


def test_pod_identity_gives_the_associated_role_with_session_tags(world: World) -> None:
    answer = world.pod_exchange(world.token(aud=[POD_AUDIENCE]))
    assert answer["subject"] == {"namespace": "vvp", "serviceAccount": "greeting-request-consumer"}
    assert answer["assumedRoleUser"]["arn"].startswith(
        f"arn:aws:sts::{ACCOUNT}:assumed-role/pod-consumer/eks-vvp-taskmanager-0-"
    )
    given = answer["credentials"]
    credentials = {"AccessKeyId": given["accessKeyId"], "SecretAccessKey": given["secretAccessKey"]}
    pod = world.cloud.client("iam", credentials | {"SessionToken": given["sessionToken"]})
    assert refusal(lambda: pod.get_role(RoleName="pod-consumer"))[0] == "AccessDenied"
    tag = {
        "StringEquals": {"aws:PrincipalTag/kubernetes-namespace": "vvp", "aws:PrincipalTag/eks-cluster-name": CLUSTER}
    }
    statement = {"Effect": "Allow", "Action": "iam:GetRole", "Resource": world.pod_role, "Condition": tag}
    document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    administrator = world.cloud.client("iam")
    administrator.put_role_policy(RoleName="pod-consumer", PolicyName="by-tag", PolicyDocument=document)
    assert pod.get_role(RoleName="pod-consumer")["Role"]["Arn"] == world.pod_role
    administrator.put_role_policy(
        RoleName="pod-consumer", PolicyName="by-tag", PolicyDocument=document.replace('"vvp"', '"elsewhere"')
    )
    assert refusal(lambda: pod.get_role(RoleName="pod-consumer"))[0] == "AccessDenied"


@pytest.mark.parametrize(
    ("claims", "code"),
    [
        ({"aud": [AUDIENCE]}, "InvalidTokenException"),
        ({"aud": [POD_AUDIENCE, AUDIENCE]}, "InvalidTokenException"),
        ({"exp": int(time.time()) - 60}, "ExpiredTokenException"),
        ({"nbf": int(time.time()) + 600}, "InvalidTokenException"),
        ({"iss": f"https://oidc.eks.{REGION}.amazonaws.com/id/{'0' * 32}"}, "InvalidTokenException"),
        ({"sub": "system:serviceaccount:vvp:other"}, "ResourceNotFoundException"),
        ({"sub": "system:serviceaccount:elsewhere:greeting-request-consumer"}, "ResourceNotFoundException"),
        ({"sub": "system:node:somebody:else"}, "InvalidTokenException"),
    ],
    ids=lambda value: str(value)[:40],
)
def test_pod_identity_refuses_other_tokens(world: World, claims: dict[str, Any], code: str) -> None:
    arguments: dict[str, Any] = {"aud": [POD_AUDIENCE], **claims}
    token = world.token(**arguments)
    assert refusal(lambda: world.pod_exchange(token))[0] == code


def test_pod_identity_refuses_the_key_of_another_cluster(world: World, stranger: rsa.RSAPrivateKey) -> None:
    for kid_of in (None, world.key):
        token = world.token(key=stranger, kid_of=kid_of, aud=[POD_AUDIENCE])
        assert refusal(lambda token=token: world.pod_exchange(token))[0] == "InvalidTokenException"


@pytest.mark.parametrize("actions", [["sts:AssumeRole"], ["sts:TagSession"]])
def test_pod_identity_needs_both_actions_in_the_trust_policy(world: World, actions: list[str]) -> None:
    account = actions[0].rpartition(":")[2].lower()
    role = make_role(world.cloud, f"half-{account}", trust({"Service": POD_AUDIENCE}, actions))
    world.cloud.client("eks").create_pod_identity_association(
        clusterName=CLUSTER, namespace="vvp", serviceAccount=account, roleArn=role
    )
    token = world.token(aud=[POD_AUDIENCE], sub=f"system:serviceaccount:vvp:{account}")
    code, message, _ = refusal(lambda: world.pod_exchange(token))
    assert (code, message[:22]) == ("AccessDeniedException", "Unauthorized Exception")


def test_pod_identity_is_for_callers_who_may_ask_for_it(world: World) -> None:
    credentials = world.exchange(world.token())["Credentials"]
    token = world.token(aud=[POD_AUDIENCE])
    assert refusal(lambda: world.pod_exchange(token, credentials))[0] == "AccessDeniedException"


def test_a_wrong_secret_is_refused(world: World) -> None:
    known = json.loads((world.cloud.state / "credentials.json").read_text())
    wrong = {"AccessKeyId": known["access_key_id"], "SecretAccessKey": "x" * 40}
    assert refusal(lambda: world.cloud.client("sts", wrong).get_caller_identity())[0] == "SignatureDoesNotMatch"


@pytest.mark.parametrize("key", ["test", ACCOUNT, "AKIAIOSFODNN7EXAMPLE"])
def test_nobody_is_root(world: World, key: str) -> None:
    nobody = world.cloud.client("sts", {"AccessKeyId": key, "SecretAccessKey": key})
    assert refusal(nobody.get_caller_identity)[0] == "InvalidClientTokenId"


def test_a_session_without_its_token_is_refused(world: World) -> None:
    credentials = world.exchange(world.token())["Credentials"]
    assert world.cloud.client("sts", credentials).get_caller_identity()
    stolen = {key: credentials[key] for key in ("AccessKeyId", "SecretAccessKey")}
    assert refusal(lambda: world.cloud.client("sts", stolen).get_caller_identity())[0] == "InvalidClientTokenId"
