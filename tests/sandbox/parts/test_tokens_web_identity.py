"""The token service of STS: which tokens of service accounts give which role, and which are refused, and how."""

import hashlib
import json
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from tests.sandbox import cloud_fixtures
from tests.sandbox.cloud_calls import make_role, refusal, trust
from tests.sandbox.cloud_fixtures import ACCOUNT, REGION
from tests.sandbox.token_world import AUDIENCE, SUBJECT, World, key_id

pytestmark = pytest.mark.sandbox


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
        ({"exp": -60}, "ExpiredTokenException", "Token expired"),
        ({"exp": None}, "InvalidIdentityToken", "exp"),
        ({"nbf": 600}, "InvalidIdentityToken", "not valid yet"),
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
