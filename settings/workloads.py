"""What jobs run: their files as statements, checked against what the stack declares."""

from collections.abc import Collection, Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

from flink_sql.options import hinted, take_options
from flink_sql.scripts import check_script
from flink_sql.statements import ObjectName, SqlFault, Statement, body_of, split
from settings.faults import NOTHING, Fault
from settings.jobs import JobSettings
from settings.sql_files import SqlFiles

CATALOG, DATABASE = "vvp", "default"
_QUERIED = ("TABLE", "VIEW")
"""Kinds that statements name after FROM and its like; what else there is has names of its own."""
_WITH_OPTIONS = ("TABLE", "DATABASE", "CATALOG")


@dataclass(frozen=True)
class Declared:
    """What a CREATE statement of the stack makes.

    Attributes:
        key: Its full name; with its kind before it if it is neither table nor view, since those share names and the
            other kinds have a name space each.
        statement: The statement.
        needs: Keys of what must be there first: what its query or LIKE names, its catalog and database, the functions
            that it calls, and the functions, databases and catalogs that stand before it in the job's files.
        options: Its WITH clause.
    """

    key: str
    statement: Statement
    needs: tuple[str, ...]
    options: Mapping[str, str]

    @property
    def full_name(self) -> str:
        """Its name, as if it were a table's."""
        return full(self.statement.name) if self.statement.name else self.key

    @property
    def kind(self) -> str:
        """TABLE, VIEW, FUNCTION, DATABASE or CATALOG."""
        return self.statement.kind.removeprefix("CREATE ")


@dataclass(frozen=True)
class Workload:
    """What a job runs.

    Attributes:
        name: The job's name.
        settings: Its entry in the stack file.
        tables: What its files declare, in their order.
        uses: Keys of all that it is compiled from: what its statement names, views seen through, wherever it is
            declared; for a jar, whose code nobody reads here, all of its own tables.
        script: Its INSERT statements, with what is temporary before them; empty for a jar.
    """

    name: str
    settings: JobSettings
    tables: tuple[Declared, ...]
    uses: tuple[str, ...]
    script: str

    @cached_property
    def statements(self) -> list[Statement]:
        """The statements of its script."""
        return split(self.script)


