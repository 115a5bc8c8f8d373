"""A job's files: read, filled in, split into statements, and checked against what the stack declares."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from string import Template

from components.ververica.sql import ObjectName, SqlFault, Statement, split
from job_sections import JobSettings
from validation import NOTHING, Fault, show

CATALOG, DATABASE = "vvp", "default"
_JOB_KINDS = ("INSERT", "STATEMENT SET")


@dataclass(frozen=True)
class Workload:
    """What a job runs.

    Attributes:
        name: The job's name.
        settings: Its entry in the stack file.
        tables: CREATE statements, in order, each with the full name of what it makes.
        script: Its INSERT statements; empty for a jar.
    """

    name: str
    settings: JobSettings
    tables: tuple[tuple[str, Statement], ...]
    script: str


class Workloads:
    """Reads the files of all jobs of a stack.

    Args:
        folder: The project's folder, to which files are relative.
        variables: What `${NAME}` in a file stands for.
    """

    def __init__(self, folder: Path, variables: Mapping[str, str]) -> None:
        self._folder = folder
        self._variables = variables
        self.faults: list[Fault] = []

    def read(self, jobs: Mapping[str, JobSettings]) -> tuple[Workload, ...]:
        """The workloads of all jobs; what is wrong with their files is in `faults`.

        Args:
            jobs: Entries of the stack file by name.
        """
        workloads = tuple(self._workload(name, settings) for name, settings in jobs.items())
        self.faults += _declared_twice(workloads)
        made = {name for workload in workloads for name, _ in workload.tables}
        for workload in workloads:
            self.faults += self._unknown_tables(workload, made)
        return workloads

    def _workload(self, name: str, settings: JobSettings) -> Workload:
        key = f"vvp:jobs.{name}"
        if (settings.sql is None) == (settings.jar is None):
            found = NOTHING if settings.sql is None else "`sql` and `jar`"
            self.faults.append(Fault(f"{key}.sql", found, "either `sql`, a file of INSERT statements, or `jar`"))
        tables: list[tuple[str, Statement]] = []
        for index, file in enumerate(settings.tables):
            at = f"{key}.tables.{index}"
            for statement in self._statements(at, file):
                if statement.kind.startswith("CREATE ") and statement.name:
                    full = statement.name.resolve(CATALOG, DATABASE)
                    tables.append((".".join(full.parts), statement))
                else:
                    right = "CREATE statements only; what the job runs belongs to `sql`"
                    self.faults.append(Fault(at, f"{statement.kind} in {file}, line {statement.line}", right))
        return Workload(name, settings, tuple(tables), self._script(key, settings))

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
        path = self._folder / file
        if path.is_absolute() and not path.resolve().is_relative_to(self._folder.resolve()):
            self.faults.append(Fault(key, show(file), "a file inside the project"))
            return []
        try:
            text = Template(path.read_text()).substitute(self._variables)
            statements = split(text)
        except OSError as error:
            self.faults.append(Fault(key, show(file), f"a file that can be read: {error.strerror}"))
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

    def _unknown_tables(self, workload: Workload, made: set[str]) -> Iterator[Fault]:
        if not workload.script:
            return
        (statement,) = split(workload.script)
        for name in sorted(statement.reads | statement.writes, key=str):
            full = name.resolve(CATALOG, DATABASE)
            # Stack files declare the platform's own catalog; others, as Paimon's, know their tables themselves.
            if full.parts[0] == CATALOG and ".".join(full.parts) not in made:
                right = "a table that a file of `tables` creates, of this job or another"
                yield Fault(
                    f"vvp:jobs.{workload.name}.sql", f"the table {_quoted(name)} in {workload.settings.sql}", right
                )


def _quoted(name: ObjectName) -> str:
    return f"`{'.'.join(name.parts)}`"


def _declared_twice(workloads: tuple[Workload, ...]) -> Iterator[Fault]:
    owners: dict[str, str] = {}
    for workload in workloads:
        for name, _ in workload.tables:
            if name in owners:
                right = f"one declaration: {owners[name]} has it too"
                yield Fault(f"vvp:jobs.{workload.name}.tables", f"the table `{name}`", right)
            owners.setdefault(name, f"vvp:jobs.{workload.name}")
