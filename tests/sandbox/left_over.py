"""What a destroyed stack has left in the cloud: everything is listed, and the list must be empty."""

from typing import Any

from tests.sandbox.checkout import Checkout, client


def left_over(checkout: Checkout) -> dict[str, list[Any]]:
    """What there is in the cloud, by kind; kinds of which there is nothing are left out."""
    ec2, iam, kms = (client(checkout, service) for service in ("ec2", "iam", "kms"))
    own = [{"Name": "tag:vvp:stack", "Values": ["*"]}]
    keys = [kms.describe_key(KeyId=key["KeyId"])["KeyMetadata"] for key in kms.list_keys()["Keys"]]
    found: dict[str, list[Any]] = {
        "roles": [role["RoleName"] for role in iam.list_roles()["Roles"]],
        "policies": iam.list_policies(Scope="Local")["Policies"],
        "issuers": iam.list_open_id_connect_providers()["OpenIDConnectProviderList"],
        "buckets": client(checkout, "s3").list_buckets()["Buckets"],
        "streams": client(checkout, "kinesis").list_streams()["StreamNames"],
        "clusters": client(checkout, "eks").list_clusters()["clusters"],
        "log groups": client(checkout, "logs").describe_log_groups()["logGroups"],
        "networks": ec2.describe_vpcs(Filters=own)["Vpcs"],
        "subnets": ec2.describe_subnets(Filters=own)["Subnets"],
        "addresses": ec2.describe_addresses()["Addresses"],
        "interfaces": ec2.describe_network_interfaces()["NetworkInterfaces"],
        "volumes": ec2.describe_volumes()["Volumes"],
        "launch templates": ec2.describe_launch_templates()["LaunchTemplates"],
        "gateways": [each for each in ec2.describe_nat_gateways()["NatGateways"] if each["State"] != "deleted"],
        # AWS deletes no key at once: it waits for the window that the key was made with.
        "keys": [key for key in keys if key["KeyManager"] == "CUSTOMER" and key["KeyState"] != "PendingDeletion"],
        "aliases": [
            alias for alias in kms.list_aliases()["Aliases"] if not alias["AliasName"].startswith("alias/aws/")
        ],
    }
    return {kind: things for kind, things in found.items() if things}


def assert_nothing_left(checkout: Checkout) -> None:
    """Nothing is left."""
    assert left_over(checkout) == {}
