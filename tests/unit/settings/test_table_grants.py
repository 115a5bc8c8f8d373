"""What tables stand for, against what a job is granted; and keys that are stored where none should be."""

from pathlib import Path
from typing import Any

import pytest

from settings.check import Settings, check
from settings.faults import Fault, SettingsError
from settings.stored_keys import is_stored_key
from tests.stacks import changed, own, stack_file

POLL = "WITH ('connector' = 'kinesis', 'stream' = 'in')"
FAN_OUT = "WITH ('connector' = 'kinesis', 'stream' = 'in', 'scan.stream.recordpublisher' = 'EFO')"
ARN = "arn:aws:kinesis:eu-central-1:123456789012:stream/in"
SINK = "CREATE TABLE sink (id BIGINT) WITH ('connector' = 'blackhole');"
COPY = "INSERT INTO sink SELECT * FROM s;"
KEY = "vvp:jobs.a.access.streams.in"


def stack(tables: str, sql: str, tmp_path: Path, **job: Any) -> Settings:
    (tmp_path / "t.sql").write_text(f"{SINK}\n{tables}")
    (tmp_path / "a.sql").write_text(sql)
    entry = {"sql": "a.sql", "tables": ["t.sql"], **job}
    streams = {"in": {}, "out": {}}
    return check(changed(stack_file(), **own({"jobs": {"a": entry}, "streams": streams})), tmp_path)


def faults(tables: str, sql: str, tmp_path: Path, **job: Any) -> list[Fault]:
    try:
        stack(tables, sql, tmp_path, **job)
    except SettingsError as error:
        return error.faults
    return []


def granted(verb: str, stream: str = "in") -> dict[str, Any]:
    return {"streams": {stream: verb}}


@pytest.mark.parametrize(
    ("tables", "sql", "verb", "needed"),
    [
        (f"CREATE TABLE s (id BIGINT) {POLL};", COPY, None, "read-polling"),
        (f"CREATE TABLE s (id BIGINT) {FAN_OUT};", COPY, "read-polling", "`read-fan-out`"),
        (f"CREATE TABLE s (id BIGINT) {POLL};", COPY, "read-fan-out", "read-polling"),
        (f"CREATE TABLE s (id BIGINT) {POLL};", COPY, "write", "read-polling"),
        (f"CREATE TABLE s (id BIGINT) {POLL};", "INSERT INTO s SELECT id FROM sink;", "read-polling", "`write`"),
        (
            f"CREATE TABLE s (id BIGINT) WITH ('connector' = 'kinesis', 'stream.arn' = '{ARN}');",
            COPY,
            "read-polling",
            "`read-connector-5`",
        ),
        (
            "CREATE TABLE s (id BIGINT) WITH ('connector' = 'kinesis', "
            f"'stream.arn' = '{ARN}', 'source.reader.type' = 'EFO');",
            COPY,
            "read-connector-5",
            "`read-fan-out`",
        ),
        (f"CREATE TABLE b (id BIGINT) {POLL}; CREATE VIEW s AS SELECT * FROM b;", COPY, None, "read-polling"),
        (f"CREATE TABLE b (id BIGINT) {POLL}; CREATE TABLE s (x INT) LIKE b;", COPY, None, "read-polling"),
        (
            f"CREATE TABLE s (id BIGINT) {POLL};",
            "INSERT INTO sink SELECT * FROM s /*+ OPTIONS('scan.stream.recordpublisher' = 'EFO') */;",
            "read-polling",
            "`read-fan-out`",
        ),
        (
            "CREATE TABLE s (id BIGINT) WITH ('connector' = 'kinesis', 'stream' = 'out');",
            "INSERT INTO sink SELECT * FROM s /*+ OPTIONS('stream' = 'in') */;",
            None,
            "read-polling",
        ),
        (
            "CREATE TABLE s (id BIGINT) WITH ('connector' = 'kinesis', 'stream' = 'out');"
            "CREATE VIEW v AS SELECT * FROM s /*+ OPTIONS('stream' = 'in') */;",
            "INSERT INTO sink SELECT * FROM v;",
            None,
            "read-polling",
        ),
        ("", f"CREATE TEMPORARY TABLE s (id BIGINT) {POLL}; {COPY}", None, "read-polling"),
        (
            f"CREATE TABLE b (id BIGINT) {POLL};",
            f"CREATE TEMPORARY TABLE s (x INT) LIKE b; {COPY}",
            None,
            "read-polling",
        ),
        (
            f"CREATE TABLE b (id BIGINT) {POLL};",
            f"CREATE TEMPORARY VIEW s AS SELECT * FROM b; {COPY}",
            None,
            "read-polling",
        ),
    ],
)
def test_a_stream_that_is_used_and_not_granted_is_a_fault(
    tmp_path: Path, tables: str, sql: str, verb: str | None, needed: str
) -> None:
    (fault,) = faults(tables, sql, tmp_path, access=granted(verb) if verb else {})
    assert fault.key == KEY
    assert needed in fault.expected
    assert fault.found == (f"`{verb}`" if verb else "no grant")


