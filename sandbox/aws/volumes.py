"""EBS volumes of the storage driver, which the sandbox's agent plays: they are in EC2 as any other, until deleted."""

from typing import Any

from sandbox.aws import emulator


def make(volume: dict[str, Any]) -> None:
    """Makes a volume, unless it is there.

    Args:
        volume: `id`, `account`, `region`, `zone`, `gib`, `type`, `encrypted`, and `tags`.
    """
    ec2 = emulator.service("ec2")
    with emulator.core("responses").request_scope(volume["account"], volume["region"]):
        if volume["id"] in ec2._volumes:
            return
        ec2._volumes[volume["id"]] = {
            "VolumeId": volume["id"],
            "Size": volume["gib"],
            "AvailabilityZone": volume["zone"],
            "State": "in-use",
            "VolumeType": volume["type"],
            "SnapshotId": "",
            "Iops": 3000,
            "Encrypted": volume["encrypted"],
            "CreateTime": ec2._now_ts(),
            "Attachments": [],
            "MultiAttachEnabled": False,
            "Throughput": 125,
        }
        ec2._tags[volume["id"]] = [{"Key": key, "Value": value} for key, value in volume["tags"].items()]


def remove(volume: dict[str, Any]) -> None:
    """Deletes a volume; gone already is done.

    Args:
        volume: `id`, `account`, `region`.
    """
    ec2 = emulator.service("ec2")
    with emulator.core("responses").request_scope(volume["account"], volume["region"]):
        ec2._volumes.pop(volume["id"], None)
        ec2._tags.pop(volume["id"], None)
