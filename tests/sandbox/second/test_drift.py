"""Changes made by hand, in the cloud and in the cluster, are found by `make refresh` and repaired by `make up`."""

import json

import pytest

from tests.sandbox.checkout import WITHOUT_PREVIEW, Checkout, client

pytestmark = pytest.mark.sandbox

NS = ("-n", "vvp")


def widen_in_the_cloud(checkout: Checkout) -> None:
    iam, s3, account = client(checkout, "iam"), client(checkout, "s3"), client(checkout, "sts").get_caller_identity()
    everything = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}
    policy = f"arn:aws:iam::{account['Account']}:policy/vvp-blob-storage"
    iam.create_policy_version(PolicyArn=policy, PolicyDocument=json.dumps(everything), SetAsDefault=True)
    trust = iam.get_role(RoleName="vvp-ververica-platform")["Role"]["AssumeRolePolicyDocument"]
    del trust["Statement"][0]["Condition"]
    iam.update_assume_role_policy(RoleName="vvp-ververica-platform", PolicyDocument=json.dumps(trust))
    s3.delete_bucket_policy(Bucket="vvp-blob-storage")
    s3.put_bucket_versioning(Bucket="vvp-blob-storage", VersioningConfiguration={"Status": "Suspended"})
    s3.delete_public_access_block(Bucket="vvp-blob-storage")


def widen_in_the_cluster(checkout: Checkout) -> None:
    verbs = '[{"op": "remove", "path": "/rules/2"}]'
    commands = (
        ("kubectl", *NS, "patch", "role", "ververica-platform", "--type=json", "-p", verbs),
        ("kubectl", *NS, "delete", "rolebinding", "ververica-platform"),
        (
            "kubectl",
            *NS,
            "annotate",
            "--overwrite",
            "sa/ververica-platform",
            "eks.amazonaws.com/role-arn=arn:aws:iam::1",
        ),
        ("kubectl", "delete", "validatingpolicy", "deployments"),
    )
    for command in commands:
        result = checkout.run(*command)
        assert result.status == 0, result


def test_drift_is_found_and_repaired(dev: Checkout) -> None:
    widen_in_the_cloud(dev)
    widen_in_the_cluster(dev)

    refresh = dev.make("refresh")
    assert refresh.status == 0, refresh
    up = dev.make("up", **WITHOUT_PREVIEW)
    assert up.status == 0, up

    iam, s3 = client(dev, "iam"), client(dev, "s3")
    trust = iam.get_role(RoleName="vvp-ververica-platform")["Role"]["AssumeRolePolicyDocument"]
    assert "Condition" in trust["Statement"][0]
    assert s3.get_bucket_versioning(Bucket="vvp-blob-storage")["Status"] == "Enabled"
    assert "aws:SecureTransport" in s3.get_bucket_policy(Bucket="vvp-blob-storage")["Policy"]
    assert s3.get_public_access_block(Bucket="vvp-blob-storage")["PublicAccessBlockConfiguration"]["BlockPublicPolicy"]
    account = client(dev, "sts").get_caller_identity()["Account"]
    policy = iam.get_policy(PolicyArn=f"arn:aws:iam::{account}:policy/vvp-blob-storage")["Policy"]
    version = iam.get_policy_version(PolicyArn=policy["Arn"], VersionId=policy["DefaultVersionId"])["PolicyVersion"]
    assert all(statement["Action"] != "*" for statement in version["Document"]["Statement"])

    role = dev.json("kubectl", *NS, "get", "role", "ververica-platform", "-o", "json")
    assert len(role["rules"]) == 3
    binding = dev.json("kubectl", *NS, "get", "rolebinding", "ververica-platform", "-o", "json")
    assert binding["subjects"][0]["namespace"] == "vvp"
    account_object = dev.json("kubectl", *NS, "get", "sa", "ververica-platform", "-o", "json")
    annotation = account_object["metadata"]["annotations"]["eks.amazonaws.com/role-arn"]
    assert annotation.endswith(":role/vvp-ververica-platform")
    assert dev.json("kubectl", "get", "validatingpolicy", "deployments", "-o", "json")["status"]["conditionStatus"][
        "ready"
    ]

    preview = dev.make("preview")
    assert " unchanged" in preview.output, preview
    assert not any(f"to {change}" in preview.output for change in ("create", "update", "replace", "delete")), preview
