"""The SQL splitter: what it finds in Flink SQL, and that nothing inside quotes and comments misleads it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flink_sql.statements import ObjectName, SqlFault, quote_name, quote_string, single, split


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
