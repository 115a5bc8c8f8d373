"""`${NAME}` in a text: what is replaced, what stays, and what is a slip."""

import pytest

from settings.check import check
from settings.faults import SettingsError
from settings.variables import fill, mistyped, names_in
from tests.stacks import changed, own, stack_file

KNOWN = {"AWS_REGION": "eu-central-1", "streams.a-b.c.arn": "arn:${AWS_ACCOUNT_ID}"}


@pytest.mark.parametrize(
    ("text", "filled"),
    [
        ("'${AWS_REGION}'", "'eu-central-1'"),
        ("${streams.a-b.c.arn}", "arn:${AWS_ACCOUNT_ID}"),
        ("JSON_VALUE(x, '$.a.b')", "JSON_VALUE(x, '$.a.b')"),
        ("paimon.db.t$snapshots", "paimon.db.t$snapshots"),
        ("${secret-value}", "${secret-value}"),
        ("$AWS_REGION $$ $", "$AWS_REGION $$ $"),
        ("${${AWS_REGION}}", "${eu-central-1}"),
        ("${ AWS_REGION }", "${ AWS_REGION }"),
        ("${}", "${}"),
    ],
)
def test_only_known_names_are_replaced(text: str, filled: str) -> None:
    assert fill(text, KNOWN) == filled


def test_a_value_is_not_read_again() -> None:
    assert fill("${A}", {"A": "${B}", "B": "x"}) == "${B}"
    assert names_in("${A} ${b-c} $D") == {"A", "b-c"}


@pytest.mark.parametrize(
    ("text", "slips"),
    [
        ("${AWS_REGIO}", ["AWS_REGIO"]),
        ("${streams.nobody.arn} ${AWS_X}", ["AWS_X", "streams.nobody.arn"]),
        ("${secret}", []),
        ("${AWS_REGION}", []),
    ],
)
def test_a_name_that_begins_as_the_stacks_do_is_a_slip(text: str, slips: list[str]) -> None:
    assert list(mistyped(text, KNOWN)) == slips


@pytest.mark.parametrize(
    ("path", "value", "key"),
    [
        ("flink", {"x": "${AWS_ACCOUNT}"}, "flink.x"),
        ("jar", {"uri": "s3://vvp-blob-storage/a.jar", "arguments": "${streams.none.arn}"}, "jar.arguments"),
    ],
)
def test_a_slip_in_a_setting_is_told(path: str, value: dict[str, str], key: str) -> None:
    name = "greeting-request-producer" if path == "flink" else "packed"
    with pytest.raises(SettingsError) as caught:
        check(changed(stack_file(), **own({f"jobs__{name}__{path}": value})))
    (fault,) = caught.value.faults
    assert fault.key == f"vvp:jobs.{name}.{key}"
    assert "${AWS_ACCOUNT_ID}" in fault.expected