class Workloads:
    """Reads the files of all jobs of a stack.

    Args:
        folder: The project's folder, to which files are relative.
        variables: What `${NAME}` in a file stands for.
        one_catalog: Whether all jobs share one namespace of the platform, and so its catalogs; or each has its own.
    """

    def __init__(self, folder: Path, variables: Mapping[str, str], *, one_catalog: bool) -> None:
        self._files = SqlFiles(folder, variables)
        self._one_catalog = one_catalog
        self.faults = self._files.faults
        self.remarks = self._files.remarks
        self.misfits: list[Fault] = []

    def read(self, jobs: Mapping[str, JobSettings]) -> tuple[tuple[Workload, ...], ...]:
        """The workloads of all jobs, together if they share a catalog; what is wrong with their files is in
        `faults`, and what does not fit together in `misfits`.

        Args:
            jobs: Entries of the stack file by name.
        """
        workloads = [self._workload(name, settings) for name, settings in jobs.items()]
        return tuple(
            tuple(self._in_catalog(workloads))
            for workloads in ([workloads] if self._one_catalog else [[workload] for workload in workloads])
            if workloads
        )

    def _in_catalog(self, workloads: Sequence[Workload]) -> Iterator[Workload]:
        self.misfits += _declared_twice(workloads)
        made = {each.key: each for workload in workloads for each in workload.tables}
        completed = [
            replace(workload, tables=tuple(_completed(each, made) for each in workload.tables))
            for workload in workloads
        ]
        made = {each.key: each for workload in completed for each in workload.tables}
        self.misfits += _in_circles(completed, made)
        declarations = tuple(f"vvp:jobs.{workload.name}.tables" for workload in completed)
        for workload in completed:
            self.misfits += self._unknown_tables(workload, made, declarations)
            yield replace(workload, uses=_uses(workload, made))

    def _workload(self, name: str, settings: JobSettings) -> Workload:
        key = f"vvp:jobs.{name}"
        if (settings.sql is None) == (settings.jar is None):
            found = NOTHING if settings.sql is None else "`sql` and `jar`"
            self.faults.append(Fault(f"{key}.sql", found, "either `sql`, a file of INSERT statements, or `jar`"))
        tables: list[Declared] = []
        for index, file in enumerate(settings.tables):
            at = f"{key}.tables.{index}"
            for statement in self._files.statements(at, file):
                where = f"{statement.kind} in {file}, line {statement.line}"
                if not statement.kind.startswith("CREATE ") or statement.name is None:
                    right = "CREATE statements only; what the job runs belongs to `sql`"
                    self.faults.append(Fault(at, where, right))
                elif statement.temporary:
                    right = "CREATE without TEMPORARY; what is temporary belongs to `sql`, before the INSERT"
                    self.faults.append(Fault(at, where, right))
                else:
                    queried = statement.kind.removeprefix("CREATE ") in _QUERIED
                    before = tuple(each.key for each in tables if queried and each.kind not in _QUERIED)
                    tables.append(self._declared(at, file, statement, before))
        return Workload(name, settings, tuple(tables), (), self._script(key, settings))

    def _declared(self, at: str, file: str, statement: Statement, before: tuple[str, ...]) -> Declared:
        options: dict[str, str] = {}
        try:
            options = options_of(statement)
        except SqlFault as error:
            self.faults.append(Fault(at, f"{error.reason} ({file}, line {error.line})", "options as 'key' = 'value'"))
        return Declared(_key(statement), statement, before, options)

    def _script(self, key: str, settings: JobSettings) -> str:
        if settings.sql is None:
            return ""
        statements = self._files.statements(f"{key}.sql", settings.sql)
        try:
            if statements:
                check_script(statements)
            for each in statements:
                options_of(each)
        except SqlFault as error:
            found = f"{error.reason} ({settings.sql}, line {error.line})"
            right = "one INSERT, or several in one BEGIN STATEMENT SET; … END;, with what is temporary before it"
            self.faults.append(Fault(f"{key}.sql", found, right))
            return ""
        return "\n".join(f"{statement.text};" for statement in statements)

    def _unknown_tables(
        self, workload: Workload, made: Container[str], declarations: tuple[str, ...]
    ) -> Iterator[Fault]:
        of = "this job or another" if self._one_catalog else "this job: with namespace-per-job it sees no other"
        right = f"a table that a file of `tables` creates, of {of}"
        places = [(f"vvp:jobs.{workload.name}.sql", f"{workload.settings.sql}", named(workload))]
        for each in workload.tables:
            places.append((f"vvp:jobs.{workload.name}.tables", _quoted(each.statement.name), each.statement.reads))
        for key, where, names in places:
            for name in sorted(names, key=str):
                # Stack files declare the platform's own catalog; others, as Paimon's, know their tables themselves.
                if full(name).startswith(f"{CATALOG}.") and full(name) not in made:
                    yield Fault(key, f"the table {_quoted(name)} in {where}", right, declarations)


def full(name: ObjectName) -> str:
    """The full name of a table or view."""
    return ".".join(name.resolve(CATALOG, DATABASE).parts)


def named(workload: Workload) -> frozenset[ObjectName]:
    """The tables that its script names, without those that it makes for itself."""
    names: set[ObjectName] = set()
    own: set[str] = set()
    for statement in workload.statements:
        names |= {name for name in statement.reads | statement.writes if full(name) not in own}
        if statement.temporary and statement.name:
            own.add(full(statement.name))
    return frozenset(names)


