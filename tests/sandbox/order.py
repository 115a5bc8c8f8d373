"""Which tests run where, and in which order."""

from typing import Any

import pytest
from xdist.scheduler import LoadScopeScheduling

from tests.sandbox.variants import ACCESSES, COMBINATIONS, VARIANTS

FIRST = ("test_stack_up", "test_deployer")
CUT_OFF = "test_interrupted"
LAST = "test_stack_destroy"


class ByFolder(LoadScopeScheduling):
    """The tests of a folder on one worker, in their order: `stack`, beside it `parts` and `second`, another sandbox."""

    def _split_scope(self, nodeid: str) -> str:
        return nodeid.partition("::")[0].rpartition("/")[0]


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> ByFolder:
    """See https://pytest-xdist.readthedocs.io/en/stable/distribution.html."""
    return ByFolder(config, log)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What begins without a stack comes first, one variant after the other, and destroying the stack last.

    Cut-off updates come behind the variants: they go on from the last one.
    """
    variants = [*VARIANTS, *ACCESSES, *COMBINATIONS]

    def rank(item: pytest.Item) -> tuple[int, int]:
        module = item.path.stem
        parameters = item.callspec.params if isinstance(item, pytest.Function) and hasattr(item, "callspec") else {}
        deployed = [parameters[name] for name in ("variant", "access", "combination") if name in parameters]
        place = variants.index(str(deployed[0])) if deployed else len(variants) * (module == CUT_OFF)
        return (-1 if module in FIRST else int(module == LAST), place)

    items.sort(key=rank)
