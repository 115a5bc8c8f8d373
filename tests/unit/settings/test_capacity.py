"""Pods that find no room are told before there is a node."""

from typing import Any

import pytest

from settings.check import check
from settings.faults import SettingsError
from tests.stacks import changed, own, stack_file

DEV = stack_file()
JOB = "jobs__greeting-request-producer"
KEY = "vvp:jobs.greeting-request-producer"
NODES = "cluster__nodes__"


def told(**changes: Any) -> dict[str, str]:
    try:
        check(changed(DEV, **own(changes)))
    except SettingsError as error:
        return {fault.key: fault.expected for fault in error.faults}
    return {}


def remarks(**changes: Any) -> str:
    return "\n".join(check(changed(DEV, **own(changes))).remarks)


@pytest.mark.parametrize(
    ("changes", "key", "words"),
    [
        ({f"{JOB}__taskManager": {"cpu": 4}}, f"{KEY}.taskManager.cpu", "at most 3.74 cores"),
        ({f"{JOB}__jobManager": {"memory": "16Gi"}}, f"{KEY}.jobManager.memory", "larger machines"),
        ({f"{NODES}instanceTypes": ["m6i.medium"]}, f"{KEY}.taskManager.cpu", "m6i.medium"),
        ({f"{JOB}__parallelism": 40}, "vvp:cluster.nodes.maxSize", "at least 15"),
        # Two pods of 2.5 cores share no node of four, whatever their sum is.
        ({f"{JOB}__parallelism": 7, f"{JOB}__taskManager": {"cpu": 2.5}}, "vvp:cluster.nodes.maxSize", "at least 7"),
        ({f"{NODES}instanceTypes": ["t3.large"], f"{NODES}maxSize": 3}, "vvp:cluster.nodes.maxSize", "at least 4"),
        ({f"{NODES}instanceTypes": ["t3.small"]}, "vvp:cluster.nodes.instanceTypes", "the platform's own pod"),
        ({f"{NODES}instanceTypes": ["t3.nano"]}, "vvp:cluster.nodes.instanceTypes", "the platform's own pod"),
    ],
)
def test_what_fits_nowhere_is_told(changes: dict[str, Any], key: str, words: str) -> None:
    assert words in told(**changes)[key]


def test_one_pod_that_is_too_large_is_told_once() -> None:
    assert set(told(**{f"{JOB}__taskManager": {"cpu": 4}, f"{JOB}__parallelism": 100})) == {f"{KEY}.taskManager.cpu"}


@pytest.mark.parametrize(
    "changes",
    [
        {f"{JOB}__taskManager": {"cpu": 3.5, "memory": "12G"}},
        {f"{JOB}__taskManager": {"cpu": 64}, f"{JOB}__state": "suspended"},
        {f"{JOB}__parallelism": 40, f"{JOB}__flink": {"taskmanager.numberOfTaskSlots": "8"}},
        {f"{JOB}__taskManager": {"cpu": 60}, f"{NODES}instanceTypes": ["m6i.xlarge", "m6i.16xlarge"]},
        # Nobody here knows the size of these machines.
        {f"{JOB}__taskManager": {"cpu": 60}, f"{NODES}instanceTypes": ["i4i.xlarge"]},
    ],
)
def test_what_may_fit_is_taken(changes: dict[str, Any]) -> None:
    assert told(**changes) == {}


def test_more_than_the_first_nodes_carry_is_a_remark() -> None:
    assert "somebody adds nodes" not in remarks()
    assert "desiredSize is 3" in remarks(**{f"{JOB}__parallelism": 12})


def test_a_wrong_size_says_nothing_of_room() -> None:
    found = told(**{f"{JOB}__parallelism": "many", f"{JOB}__taskManager": {"cpu": 4}})
    assert set(found) == {f"{KEY}.parallelism", f"{KEY}.taskManager.cpu"}
