"""Tags, roles, partitions and jars: what AWS or the program would not take as it stands."""

from typing import Any

import pytest
from botocore.session import Session

from settings.aws.names import partition_of
from settings.check import check
from settings.faults import Fault, SettingsError
from tests.stacks import changed, own, stack_file

JAR = "s3://vvp-blob-storage/artifacts/a.jar"


def faults(**changes: Any) -> dict[str, Fault]:
    try:
        check(changed(stack_file(), **own(changes)))
    except SettingsError as error:
        return {fault.key: fault for fault in error.faults}
    return {}


@pytest.mark.parametrize(
    ("tags", "key", "expected"),
    [
        ({"vvp:stack": "mine"}, "vvp:stack", "the program"),
        ({"VVP:Stack": "mine"}, "VVP:Stack", "the program"),
        ({"Team": "a", "team": "b"}, "team", "aws:defaultTags.tags.Team has it"),
        ({" team": "a"}, " team", "without blanks"),
    ],
)
def test_tags_that_would_collide_are_refused(tags: dict[str, str], key: str, expected: str) -> None:
    found = faults(**{"aws:defaultTags": {"tags": tags}})
    assert list(found) == [f"aws:defaultTags.tags.{key}"]
    assert expected in found[f"aws:defaultTags.tags.{key}"].expected


def test_other_tags_are_taken() -> None:
    assert not faults(**{"aws:defaultTags": {"tags": {"Cost Centre": "Ä 1/2:3=4+5-6@7", "team": ""}}})


def test_a_role_is_of_the_regions_partition() -> None:
    role = {"aws:assumeRoles": [{"roleArn": "arn:aws:iam::123456789012:role/x"}], "aws:region": "cn-north-1"}
    assert "aws-cn" in faults(**role)["aws:assumeRoles.0.roleArn"].expected


def test_partitions_are_those_of_botocore() -> None:
    session = Session()
    partitions = session.get_available_partitions()
    regions = {name: part for part in partitions for name in session.get_available_regions("s3", part)}
    # The pseudo regions of some services are none of a stack's.
    real = {name: part for name, part in regions.items() if name[-1].isdigit()}
    assert len(set(real.values())) > 3
    assert {name: partition_of(name) for name in real} == real


def test_an_address_with_a_password_is_refused_and_not_shown() -> None:
    for uri in ("https://user:hunter2@repo.example/a.jar", "https://repo.example/a.jar?key=hunter2"):
        found = faults(jobs__packed={"jar": {"uri": uri}})
        assert list(found) == ["vvp:jobs.packed.jar.uri"]
        assert "hunter2" not in str(found["vvp:jobs.packed.jar.uri"])


def test_a_jar_of_a_job_is_not_deleted() -> None:
    rule = [{"prefix": "artifacts/", "days": 30}]
    found = faults(jobs__packed={"jar": {"uri": JAR}}, blobStorage__expiry=rule)
    assert "the jar of packed" in found["vvp:blobStorage.expiry.0.prefix"].expected
    assert not faults(blobStorage__expiry=rule)
