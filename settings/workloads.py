"""A job's files: read, filled in, split into statements, and checked against what the stack declares."""

from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from graphlib import CycleError, TopologicalSorter
from pathlib import Path
from string import Template

from flink_sql.statements import ObjectName, SqlFault, Statement, split
from settings.faults import NOTHING, Fault, show
from settings.jobs import JobSettings

CATALOG, DATABASE = "vvp", "default"
_JOB_KINDS = ("INSERT", "STATEMENT SET")
_QUERIED = ("CREATE TABLE", "CREATE VIEW")
"""Kinds that statements name after FROM and its like; what else there is may be used anywhere."""


@dataclass(frozen=True)
class Declared:
    """What a CREATE statement of the stack makes.

    Attributes:
        name: Its full name.
        statement: The statement.
        needs: Full names of what must be there first: what its query or LIKE names, and the functions, databases and
            catalogs that stand before it in the job's files.
    """

    name: str
    statement: Statement
    needs: tuple[str, ...]


@dataclass(frozen=True)
class Workload:
    """What a job runs.

    Attributes:
        name: The job's name.
        settings: Its entry in the stack file.
        tables: What its files declare, in their order.
        uses: Full names of all that it is compiled from: what its statement names, views seen through, wherever it is
            declared; for a jar, whose code nobody reads here, all of its own tables.
        script: Its INSERT statements; empty for a jar.
    """

    name: str
    settings: JobSettings
    tables: tuple[Declared, ...]
    uses: tuple[str, ...]
    script: str


class Workloads:
    """Reads the files of all jobs of a stack.

    Args:
        folder: The project's folder, to which files are relative.
        variables: What `${NAME}` in a file stands for.
        one_catalog: Whether all jobs share one namespace of the platform, and so its catalogs; or each has its own.
    """

    def __init__(self, folder: Path, variables: Mapping[str, str], *, one_catalog: bool) -> None:
        self._folder = folder
        self._variables = variables
        self._one_catalog = one_catalog
        self.faults: list[Fault] = []
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
        made = {table.name: table for workload in workloads for table in workload.tables}
        self.misfits += _in_circles(workloads, made)
        declarations = tuple(f"vvp:jobs.{workload.name}.tables" for workload in workloads)
        for workload in workloads:
            named = _named(workload)
            self.misfits += self._unknown_tables(workload, named, made, declarations)
            yield replace(workload, uses=_uses(workload, named, made))

    def _workload(self, name: str, settings: JobSettings) -> Workload:
        key = f"vvp:jobs.{name}"
        if (settings.sql is None) == (settings.jar is None):
            found = NOTHING if settings.sql is None else "`sql` and `jar`"
            self.faults.append(Fault(f"{key}.sql", found, "either `sql`, a file of INSERT statements, or `jar`"))
        tables: list[Declared] = []
        for index, file in enumerate(settings.tables):
            at = f"{key}.tables.{index}"
            for statement in self._statements(at, file):
                if statement.kind.startswith("CREATE ") and statement.name:
                    before = {table.name for table in tables if table.statement.kind not in _QUERIED}
                    needs = before | {_full(name) for name in statement.reads}
                    tables.append(Declared(_full(statement.name), statement, tuple(sorted(needs))))
                else:
                    right = "CREATE statements only; what the job runs belongs to `sql`"
                    self.faults.append(Fault(at, f"{statement.kind} in {file}, line {statement.line}", right))
        return Workload(name, settings, tuple(tables), (), self._script(key, settings))

    def _script(self, key: str, settings: JobSettings) -> str:
        if settings.sql is None:
            return ""
        at = f"{key}.sql"
        statements = self._statements(at, settings.sql)
        wrong = [statement for statement in statements if statement.kind not in _JOB_KINDS]
        for statement in wrong:
            found = f"{statement.kind} in {settings.sql}, line {statement.line}"
            self.faults.append(Fault(at, found, "INSERT statements; tables belong to a file of `tables`"))
        if len(statements) > 1 and not wrong:
            # https://docs.ververica.com/vvp/user-guide/sql-development/queries: a deployment runs one statement.
            found = f"{len(statements)} statements in {settings.sql}"
            self.faults.append(Fault(at, found, "one INSERT, or several in one BEGIN STATEMENT SET; … END;"))
        return f"{statements[0].text};" if statements else ""

    def _statements(self, key: str, file: str) -> list[Statement]:
        content = self._content(key, file)
        if content is None:
            return []
        try:
            statements = split(Template(content).substitute(self._variables))
        except KeyError as error:
            known = ", ".join(f"${{{name}}}" for name in sorted(self._variables))
            self.faults.append(Fault(key, f"${{{error.args[0]}}} in {file}", f"one of {known}"))
        except ValueError as error:
            right = "statements that end with a semicolon, and `$$` for a dollar sign"
            where = f"{file}, line {error.line}" if isinstance(error, SqlFault) else file
            self.faults.append(Fault(key, f"{error} in {where}", right))
        else:
            if not statements:
                self.faults.append(Fault(key, f"no statement in {file}", "at least one"))
            return statements
        return []

    def _content(self, key: str, file: str) -> str | None:
        """A file's text; None, with a fault, if it cannot be read."""
        try:
            path = (self._folder / file).resolve()
            if path.is_relative_to(self._folder.resolve()):
                # Some editors begin a file with a byte order mark.
                return path.read_text(encoding="utf-8-sig")
            self.faults.append(Fault(key, show(file), "a file inside the project"))
        except UnicodeDecodeError:
            self.faults.append(Fault(key, show(file), "a file in UTF-8"))
        except (OSError, ValueError, RuntimeError) as error:
            # A name with a zero byte is a ValueError, a link to itself a RuntimeError.
            reason = error.strerror if isinstance(error, OSError) else str(error)
            self.faults.append(Fault(key, show(file), f"a file that can be read: {reason}"))
        return None

    def _unknown_tables(
        self, workload: Workload, named: Iterable[ObjectName], made: Container[str], declarations: tuple[str, ...]
    ) -> Iterator[Fault]:
        for name in sorted(named, key=str):
            # Stack files declare the platform's own catalog; others, as Paimon's, know their tables themselves.
            if _full(name).startswith(f"{CATALOG}.") and _full(name) not in made:
                of = "this job or another" if self._one_catalog else "this job: with namespace-per-job it sees no other"
                right = f"a table that a file of `tables` creates, of {of}"
                yield Fault(
                    f"vvp:jobs.{workload.name}.sql",
                    f"the table {_quoted(name)} in {workload.settings.sql}",
                    right,
                    declarations,
                )


