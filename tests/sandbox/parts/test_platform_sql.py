"""The SQL service of the stand-in for Ververica Platform: what statements change, and what is said of failed ones."""

from collections.abc import Iterator

import pytest

from tests.sandbox.platform_fixtures import Client, furnished, running


@pytest.fixture(scope="module")
def platform(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    """A platform with the tables `source` and `sink`."""
    with running(tmp_path_factory.mktemp("platform")) as client:
        furnished(client)
        yield client


@pytest.mark.parametrize(
    ("statement", "message", "place"),
    [
        ("CREATE TABEL x (a INT)", 'Encountered "TABEL"', (1, 8)),
        ("CREATE TABLE x (\n  a INT,\n  b FOO)", "Unknown data type 'FOO'", (3, 5)),
        ("CREATE TABLE x (a INT) WITH ('a' 'b')", "Encountered \"'b'\"", (1, 34)),
        ("CREATE TABLE x (a INT", "<EOF>", (1, 22)),
        ("CREATE TABLE x (value INT)", 'Encountered "value"', (1, 17)),
        ("CREATE TABLE x (a INT, a INT)", "'a' already exists", (1, 24)),
        ("CREATE TABLE x (a INT, PRIMARY KEY (a))", "ENFORCED", (1, 39)),
        ("CREATE TABLE x (a INT, PRIMARY KEY (b) NOT ENFORCED)", "'b' is not defined", (0, 0)),
        ("CREATE TABLE x (a 'b", "Lexical error", (1, 19)),
        ("CREATE TABLE source (a INT)", "`vvp`.`default`.`source` already exists", (0, 0)),
        ("CREATE TABLE nowhere.db.x (a INT)", "[nowhere] does not exist", (0, 0)),
        ("CREATE TABLE db.x (a INT)", "Database db does not exist", (0, 0)),
        ("DROP TABLE x", "does not exist", (0, 0)),
        ("CREATE VIEW v AS SELECT * FROM x", "Object 'x' not found", (1, 15)),
        ("CREATE TABLE x (a INT); DROP TABLE x", "one statement", (0, 0)),
        ("USE CATALOG vvp", "does not support USE", (1, 1)),
        ("SELECT 1", "session cluster", (0, 0)),
    ],
)
def test_a_failed_statement_is_an_error_with_its_place(
    platform: Client, statement: str, message: str, place: tuple[int, int]
) -> None:
    answer = platform.sql(statement)
    assert answer["result"] == "RESULT_ERROR_WITH_DETAILS"
    error = answer["errorMessage"]
    assert message in error["message"]
    assert (error["lineNumber"], error["columnNumber"]) == place
    validated = platform.post(
        "/sql/v1beta1/namespaces/default/sqlscripts:validate", json={"statement": statement}
    ).json()
    assert validated["validationResult"] != "VALIDATION_RESULT_VALID_DDL_STATEMENT"


def test_statements_change_the_catalog(platform: Client) -> None:
    statements = [
        "CREATE DATABASE db COMMENT 'x'",
        "CREATE TABLE db.t (`id` BIGINT, ts TIMESTAMP(3), up AS UPPER(CAST(id AS STRING)), m STRING METADATA FROM 'k'"
        " VIRTUAL, WATERMARK FOR ts AS ts - INTERVAL '5' SECOND, PRIMARY KEY (id) NOT ENFORCED) COMMENT 'c'"
        " WITH ('connector' = 'kinesis', 'stream' = 's')",
        "CREATE TABLE IF NOT EXISTS db.t (a INT)",
        "ALTER TABLE db.t SET ('stream' = 'other', 'format' = 'json')",
        "ALTER TABLE db.t RESET ('format')",
        "ALTER TABLE db.t ADD (note ROW<a INT, b ARRAY<STRING>>)",
        "ALTER TABLE db.t RENAME TO renamed",
        "CREATE VIEW db.v AS SELECT id FROM db.renamed",
        "CREATE FUNCTION IF NOT EXISTS f AS 'org.example.F' LANGUAGE JAVA",
    ]
    path = "/sql/v1beta1/namespaces/default/sqlscripts:execute-multi"
    answers = platform.post(path, json=statements).json()["responses"]
    assert [answer["result"] for answer in answers] == ["RESULT_SUCCESS"] * len(statements), answers
    catalog = "/catalog/v1beta2/namespaces/default/catalogs/vvp"
    table = platform.get(f"{catalog}:getTable", params={"database": "db", "table": "renamed"}).json()["table"]
    assert table["properties"] == {"connector": "kinesis", "stream": "other"}
    assert {column["name"]: column.get("type") for column in table["schema"]["column"]} == {
        "id": "BIGINT NOT NULL",
        "ts": "TIMESTAMP(3)",
        "up": None,
        "m": "VARCHAR(2147483647)",
        "note": "ROW<`a` INT, `b` ARRAY<VARCHAR(2147483647)>>",
    }
    assert platform.get(f"{catalog}:getTable", params={"table": "renamed"}).status_code == 404
    shown = platform.sql("SHOW CREATE TABLE db.renamed")["resultTable"]["rows"][0]["cells"][0]["value"]
    assert platform.sql(shown.replace("renamed", "again")) == {"result": "RESULT_SUCCESS"}
    assert platform.sql("DROP DATABASE db")["errorMessage"]["message"].endswith("is not empty.")
    assert platform.sql("DROP DATABASE db CASCADE") == {"result": "RESULT_SUCCESS"}
    skipped = platform.post(path, json=["DROP TABLE db.gone", "SHOW TABLES"]).json()["responses"]
    assert [answer["result"] for answer in skipped] == ["RESULT_ERROR_WITH_DETAILS", "RESULT_SKIPPED"]
