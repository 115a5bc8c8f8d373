"""The token service of Pod Identity: which tokens give the associated role, with which tags, and which are refused."""

import json
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from tests.sandbox.cloud_calls import CLUSTER, make_role, refusal, trust
from tests.sandbox.cloud_fixtures import ACCOUNT, REGION
from tests.sandbox.token_world import AUDIENCE, POD_AUDIENCE, World

pytestmark = pytest.mark.sandbox


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
        ({"exp": -60}, "ExpiredTokenException"),
        ({"nbf": 600}, "InvalidTokenException"),
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
