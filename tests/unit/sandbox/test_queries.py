"""What the platform's stand-in reads of a query, beside what the program reads of it."""

import pytest

from flink_sql.statements import single
from sandbox.platform.sql.queries import query


@pytest.mark.parametrize(
    "sql",
    [
        "INSERT INTO a SELECT * FROM s /*+ OPTIONS('x'='y') */",
        "INSERT INTO a SELECT JSON_VALUE(name, '$.a.b') FROM s",
        "INSERT INTO a SELECT '// DATA => x' FROM p.d.`t$snapshots`",
        "// note; it's\nINSERT INTO a SELECT * FROM s",
        "-- it's // x\nINSERT INTO a SELECT * FROM s // it's\n, r",
        "INSERT INTO a SELECT * FROM TABLE(TUMBLE(DATA => TABLE s, TIMECOL => DESCRIPTOR(ts), SIZE =>\n"
        "INTERVAL '1' MINUTE))",
        "INSERT INTO a SELECT s.id, r.name FROM (s JOIN r ON s.id = r.id)",
        "INSERT INTO a WITH s AS (SELECT 1 AS id) SELECT * FROM s",
    ],
)
def test_the_stand_in_and_the_program_read_the_same_tables(sql: str) -> None:
    found, ours = query(sql), single(sql)
    assert {item.path for item in found.sources} == {name.parts for name in ours.reads}
    assert found.sink is not None
    assert {found.sink.path} == {name.parts for name in ours.writes}
