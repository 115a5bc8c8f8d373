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

PAGES = [*sorted(ROOT.glob("*.md")), *sorted(ROOT.glob("docs/**/*.md")), *sorted(ROOT.glob("examples/*.md"))]
RECORDS = sorted(ROOT.glob("docs/decisions/[0-9]*.md"))
REFERENCE = runpy.run_path(str(ROOT / "docs" / "reference.py"))
MADE: dict[Path, str] = REFERENCE["made"]()


@pytest.mark.parametrize(("file", "content"), MADE.items(), ids=map(str, MADE))
def test_what_is_made_from_the_models_is_fresh(file: Path, content: str) -> None:
    assert (ROOT / file).read_text() == content, "run `make docs`"


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


def _page(file: Path) -> str:
    return str(file.relative_to(ROOT))


@pytest.mark.parametrize("page", PAGES, ids=_page)
def test_links_within_the_repository_lead_somewhere(page: Path) -> None:
    targets = re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", page.read_text())
    assert [target for target in targets if not (page.parent / target).exists()] == []


@pytest.mark.parametrize("page", PAGES, ids=_page)
def test_files_that_a_page_names_are_there(page: Path) -> None:
    named = re.findall(r"`((?:[a-z_]+/)+[\w.-]*)`", page.read_text())
    folders = {path.name for path in ROOT.iterdir() if path.is_dir()}
    assert [name for name in named if name.split("/")[0] in folders and not (ROOT / name).exists()] == []


@pytest.mark.parametrize("record", RECORDS, ids=_page)
def test_a_decision_is_short_and_says_what_was_rejected(record: Path) -> None:
    text = record.read_text()
    assert len(text.splitlines()) < 40
    assert re.findall(r"^\*\*(\w+)\.\*\*", text, flags=re.MULTILINE) == [
        "Context",
        "Decision",
        "Rejected",
        "Consequence",
    ]


def test_the_list_of_decisions_is_whole() -> None:
    rows = re.findall(
        r"^\| \[\d+\]\((.+?)\) \| (.+) \|$", (ROOT / "docs/decisions/README.md").read_text(), re.MULTILINE
    )
    titles = [record.read_text().splitlines()[0].split(". ", 1)[1] for record in RECORDS]
    assert rows == list(zip([record.name for record in RECORDS], titles, strict=True))
    assert [int(record.name[:4]) for record in RECORDS] == list(range(1, len(RECORDS) + 1))
