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
