"""Who the API server is told one is: by whose key a token is signed, for which cluster, and by which access entry."""

import base64
import json
import time
from typing import Any

import httpx
import pytest

from tests.sandbox.cloud_calls import make_role, refusal, trust
from tests.sandbox.cloud_fixtures import ACCOUNT, Cloud

pytestmark = pytest.mark.sandbox


def token_review(cloud: Cloud, token: str) -> dict[str, Any]:
    """What the API server is told about a token."""
    review = {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenReview", "spec": {"token": token}}
    return httpx.post(f"{cloud.plain_url}/_sandbox/authenticate", json=review, trust_env=False).json()["status"]


def eks_token(
    cloud: Cloud, credentials: dict[str, Any] | None = None, cluster: str = "vvp", action: str = "get_caller_identity"
) -> str:
    """A token as `aws eks get-token` makes it."""
    sts = cloud.client("sts", credentials)

    def name_cluster(params: dict[str, Any], context: dict[str, Any], **_: Any) -> None:
        context["cluster"] = params.pop("Cluster")

    def sign_name(request: Any, **_: Any) -> None:
        request.headers["x-k8s-aws-id"] = request.context["cluster"]

    sts.meta.events.register("provide-client-params.sts.*", name_cluster)
    sts.meta.events.register("before-sign.sts.*", sign_name)
    url = sts.generate_presigned_url(action, Params={"Cluster": cluster}, ExpiresIn=60, HttpMethod="GET")
    return "k8s-aws-v1." + base64.urlsafe_b64encode(url.encode()).decode().rstrip("=")


def test_the_administrators_token_is_a_master(cloud: Cloud) -> None:
    status = token_review(cloud, eks_token(cloud))
    assert status["authenticated"]
    assert status["user"]["username"] == f"arn:aws:iam::{ACCOUNT}:user/platform-engineer"
    assert status["user"]["groups"] == ["system:masters"]


def test_a_token_is_for_one_cluster_one_action_and_one_key(cloud: Cloud) -> None:
    assert not token_review(cloud, eks_token(cloud, cluster="other"))["authenticated"]
    assert not token_review(cloud, eks_token(cloud, action="get_session_token"))["authenticated"]
    known = json.loads((cloud.state / "credentials.json").read_text())
    forged = {"AccessKeyId": known["access_key_id"], "SecretAccessKey": "x" * 40}
    assert not token_review(cloud, eks_token(cloud, forged))["authenticated"]
    assert not token_review(cloud, "k8s-aws-v1.bm90IGEgdXJs")["authenticated"]
    assert not token_review(cloud, "")["authenticated"]
    url = base64.urlsafe_b64decode(eks_token(cloud).removeprefix("k8s-aws-v1.") + "==").decode()
    old = url.replace(time.strftime("X-Amz-Date=%Y", time.gmtime()), "X-Amz-Date=2020")
    elsewhere = url.replace("127.0.0.1", "sts.example.org")
    for changed in (old, elsewhere, url + "&RoleArn=x"):
        assert not token_review(cloud, "k8s-aws-v1." + base64.urlsafe_b64encode(changed.encode()).decode())[
            "authenticated"
        ]


def test_a_role_is_known_by_its_access_entry(cloud: Cloud) -> None:
    eks, principal = cloud.client("eks"), f"arn:aws:iam::{ACCOUNT}:user/platform-engineer"
    role = make_role(cloud, "developer", trust({"AWS": principal}, ["sts:AssumeRole"]))
    session = cloud.client("sts").assume_role(RoleArn=role, RoleSessionName="eve@example.org")["Credentials"]
    assert not token_review(cloud, eks_token(cloud, session))["authenticated"]
    refused = refusal(
        lambda: eks.create_access_entry(clusterName="vvp", principalArn=role, kubernetesGroups=["system:masters"])
    )
    assert refused[0] == "InvalidParameterException"
    eks.create_access_entry(clusterName="vvp", principalArn=role, kubernetesGroups=["developers"])
    eks.associate_access_policy(
        clusterName="vvp",
        principalArn=role,
        policyArn="arn:aws:eks::aws:cluster-access-policy/AmazonEKSEditPolicy",
        accessScope={"type": "namespace", "namespaces": ["vvp"]},
    )
    user = token_review(cloud, eks_token(cloud, session))["user"]
    assert user["username"] == f"arn:aws:sts::{ACCOUNT}:assumed-role/developer/eve-example.org"
    assert user["groups"] == ["developers", "eks-access-policy:AmazonEKSEditPolicy:vvp"]
    bindings = httpx.get(f"{cloud.plain_url}/_sandbox/cluster", trust_env=False).json()["access_bindings"]
    wanted = {"group": "eks-access-policy:AmazonEKSEditPolicy:vvp", "cluster_role": "edit", "namespace": "vvp"}
    assert wanted in bindings
    eks.delete_access_entry(clusterName="vvp", principalArn=role)
    assert not token_review(cloud, eks_token(cloud, session))["authenticated"]
