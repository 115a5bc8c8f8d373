"""A job's files: what they declare, what they use, and what is wrong with them."""

from pathlib import Path

import pytest

from settings.jobs import JobSettings
from settings.workloads import Workload, Workloads

SINK = "CREATE TABLE sink (a INT) WITH ('connector' = 'blackhole');"


def read(
    folder: Path, files: dict[str, str], *, one_catalog: bool = True, **jobs: tuple[str, ...]
) -> tuple[dict[str, Workload], list[str]]:
    """Workloads and faults; a job is its SQL file and the files of its tables."""
    for name, text in files.items():
        (folder / name).write_text(text)
    reader = Workloads(folder, {"AWS_REGION": "eu-central-1"}, one_catalog=one_catalog)
    settings = {name: JobSettings(sql=sql, tables=tuple(tables)) for name, (sql, *tables) in jobs.items()}
    catalogs = reader.read(settings)
    return {job.name: job for catalog in catalogs for job in catalog}, [
        str(fault) for fault in (*reader.faults, *reader.misfits)
    ]


def test_a_job_uses_what_its_statement_names_and_what_stands_behind_views(tmp_path: Path) -> None:
    tables = f"""
        CREATE TABLE source (a INT) WITH ('connector' = 'datagen');
        CREATE TABLE other (a INT) WITH ('connector' = 'datagen');
        CREATE VIEW positive AS SELECT a FROM source WHERE a > 0;
        {SINK}
    """
    files = {"t.sql": tables, "j.sql": "INSERT INTO sink SELECT * FROM positive;"}
    jobs, faults = read(tmp_path, files, job=("j.sql", "t.sql"))
    assert faults == []
    assert jobs["job"].uses == ("vvp.default.positive", "vvp.default.sink", "vvp.default.source")
    needs = {table.key: table.needs for table in jobs["job"].tables}
    assert needs["vvp.default.positive"] == ("vvp.default.source",)
    assert needs["vvp.default.sink"] == ()


def test_functions_and_databases_come_before_what_stands_behind_them(tmp_path: Path) -> None:
    tables = f"CREATE FUNCTION twice AS 'com.example.Twice'; CREATE DATABASE db; {SINK}"
    files = {"t.sql": tables, "j.sql": "INSERT INTO sink SELECT twice(1);"}
    jobs, faults = read(tmp_path, files, job=("j.sql", "t.sql"))
    assert faults == []
    function, _, sink = jobs["job"].tables
    assert function.key in sink.needs
    assert function.key in jobs["job"].uses


FILES = {"t.sql": SINK, "a.sql": "INSERT INTO sink SELECT 1;", "b.sql": "INSERT INTO sink SELECT 2;"}


def test_jobs_of_one_namespace_may_use_each_others_tables(tmp_path: Path) -> None:
    jobs, faults = read(tmp_path, FILES, a=("a.sql", "t.sql"), b=("b.sql",))
    assert faults == []
    assert jobs["b"].uses == ("vvp.default.sink",)


def test_a_job_with_a_namespace_of_its_own_sees_its_own_tables_only(tmp_path: Path) -> None:
    _, faults = read(tmp_path, FILES, one_catalog=False, a=("a.sql", "t.sql"), b=("b.sql",))
    (fault,) = faults
    assert fault.startswith("vvp:jobs.b.sql: found the table `sink` in b.sql")
    assert "with namespace-per-job it sees no other" in fault


def test_a_table_is_declared_once_in_a_catalog(tmp_path: Path) -> None:
    files = FILES | {"u.sql": SINK}
    _, (fault,) = read(tmp_path, files, a=("a.sql", "t.sql"), b=("b.sql", "u.sql"))
    assert fault.startswith("vvp:jobs.b.tables: found the table `vvp.default.sink`")
    _, faults = read(tmp_path, files, one_catalog=False, a=("a.sql", "t.sql"), b=("b.sql", "u.sql"))
    assert faults == []


def test_views_that_need_each_other_are_refused(tmp_path: Path) -> None:
    tables = f"CREATE VIEW x AS SELECT * FROM y; CREATE VIEW y AS SELECT * FROM x; {SINK}"
    files = {"t.sql": tables, "j.sql": "INSERT INTO sink SELECT * FROM x;"}
    _, (fault,) = read(tmp_path, files, job=("j.sql", "t.sql"))
    assert fault.startswith("vvp:jobs.job.tables: found vvp.default.")
    assert " needs " in fault


