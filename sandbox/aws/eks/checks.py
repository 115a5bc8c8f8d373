"""What an EKS request refers to must exist, in the state it must be in."""

import time
from typing import Any

from sandbox.aws import emulator, roles
from sandbox.aws.errors import Refused

Record = dict[str, Any]


def store(name: str) -> Any:
    """One of the tables in which ministack keeps EKS: clusters, nodegroups, addons, access_entries, …"""
    return getattr(emulator.service("eks"), f"_{name}")


def now() -> int:
    """The current time as EKS's answers have it."""
    return int(time.time())


def cluster(name: str) -> Record:
    """The cluster of a name.

    Raises:
        Refused: there is none.
    """
    record: Record | None = store("clusters").get(name)
    if record is None:
        raise Refused("ResourceNotFoundException", f"No cluster found for name: {name}.")
    return record


def active_cluster(name: str) -> Record:
    """The cluster of a name, if it can be changed now."""
    record = cluster(name)
    if record["status"] != "ACTIVE":
        raise Refused("ResourceInUseException", f"Cluster {name} is in status {record['status']}, not ACTIVE.")
    return record


def service_role(arn: str) -> None:
    """The role must exist and let EKS assume it."""
    role = roles.find(arn)
    if role is None or not roles.service_may(role, "eks.amazonaws.com", "sts:AssumeRole"):
        message = (
            f"Role with arn: {arn}, could not be assumed because it does not exist or the trusted entity is not correct"
        )
        raise Refused("InvalidParameterException", message)


def node_role(arn: str) -> None:
    """The role must exist and let EC2 assume it, which instances do."""
    role = roles.find(arn)
    if role is None:
        raise Refused(
            "InvalidParameterException", f"The role with name {arn.rpartition('/')[2]} cannot be found. ({arn})"
        )
    if not roles.service_may(role, "ec2.amazonaws.com", "sts:AssumeRole"):
        message = (
            "Following required service principals [ec2.amazonaws.com] were not found in the trust relationships of"
        )
        raise Refused("InvalidParameterException", f"{message} nodeRole {arn}")


def role_exists(arn: str) -> None:
    """The role must exist, whoever may assume it."""
    if roles.find(arn) is None:
        raise Refused("InvalidParameterException", f"Role provided in the request does not exist. ({arn})")


def subnets(ids: list[str]) -> list[Record]:
    """The subnets of some ids; all must exist and be of one VPC."""
    known = emulator.service("ec2")._subnets
    for subnet_id in ids:
        if subnet_id not in known:
            raise Refused("InvalidParameterException", f"The subnet ID '{subnet_id}' does not exist")
    found: list[Record] = [known[subnet_id] for subnet_id in ids]
    if len({subnet["VpcId"] for subnet in found}) > 1:
        raise Refused("InvalidParameterException", "Subnets specified must all be in the same VPC.")
    return found


def security_groups(ids: list[str], vpc_id: str) -> None:
    """The security groups must exist in a VPC."""
    known = emulator.service("ec2")._security_groups
    for group_id in ids:
        if group_id not in known or known[group_id]["VpcId"] != vpc_id:
            message = f"Security group(s) [{group_id}] are not in the same VPC as the subnets."
            raise Refused("InvalidParameterException", message)


def key(arn: str) -> None:
    """The KMS key must exist, be enabled and be symmetric."""
    record: Record | None = emulator.service("kms")._resolve_key(arn)
    if record is None:
        raise Refused(
            "InvalidParameterException", f"The key ARN {arn} in the encryptionConfig provider: keyArn is invalid."
        )
    if record["KeyState"] != "Enabled":
        raise Refused("InvalidParameterException", f"The key ARN {arn} is not enabled.")


def page(names: list[Any], request: dict[str, Any], member: str) -> dict[str, Any]:
    """One page of a list operation's answer."""
    size = request.get("maxResults") or 100
    token = str(request.get("nextToken") or "0")
    if not token.isdigit():
        raise Refused("InvalidParameterException", "The specified nextToken is not valid.")
    start = int(token)
    answer: dict[str, Any] = {member: names[start : start + size]}
    if start + size < len(names):
        answer["nextToken"] = str(start + size)
    return answer
