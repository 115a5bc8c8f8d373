"""A destroy goes backwards through what depends on what: so nothing is left that its maker could not take away."""

from collections.abc import Iterator

import pulumi
import pytest

from tests.program.recorder import CALLS, RELEASE, URN, Program, Registered, stack

LOGS = "aws:cloudwatch/logGroup:LogGroup"
DISKS = "vvp:index:ReclaimedVolumes"
GROUPS, GROUP = "aws:cloudwatch/getLogGroups:getLogGroups", "aws:cloudwatch/getLogGroup:getLogGroup"
NAME = "/aws/eks/vvp/cluster"


def below(program: Program, resource: Registered) -> Iterator[str]:
    """The URNs of all that must be there before a resource, and so goes after it."""
    by_urn = {each.urn: each for each in program.resources}
    waiting, seen = [resource], set[str]()
    while waiting:
        one = waiting.pop()
        provider = one.provider.rpartition("::")[0]
        for urn in {*one.depends_on, provider, one.parent} - seen:
            seen.add(urn)
            if urn in by_urn:
                yield urn
                waiting.append(by_urn[urn])


def addon(program: Program, name: str) -> str:
    """The URN of an add-on."""
    return program.one("aws:eks/addon:Addon", f"vvp-{name}").urn


def test_the_network_plugin_goes_after_the_nodes_whose_interfaces_it_takes_away(dev: Program) -> None:
    nodes = dev.one("eks:index:ManagedNodeGroup")
    assert addon(dev, "vpc-cni") in set(below(dev, nodes))


def test_the_storage_driver_stays_until_the_platforms_disk_is_gone(dev: Program) -> None:
    disks, release = dev.one(DISKS), dev.one(RELEASE, "vvp")
    assert disks.urn in release.depends_on
    assert disks.inputs["namespace"] == "vvp"
    assert addon(dev, "aws-ebs-csi-driver") in set(below(dev, disks))


def test_without_a_disk_nothing_is_waited_for() -> None:
    database = {"type": "jdbc", "url": "jdbc:postgresql://db.example.com/vvp", "username": "vvp"}
    more = {"platform__acceptCommunityEditionLicense": False, "license": "l", "databasePassword": "p"}
    secret = ("vvp:license", "vvp:databasePassword")
    assert not stack(*secret, platform__persistence=database, **more).of(DISKS)


def test_the_control_planes_logs_go_last(dev: Program) -> None:
    logs = dev.one(LOGS)
    assert logs.urn in dev.one("aws:ec2/vpc:Vpc").depends_on
    assert logs.urn in dev.one("eks:index:Cluster").depends_on
    assert logs.inputs["name"] == NAME
    assert f"{URN}vvp:aws:Cluster${LOGS}::vvp-control-plane" in logs.aliases, "where it is deployed, it stays as it is"


@pytest.mark.parametrize("tags", [{}, {"vvp:stack": "another"}], ids=["EKS' own", "another stack's"])
def test_a_log_group_that_came_back_is_told(monkeypatch: pytest.MonkeyPatch, tags: dict[str, str]) -> None:
    monkeypatch.setitem(CALLS, GROUPS, {"logGroupNames": [NAME]})
    monkeypatch.setitem(CALLS, GROUP, {"tags": tags})
    with pytest.raises(
        pulumi.RunError, match=f"aws logs delete-log-group --log-group-name {NAME}; nothing was created"
    ):
        stack()


def test_the_stacks_own_log_group_is_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(CALLS, GROUPS, {"logGroupNames": [NAME, f"{NAME}-two"]})
    monkeypatch.setitem(CALLS, GROUP, {"tags": {"vvp:stack": "test"}})
    assert stack().one(LOGS).inputs["name"] == NAME
