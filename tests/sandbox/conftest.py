"""The sandbox that the tests share, and their order: it is deployed once, and destroyed at the very end."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from sandbox import toolchain
from tests.sandbox.checkout import Checkout

FIRST = "test_stack_up"
LAST = "test_stack_destroy"
VARIANTS = {
    "kyverno, irsa": {"admission__engine": "kyverno", "identity__kind": "irsa"},
    "admission-policy, pod-identity": {"admission__engine": "admission-policy", "identity__kind": "pod-identity"},
}
"""Both engines and both kinds of identity, in as few updates as they take; the first is the repository's `dev`."""


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """A preview before the first `up` comes first, one variant after the other, and destroying the stack last."""

    def rank(item: pytest.Item) -> tuple[int, int]:
        module = item.path.stem
        parameters = item.callspec.params if isinstance(item, pytest.Function) and hasattr(item, "callspec") else {}
        variant = list(VARIANTS).index(str(parameters["variant"])) if "variant" in parameters else 0
        return (-1 if module == FIRST else int(module == LAST), variant)

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


@pytest.fixture(scope="session", params=list(VARIANTS))
def variant(checkout: Checkout, request: pytest.FixtureRequest) -> Checkout:
    """The checkout with a variant of `dev` deployed."""
    checkout.ensure_up(**VARIANTS[request.param])
    return checkout


@pytest.fixture(scope="session")
def helm() -> Iterator[str]:
    """The helm binary of the toolchain, which is on PATH as in a shell that `make env` has set up."""
    folder = toolchain.ready()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PATH", str(folder), prepend=os.pathsep)
        yield str(folder / "helm")
