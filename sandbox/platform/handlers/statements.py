"""Executing and validating statements. A failed statement answers 200: its `result` says how it went."""

from typing import Any

from sandbox.platform.calls import Answer, Call, Parameter, operation
from sandbox.platform.models.statements import AllExecuted, Executed, Statement, Validated
from sandbox.platform.sql import ddl
from sandbox.platform.sql.catalog import CATALOG, DATABASE, Catalog, not_found
from sandbox.platform.sql.errors import SqlError, UnsupportedSqlError
from sandbox.platform.sql.parser import Parser
from sandbox.platform.sql.queries import Query, query
from sandbox.platform.sql.results import rows
from sandbox.platform.sql.scripts import split

PATH = "/sql/v1beta1/namespaces/{ns}/sqlscripts"
HERE = (Parameter("catalog"), Parameter("database"))

Json = dict[str, Any]


@operation("POST", PATH + ":execute", Executed, body=Statement, query=HERE)
def execute(call: Call) -> Answer:
    """Carries out one statement."""
    return Answer(_executed(call, call.body["statement"]))


@operation(
    "POST",
    PATH + ":execute-multi",
    AllExecuted,
    body=list[str],
    query=(*HERE, Parameter("stopOnError", "boolean")),
)
def execute_multi(call: Call) -> Answer:
    """Carries out statements in turn; after an error the rest is skipped, or not if `stopOnError` is false."""
    stop = (call.query.get("stopOnError") or "true").lower() == "true"
    responses: list[Json] = []
    failed = False
    for statement in call.body:
        response = {"result": "RESULT_SKIPPED"} if failed and stop else _executed(call, statement)
        failed = failed or response["result"].startswith("RESULT_ERROR")
        responses.append(response)
    return Answer({"responses": responses})


@operation("POST", PATH + ":validate", Validated, body=Statement, query=HERE)
def validate(call: Call) -> Answer:
    """Says what a statement is, and whether it is right, without carrying it out."""
    try:
        statement = _parsed(call.body["statement"])
        catalog = _catalog(call)
        if isinstance(statement, Query):
            for reference in filter(None, [statement.sink, *statement.sources]):
                if not catalog.table(reference.path):
                    raise not_found(reference.path, reference.position)
            kind = "VALID_INSERT_QUERY" if statement.sink else "VALID_SELECT_QUERY"
        elif isinstance(statement, ddl.Show):
            rows(catalog, statement, _here(call))
            kind = "VALID_COMMAND_STATEMENT"
        else:
            _tried(call, statement)
            kind = "VALID_DDL_STATEMENT"
    except UnsupportedSqlError as error:
        return Answer({"validationResult": "VALIDATION_RESULT_UNSUPPORTED_QUERY", "errorDetails": error.details()})
    except SqlError as error:
        return Answer({"validationResult": "VALIDATION_RESULT_INVALID_QUERY", "errorDetails": error.details()})
    return Answer({"validationResult": f"VALIDATION_RESULT_{kind}"})


def _executed(call: Call, text: str) -> Json:
    try:
        statement = _parsed(text)
        if isinstance(statement, Query):
            raise UnsupportedSqlError("queries without a deployment: a preview needs a session cluster")
        if isinstance(statement, ddl.Show):
            table = rows(_catalog(call), statement, _here(call))
            return {"result": "RESULT_SUCCESS_WITH_ROWS", "resultTable": table}
        _carry_out(call, statement)
    except SqlError as error:
        return {"result": "RESULT_ERROR_WITH_DETAILS", "errorMessage": error.details()}
    return {"result": "RESULT_SUCCESS"}


def _parsed(text: str) -> ddl.Statement | Query:
    parts = split(text)
    if len(parts) != 1:
        raise SqlError(f"SQL parse failed. Was expecting: one statement; the text has {len(parts)}.")
    parser = Parser(text)
    match parser.token.upper:
        case "CREATE":
            parser.next()
            return ddl.create(parser)
        case "DROP":
            parser.next()
            return ddl.drop(parser)
        case "ALTER":
            parser.next()
            return ddl.alter(parser)
        case "SHOW":
            parser.next()
            return ddl.show(parser)
        case "DESCRIBE" | "DESC":
            parser.next()
            return ddl.describe(parser)
        case "INSERT" | "SELECT" | "WITH" | "VALUES":
            return query(text)
        case "EXPLAIN" | "USE" | "SET" | "RESET" | "ANALYZE" | "TRUNCATE" | "CALL" | "LOAD" | "BEGIN" | "UPDATE":
            raise parser.unsupported(parser.token.upper)
    raise parser.unexpected('"ALTER", "CREATE", "DESCRIBE", "DROP", "INSERT", "SELECT", "SHOW"')


def _carry_out(call: Call, statement: ddl.Create | ddl.Drop | ddl.Alter) -> None:
    catalog = _catalog(call)
    match statement:
        case ddl.Create():
            if statement.query:
                catalog.check_sources(statement.query)
            catalog.create(statement)
        case ddl.Drop():
            catalog.drop(statement)
        case ddl.Alter():
            catalog.alter(statement)


def _tried(call: Call, statement: ddl.Create | ddl.Drop | ddl.Alter) -> None:
    """Carries a statement out and takes it back."""
    with call.store.undone():
        _carry_out(call, statement)


def _here(call: Call) -> tuple[str, str]:
    return call.query.get("catalog") or CATALOG, call.query.get("database") or DATABASE


def _catalog(call: Call) -> Catalog:
    catalog = Catalog(call.store, call.namespace, *_here(call))
    catalog.databases(_here(call)[0])
    return catalog
