"""What SQL files name, compared with what the stack declares and grants; and stored keys in them."""

from pathlib import Path
from typing import Any

import pytest

from settings.check import Settings, check
from settings.faults import Fault, SettingsError
from settings.stack_file import StackFile
from settings.stored_keys import is_stored_key
from settings.workloads import Workload
from tests.stacks import changed, own, stack_file

DEV = changed(stack_file(), **{"vvp:jobs": None})
SINK = "CREATE TABLE sink (a STRING) WITH ('connector' = 'blackhole');"
KINESIS = "CREATE TABLE s (a STRING) WITH ('connector' = 'kinesis', {});"


def job_of(
    folder: Path, tables: str, sql: str = "INSERT INTO sink SELECT * FROM s;", **changes: Any
) -> tuple[Workload | None, list[Fault], Settings[StackFile] | None]:
    (folder / "t.sql").write_text(tables + SINK)
    (folder / "j.sql").write_text(sql)
    job = {"sql": "j.sql", "tables": ["t.sql"], **changes}
    try:
        settings = check(changed(DEV, **own({"jobs": {"job": job}})), folder)
    except SettingsError as error:
        return None, error.faults, None
    return settings.jobs[0], [], settings


@pytest.mark.parametrize(
    ("options", "verb"),
    [
        ("'stream' = 'greeting-request'", "read-polling"),
        ("'stream' = 'greeting-request'", "read-polling-4.2"),
        ("'stream' = 'greeting-request', 'scan.stream.recordpublisher' = 'EFO'", "read-fan-out"),
        ("'stream.arn' = '${streams.greeting-request.arn}'", "read-connector-5"),
        ("'stream.arn' = '${streams.greeting-request.arn}', 'source.reader.type' = 'EFO'", "read-fan-out"),
    ],
)
def test_a_table_needs_the_verb_of_its_connector(tmp_path: Path, options: str, verb: str) -> None:
    tables = KINESIS.format(options)
    for granted in ("read-polling", "read-polling-4.2", "read-fan-out", "read-connector-5", "write"):
        _, faults, _ = job_of(tmp_path, tables, access={"streams": {"greeting-request": granted}})
        told = [fault for fault in faults if fault.key == "vvp:jobs.job.access.streams.greeting-request"]
        if granted == verb:
            assert not faults
        elif told:
            assert verb in told[0].expected
    (fault,) = job_of(tmp_path, tables)[1]
    assert (fault.key, fault.found) == ("vvp:jobs.job.access.streams.greeting-request", "no grant")


def test_streams_are_seen_through_views_copies_hints_and_temporary_tables(tmp_path: Path) -> None:
    base = KINESIS.format("'stream' = 'greeting-request'")
    for tables, sql in (
        (base + "CREATE VIEW v AS SELECT * FROM s;", "INSERT INTO sink SELECT * FROM v;"),
        (base + "CREATE TABLE c WITH ('format' = 'json') LIKE s;", "INSERT INTO sink SELECT * FROM c;"),
        ("", f"{base.replace('TABLE', 'TEMPORARY TABLE')} INSERT INTO sink SELECT * FROM s;"),
    ):
        (fault,) = job_of(tmp_path, tables, sql)[1]
        assert fault.key == "vvp:jobs.job.access.streams.greeting-request"
    hint = "INSERT INTO sink SELECT * FROM s /*+ OPTIONS('stream' = 'nobody-granted') */;"
    (fault,) = job_of(tmp_path, base, hint, access={"streams": {"greeting-request": "read-polling"}})[1]
    assert fault.key == "vvp:jobs.job.access.streams.nobody-granted"


def test_a_grant_that_nothing_uses_is_a_remark(tmp_path: Path) -> None:
    tables = "CREATE TABLE s (a STRING) WITH ('connector' = 'datagen');"
    settings = job_of(tmp_path, tables, access={"streams": {"greeting-request": "write"}})[2]
    assert settings is not None
    assert (
        "vvp:jobs.job.access.streams.greeting-request grants write, and no table of the job uses it" in settings.remarks
    )


@pytest.mark.parametrize(
    "sql",
    [
        "CREATE TEMPORARY VIEW t AS SELECT * FROM s;\nINSERT INTO sink SELECT * FROM t;",
        "INSERT INTO sink SELECT JSON_VALUE(a, '$.a.b') FROM s;",
        "INSERT INTO sink SELECT '${secret_values.key}' FROM s;",
        "INSERT INTO sink SELECT * FROM paimon.db.t$snapshots;",
        "// note; it's\nINSERT INTO sink SELECT * FROM s;",
    ],
)
def test_what_flink_takes_is_taken_and_sent_as_written(tmp_path: Path, sql: str) -> None:
    job, faults, _ = job_of(tmp_path, "CREATE TABLE s (a STRING) WITH ('connector' = 'datagen');", sql)
    assert not faults
    assert job is not None
    assert job.script.splitlines()[-1] == sql.splitlines()[-1]


