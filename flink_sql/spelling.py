"""One spelling for SQL that means the same, so that blanks and comments change nothing."""

import re
from collections.abc import Sequence

from flink_sql.tokens import Token, TokenKind, is_symbol
from flink_sql.tokens import tokens as tokens_of

_PLAIN_NAME = re.compile(r"[A-Za-z_]\w*")
# Written in capitals for comparison; other words may be names, in which capitals matter.
_KEYWORDS = frozenset(
    re.findall(
        r"\w+",
        """
        ALL ARRAY AS ASC BIGINT BINARY BOOLEAN BUCKETS BY BYTES CATALOG CHAR COMMENT CONSTRAINT CONSTRAINTS
        CREATE DATABASE DATE DAY DECIMAL DISTRIBUTED DOUBLE ENFORCED EXCLUDING FLOAT FOR FROM FUNCTION
        GENERATED HASH HOUR INCLUDING INT INTEGER INTERVAL INTO JAR JAVA KEY LANGUAGE LIKE LOCAL MAP
        METADATA MINUTE MONTH MULTISET NOT NULL NUMERIC OPTIONS OVERWRITING PARTITIONED PRECISION PRIMARY
        PYTHON RAW ROW SCALA SECOND SELECT SMALLINT STRING TABLE TIME TIMESTAMP TIMESTAMP_LTZ TINYINT USING
        VARBINARY VARCHAR VIEW VIRTUAL WATERMARK WATERMARKS WHERE WITH WITHOUT YEAR ZONE
        """,
    )
)


def canonical(tokens: Sequence[Token]) -> str:
    """Tokens as text in one spelling: blanks, comments, needless quotes and the case of keywords make no difference."""
    text = ""
    for index, token in enumerate(tokens):
        tight = token.text in (")", ",", ".", ">", "<") and token.kind is TokenKind.SYMBOL
        before = tokens[index - 1] if index else None
        after_open = before is not None and before.kind is TokenKind.SYMBOL and before.text in ("(", ".", "<")
        call = is_symbol(token, "(") and before is not None and before.kind is TokenKind.WORD
        text += ("" if not text or tight or after_open or call else " ") + _spelling(token)
    return text


def _spelling(token: Token) -> str:
    if token.kind is TokenKind.QUOTED_NAME:
        name = token.name or ""
        return name if _PLAIN_NAME.fullmatch(name) and name.upper() not in _KEYWORDS else token.text
    if token.kind is TokenKind.HINT:
        return f"/*+ {canonical(list(tokens_of(token.text[3:-2])))} */"
    return token.word if token.word in _KEYWORDS else token.text
