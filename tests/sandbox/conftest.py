"""The sandbox that the tests share, and their order: it is deployed once, and destroyed at the very end."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.sandbox.checkout import Checkout

FIRST = "test_stack_up"
LAST = "test_stack_destroy"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """A preview before the first `up` comes first, and destroying the stack last."""

    def rank(item: pytest.Item) -> int:
        module = item.path.stem
        return -1 if module == FIRST else int(module == LAST)

    items.sort(key=rank)


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


@pytest.fixture(scope="module")
def kubeconfig(checkout: Checkout) -> Path:
    """The administrator's kubeconfig of the running sandbox."""
    checkout.ensure_up()
    return Path(checkout.environment()["KUBECONFIG"])
