"""Trust and permission documents: exactly the seed's where the seed is right, and narrow where it is not."""

from fnmatch import fnmatchcase
from ipaddress import IPv4Network
from itertools import combinations
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from components.aws.network import subnet_plan
from components.kubernetes.service_account import LEADER_RULES, PLATFORM_RULES
from grants import iam_documents as policies
from settings.aws.sections import NetworkSettings

PROVIDER = "arn:aws:iam::123456789012:oidc-provider/oidc.eks.eu-central-1.amazonaws.com/id/ABC"
ISSUER = "oidc.eks.eu-central-1.amazonaws.com/id/ABC"
BUCKET = "arn:aws:s3:::vvp-blob-storage"
KEY = "arn:aws:kms:eu-central-1:123456789012:key/1"
labels = st.from_regex(r"[a-z0-9]([-a-z0-9]{0,20}[a-z0-9])?", fullmatch=True)


def statements(document: Any) -> list[dict[str, Any]]:
    assert document["Version"] == "2012-10-17"
    return list(document["Statement"])


def test_seed_vvp_trust_relationship_ververica_platform_json() -> None:
    (statement,) = statements(policies.irsa_trust(PROVIDER, ISSUER, "vvp", "ververica-platform"))
    assert statement["Effect"] == "Allow"
    assert statement["Principal"] == {"Federated": PROVIDER}
    assert statement["Action"] == "sts:AssumeRoleWithWebIdentity"
    assert statement["Condition"] == {
        "StringEquals": {
            f"{ISSUER}:aud": "sts.amazonaws.com",
            f"{ISSUER}:sub": "system:serviceaccount:vvp:ververica-platform",
        }
    }


@given(labels, labels, labels, labels)
def test_irsa_trust_names_one_account_of_one_namespace(ns: str, name: str, other_ns: str, other: str) -> None:
    (statement,) = statements(policies.irsa_trust(PROVIDER, ISSUER, ns, name))
    subject = statement["Condition"]["StringEquals"][f"{ISSUER}:sub"]
    assert (subject == f"system:serviceaccount:{other_ns}:{other}") == ((ns, name) == (other_ns, other))
    assert not set("*?") & set(subject)


@given(labels, labels)
def test_pod_identity_trust_names_cluster_namespace_and_account(ns: str, name: str) -> None:
    (statement,) = statements(policies.pod_identity_trust("arn:aws:eks:r:1:cluster/vvp", ns, name))
    assert statement["Principal"] == {"Service": "pods.eks.amazonaws.com"}
    assert statement["Action"] == ["sts:AssumeRole", "sts:TagSession"]
    assert statement["Condition"]["StringEquals"] == {
        "aws:RequestTag/eks-cluster-arn": "arn:aws:eks:r:1:cluster/vvp",
        "aws:RequestTag/kubernetes-namespace": ns,
        "aws:RequestTag/kubernetes-service-account": name,
    }


def test_seed_vvp_policy_blob_storage_json_by_name() -> None:
    first, key = statements(policies.bucket_everything(BUCKET, KEY))
    assert first["Action"] == "s3:*"
    assert first["Resource"] == [BUCKET, f"{BUCKET}/*"]
    assert key["Resource"] == KEY


def test_least_access_names_each_action_on_the_arn_it_works_on() -> None:
    bucket, objects, key = statements(policies.bucket_read_write(BUCKET, KEY))
    assert (bucket["Resource"], objects["Resource"], key["Resource"]) == (BUCKET, f"{BUCKET}/*", KEY)
    actions = [action for statement in (bucket, objects, key) for action in statement["Action"]]
    assert not [action for action in actions if "*" in action]
    dangerous = (
        "s3:PutBucket*",
        "s3:DeleteBucket*",
        "s3:*Policy*",
        "s3:*Acl*",
        "kms:Put*",
        "kms:*Grant*",
        "kms:Schedule*",
    )
    assert not [a for a in actions for pattern in dangerous if fnmatchcase(a, pattern)]


def test_tls_only_denies_everything_else_on_bucket_and_objects() -> None:
    (statement,) = statements(policies.tls_only(BUCKET))
    assert statement["Effect"] == "Deny"
    assert statement["Principal"] == "*"
    assert statement["Resource"] == [BUCKET, f"{BUCKET}/*"]
    assert statement["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}


VERBS = ["create", "delete", "get", "list", "patch", "update", "watch"]


def test_seed_vvp_rbac_ververica_platform_yaml() -> None:
    assert list(PLATFORM_RULES) == [
        {"api_groups": ["apps", "extensions"], "resources": ["deployments"], "verbs": VERBS},
        {"api_groups": [""], "resources": ["configmaps", "pods", "services", "secrets"], "verbs": VERBS},
        {"api_groups": ["batch"], "resources": ["jobs"], "verbs": VERBS},
    ]


def test_seed_vvp_rbac_greeting_request_consumer_yaml() -> None:
    assert list(LEADER_RULES) == [{"api_groups": [""], "resources": ["configmaps"], "verbs": VERBS}]


@given(st.integers(16, 20), st.integers(0, 2**12 - 1))
def test_subnets_cut_out_of_a_vpc_lie_in_it_and_apart(prefix: int, number: int) -> None:
    vpc = IPv4Network((0x0A000000 + ((number << (32 - prefix)) & 0x00FFFFFF), prefix))
    private, public = subnet_plan(NetworkSettings(cidr=str(vpc)))
    assert len(private) == len(public) == 3
    networks = [IPv4Network(cidr) for cidr in (*private, *public)]
    assert all(network.subnet_of(vpc) for network in networks)
    assert not [pair for pair in combinations(networks, 2) if pair[0].overlaps(pair[1])]
    # EKS wants room for its own interfaces in every subnet it is given.
    assert all(network.num_addresses >= 16 for network in networks)
