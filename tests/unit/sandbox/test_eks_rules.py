"""What the sandbox's EKS refuses of zones, of services' networks and of machines."""

from typing import Any

import pytest

from sandbox.aws.eks import checks, cluster_config, nodegroups
from sandbox.aws.errors import Refused


def subnets(monkeypatch: pytest.MonkeyPatch, **zones: str) -> None:
    found = [{"AvailabilityZone": name.replace("_", "-"), "AvailabilityZoneId": id} for name, id in zones.items()]

    def of(_: list[str]) -> list[dict[str, Any]]:
        return found

    monkeypatch.setattr(checks, "subnets", of)


@pytest.mark.parametrize("without", ["use1-az3", "usw1-az2", "cac1-az3"])
def test_a_zone_without_control_planes_is_refused(monkeypatch: pytest.MonkeyPatch, without: str) -> None:
    subnets(monkeypatch, us_east_1a="use1-az1", us_east_1b="use1-az2", us_east_1e=without)
    with pytest.raises(Refused) as refused:
        cluster_config.zones("vvp", ["subnet-1"])
    assert refused.value.code == "UnsupportedAvailabilityZoneException"
    assert "us-east-1e, the targeted availability zone" in refused.value.message
    assert refused.value.message.endswith("these availability zones: us-east-1a, us-east-1b.")


def test_zones_with_control_planes_are_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    subnets(monkeypatch, us_west_1a="usw1-az1", us_west_1c="usw1-az3")
    cluster_config.zones("vvp", ["subnet-1"])


@pytest.mark.parametrize(
    ("image", "kind"), [("AL2023_x86_64_STANDARD", "t4g.medium"), ("AL2023_ARM_64_STANDARD", "m6i.xlarge")]
)
def test_a_machine_of_another_architecture_than_the_image_is_refused(image: str, kind: str) -> None:
    with pytest.raises(Refused, match=f"not a valid instance type for requested amiType {image}") as refused:
        nodegroups._machines({"amiType": image, "instanceTypes": [kind]}, {})
    assert refused.value.code == "InvalidParameterException"
