"""The proof agrees with what is deployed, and names every hole that is opened by hand; each is closed again."""

import re
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest

from tests.sandbox.access_table import assert_proved
from tests.sandbox.checkout import Checkout, client
from tests.sandbox.holes import BUCKET, CONSUMER, HOLES, NS, PRODUCER

pytestmark = pytest.mark.sandbox


def test_everything_is_as_the_stack_file_says_and_nothing_is_left(variant: Checkout) -> None:
    found = assert_proved(variant)
    assert {row["observed"] for row in found} == {"allowed", "refused"}
    subjects = Counter(row["subject"] for row in found)
    assert {f"vvp/{name}" for name in (CONSUMER, PRODUCER, "ververica-platform", "default")} < set(subjects)
    page = (variant.folder / ".sandbox" / "access.html").read_text()
    assert not re.search(r"\b(src|href)=|url\(|@import", page)
    assert CONSUMER in page
    s3 = client(variant, "s3")
    left = s3.list_object_versions(Bucket=BUCKET)
    keys = [item["Key"] for item in [*left.get("Versions", []), *left.get("DeleteMarkers", [])]]
    assert not [key for key in keys if "vvp-prove" in key]
    assert not s3.list_multipart_uploads(Bucket=BUCKET).get("Uploads")
    pods = variant.json("kubectl", *NS, "get", "pods", "-l", "vvp-prove", "-o", "json")["items"]
    assert [pod for pod in pods if "deletionTimestamp" not in pod["metadata"]] == []


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
