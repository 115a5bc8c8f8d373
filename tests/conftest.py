"""What all tests share."""

import os
from collections.abc import Generator
from pathlib import Path
from typing import Any

import hypothesis
import pytest

from tests.vvp_description import MISSING, Description, description, place

# No test asserts a time: machines differ, and a slow one is not a defect of the code.
hypothesis.settings.register_profile("default", deadline=None)
hypothesis.settings.load_profile("default")

AUTHORITY = "api_description"
"""Fixture and mark of the tests that need the platform's own description of its API."""

RECORD = "VVP_API_RECORD"
"""Names a file for the outcomes of those tests; `.ci/run` reads it."""


@pytest.fixture(scope="session")
def api_description() -> Description:
    """The platform's own description of its API."""
    where = place()
    if where is None:
        pytest.skip(MISSING)
    return description(where)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Marks what uses the fixture; what asks for it later is marked by hand."""
    for item in items:
        if AUTHORITY in getattr(item, "fixturenames", ()):
            item.add_marker(AUTHORITY)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[Any]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """With the description there, a test that is held to it and does not run is a failure."""
    report = yield
    if report.skipped and item.get_closest_marker(AUTHORITY) and place():
        report.outcome = "failed"
        report.longrepr = f"skipped although the platform's description is at {place()}: {report.longrepr}"
    return report


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """Notes the outcome, once, in the process that gathers the reports."""
    record = os.environ.get(RECORD)
    decided = report.when == "call" or report.outcome != "passed"
    if record and AUTHORITY in report.keywords and decided and "PYTEST_XDIST_WORKER" not in os.environ:
        with Path(record).open("a") as file:
            file.write(f"{report.outcome} {report.nodeid}\n")
