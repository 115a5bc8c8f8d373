"""Verbs and kinds of identity that the clients in the Flink image could not use."""

from typing import Any

import pytest

from settings.aws.names import parts_of
from settings.check import check
from settings.faults import SettingsError
from tests.stacks import changed, own, stack_file

DEV = stack_file()
CONSUMER, PRODUCER = "greeting-request-consumer", "greeting-request-producer"
READ = f"jobs__{CONSUMER}__access__streams"
READ_KEY = f"vvp:jobs.{CONSUMER}.access.streams.greeting-request"
WRITE_KEY = f"vvp:jobs.{PRODUCER}.access.streams.greeting-request"
POD_IDENTITY: dict[str, Any] = {"identity__kind": "pod-identity"}


def stack(verb: str, **changes: Any) -> dict[str, Any]:
    if verb == "read-fan-out":
        changes[f"jobs__{CONSUMER}__tables"] = ["tests/sandbox/workloads/fan-out-tables.sql"]
    return changed(DEV, **own({READ: {"greeting-request": verb}, **changes}))


def faults(verb: str = "read-polling", **changes: Any) -> dict[str, str]:
    try:
        check(stack(verb, **changes))
    except SettingsError as error:
        return {fault.key: fault.expected for fault in error.faults}
    return {}


def remarks(verb: str, **changes: Any) -> str:
    return "\n".join(check(stack(verb, **changes)).remarks)


@pytest.mark.parametrize("verb", ["read-polling", "read-polling-4.2"])
def test_pod_identity_is_refused_for_the_source_of_tables_with_stream(verb: str) -> None:
    found = faults(verb, **POD_IDENTITY)
    assert list(found) == [READ_KEY]
    assert "read-connector-5" in found[READ_KEY]
    assert "irsa" in found[READ_KEY]
    assert not faults(verb, identity__kind="irsa")


def test_pod_identity_is_accepted_for_clients_that_know_it() -> None:
    assert not faults("read-connector-5", **POD_IDENTITY, runtime__kinesisConnector="5.0.0", runtime__flink="1.20.1")
    assert not faults("read-polling", **POD_IDENTITY, runtime__kinesisLegacySdk="1.12.746")
    assert list(faults("read-polling", **POD_IDENTITY, runtime__kinesisLegacySdk="1.12.745")) == [READ_KEY]


def test_pod_identity_is_refused_for_older_sinks_and_for_older_fan_out() -> None:
    found = faults("read-fan-out", **POD_IDENTITY, runtime__kinesisConnector="4.3.0")
    assert set(found) == {READ_KEY, WRITE_KEY}
    assert "from 5.0" in found[WRITE_KEY]


@pytest.mark.parametrize(
    ("flink", "right"),
    [("1.18.1", False), ("1.19.1", False), ("1.19.2", True), ("1.20.0", False), ("1.20.1", True), ("2.0", True)],
)
def test_pod_identity_is_refused_for_older_file_systems(flink: str, right: bool) -> None:
    assert list(faults("read-connector-5", **POD_IDENTITY, runtime__flink=flink)) == (
        [] if right else ["vvp:runtime.flink"]
    )
    assert not faults("read-connector-5", identity__kind="irsa", runtime__flink=flink)


@pytest.mark.parametrize(
    ("verb", "connector", "expected"),
    [
        ("read-polling", "4.1.0", None),
        ("read-polling", "1.15.4", None),
        ("read-polling", "4.2", "read-polling-4.2"),
        ("read-polling", "4.10", "read-polling-4.2"),
        ("read-polling", "5.0.0", "read-polling-4.2"),
        ("read-polling-4.2", "4.1.9", "for newer ones"),
        ("read-polling-4.2", "5.1.0", None),
        ("read-connector-5", "4.3.0", "for newer ones"),
        ("read-connector-5", "5.0", None),
        ("read-fan-out", "4.0.0", None),
        ("read-fan-out", "5.0.0", None),
    ],
)
def test_a_verb_is_for_the_connectors_that_call_so(verb: str, connector: str, expected: str | None) -> None:
    found = faults(verb, runtime__kinesisConnector=connector)
    assert list(found) == ([READ_KEY] if expected else [])
    assert expected is None or expected in found[READ_KEY]


@pytest.mark.parametrize("version", ["latest", "5", "5.0.0-1.20", "1.2.3.4", "\uff15.0", ""])
def test_a_version_is_one(version: str) -> None:
    assert "a version in quotes" in faults(runtime__kinesisConnector=version)["vvp:runtime.kinesisConnector"]


def test_versions_are_compared_as_numbers() -> None:
    assert parts_of("1.20.1") > parts_of("1.9.9")


def test_what_is_not_known_of_the_image_is_said() -> None:
    assert "runtime" not in remarks("read-polling")
    found = remarks("read-connector-5", **POD_IDENTITY)
    assert "vvp:runtime.flink is not given" in found
    assert "the Kinesis connector before 5.0" in found
    known = {"runtime__flink": "1.20.3", "runtime__kinesisConnector": "5.0.0"}
    assert "runtime" not in remarks("read-connector-5", **POD_IDENTITY, **known)
