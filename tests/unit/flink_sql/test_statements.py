"""The SQL splitter: what it finds in Flink SQL, and that nothing inside quotes and comments misleads it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flink_sql.spelling import canonical
from flink_sql.statements import ObjectName, SqlFault, quote_name, quote_string, single, split
from flink_sql.tokens import tokens


def names(found: frozenset[ObjectName]) -> set[str]:
    return {".".join(name.parts) for name in found}


def test_the_seed_s_statements() -> None:
    found = split(
        "CREATE TABLE `vvp`.`default`.`greeting_request_consumer` (`name` STRING) WITH ('connector' = 'kinesis');\n"
        "INSERT INTO greeting_request_blackhole SELECT * FROM greeting_request_consumer;"
    )
    assert [(s.kind, s.line) for s in found] == [("CREATE TABLE", 1), ("INSERT", 2)]
    assert found[0].name == ObjectName(("vvp", "default", "greeting_request_consumer"))
    assert names(found[1].reads) == {"greeting_request_consumer"}
    assert names(found[1].writes) == {"greeting_request_blackhole"}


@pytest.mark.parametrize(
    ("sql", "kind", "reads", "writes"),
    [
        (
            "BEGIN STATEMENT SET; INSERT INTO a SELECT CASE WHEN x THEN 1 END FROM b;"
            "INSERT INTO c SELECT 1 FROM d; END",
            "STATEMENT SET",
            {"b", "d"},
            {"a", "c"},
        ),
        ("EXECUTE STATEMENT SET BEGIN INSERT INTO a SELECT 1 FROM z; END", "STATEMENT SET", {"z"}, {"a"}),
        (
            "INSERT OVERWRITE a (x, y) SELECT 1, 2 FROM b, c AS d WHERE EXTRACT(YEAR FROM ts) = 1",
            "INSERT",
            {"b", "c"},
            {"a"},
        ),
        ("SELECT a IS DISTINCT FROM b FROM t", "SELECT", {"t"}, set()),
        (
            "WITH x AS (SELECT * FROM y), z (a) AS (SELECT 1 FROM x) SELECT * FROM x JOIN z ON TRUE",
            "SELECT",
            {"y"},
            set(),
        ),
        ("SELECT * FROM TABLE(TUMBLE(TABLE orders, DESCRIPTOR(ts), INTERVAL '1' HOUR))", "SELECT", {"orders"}, set()),
        ("SELECT * FROM a, LATERAL TABLE(f(x)), UNNEST(y), (SELECT 1 FROM b) AS c", "SELECT", {"a", "b"}, set()),
        ("CREATE TABLE a LIKE cat.db.base (EXCLUDING ALL)", "CREATE TABLE", {"cat.db.base"}, set()),
        ("CREATE VIEW v AS SELECT x FROM `a b` WHERE y LIKE z", "CREATE VIEW", {"a b"}, set()),
        (
            "INSERT INTO a SELECT * FROM TABLE(TUMBLE(DATA => TABLE s, TIMECOL => DESCRIPTOR(ts),"
            " SIZE => INTERVAL '1' MINUTE)) AS w JOIN r ON w.id = r.id",
            "INSERT",
            {"s", "r"},
            {"a"},
        ),
        ("INSERT INTO a SELECT s.id FROM (s JOIN r ON s.id = r.id)", "INSERT", {"s", "r"}, {"a"}),
        ("INSERT INTO a SELECT 1 FROM ((s JOIN r ON TRUE) JOIN q ON TRUE), p", "INSERT", {"s", "r", "q", "p"}, {"a"}),
        ("INSERT INTO a SELECT 1 FROM s LEFT JOIN (r JOIN q ON TRUE) ON TRUE", "INSERT", {"s", "r", "q"}, {"a"}),
        ("INSERT INTO a WITH s AS (SELECT * FROM s) SELECT * FROM s", "INSERT", {"s"}, {"a"}),
        ("INSERT INTO a WITH s AS (SELECT 1) SELECT * FROM s", "INSERT", set(), {"a"}),
        ("INSERT INTO a SELECT * FROM (WITH s AS (SELECT 1) SELECT * FROM s) AS z, s", "INSERT", {"s"}, {"a"}),
        (
            "BEGIN STATEMENT SET; INSERT INTO a WITH s AS (SELECT 1 AS id) SELECT * FROM s;"
            "INSERT INTO b SELECT * FROM s; END",
            "STATEMENT SET",
            {"s"},
            {"a", "b"},
        ),
        ("INSERT INTO a TABLE s", "INSERT", {"s"}, {"a"}),
        ("INSERT INTO a (TABLE s UNION ALL TABLE r)", "INSERT", {"s", "r"}, {"a"}),
        ("INSERT INTO a SELECT * FROM s /*+ OPTIONS('x' = 'y') */ AS t, r", "INSERT", {"s", "r"}, {"a"}),
        ("INSERT INTO a SELECT * FROM paimon.db.`t$snapshots`", "INSERT", {"paimon.db.t$snapshots"}, {"a"}),
        ("// note; it's\nINSERT INTO a SELECT * FROM s", "INSERT", {"s"}, {"a"}),
        ("DELETE FROM t WHERE x = 1", "DELETE", set(), {"t"}),
        ("UPDATE t SET a = (SELECT 1 FROM b)", "UPDATE", {"b"}, {"t"}),
    ],
)
def test_tables_are_found(sql: str, kind: str, reads: set[str], writes: set[str]) -> None:
    (found,) = split(sql)
    assert (found.kind, names(found.reads), names(found.writes)) == (kind, reads, writes)


@pytest.mark.parametrize(
    ("sql", "line", "reason"),
    [
        ("SELECT 1;\nSELECT 'x", 2, "string"),
        ("SELECT 1;\n\nSELECT `x", 3, "quoted name"),
        ("-- fine ' ` /*\nSELECT 1 /* not fine", 2, "comment"),
        ("SELECT 1;\nSELECT 1 FROM s /*+ OPTIONS('a'='*/'", 2, "hint"),
        ("BEGIN STATEMENT SET;\nINSERT INTO a SELECT 1;", 1, "END"),
        ("SELECT\n(1", 2, "never closed"),
        ("SELECT\n1)", 2, "closes nothing"),
        ("\nCREATE TABLE ('a')", 2, "not followed by a name"),
    ],
)
def test_faults_have_their_line(sql: str, line: int, reason: str) -> None:
    with pytest.raises(SqlFault, match=reason) as caught:
        split(sql)
    assert caught.value.line == line


def test_exactly_one_statement() -> None:
    assert single(" ; SELECT 1 ; -- that is all\n;").text == "SELECT 1"
    with pytest.raises(SqlFault, match="line 2: a second"):
        single("SELECT 1;\nSELECT 2")
    with pytest.raises(SqlFault, match="no statement"):
        single("/* nothing */ ;")


def test_names_are_completed_from_the_left() -> None:
    for written, full in (("t", "c.d.t"), ("e.t", "c.e.t"), ("b.e.t", "b.e.t")):
        assert ".".join(ObjectName(tuple(written.split("."))).resolve("c", "d").parts) == full


ANY_TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)


@given(st.lists(st.tuples(ANY_TEXT, ANY_TEXT.filter(bool)), min_size=1, max_size=5))
def test_nothing_in_quotes_and_comments_splits_or_changes(parts: list[tuple[str, str]]) -> None:
    comments = [text.replace("*/", "").rstrip("*") for text, _ in parts]
    sql = ";".join(
        f"/* {comment} */ SELECT {quote_string(text)} FROM {quote_name(name)}"
        for comment, (text, name) in zip(comments, parts, strict=True)
    )
    found = split(sql)
    assert [[token.string for token in s.tokens if token.string is not None] for s in found] == [[t] for t, _ in parts]
    assert [s.reads for s in found] == [frozenset({ObjectName((name,))}) for _, name in parts]


@given(st.text(st.sampled_from("ab();.,'`-/*\n =BEGINSETFROMCREATETABLE "), max_size=60))
def test_any_text_is_split_or_refused_with_a_line_that_it_has(sql: str) -> None:
    lines: list[int] = []
    try:
        found = split(sql)
        lines = [statement.line for statement in found]
        assert all(single(statement.text).text == statement.text for statement in found)
    except SqlFault as fault:
        lines = [fault.line]
    assert all(1 <= line <= sql.count("\n") + 1 for line in lines)


@pytest.mark.parametrize(
    "sql",
    [
        "INSERT INTO a SELECT * FROM s /*+ OPTIONS('scan.startup.mode'='earliest-offset') */",
        "INSERT INTO a SELECT * FROM s /*+ OPTIONS('path'='s3://b/*/x; y') */",
        "CREATE VIEW v AS SELECT /*+ STATE_TTL('s'='1d') */ * FROM s",
    ],
)
def test_a_hint_is_sent_as_it_is_written(sql: str) -> None:
    (found,) = split(f"-- before\n{sql} -- after\n;")
    assert found.text == sql


def test_a_changed_hint_is_a_change_and_blanks_and_comments_are_none() -> None:
    def spelled(hint: str) -> str:
        return canonical(single(f"CREATE VIEW v AS SELECT /*+ {hint} */ * FROM s").tokens)

    assert spelled("STATE_TTL('s'='1d')") == spelled("STATE_TTL (\n's' = '1d' )")
    assert spelled("STATE_TTL('s'='1d')") != spelled("STATE_TTL('s'='2d')")
    assert spelled("OPTIONS('a'='b  c')") != spelled("OPTIONS('a'='b c')")


@given(st.text(st.sampled_from("ab$();.,'`-/*+=>\n\r 1SELECTFROMé"), max_size=60))
def test_tokens_and_what_is_between_them_give_the_text_back(sql: str) -> None:
    try:
        found = list(tokens(sql))
    except SqlFault:
        return
    assert all(sql[token.start : token.end] == token.text for token in found)
    ends = [0, *(token.end for token in found)]
    starts = [*(token.start for token in found), len(sql)]
    between = [sql[end:start] for end, start in zip(ends, starts, strict=True)]
    assert "".join(a + b.text for a, b in zip(between, found, strict=False)) + between[-1] == sql
    # What is left out is blanks and comments: text that alone has no tokens.
    assert all(list(tokens(gap)) == [] for gap in between)
