"""Changes made by hand, in the cloud and in the cluster, are found by `make refresh` and repaired by `make up`."""

import re

import pytest

from tests.sandbox.checkout import WITHOUT_PREVIEW, Checkout, Result
from tests.sandbox.second.drifts import DRIFTS, Drift

pytestmark = pytest.mark.sandbox

each_drift = pytest.mark.parametrize("drift", DRIFTS.values(), ids=DRIFTS)


@pytest.fixture(scope="module")
def refreshed(checkout: Checkout) -> Result:
    """The refresh after every change: all are made before it, since each run of the engine takes its time."""
    checkout.ensure_up()
    for drift in DRIFTS.values():
        drift.widen(checkout)
    return checkout.make("refresh")


@pytest.fixture(scope="module")
def repaired(checkout: Checkout, refreshed: Result) -> Checkout:
    """The checkout after the update that follows the refresh."""
    assert refreshed.status == 0, refreshed
    up = checkout.make("up", **WITHOUT_PREVIEW)
    assert up.status == 0, up
    return checkout


@each_drift
def test_a_change_by_hand_is_found(refreshed: Result, drift: Drift) -> None:
    kind, name = drift.resource.split(" ")
    assert re.search(rf"[~+-] +{re.escape(kind)} +{name}\b", refreshed.output), refreshed


@each_drift
def test_a_change_by_hand_is_repaired(repaired: Checkout, drift: Drift) -> None:
    assert drift.right(repaired)


def test_nothing_is_left_to_do(repaired: Checkout) -> None:
    repaired.make("preview").assert_nothing_to_do()
