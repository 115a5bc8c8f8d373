"""The provider's SQL objects: what is altered, what is replaced, drift, and statements that are refused."""

import pytest

from provider_kit import UNKNOWN, CheckFailed, PluginError
from tests.unit.vvp_provider.fake_platform import FakePlatform, as_described, of_the_client
from tests.unit.vvp_provider.provider_run import Resource

TABLE = "CREATE TABLE greeting (`name` STRING) WITH ('connector' = 'kinesis', 'stream' = 'a')"


@pytest.fixture(params=["own checks", pytest.param("as described", marks=pytest.mark.api_description)])
def platform(request: pytest.FixtureRequest) -> FakePlatform:
    if request.param == "own checks":
        return FakePlatform(check=of_the_client)
    return FakePlatform(check=as_described(request.getfixturevalue("api_description")))


@pytest.fixture
def table(platform: FakePlatform) -> Resource:
    return Resource(platform, "vvp:index:SqlObject")


def test_an_unknown_statement_passes_the_check_and_stays_unknown(table: Resource) -> None:
    assert table.check(statement=UNKNOWN)["qualifiedName"] is UNKNOWN


def test_a_table_lives(table: Resource, platform: FakePlatform) -> None:
    table.up(statement=TABLE)
    assert table.id == "default/TABLE/vvp.default.greeting"
    assert table.diff(statement=TABLE.replace("STRING", "  string -- the caller\n")).changes == {}

    found = table.up(statement=TABLE.replace("'a'", "'b', 'format' = 'json'"))
    assert found is not None
    assert set(found.changes) == {"options.stream", "options.format"}
    assert not found.replaces
    found = table.up(statement=TABLE.replace("'a'", "'b'").replace("greeting", "salute"))
    assert found is not None
    assert set(found.changes) == {"options.format", "qualifiedName"}
    assert platform.statements[1:] == [
        "ALTER TABLE `vvp`.`default`.`greeting` SET ('stream' = 'b', 'format' = 'json')",
        "ALTER TABLE `vvp`.`default`.`greeting` RENAME TO `salute`",
        "ALTER TABLE `vvp`.`default`.`salute` RESET ('format')",
    ]
    platform.statements.clear()
    wider = TABLE.replace("'a'", "'b'").replace("greeting", "salute").replace("STRING)", "STRING, age INT)")
    found = table.up(statement=wider)
    assert found is not None
    assert found.changes == {"columns[1]": "add"}
    assert found.replaces == {"columns[1]"}
    assert platform.statements == ["DROP TABLE IF EXISTS `vvp`.`default`.`salute`", wider]
    table.delete()
    assert platform.tables == {}


def test_drift_of_a_table_is_seen_and_repaired(table: Resource, platform: FakePlatform) -> None:
    table.up(statement=TABLE)
    live = platform.tables["vvp.default.greeting"]
    live["properties"] |= {"stream": "hijacked", "extra": "x"}
    table.refresh()
    found = table.up(statement=TABLE)
    assert found is not None
    assert set(found.changes) == {"options.stream", "options.extra"}
    assert live["properties"] == {"connector": "kinesis", "stream": "a", "path": "s3://own"}
    live["schema"]["column"].append({"name": "age", "type": "INT"})
    table.refresh()
    assert table.diff(statement=TABLE).replaces == {"columns"}
    platform.tables.clear()
    assert not table.refresh()


def test_a_table_of_somebody_else_is_refused_adopted_or_imported(table: Resource, platform: FakePlatform) -> None:
    table.up(statement=TABLE)
    other = Resource(platform, "vvp:index:SqlObject", "other")
    with pytest.raises(PluginError, match=r"other default/TABLE/vvp\.default\.greeting"):
        other.up(statement=TABLE)
    other.up(statement=TABLE.replace("'a'", "'b'"), adopt=True)
    assert platform.tables["vvp.default.greeting"]["properties"]["stream"] == "b"
    imported = Resource(platform, "vvp:index:SqlObject", id="default/TABLE/vvp.default.greeting")
    assert imported.refresh()
    assert imported.check(**imported.inputs)["namespace"] == "default", "the engine checks what an import has read"
    assert imported.diff(statement=TABLE.replace("'a'", "'b'")).changes == {}
    assert set(imported.diff(statement=TABLE).changes) == {"options.stream"}


def test_a_statement_is_required_of_whatever_is_made(table: Resource) -> None:
    with pytest.raises(PluginError, match="statement: a text is required"):
        table.handler.preview(table.op(table.check()))
    with pytest.raises(PluginError, match="statement: a text is required"):
        table.up()


def test_a_failed_statement_is_an_error_with_message_and_line(table: Resource) -> None:
    with pytest.raises(PluginError, match=r"\(line 2, column 7\): SQL parse failed: broken"):
        table.up(statement="CREATE TABLE broken (\nbroken) WITH ('connector' = 'x')")


@pytest.mark.parametrize(
    ("sql", "reason"),
    [
        (f"{TABLE};\n{TABLE}", "line 2: a second statement"),
        ("", "a text is required"),
        ("-- nothing", "there is no statement"),
        ("INSERT INTO a SELECT 1", "no CREATE statement"),
        ("CREATE TEMPORARY TABLE a (b INT)", "session"),
        ("CREATE TABLE IF NOT EXISTS a (b INT)", "adopt"),
        ("CREATE TABLE a (b INT) WITH (x = 'y')", "'key' = 'value'"),
        ("CREATE DATABASE a.b.c", "more parts"),
    ],
)
def test_faults_of_a_statement(table: Resource, sql: str, reason: str) -> None:
    with pytest.raises(CheckFailed, match=reason):
        table.check(statement=sql)
