"""The plan of the rooms, as far as import-linter's contracts (pyproject.toml) do not say it."""

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import grimp
import pytest

from tests.stacks import ROOT

PACKAGES = ("components", "flink_sql", "grants", "prove", "provider_kit", "sandbox", "settings", "vvp_provider")
PROGRAM = tuple(package for package in PACKAGES if package != "sandbox")
OF_AWS = (
    "components/aws/",
    "settings/aws/",
    "grants/aws.py",
    "grants/aws_deployer.py",
    "grants/iam_documents.py",
    "prove/aws/",
)
CHOOSERS = ("components/cloud.py", "settings/check.py", "prove/clouds.py")
"""Where a cloud is chosen by its name."""
AWS_WORDS = re.compile(
    r"(?<![a-z])(aws|amazon|s3a?|iam|eks|irsa|kinesis|kms|sts|arns?|vpc|ebs|ec2|boto3?|botocore|gp3|bucket)(?![a-z])",
    re.IGNORECASE,
)
LONGEST_FILE = 300


def tracked(*endings: str) -> list[Path]:
    """The repository's files, new ones included."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout.splitlines()
    return [Path(name) for name in listed if name.endswith(endings) and (ROOT / name).exists()]


def of_program() -> Iterator[Path]:
    for file in tracked(".py"):
        if file.parts[0] in PROGRAM or file == Path("__main__.py"):
            yield file


def test_the_root_holds_one_python_file_that_fits_on_a_screen() -> None:
    assert [file for file in tracked(".py") if len(file.parts) == 1] == [Path("__main__.py")]
    assert len((ROOT / "__main__.py").read_text().splitlines()) <= 40


@pytest.mark.parametrize("file", tracked(".py"), ids=str)
def test_a_file_is_one_room(file: Path) -> None:
    assert len((ROOT / file).read_text().splitlines()) <= LONGEST_FILE


def test_no_part_of_the_program_speaks_of_the_sandbox() -> None:
    files = [*of_program(), *(Path(path.name) for path in ROOT.glob("Pulumi*.yaml"))]
    assert [str(file) for file in files if "sandbox" in (ROOT / file).read_text().lower()] == []


@pytest.mark.parametrize("file", list(of_program()), ids=str)
def test_only_the_rooms_of_aws_name_a_thing_of_aws(file: Path) -> None:
    if str(file).startswith(OF_AWS) or str(file) in CHOOSERS:
        return
    lines = enumerate((ROOT / file).read_text().splitlines(), start=1)
    assert [f"{file}:{number}: {line.strip()}" for number, line in lines if AWS_WORDS.search(line)] == []


@pytest.fixture(scope="module")
def graph() -> grimp.ImportGraph:
    """Which module imports which."""
    return grimp.build_graph(*PACKAGES, cache_dir=None)


def test_no_two_folders_import_each_other(graph: grimp.ImportGraph) -> None:
    """A folder inside another one is part of it: those two may."""
    arrows = {
        (_folder(module), _folder(imported))
        for module in graph.modules
        for imported in graph.find_modules_directly_imported_by(module)
    }
    both = {arrow for arrow in arrows if arrow[::-1] in arrows and arrow[0] < arrow[1]}
    assert [arrow for arrow in both if not Path(arrow[1]).is_relative_to(arrow[0])] == []


def _folder(module: str) -> str:
    path = Path(*module.split("."))
    return str(path if (ROOT / path).is_dir() else path.parent)


def test_folders_have_no_rings(graph: grimp.ImportGraph) -> None:
    """Longer ways round than between two: each top folder stands on others and never on itself."""
    stands_on = {
        package: {module.split(".")[0] for module in graph.find_upstream_modules(package, as_package=True)}
        for package in PACKAGES
    }
    assert [(one, other) for one in PACKAGES for other in stands_on[one] - {one} if one in stands_on[other]] == []