def _full(name: ObjectName) -> str:
    return ".".join(name.resolve(CATALOG, DATABASE).parts)


def _named(workload: Workload) -> frozenset[ObjectName]:
    """The tables that its statement names."""
    return frozenset(name for statement in split(workload.script) for name in statement.reads | statement.writes)


def _uses(workload: Workload, named: Iterable[ObjectName], made: Mapping[str, Declared]) -> tuple[str, ...]:
    found: set[str] = set()
    left = [_full(name) for name in named] if workload.script else [table.name for table in workload.tables]
    while left:
        name = left.pop()
        if name in made and name not in found:
            found.add(name)
            left += made[name].needs
    return tuple(sorted(found))


def _quoted(name: ObjectName) -> str:
    return f"`{'.'.join(name.parts)}`"


def _declared_twice(workloads: Iterable[Workload]) -> Iterator[Fault]:
    owners: dict[str, str] = {}
    for workload in workloads:
        for table in workload.tables:
            if table.name in owners:
                right = f"one declaration: {owners[table.name]} has it too"
                yield Fault(f"vvp:jobs.{workload.name}.tables", f"the table `{table.name}`", right)
            owners.setdefault(table.name, f"vvp:jobs.{workload.name}")


def _in_circles(workloads: Iterable[Workload], made: Mapping[str, Declared]) -> Iterator[Fault]:
    try:
        TopologicalSorter({name: set(table.needs) & made.keys() for name, table in made.items()}).prepare()
    except CycleError as error:
        circle: list[str] = error.args[1]
        owner = next(workload.name for workload in workloads if circle[0] in {table.name for table in workload.tables})
        yield Fault(f"vvp:jobs.{owner}.tables", " needs ".join(circle), "something that can be created first")
