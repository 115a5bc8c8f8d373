"""Data types, written as Flink keeps them: https://nightlies.apache.org/flink/flink-docs-release-1.20/docs/dev/table/types/."""

from sandbox.platform.sql.errors import SqlError
from sandbox.platform.sql.parser import Parser

LONGEST = 2**31 - 1

ALIASES = {
    "STRING": f"VARCHAR({LONGEST})",
    "BYTES": f"VARBINARY({LONGEST})",
    "INTEGER": "INT",
    "DEC": "DECIMAL",
    "NUMERIC": "DECIMAL",
    "TIMESTAMP_LTZ": "TIMESTAMP_LTZ",
}

# Name: the parameters that it may have, each with what it is when it is not written, its least and its greatest value.
PARAMETERS: dict[str, tuple[tuple[int, int, int], ...]] = {
    "CHAR": ((1, 1, LONGEST),),
    "VARCHAR": ((1, 1, LONGEST),),
    "BINARY": ((1, 1, LONGEST),),
    "VARBINARY": ((1, 1, LONGEST),),
    "DECIMAL": ((10, 1, 38), (0, 0, 38)),
    "TIME": ((0, 0, 9),),
    "TIMESTAMP": ((6, 0, 9),),
    "TIMESTAMP_LTZ": ((6, 0, 9),),
    "TINYINT": (),
    "SMALLINT": (),
    "INT": (),
    "BIGINT": (),
    "FLOAT": (),
    "DOUBLE": (),
    "BOOLEAN": (),
    "DATE": (),
}


def data_type(parser: Parser) -> str:
    """Reads a type.

    Raises:
        SqlError: it is none.
    """
    found = _base(parser)
    while parser.token.upper in ("ARRAY", "MULTISET"):
        found = f"{parser.next().upper}<{found}>"
    if parser.accept("NOT", "NULL"):
        return f"{found} NOT NULL"
    parser.accept("NULL")
    return found


def _base(parser: Parser) -> str:
    token = parser.token
    if token.kind != "word":
        raise parser.unexpected("a data type")
    word = parser.next().upper
    match word:
        case "ARRAY" | "MULTISET":
            parser.expect("<")
            inner = data_type(parser)
            parser.expect(">")
            return f"{word}<{inner}>"
        case "MAP":
            parser.expect("<")
            key = data_type(parser)
            parser.expect(",")
            value = data_type(parser)
            parser.expect(">")
            return f"MAP<{key}, {value}>"
        case "ROW":
            return _row(parser)
        case "INTERVAL" | "RAW":
            raise parser.unsupported(f"the data type {word}")
        case "DOUBLE":
            parser.accept("PRECISION")
    if word in ("STRING", "BYTES"):
        return ALIASES[word]
    name = ALIASES.get(word, word)
    if name not in PARAMETERS:
        place = token.position
        raise SqlError(
            f"SQL parse failed. Unknown data type '{token.text}' at line {place.line}, column {place.column}.", place
        )
    values = _values(parser, name)
    if name in ("TIMESTAMP", "TIME"):
        if name == "TIMESTAMP" and parser.accept("WITH", "LOCAL", "TIME", "ZONE"):
            name = "TIMESTAMP_LTZ"
        else:
            parser.accept("WITHOUT", "TIME", "ZONE")
    return f"{name}({', '.join(map(str, values))})" if values else name


def _values(parser: Parser, name: str) -> list[int]:
    known = PARAMETERS[name]
    values = [default for default, _, _ in known]
    if not known or not parser.accept("("):
        return values
    for index, (_, least, greatest) in enumerate(known):
        if index and not parser.accept(","):
            break
        token = parser.next()
        if token.kind != "number" or not token.text.isdigit() or not least <= int(token.text) <= greatest:
            raise SqlError(
                f"SQL validation failed. Length or precision of {name} must be between {least} and {greatest}, "
                f"not '{token.text}'.",
                token.position,
            )
        values[index] = int(token.text)
    parser.expect(")")
    return values


def _row(parser: Parser) -> str:
    close = ">" if parser.accept("<") else ")"
    if close == ")":
        parser.expect("(")
    fields: list[str] = []
    if parser.accept("<>"):
        return "ROW<>"
    while True:
        name = parser.name()
        fields.append(f"`{name}` {data_type(parser)}")
        if parser.token.kind == "string":
            parser.next()
        if not parser.accept(","):
            break
    parser.expect(close)
    return f"ROW<{', '.join(fields)}>"