@pytest.mark.parametrize(
    ("tables", "sql", "verb"),
    [
        (f"CREATE TABLE s (id BIGINT) {POLL};", COPY, "read-polling"),
        (f"CREATE TABLE s (id BIGINT) {POLL};", COPY, "read-polling-4.2"),
        (f"CREATE TABLE s (id BIGINT) {FAN_OUT};", COPY, "read-fan-out"),
        (
            "CREATE TABLE b (id BIGINT) WITH ('connector' = 'kinesis', 'stream' = 'out');",
            f"CREATE TEMPORARY TABLE s {POLL} LIKE b (EXCLUDING OPTIONS OVERWRITING WATERMARKS); {COPY}",
            "read-polling",
        ),
        (
            "CREATE TABLE s (id BIGINT) WITH ('connector' = 'kinesis', 'stream' = 'out');",
            f"CREATE TEMPORARY TABLE s (id BIGINT) {POLL}; {COPY}",
            "read-polling",
        ),
        (
            f"CREATE TABLE s (id BIGINT) {POLL}; CREATE TABLE q (id BIGINT) "
            "WITH ('connector' = 'kinesis', 'stream' = 'out');",
            f"CREATE TEMPORARY VIEW unused AS SELECT * FROM q; {COPY}",
            "read-polling",
        ),
    ],
)
def test_a_stream_that_is_granted_as_it_is_used_is_right(tmp_path: Path, tables: str, sql: str, verb: str) -> None:
    settings = stack(tables, sql, tmp_path, access=granted(verb))
    assert not [remark for remark in settings.remarks if KEY in remark]


def test_two_tables_of_one_stream_that_no_verb_fits_are_told_once(tmp_path: Path) -> None:
    tables = f"CREATE TABLE s (id BIGINT) {POLL}; CREATE TABLE f (id BIGINT) {FAN_OUT};"
    sql = "INSERT INTO sink SELECT * FROM s UNION ALL SELECT * FROM f;"
    (fault,) = faults(tables, sql, tmp_path, access=granted("read-polling"))
    assert (fault.key, "`vvp.default.f` needs `read-fan-out`" in fault.expected) == (KEY, True)


def test_a_grant_that_no_table_uses_is_a_remark(tmp_path: Path) -> None:
    settings = stack("", "INSERT INTO sink SELECT 1;", tmp_path, access=granted("write", "out"))
    assert "vvp:jobs.a.access.streams.out grants write, and no table of the job uses it" in settings.remarks


def test_tables_made_like_each_other_are_refused_and_no_more(tmp_path: Path) -> None:
    tables = "CREATE TABLE s (x INT) LIKE r; CREATE TABLE r (x INT) LIKE s;"
    assert [fault.key for fault in faults(tables, COPY, tmp_path)] == ["vvp:jobs.a.tables"]


