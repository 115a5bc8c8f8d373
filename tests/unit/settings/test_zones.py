"""Where the platform's volume may be in any zone, there is a node in each."""

import pytest

from settings.check import check
from tests.stacks import changed, faults_of, own, stack_file

DEV = stack_file()
KEY = "vvp:cluster.nodes.minSize"


@pytest.mark.parametrize(("zones", "nodes"), [(3, 2), (2, 1)])
def test_fewer_nodes_than_zones_are_refused(zones: int, nodes: int) -> None:
    (fault,) = faults_of({"network__zones": zones, "cluster__nodes__minSize": nodes})
    assert fault.key == KEY
    assert f"at least {zones}, a node for each zone" in str(fault)


def test_fewer_nodes_than_zones_are_right_where_no_volume_waits_for_them() -> None:
    fewer = {"cluster__nodes__minSize": 2}
    database = {"type": "jdbc", "url": "jdbc:postgresql://db.example.com/vvp", "username": "vvp"}
    assert faults_of({**fewer, "network__zones": 2}) == []
    told = faults_of({**fewer, "platform__persistence": database})
    assert not [fault for fault in told if fault.key == KEY]
    subnets = [f"subnet-0123456789abcde{index}" for index in "123"]
    existing = {"network": {"existing": {"vpcId": "vpc-0123456789abcdef0", "privateSubnetIds": subnets}}}
    found = check(changed(DEV, **own({**fewer, **existing}))).remarks
    assert any("there are 3 private subnets" in remark for remark in found)
