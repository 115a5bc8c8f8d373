"""The proof in other layouts and with other grants than those of `dev`."""

from typing import Any

import pytest

from tests.sandbox.access_table import assert_proved
from tests.sandbox.checkout import Checkout

pytestmark = pytest.mark.sandbox


def test_other_layouts_and_grants_are_as_the_stack_file_says(access: Checkout) -> None:
    assert_proved(access)


@pytest.mark.matrix
def test_every_combination_is_as_the_stack_file_says(combination: Checkout, record_property: Any) -> None:
    found = assert_proved(combination)
    allowed = sum(row["observed"] == "allowed" for row in found)
    record_property("rows", f"{len(found)} rows agree, {allowed} allowed, {len(found) - allowed} refused")
