"""What the tests of the program share: the run of it that most of them look at."""

import pytest

from tests.program.recorder import DEV, Program, run


@pytest.fixture(scope="session")
def dev() -> Program:
    """All that the program registers with the repository's `dev`; tests only read it."""
    return run(DEV)
