"""The documents say what is so."""

import re
import runpy
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator

from settings.check import STACK_FILES
from settings.stack_file import SECRETS, key_of
from tests.stacks import NAMESPACE, ROOT, SECRET, changed, own, stack_file

PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]


REFERENCE = runpy.run_path(str(ROOT / "docs" / "reference.py"))


@pytest.mark.parametrize("file", REFERENCE["made"](), ids=str)
def test_what_is_made_from_the_models_is_fresh(file: Path) -> None:
    assert (ROOT / file).read_text() == REFERENCE["made"]()[file], "run `make docs`"


def test_the_project_file_describes_every_key() -> None:
    described = yaml.safe_load((ROOT / "Pulumi.yaml").read_text())["config"]
    keys = {field.alias for model in STACK_FILES.values() for field in model.model_fields.values()}
    assert set(described) == {key for key in keys if key and key.startswith(NAMESPACE)}
    assert all(entry["description"] for entry in described.values())
    secrets = {name for name, entry in described.items() if entry["description"].startswith("A secret: ")}
    assert secrets == {key_of(name) for name in SECRETS}


def test_the_editors_schema_takes_what_the_program_takes() -> None:
    schema = Draft202012Validator(REFERENCE["schema"]())
    assert not list(schema.iter_errors({"config": stack_file()}))
    secret = changed(stack_file(), **own({"license": SECRET, "kubernetes:x": 1}))
    assert not list(schema.iter_errors({"config": secret}))


@pytest.mark.parametrize(
    "changes",
    [
        {"clusterr": {}},
        {"environment": "qa"},
        {"cluster__nodes__minSize": "2"},
        {"license": "in clear"},
        {"aws:region": None},
        {"jobs__greeting-request-consumer__acess": {}},
    ],
    ids=str,
)
def test_the_editors_schema_refuses_what_the_program_refuses(changes: dict[str, Any]) -> None:
    schema = Draft202012Validator(REFERENCE["schema"]())
    assert list(schema.iter_errors({"config": changed(stack_file(), **own(changes))}))


def test_stack_files_name_the_schema_in_their_first_line() -> None:
    for file in ROOT.glob("Pulumi.*.yaml"):
        assert file.read_text().splitlines()[0] == f"# yaml-language-server: $schema={REFERENCE['SCHEMA']}"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_within_the_repository_lead_somewhere(page: Path) -> None:
    targets = re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", page.read_text())
    assert [target for target in targets if not (page.parent / target).exists()] == []
