"""Tokens of service accounts, and the AWS credentials that they are exchanged for."""

from typing import Any

import boto3
from botocore import UNSIGNED
from botocore.config import Config

from tests.sandbox.checkout import Checkout, client, connection

PLATFORM = "ververica-platform"
STS = "sts.amazonaws.com"
PODS = "pods.eks.amazonaws.com"


def kind(checkout: Checkout) -> str:
    assert checkout.deployed is not None
    return checkout.deployed["vvp:identity"]["kind"]


PROVER = ("--as", "vvp:prove", "--as-group", "vvp:prove")
"""Who is given tokens of the stack's accounts; of others, whoever has the right."""


def token(checkout: Checkout, audience: str, account: str = PLATFORM, namespace: str = "vvp") -> str:
    command = ("kubectl", "-n", namespace, "create", "token", account, "--audience", audience)
    result = checkout.run(*command)
    if "a node fetches them" in result.output:
        result = checkout.run(*command, *PROVER)
    assert result.status == 0, result
    return result.output.strip()


def session(checkout: Checkout, web_token: str, account: str = PLATFORM) -> dict[str, Any]:
    """Credentials of an account's role for a token, by the exchange of the stack's identity kind."""
    common = connection(checkout)
    if kind(checkout) == "irsa":
        sts = boto3.client("sts", config=Config(signature_version=UNSIGNED), **common)
        found = sts.assume_role_with_web_identity(
            RoleArn=checkout.outputs()["roles"][f"vvp/{account}"], RoleSessionName="test", WebIdentityToken=web_token
        )["Credentials"]
        key, secret, session_token = found["AccessKeyId"], found["SecretAccessKey"], found["SessionToken"]
    else:
        agent = client(checkout, "eks-auth")
        found = agent.assume_role_for_pod_identity(clusterName="vvp", token=web_token)["credentials"]
        key, secret, session_token = found["accessKeyId"], found["secretAccessKey"], found["sessionToken"]
    return common | {
        "aws_access_key_id": key,
        "aws_secret_access_key": secret,
        "aws_session_token": session_token,
    }


def audience(checkout: Checkout) -> str:
    return STS if kind(checkout) == "irsa" else PODS
