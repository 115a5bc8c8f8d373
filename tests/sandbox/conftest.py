"""The checkouts in which tests deploy stacks: made once, and destroyed at the very end."""

from collections.abc import Iterator

import pytest

from tests.sandbox.checkout import Checkout
from tests.sandbox.order import pytest_collection_modifyitems, pytest_xdist_make_scheduler
from tests.sandbox.variants import ACCESSES, COMBINATIONS, VARIANTS

# pytest looks for hooks in a conftest; what they do is told in their own room.
__all__ = ["pytest_collection_modifyitems", "pytest_xdist_make_scheduler"]


@pytest.fixture(scope="session")
def checkout() -> Iterator[Checkout]:
    """A checkout with a sandbox of its own; nothing is deployed in it yet."""
    checkout = Checkout.create()
    yield checkout
    checkout.remove()


@pytest.fixture
def dev(checkout: Checkout) -> Checkout:
    """The checkout with the repository's stack `dev` deployed."""
    checkout.ensure_up()
    return checkout


@pytest.fixture(params=VARIANTS)
def variant(checkout: Checkout, request: pytest.FixtureRequest) -> Checkout:
    """The checkout with a variant of `dev` deployed."""
    checkout.ensure_up(**VARIANTS[request.param])
    return checkout


@pytest.fixture(params=ACCESSES)
def access(checkout: Checkout, request: pytest.FixtureRequest) -> Checkout:
    """The checkout with one of the further layouts and grants deployed."""
    checkout.ensure_up(**ACCESSES[request.param])
    return checkout


@pytest.fixture(params=COMBINATIONS)
def combination(checkout: Checkout, request: pytest.FixtureRequest) -> Checkout:
    """The checkout with one of all combinations deployed."""
    checkout.ensure_up(**COMBINATIONS[request.param])
    return checkout