def test_each_kind_has_names_of_its_own(tmp_path: Path) -> None:
    tables = "CREATE FUNCTION s AS 'com.x.F'; CREATE TABLE s (a STRING) WITH ('connector' = 'datagen');"
    job, faults, _ = job_of(tmp_path, tables)
    assert not faults
    assert job is not None
    assert {"function vvp.default.s", "vvp.default.s"} <= set(job.uses)


def test_a_job_waits_for_catalogs_databases_and_functions(tmp_path: Path) -> None:
    tables = (
        "CREATE VIEW v AS SELECT twice(1) AS a; CREATE FUNCTION Twice AS 'com.x.F';"
        "CREATE CATALOG paimon WITH ('type' = 'paimon'); CREATE DATABASE paimon.db;"
    )
    job, faults, _ = job_of(tmp_path, tables, "INSERT INTO paimon.db.a SELECT * FROM paimon.db.s;")
    assert not faults
    assert job is not None
    assert {"catalog paimon", "database paimon.db"} <= set(job.uses)
    needs = {each.key: each.needs for each in job.tables}
    assert needs["vvp.default.v"] == ("function vvp.default.Twice",)


def test_a_view_of_a_table_that_nobody_makes_is_told(tmp_path: Path) -> None:
    tables = "CREATE TABLE s (a STRING) WITH ('connector' = 'datagen'); CREATE VIEW v AS SELECT * FROM nope;"
    (fault,) = job_of(tmp_path, tables)[1]
    assert fault.key == "vvp:jobs.job.tables"
    assert "`nope`" in fault.found


def test_a_mistyped_variable_is_a_remark(tmp_path: Path) -> None:
    settings = job_of(tmp_path, "CREATE TABLE s (a STRING) WITH ('connector' = '${AWS_REGON}');")[2]
    assert settings is not None
    assert [remark for remark in settings.remarks if "${AWS_REGION}?" in remark]


@pytest.mark.parametrize(
    "options",
    [
        "'connector' = 'kinesis', 'stream' = 'x', 'aws.credentials.provider.basic.secretkey' = 'hunter2'",
        "'connector' = 'jdbc', 'url' = 'jdbc:postgresql://u:hunter2@h/d'",
        "'connector' = 'kafka', 'properties.sasl.jaas.config' = 'x password=\"hunter2\"'",
    ],
)
def test_stored_keys_in_tables_are_refused_and_not_shown(tmp_path: Path, options: str) -> None:
    faults = job_of(tmp_path, f"CREATE TABLE s (a STRING) WITH ({options});")[1]
    assert [fault for fault in faults if fault.key == "vvp:jobs.job.tables" and "no stored keys" in fault.expected]
    assert not [fault for fault in faults if "hunter2" in str(fault)]


@pytest.mark.parametrize(
    ("name", "value", "stored"),
    [
        ("s3.access-key", "AKIAIOSFODNN7EXAMPLE", True),
        ("fs.s3a.secret.key", "x", True),
        ("fs.azure.account.key.x.dfs.core.windows.net", "x", True),
        ("security.ssl.internal.key-password", "x", True),
        ("password", "${secret_values.db}", False),
        ("fs.s3a.aws.credentials.provider", "com.amazonaws.auth.WebIdentityTokenCredentialsProvider", False),
        ("aws.credentials.provider", "AUTO", False),
        ("fs.azure.account.oauth2.token.file", "/var/run/token", False),
        ("fields.password.length", "5", False),
        ("security.delegation.tokens.enabled", "false", False),
        ("key.format", "json", False),
    ],
)
def test_what_is_a_stored_key(name: str, value: str, stored: bool) -> None:
    assert is_stored_key(name, value) is stored


@pytest.mark.parametrize(
    ("flink", "words"),
    [
        ({"s3.secret-key": "hunter2"}, "no stored keys"),
        ({"kubernetes.service-account": "ververica-platform"}, "the account is the job's"),
        ({"kubernetes.namespace": "kube-system"}, "deployment target"),
        ({"state.savepoints.dir": "s3://vvp-blob-storage/jobs/other/savepoints"}, "its role may not write there"),
        ({"execution.checkpointing.dir": "s3://elsewhere/x"}, "its role may not write there"),
        ({"high-availability.storageDir": "s3://vvp-blob-storage/jobs/job/../other"}, "its role may not write there"),
    ],
)
def test_flinks_settings_take_nothing_of_others(tmp_path: Path, flink: dict[str, str], words: str) -> None:
    tables = "CREATE TABLE s (a STRING) WITH ('connector' = 'datagen');"
    (fault,) = job_of(tmp_path, tables, flink=flink)[1]
    assert fault.key == f"vvp:jobs.job.flink.{next(iter(flink))}"
    assert words in fault.expected
    assert "hunter2" not in str(fault)
    own_place = {"state.savepoints.dir": "s3://vvp-blob-storage/jobs/job/elsewhere"}
    assert job_of(tmp_path, tables, flink=own_place)[1] == []
