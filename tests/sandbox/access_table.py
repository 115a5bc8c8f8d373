"""What `make prove` leaves behind."""

import json
from typing import Any

from tests.sandbox.checkout import Checkout


def rows(checkout: Checkout) -> list[dict[str, Any]]:
    return json.loads((checkout.folder / ".sandbox" / "access.json").read_text())


def assert_proved(checkout: Checkout) -> list[dict[str, Any]]:
    result = checkout.make("prove")
    assert result.status == 0, result
    found = rows(checkout)
    assert all(row["expected"] == row["observed"] for row in found)
    return found
