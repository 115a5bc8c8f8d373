"""The stack files to copy: each is without a fault, for the program and for editors, and each is told of."""

import re
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from settings.check import check
from settings.yaml_file import config_of
from tests.stacks import EXAMPLES, ROOT
from tests.unit.test_docs import REFERENCE


def _name(file: Path) -> str:
    return file.name


@pytest.mark.parametrize("file", EXAMPLES, ids=_name)
def test_an_example_has_no_fault(file: Path) -> None:
    assert check(config_of(file)).file.environment


@pytest.mark.parametrize("file", EXAMPLES, ids=_name)
def test_an_example_agrees_with_the_editors_schema(file: Path) -> None:
    assert not list(Draft202012Validator(REFERENCE["schema"]()).iter_errors({"config": config_of(file)}))


@pytest.mark.parametrize("file", EXAMPLES, ids=_name)
def test_an_example_names_the_schema_in_its_first_line(file: Path) -> None:
    assert file.read_text().splitlines()[0] == f"# yaml-language-server: $schema=../{REFERENCE['SCHEMA']}"


def test_the_page_has_a_row_for_each_example() -> None:
    rows = re.findall(r"^\| \[`(.+?)`\]", (ROOT / "examples" / "README.md").read_text(), flags=re.MULTILINE)
    assert sorted(rows) == [file.name for file in EXAMPLES]
    assert rows
