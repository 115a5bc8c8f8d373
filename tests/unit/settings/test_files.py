"""Files that a stack file names: whatever is wrong with one is told in words, with its key."""

from pathlib import Path

import pytest

from settings.jobs import JobSettings
from settings.workloads import Workloads

KEY = "vvp:jobs.a.sql"


def told(folder: Path, file: str) -> str:
    reader = Workloads(folder, {}, one_catalog=True)
    reader.read({"a": JobSettings(sql=file)})
    (fault,) = [fault for fault in reader.faults if fault.key == KEY]
    return fault.expected


def test_a_name_that_no_file_can_have(tmp_path: Path) -> None:
    assert "a file that can be read: embedded null byte" in told(tmp_path, "a\0b.sql")


def test_a_link_to_itself(tmp_path: Path) -> None:
    (tmp_path / "loop.sql").symlink_to("loop.sql")
    assert "a file that can be read" in told(tmp_path, "loop.sql")


@pytest.mark.parametrize("encoding", ["latin-1", "utf-16"])
def test_another_encoding_than_utf_8(tmp_path: Path, encoding: str) -> None:
    (tmp_path / "a.sql").write_text("INSERT INTO ä SELECT 1;", encoding=encoding)
    assert told(tmp_path, "a.sql") == "a file in UTF-8"


def test_a_byte_order_mark_is_read_over(tmp_path: Path) -> None:
    (tmp_path / "a.sql").write_text("INSERT INTO other.db.t SELECT 1;", encoding="utf-8-sig")
    reader = Workloads(tmp_path, {}, one_catalog=True)
    ((workload,),) = reader.read({"a": JobSettings(sql="a.sql")})
    assert reader.faults == []
    assert workload.script == "INSERT INTO other.db.t SELECT 1;"


@pytest.mark.parametrize("file", ["../outside.sql", "/etc/passwd"])
def test_a_file_outside_the_project(tmp_path: Path, file: str) -> None:
    assert told(tmp_path, file) == "a file inside the project"


@pytest.mark.parametrize("text", ["'$.a.b'", "'${password}'", "`t$snapshots`", "'$AWS_REGION'", "'${'", "'a}${}'"])
def test_what_is_no_variable_of_the_stack_stays_as_it_is(tmp_path: Path, text: str) -> None:
    (tmp_path / "a.sql").write_text(f"INSERT INTO c.d.t SELECT {text}, '${{AWS_REGION}}';")
    reader = Workloads(tmp_path, {"AWS_REGION": "eu-central-1"}, one_catalog=True)
    ((workload,),) = reader.read({"a": JobSettings(sql="a.sql")})
    assert (reader.faults, reader.remarks) == ([], [])
    assert workload.script == f"INSERT INTO c.d.t SELECT {text}, 'eu-central-1';"


@pytest.mark.parametrize("name", ["AWS_REGON", "aws_region", " AWS_REGION "])
def test_a_mistyped_variable_is_remarked(tmp_path: Path, name: str) -> None:
    (tmp_path / "a.sql").write_text(f"INSERT INTO c.d.t SELECT '${{{name}}}';")
    reader = Workloads(tmp_path, {"AWS_REGION": "eu-central-1"}, one_catalog=True)
    reader.read({"a": JobSettings(sql="a.sql")})
    assert reader.remarks == [f"vvp:jobs.a.sql: ${{{name}}} in a.sql stays as it is; ${{AWS_REGION}}?"]