@pytest.mark.parametrize(
    ("tables", "sql", "key"),
    [
        ("CREATE TABLE s (id INT) WITH (1);", COPY, "vvp:jobs.a.tables.0"),
        (
            "CREATE TABLE s (id INT) WITH ('connector' = 'datagen');",
            "INSERT INTO sink SELECT * FROM s /*+ OPTIONS(1) */;",
            "vvp:jobs.a.sql",
        ),
        (
            "CREATE TABLE s (id INT) WITH ('connector' = 'datagen');"
            "CREATE VIEW v AS SELECT * FROM s /*+ OPTIONS('a') */;",
            "INSERT INTO sink SELECT * FROM v;",
            "vvp:jobs.a.tables.0",
        ),
        (
            "",
            "CREATE TEMPORARY TABLE s (id INT) WITH ('a'); INSERT INTO sink SELECT * FROM s;",
            "vvp:jobs.a.sql",
        ),
    ],
)
def test_options_that_are_none_are_told_and_nothing_else_falls(tmp_path: Path, tables: str, sql: str, key: str) -> None:
    (fault,) = faults(tables, sql, tmp_path)
    assert fault.key == key
    assert "instead of 'key' = 'value'" in fault.found


STORED = [
    ("s3.access-key", "hunter2"),
    ("s3.secret-key", "hunter2"),
    ("fs.s3a.access.key", "hunter2"),
    ("fs.s3a.secret.key", "hunter2"),
    ("fs.s3a.session.token", "hunter2"),
    ("fs.azure.account.key.a.dfs.core.windows.net", "hunter2"),
    ("fs.azure.sas.c.a.blob.core.windows.net", "hunter2"),
    ("fs.azure.account.oauth2.client.secret", "hunter2"),
    ("aws.credentials.provider.basic.accesskeyid", "hunter2"),
    ("aws.credentials.basic.secretkey", "hunter2"),
    ("password", "hunter2"),
    ("url", "jdbc:postgresql://u:hunter2@h/db"),
    ("url", "jdbc:mysql://h/db?user=u&password=hunter2"),
    ("url", "jdbc:sqlserver://h;user=u;password=hunter2"),
    ("properties.sasl.jaas.config", 'x.PlainLoginModule required username="u" password="hunter2";'),
    ("properties.ssl.keystore.password", "hunter2"),
    ("env.java.opts.all", "-Xmx1g -Daws.secretKey=hunter2"),
    ("containerized.taskmanager.env.AWS_SECRET_ACCESS_KEY", "hunter2"),
]
HARMLESS = [
    ("s3.access-key", "${key}"),
    ("password", "${db-password}"),
    ("url", "jdbc:mysql://h/db?user=u&password=${db-password}"),
    ("url", "jdbc:mysql://h/db?user=u"),
    ("properties.sasl.jaas.config", 'x.PlainLoginModule required username="u" password="${p}";'),
    ("properties.sasl.jaas.config", "software.amazon.msk.auth.iam.IAMLoginModule required;"),
    ("aws.credentials.provider", "WEB_IDENTITY_TOKEN"),
    ("fs.s3a.aws.credentials.provider", "com.amazonaws.auth.WebIdentityTokenCredentialsProvider"),
    ("aws.credentials.webIdentityToken.file", "/var/run/token"),
    ("security.delegation.tokens.enabled", "false"),
    ("security.delegation.tokens.renewal.retry.backoff", "1 h"),
    ("key.format", "json"),
    ("fields.secret.kind", "random"),
    ("topic", "passwords"),
    ("path", "s3://bucket/secret=1/"),
]


@pytest.mark.parametrize(("name", "value"), STORED)
def test_stored_keys_are_known(name: str, value: str) -> None:
    assert is_stored_key(name, value)


