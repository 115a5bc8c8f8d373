"""The proof agrees with what is deployed, and names every hole that is opened by hand; each is closed again."""

import re
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest

from tests.sandbox.access_table import assert_proved
from tests.sandbox.as_account import prove_as_account
from tests.sandbox.checkout import Checkout, client
from tests.sandbox.holes import BUCKET, CONSUMER, HOLES, NS, PRODUCER, done

pytestmark = pytest.mark.sandbox

STREAM = "greeting-request"


def test_everything_is_as_the_stack_file_says_and_nothing_is_left(variant: Checkout) -> None:
    found = assert_proved(variant)
    assert {row["observed"] for row in found} == {"allowed", "refused"}
    subjects = Counter(row["subject"] for row in found)
    assert {f"vvp/{name}" for name in (CONSUMER, PRODUCER, "ververica-platform", "default")} < set(subjects)
    page = (variant.folder / ".sandbox" / "access.html").read_text()
    assert not re.search(r"\b(src|href)=|url\(|@import", page)
    assert CONSUMER in page
    assert_nothing_is_left(variant)


def test_as_if_it_were_an_account_all_that_can_be_tried_agrees(variant: Checkout) -> None:
    whole = {question(row): row for row in assert_proved(variant)}
    found = prove_as_account(variant, "--yes")
    assert found.result.status == 0, found.result
    forged = ("an expired token (", "a token of another issuer (")
    for row in found.rows:
        if row["subject"].startswith(forged):
            assert row["observed"] == row["verdict"] == "not tried", row
        else:
            # A refusal's words have the probe's name in them.
            assert row | {"detail": ""} == whole[question(row)] | {"detail": ""}
    assert len(found.rows) == len(whole)
    assert f"{len(whole) - 6} of {len(whole)} rows agree" in found.result.output
    assert "6 not tried" in found.result.output
    account = client(variant, "sts").get_caller_identity()
    for words in (account["Account"], account["Arn"], "eu-central-1", "API server:  https://127.0.0.1:"):
        assert words in found.result.output, found.result
    assert found.modules == []
    assert set(found.opened) <= {variant.environment()["AWS_CA_BUNDLE"]}
    assert_nothing_is_left(variant)


def test_as_if_it_were_an_account_nobody_is_proved_unasked(variant: Checkout) -> None:
    found = prove_as_account(variant)
    assert found.result.status == 1
    assert "Nobody was asked, so nothing was written" in found.result.output
    assert_nothing_is_left(variant)


def test_what_a_killed_run_left_is_named_and_taken_away_and_nothing_else(variant: Checkout) -> None:
    mark, beside = "vvp-prove-20200102-030405-1a2b", "vvp-prove-notes"
    s3, kinesis = client(variant, "s3"), client(variant, "kinesis")
    stream = kinesis.describe_stream_summary(StreamName=STREAM)["StreamDescriptionSummary"]["StreamARN"]
    for key in (f"jobs/{CONSUMER}/{mark}-0123456789ab", beside):
        s3.put_object(Bucket=BUCKET, Key=key, Body=b"x")
    s3.create_multipart_upload(Bucket=BUCKET, Key=f"{mark}-upload")
    kinesis.register_stream_consumer(StreamARN=stream, ConsumerName=f"{mark}-shared")
    kinesis.add_tags_to_stream(StreamName=STREAM, Tags={mark: "probe", beside: "x"})
    done(variant.run("kubectl", *NS, "create", "serviceaccount", mark))
    done(variant.run("kubectl", *NS, "label", "serviceaccount", mark, f"vvp-prove={mark}"))
    try:
        found = prove_as_account(variant, "--clean", "--yes")
        assert found.result.status == 0, found.result
        for words in ("object", "upload", "consumer", "tag", "service account"):
            assert f"{words} " in found.result.output, found.result
        assert_nothing_is_left(variant, but=beside)
        assert s3.head_object(Bucket=BUCKET, Key=beside)
        assert [tag["Key"] for tag in kinesis.list_tags_for_stream(StreamName=STREAM)["Tags"]].count(beside) == 1
        assert kinesis.list_stream_consumers(StreamARN=stream)["Consumers"] == []
    finally:
        for version in s3.list_object_versions(Bucket=BUCKET, Prefix=beside).get("Versions", []):
            s3.delete_object(Bucket=BUCKET, Key=beside, VersionId=version["VersionId"])
        kinesis.remove_tags_from_stream(StreamName=STREAM, TagKeys=[beside])


def question(row: dict[str, Any]) -> tuple[str, str, str]:
    return row["subject"], row["action"], row["resource"]


def assert_nothing_is_left(checkout: Checkout, but: str = "") -> None:
    s3 = client(checkout, "s3")
    left = s3.list_object_versions(Bucket=BUCKET)
    keys = [item["Key"] for item in [*left.get("Versions", []), *left.get("DeleteMarkers", [])]]
    assert not [key for key in keys if "vvp-prove" in key and key != but]
    assert not s3.list_multipart_uploads(Bucket=BUCKET).get("Uploads")
    everything = ("get", "pods,serviceaccounts,namespaces,configmaps,secrets,rolebindings", "--all-namespaces")
    probes = checkout.json("kubectl", *everything, "-l", "vvp-prove", "-o", "json")["items"]
    assert [probe for probe in probes if "deletionTimestamp" not in probe["metadata"]] == []


@pytest.mark.parametrize("hole", HOLES, ids=[hole.__name__ for hole in HOLES])
def test_a_hole_opened_by_hand_is_named(variant: Checkout, hole: Callable[[Checkout], Any]) -> None:
    with hole(variant) as sentences:
        result = variant.make("prove")
    assert result.status == 1, result
    for sentence in sentences:
        assert sentence in result.output, result
    assert "UNCLEAR" not in result.output, result


def test_after_the_holes_are_closed_everything_is_as_before(variant: Checkout) -> None:
    assert_proved(variant)
