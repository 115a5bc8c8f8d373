"""Who becomes whom: real tokens of the real API server, exchanged and then used on the bucket, with both kinds."""

import json
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from tests.sandbox.checkout import Checkout
from tests.sandbox.identities import PLATFORM, PODS, STS, audience, kind, session, token

pytestmark = pytest.mark.sandbox

BUCKET = "vvp-blob-storage"


@pytest.fixture
def identified(variant: Checkout) -> Checkout:
    return variant


REFUSALS = (
    "AccessDenied",
    "AccessDeniedException",
    "InvalidIdentityToken",
    "InvalidTokenException",
    "ResourceNotFoundException",
)


def code_of(error: ClientError) -> str:
    return error.response.get("Error", {}).get("Code", "")


def refusal(call: Any, **arguments: Any) -> str:
    with pytest.raises(ClientError) as caught:
        call(**arguments)
    return code_of(caught.value)


def test_the_platform_account_reads_and_writes_its_bucket_and_nothing_else(identified: Checkout) -> None:
    credentials = session(identified, token(identified, audience(identified)))
    s3 = boto3.client("s3", **credentials)
    s3.put_object(Bucket=BUCKET, Key="vvp/artifact.jar", Body=b"jar")
    stored = s3.get_object(Bucket=BUCKET, Key="vvp/artifact.jar")
    assert stored["Body"].read() == b"jar"
    assert stored["ServerSideEncryption"] == "aws:kms"
    assert s3.list_objects_v2(Bucket=BUCKET, Prefix="vvp/")["KeyCount"] == 1
    s3.delete_object(Bucket=BUCKET, Key="vvp/artifact.jar")
    assert refusal(s3.delete_bucket, Bucket=BUCKET) == "AccessDenied"
    assert (
        refusal(s3.put_bucket_versioning, Bucket=BUCKET, VersioningConfiguration={"Status": "Suspended"})
        == "AccessDenied"
    )
    assert refusal(s3.create_bucket, Bucket="another-bucket") == "AccessDenied"
    assert refusal(boto3.client("iam", **credentials).list_roles) == "AccessDenied"
    assert "AccessDenied" in refusal(boto3.client("kinesis", **credentials).list_streams)


def test_plain_http_is_refused_by_the_bucket(identified: Checkout) -> None:
    credentials = session(identified, token(identified, audience(identified)))
    plain = {**credentials, "endpoint_url": plain_endpoint(identified), "verify": False}
    assert refusal(boto3.client("s3", **plain).list_objects_v2, Bucket=BUCKET) == "AccessDenied"


def plain_endpoint(checkout: Checkout) -> str:
    ports = json.loads((checkout.folder / ".sandbox" / "sandbox.json").read_text())["ports"]
    return f"http://127.0.0.1:{ports['cloud']}"


def test_other_accounts_namespaces_and_audiences_are_refused(identified: Checkout) -> None:
    identified.run("kubectl", "create", "namespace", "elsewhere")
    for namespace, name in (("vvp", "other"), ("elsewhere", PLATFORM)):
        identified.run("kubectl", "-n", namespace, "create", "serviceaccount", name)
    right, wrong = (STS, PODS) if kind(identified) == "irsa" else (PODS, STS)
    tokens = {
        "another account": token(identified, right, "other"),
        "the same name elsewhere": token(identified, right, PLATFORM, "elsewhere"),
        "another audience": token(identified, wrong),
        "the API server's audience": token(identified, "https://kubernetes.default.svc"),
    }
    try:
        for what, web_token in tokens.items():
            with pytest.raises(ClientError) as caught:
                session(identified, web_token)
            assert code_of(caught.value) in REFUSALS, what
    finally:
        identified.run("kubectl", "delete", "namespace", "elsewhere")
        identified.run("kubectl", "-n", "vvp", "delete", "serviceaccount", "other")