@pytest.mark.parametrize(("name", "value"), HARMLESS)
def test_what_only_sounds_like_a_key_is_none(name: str, value: str) -> None:
    assert not is_stored_key(name, value)


@pytest.mark.parametrize(("name", "value"), STORED)
@pytest.mark.parametrize("place", ["flink", "table", "catalog", "temporary table", "hint"])
def test_stored_keys_are_refused_everywhere_and_never_shown(tmp_path: Path, place: str, name: str, value: str) -> None:
    option = f"'{name}' = '{value}'"
    tables = {
        "table": f"CREATE TABLE s (id INT) WITH ('connector' = 'x', {option});",
        "catalog": f"CREATE CATALOG c WITH ('type' = 'x', {option}); CREATE TABLE s (id INT) WITH ('connector' = 'x');",
    }.get(place, "CREATE TABLE s (id INT) WITH ('connector' = 'x');")
    sql = {
        "temporary table": f"CREATE TEMPORARY TABLE s (id INT) WITH ('connector' = 'x', {option}); {COPY}",
        "hint": f"INSERT INTO sink SELECT * FROM s /*+ OPTIONS({option}) */;",
    }.get(place, COPY)
    (fault,) = faults(tables, sql, tmp_path, **({"flink": {name: value}} if place == "flink" else {}))
    key = {"flink": f"flink.{name}", "table": "tables", "catalog": "tables"}.get(place, "sql")
    assert fault.key == f"vvp:jobs.a.{key}"
    assert "no stored keys" in fault.expected
    assert "hunter2" not in str(fault)


def test_an_identity_that_a_table_names_is_no_stored_key(tmp_path: Path) -> None:
    role = "'aws.credentials.role.arn' = 'arn:aws:iam::123456789012:role/x'"
    assert faults(f"CREATE TABLE s (id INT) WITH ('connector' = 'x', {role});", COPY, tmp_path) == []


@pytest.mark.parametrize(
    ("setting", "value", "words"),
    [
        *[
            (name, "ververica-platform", "the account is the job's")
            for name in (
                "kubernetes.service-account",
                "kubernetes.jobmanager.service-account",
                "kubernetes.taskmanager.service-account",
            )
        ],
        ("kubernetes.namespace", "other", "deployment target"),
        ("kubernetes.pod-template-file.default", "/x.yaml", "pod template"),
        ("kubernetes.pod-template-file.taskmanager", "/x.yaml", "pod template"),
        *[
            (name, value, "its role may not write there")
            for name in (
                "state.savepoints.dir",
                "state.checkpoints.dir",
                "high-availability.storageDir",
                "execution.checkpointing.dir",
                "execution.checkpointing.savepoint-dir",
                "state.changelog.dstl.dfs.base-path",
            )
            for value in (
                "s3://vvp-blob-storage/jobs/b/savepoints",
                "s3://vvp-blob-storage/jobs/a/../b/savepoints",
                "s3://somebody-elses/jobs/a/",
                "s3://vvp-blob-storage/jobs/ab",
            )
        ],
    ],
)
def test_a_job_takes_no_other_account_and_no_other_prefix(tmp_path: Path, setting: str, value: str, words: str) -> None:
    (fault,) = faults("", "INSERT INTO sink SELECT 1;", tmp_path, flink={setting: value})
    assert (fault.key, words in fault.expected) == (f"vvp:jobs.a.flink.{setting}", True)


def test_a_job_s_state_may_be_under_its_own_prefix(tmp_path: Path) -> None:
    flink = {
        "state.savepoints.dir": "s3://vvp-blob-storage/jobs/a/elsewhere",
        "execution.checkpointing.dir": "s3://vvp-blob-storage/jobs/a",
        "process.working-dir": "/tmp/work",
    }
    assert faults("", "INSERT INTO sink SELECT 1;", tmp_path, flink=flink) == []
