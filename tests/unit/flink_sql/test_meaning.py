"""What changes the meaning of a statement is kept, and what Flink's parser takes is taken."""

import pytest

from flink_sql.options import hinted
from flink_sql.spelling import canonical
from flink_sql.statements import ObjectName, SqlFault, single, split


def names(found: frozenset[ObjectName]) -> set[str]:
    return {".".join(name.parts) for name in found}


@pytest.mark.parametrize(
    ("sql", "reads"),
    [
        ("INSERT INTO a SELECT * FROM TABLE(HOP(DATA => TABLE s, TIMECOL => DESCRIPTOR(ts)))", {"s"}),
        ("INSERT INTO a SELECT * FROM (s JOIN r ON s.id = r.id)", {"s", "r"}),
        (
            "INSERT INTO a SELECT * FROM ((s JOIN r ON TRUE) JOIN (t JOIN u ON TRUE) ON TRUE), (v CROSS JOIN w)",
            set("srtuvw"),
        ),
        ("INSERT INTO a SELECT * FROM (SELECT * FROM s), (VALUES (1)) AS v", {"s"}),
        ("INSERT INTO a SELECT * FROM s /*+ OPTIONS('k'='v') */, r", {"s", "r"}),
        ("INSERT INTO a SELECT f((s), (r)) FROM t", {"t"}),
        (
            "BEGIN STATEMENT SET; INSERT INTO a WITH s AS (SELECT 1 AS id) SELECT * FROM s;"
            " INSERT INTO a SELECT * FROM s; END",
            {"s"},
        ),
        (
            "EXECUTE STATEMENT SET BEGIN INSERT INTO a WITH s AS (SELECT 1) SELECT * FROM s;"
            " INSERT INTO a SELECT * FROM r; END",
            {"r"},
        ),
    ],
)
def test_tables_are_found_wherever_flink_takes_one(sql: str, reads: set[str]) -> None:
    (found,) = split(sql)
    assert names(found.reads) == reads
    assert names(found.writes) == {"a"}


@pytest.mark.parametrize(
    "sql",
    [
        "INSERT INTO a SELECT * FROM s /*+ OPTIONS('scan.startup.mode'='earliest-offset') */",
        "INSERT INTO a SELECT /*+ STATE_TTL('s'='1d') */ * FROM s",
    ],
)
def test_a_hint_is_part_of_the_statement(sql: str) -> None:
    found = single(f"/*+ IGNORED('x'='y') */ {sql} /* a comment */ ; // the end")
    assert found.text == sql
    without = single(sql.replace("/*+", "/*"))
    assert canonical(found.tokens) != canonical(without.tokens)
    assert canonical(single(sql.replace("/*+ ", "/*+\n  ")).tokens) == canonical(found.tokens)


def test_options_of_hints_belong_to_the_table_before_them() -> None:
    sql = "SELECT * FROM c.d.`t t` /*+ OPTIONS('a'='1', 'b'='2') */ AS x JOIN u /*+ LOOKUP('table'='u') */ ON TRUE"
    assert list(hinted(single(sql).tokens)) == [(("c", "d", "t t"), {"a": "1", "b": "2"})]


def test_two_slashes_begin_a_comment() -> None:
    first, second = split("// it's a note\nSELECT 'http://x' // `\n;\nSELECT 2")
    assert first.text == "SELECT 'http://x'"
    assert second.line == 4


def test_an_open_hint_is_an_open_comment() -> None:
    with pytest.raises(SqlFault, match="has no end"):
        split("SELECT 1 /*+ OPTIONS(")
