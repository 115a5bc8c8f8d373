"""Destroying the stack leaves nothing, in the cloud as in the cluster."""

import pytest

from tests.sandbox.checkout import Checkout, client

pytestmark = pytest.mark.sandbox


def test_destroy_leaves_nothing(checkout: Checkout) -> None:
    if checkout.deployed is None:
        checkout.ensure_up()
    # An object in the bucket, as any real platform leaves.
    client(checkout, "s3").put_object(Bucket="vvp-blob-storage", Key="vvp/left.txt", Body=b"x")
    result = checkout.make("destroy")
    checkout.deployed = None
    assert result.status == 0, result

    iam = client(checkout, "iam")
    assert [role["RoleName"] for role in iam.list_roles()["Roles"]] == []
    assert iam.list_policies(Scope="Local")["Policies"] == []
    assert iam.list_open_id_connect_providers()["OpenIDConnectProviderList"] == []
    assert client(checkout, "s3").list_buckets()["Buckets"] == []
    assert client(checkout, "kinesis").list_streams()["StreamNames"] == []
    assert client(checkout, "eks").list_clusters()["clusters"] == []
    assert client(checkout, "logs").describe_log_groups()["logGroups"] == []
    ec2 = client(checkout, "ec2")
    assert [vpc for vpc in ec2.describe_vpcs()["Vpcs"] if not vpc["IsDefault"]] == []
    assert ec2.describe_addresses()["Addresses"] == []
    gateways = ec2.describe_nat_gateways()["NatGateways"]
    assert {gateway["State"] for gateway in gateways} <= {"deleted"}
    assert ec2.describe_launch_templates()["LaunchTemplates"] == []
    kms = client(checkout, "kms")
    keys = [kms.describe_key(KeyId=key["KeyId"])["KeyMetadata"] for key in kms.list_keys()["Keys"]]
    # AWS deletes no key at once: it waits for the window that the key was made with.
    assert {key["KeyState"] for key in keys if key["KeyManager"] == "CUSTOMER"} <= {"PendingDeletion"}
    aliases = [alias["AliasName"] for alias in kms.list_aliases()["Aliases"]]
    assert [alias for alias in aliases if not alias.startswith("alias/aws/")] == []

    # The control plane is gone with the cluster, and its pods with it.
    assert checkout.run("kubectl", "get", "pods", "-A", "--request-timeout=5s").status != 0
    assert not (checkout.folder / ".sandbox" / "cluster").exists()
    state = checkout.json("pulumi", "stack", "export", "--stack", "dev")
    assert not [r for r in state["deployment"].get("resources", []) if not r["type"].startswith("pulumi:pulumi:Stack")]