@pytest.mark.parametrize(
    ("sql", "key", "found"),
    [
        ("INSERT INTO nowhere SELECT 1;", "sql", "the table `nowhere` in j.sql"),
        ("INSERT INTO sink SELECT '1;", "sql", "line 1: this string (') has no closing quote"),
        ("SELECT 1;", "sql", "SELECT does not belong in a deployment's script"),
        ("INSERT INTO sink SELECT 1;\nINSERT INTO sink SELECT 2;", "sql", "a second job begins here"),
        ("-- nothing yet", "sql", "no statement in j.sql"),
    ],
)
def test_a_fault_in_a_file_names_its_key(tmp_path: Path, sql: str, key: str, found: str) -> None:
    _, faults = read(tmp_path, {"t.sql": SINK, "j.sql": sql}, job=("j.sql", "t.sql"))
    (fault,) = faults
    assert fault.startswith(f"vvp:jobs.job.{key}: found {found}")


def test_a_missing_file_is_a_fault(tmp_path: Path) -> None:
    _, faults = read(tmp_path, {"t.sql": SINK}, job=("none.sql", "t.sql"))
    (fault,) = faults
    assert fault.startswith("vvp:jobs.job.sql: found ")
    assert "a file that can be read" in fault


TEMPORARY = "CREATE TEMPORARY VIEW t AS SELECT * FROM sink; INSERT INTO sink SELECT * FROM t;"


def test_what_is_temporary_stands_before_the_insert_and_nowhere_else(tmp_path: Path) -> None:
    jobs, faults = read(tmp_path, {"t.sql": SINK, "j.sql": TEMPORARY}, job=("j.sql", "t.sql"))
    assert faults == []
    assert jobs["job"].script == TEMPORARY.replace("; I", ";\nI")
    assert jobs["job"].uses == ("vvp.default.sink",)
    _, faults = read(tmp_path, {"t.sql": SINK, "v.sql": TEMPORARY, "j.sql": TEMPORARY}, job=("j.sql", "t.sql", "v.sql"))
    assert "belongs to `sql`" in faults[0]


@pytest.mark.parametrize("first", ["CREATE TEMPORARY FUNCTION f AS 'x.F'", "SET 'a' = 'b'", "USE CATALOG c"])
def test_a_script_begins_with_what_the_platform_takes(tmp_path: Path, first: str) -> None:
    files = {"t.sql": SINK, "j.sql": f"{first}; INSERT INTO sink SELECT 1;"}
    _, faults = read(tmp_path, files, job=("j.sql", "t.sql"))
    assert [fault for fault in faults if "does not belong in a deployment's script" in fault]


def test_a_temporary_view_may_hide_the_table_that_it_reads(tmp_path: Path) -> None:
    files = {"t.sql": SINK, "j.sql": "CREATE TEMPORARY VIEW nope AS SELECT * FROM nope; INSERT INTO sink TABLE nope;"}
    _, faults = read(tmp_path, files, job=("j.sql", "t.sql"))
    assert len(faults) == 1
    assert "`nope` in j.sql" in faults[0]


def test_functions_and_tables_have_name_spaces_of_their_own(tmp_path: Path) -> None:
    tables = f"{SINK} CREATE FUNCTION s AS 'com.x.F'; CREATE TABLE s (id BIGINT) WITH ('connector' = 'datagen');"
    files = {"t.sql": tables, "j.sql": "INSERT INTO sink SELECT s(id) FROM s;"}
    jobs, faults = read(tmp_path, files, job=("j.sql", "t.sql"))
    assert faults == []
    assert jobs["job"].uses == ("function vvp.default.s", "vvp.default.s", "vvp.default.sink")


def test_a_view_of_a_table_that_nobody_creates_is_told(tmp_path: Path) -> None:
    files = {"t.sql": f"{SINK} CREATE VIEW v AS SELECT * FROM nope;", "j.sql": "INSERT INTO sink SELECT 1;"}
    _, (fault,) = read(tmp_path, files, job=("j.sql", "t.sql"))
    assert "the table `nope` in `v`" in fault


def test_a_job_waits_for_its_catalog_and_its_functions_in_any_order(tmp_path: Path) -> None:
    tables = """
        CREATE VIEW v AS SELECT Twice(1) AS id;
        CREATE DATABASE paimon.db;
        CREATE CATALOG paimon WITH ('type' = 'paimon');
        CREATE FUNCTION twice AS 'com.x.F';
    """
    files = {"t.sql": tables, "j.sql": "INSERT INTO paimon.db.a SELECT s.* FROM paimon.db.s, v;"}
    jobs, faults = read(tmp_path, files, job=("j.sql", "t.sql"))
    assert faults == []
    assert set(jobs["job"].uses) == {
        "catalog paimon",
        "database paimon.db",
        "function vvp.default.twice",
        "vvp.default.v",
    }
    needs = {each.key: each.needs for each in jobs["job"].tables}
    assert needs["database paimon.db"] == ("catalog paimon",)
    assert needs["vvp.default.v"] == ("function vvp.default.twice",)
