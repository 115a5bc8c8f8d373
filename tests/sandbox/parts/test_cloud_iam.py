"""The cloud's layer over IAM: OIDC providers can be changed, and faulty trust policies are refused."""

import json
from typing import Any

import pytest

from tests.sandbox.cloud_calls import make_role, refusal
from tests.sandbox.cloud_fixtures import ACCOUNT, Cloud

pytestmark = pytest.mark.sandbox


def test_an_oidc_provider_can_be_changed(cloud: Cloud) -> None:
    iam = cloud.client("iam")
    for url in ("http://issuer.example.org", "issuer.example.org", "https://issuer.example.org?a=b"):
        assert refusal(lambda url=url: iam.create_open_id_connect_provider(Url=url))[0] == "ValidationError"
    created = iam.create_open_id_connect_provider(Url="https://issuer.example.org", ClientIDList=["one"])
    provider = {"OpenIDConnectProviderArn": created["OpenIDConnectProviderArn"]}
    iam.add_client_id_to_open_id_connect_provider(**provider, ClientID="two")
    iam.remove_client_id_from_open_id_connect_provider(**provider, ClientID="one")
    iam.update_open_id_connect_provider_thumbprint(**provider, ThumbprintList=["a" * 40])
    iam.tag_open_id_connect_provider(**provider, Tags=[{"Key": "a", "Value": "1"}, {"Key": "b", "Value": "2"}])
    iam.untag_open_id_connect_provider(**provider, TagKeys=["a"])
    found = iam.get_open_id_connect_provider(**provider)
    assert (found["ClientIDList"], found["ThumbprintList"]) == (["two"], ["a" * 40])
    assert iam.list_open_id_connect_provider_tags(**provider)["Tags"] == [{"Key": "b", "Value": "2"}]


@pytest.mark.parametrize(
    "change",
    [
        {"Principal": None},
        {"Action": "s3:GetObject"},
        {"Effect": "Maybe"},
        {"Resource": "*"},
        {"Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:role/nobody"}},
    ],
    ids=str,
)
def test_a_trust_policy_that_iam_refuses(cloud: Cloud, change: dict[str, Any]) -> None:
    good = {"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}
    statement = {name: value for name, value in (good | change).items() if value is not None}
    document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    assert refusal(lambda: make_role(cloud, "wrong", document))[0] == "MalformedPolicyDocument"
