"""The documents say what is so."""

import re
import runpy
from pathlib import Path

import pytest

from tests.stacks import ROOT

PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]


def test_the_configuration_reference_is_made_from_the_models() -> None:
    render = runpy.run_path(str(ROOT / "docs" / "reference.py"))["render"]
    assert (ROOT / "docs" / "configuration.md").read_text() == render(), "run `make docs`"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_within_the_repository_lead_somewhere(page: Path) -> None:
    targets = re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", page.read_text())
    assert [target for target in targets if not (page.parent / target).exists()] == []


def test_no_part_of_the_program_speaks_of_the_sandbox() -> None:
    program = [
        ROOT / "__main__.py",
        *ROOT.glob("*.py"),
        *(ROOT / "components").rglob("*.py"),
        *ROOT.glob("Pulumi*.yaml"),
    ]
    assert [path.name for path in program if "sandbox" in path.read_text().lower()] == []