def options_of(statement: Statement) -> dict[str, str]:
    """The options of a CREATE statement's WITH clause; what hints say is looked at too, and not given.

    Raises:
        SqlFault: In either stands something else than options.
    """
    for _ in hinted(statement.tokens, statement.line):
        pass
    if statement.kind.removeprefix("CREATE ") not in _WITH_OPTIONS:
        return {}
    return take_options(body_of(statement), statement.line)[1]


def _key(statement: Statement) -> str:
    name = statement.name or ObjectName(("",))
    match statement.kind.removeprefix("CREATE "):
        case "CATALOG":
            return f"catalog {name.parts[-1]}"
        case "DATABASE":
            return f"database {'.'.join((CATALOG, *name.parts)[-2:])}"
        case "FUNCTION":
            return f"function {full(name)}"
        case _:
            return full(name)


def _completed(declared: Declared, made: Collection[str]) -> Declared:
    """With what the statement itself says that it needs."""
    statement = declared.statement
    names = [full(name) for name in statement.reads]
    around = _around([*names, *([] if declared.kind == "CATALOG" else [_place(declared)])])
    needs = {*declared.needs, *names, *(around & set(made)), *_called(statement, made)} - {declared.key}
    return replace(declared, needs=tuple(sorted(needs)))


def _place(declared: Declared) -> str:
    """Where a declared object stands, as if it were a table's name."""
    name = declared.statement.name
    if declared.kind == "DATABASE" and name:
        return ".".join((CATALOG, *name.parts)[-2:])
    return declared.full_name


def _around(names: Iterable[str]) -> set[str]:
    """Keys of the databases and catalogs that tables are in."""
    parts = [name.split(".") for name in names]
    return {f"database {'.'.join(each[:2])}" for each in parts} | {f"catalog {each[0]}" for each in parts}


def _called(statement: Statement, made: Collection[str]) -> set[str]:
    """Keys of declared functions that a statement calls. Flink finds them whatever their case."""
    called = {
        (token.name or "").lower()
        for token, after in zip(statement.tokens, statement.tokens[1:], strict=False)
        if after.text == "("
    }
    return {key for key in made if key.startswith("function ") and key.rpartition(".")[2].lower() in called}


def _uses(workload: Workload, made: Mapping[str, Declared]) -> tuple[str, ...]:
    found: set[str] = set()
    if workload.script:
        names = [full(name) for name in named(workload)]
        called = {key for statement in workload.statements for key in _called(statement, made)}
        # A function may be called under another name than one expects; those of the job's own files are all there.
        own = {each.key for each in workload.tables if each.kind == "FUNCTION"}
        left = [*names, *_around(names), *called, *own]
    else:
        left = [each.key for each in workload.tables]
    while left:
        key = left.pop()
        if key in made and key not in found:
            found.add(key)
            left += made[key].needs
    return tuple(sorted(found))


def _quoted(name: ObjectName | None) -> str:
    return f"`{'.'.join(name.parts)}`" if name else ""


def _declared_twice(workloads: Iterable[Workload]) -> Iterator[Fault]:
    owners: dict[str, str] = {}
    for workload in workloads:
        for each in workload.tables:
            if each.key in owners:
                right = f"one declaration: {owners[each.key]} has it too"
                yield Fault(f"vvp:jobs.{workload.name}.tables", f"the {each.kind.lower()} `{each.key}`", right)
            owners.setdefault(each.key, f"vvp:jobs.{workload.name}")


def _in_circles(workloads: Iterable[Workload], made: Mapping[str, Declared]) -> Iterator[Fault]:
    try:
        TopologicalSorter({key: set(each.needs) & made.keys() for key, each in made.items()}).prepare()
    except CycleError as error:
        circle: list[str] = error.args[1]
        owner = next(workload.name for workload in workloads if circle[0] in {each.key for each in workload.tables})
        yield Fault(f"vvp:jobs.{owner}.tables", " needs ".join(circle), "something that can be created first")
