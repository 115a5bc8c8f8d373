"""What the tables of jobs name, compared with what the stack grants."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from flink_sql.options import hinted, like_clause
from flink_sql.scripts import JOBS
from flink_sql.statements import ObjectName, SqlFault, Statement, body_of
from grants.verbs import StreamVerb
from settings.faults import Fault
from settings.stack_file import StackFile
from settings.workloads import Declared, Workload, full, options_of


@dataclass(frozen=True)
class TableUse:
    """A table that a job reads or writes.

    Attributes:
        table: Its full name.
        options: Its options, with those of the table that it is made like and of the hint where it is used.
        writes: Whether the job writes it; else it reads it.
    """

    table: str
    options: Mapping[str, str]
    writes: bool


def faults(file: StackFile, namespaces: Sequence[Sequence[Workload]]) -> Iterator[Fault]:
    """Streams that a job uses without a grant.

    Args:
        file: The stack file.
        namespaces: The jobs, together if they share a catalog.
    """
    for job, streams in _jobs(file, namespaces):
        for stream, uses in streams.items():
            granted = job.settings.access.streams.get(stream)
            if all(granted in verbs for verbs in uses.values()):
                continue
            found = f"`{granted}`" if granted else "no grant"
            tables = " and ".join(f"`{table}`" for table in uses)
            fitting = [verb for verb in StreamVerb if all(verb in verbs for verbs in uses.values())]
            right = f"{_choice(fitting)}: the stream {stream} is what {tables} of the job's tables stands for"
            if not fitting:
                needs = "; ".join(f"`{table}` needs {_choice(verbs)}" for table, verbs in uses.items())
                right = f"one verb that fits all of the job's tables of the stream {stream}: {needs}"
            key = f"vvp:jobs.{job.name}.access"
            yield Fault(f"{key}.streams.{stream}", found, right, ("vvp:streams", key))


def remarks(file: StackFile, namespaces: Sequence[Sequence[Workload]]) -> Iterator[str]:
    """Grants that no table of a job uses; of a jar's nobody knows."""
    for job, streams in _jobs(file, namespaces):
        for stream, verb in job.settings.access.streams.items():
            if job.script and stream not in streams:
                yield f"vvp:jobs.{job.name}.access.streams.{stream} grants {verb}, and no table of the job uses it"


def _jobs(
    file: StackFile, namespaces: Sequence[Sequence[Workload]]
) -> Iterator[tuple[Workload, dict[str, dict[str, Sequence[StreamVerb]]]]]:
    """Each job with the streams that it uses, and for each stream the tables with the verbs that fit them."""
    for jobs in namespaces:
        made = {each.key: each for job in jobs for each in job.tables}
        for job in jobs:
            streams: dict[str, dict[str, Sequence[StreamVerb]]] = {}
            for use in uses_of(job, made):
                if stream := file.stream_of(use.options, writes=use.writes):
                    known = streams.setdefault(stream.name, {})
                    before = known.get(use.table, stream.verbs)
                    known[use.table] = [verb for verb in before if verb in stream.verbs]
            yield job, {name: streams[name] for name in sorted(streams)}


def uses_of(job: Workload, made: Mapping[str, Declared]) -> Iterator[TableUse]:
    """The tables that a job's script reads and writes, views seen through.

    Args:
        job: The job.
        made: What the stack declares in the job's catalog, by key.
    """
    script = _Script(job.statements, made)
    left = [(each, index) for index, each in enumerate(script.statements) if each.kind in JOBS]
    seen: set[str] = set()
    while left:
        statement, place = left.pop()
        hints = _hints(statement)
        for names, writes in ((statement.reads, False), (statement.writes, True)):
            for name in sorted(full(each) for each in names):
                found, at = script.find(name, place)
                if found is None or (found.kind == "CREATE VIEW" and found.text in seen):
                    continue
                if found.kind == "CREATE VIEW":
                    seen.add(found.text)
                    left.append((found, at))
                    continue
                for hint in hints.get(name, [{}]):
                    yield TableUse(name, script.options(found, at) | hint, writes)


class _Script:
    """A job's statements, in which temporary tables and views hide those of the catalog."""

    def __init__(self, statements: Sequence[Statement], made: Mapping[str, Declared]) -> None:
        self.statements = statements
        self._made = made

    def find(self, name: str, place: int) -> tuple[Statement | None, int]:
        """What makes a table or view, as the statement at `place` sees it, and its own place; catalogs' are at 0."""
        for index in range(place - 1, -1, -1):
            each = self.statements[index]
            if each.temporary and each.name and full(each.name) == name:
                return each, index
        return (self._made[name].statement if name in self._made else None), 0

    def options(self, table: Statement, place: int, copied: frozenset[str] = frozenset()) -> dict[str, str]:
        """A table's options, with those that it has by its clause LIKE."""
        own = _options(table)
        base = like_clause(body_of(table))
        if base is None or table.text in copied:
            return own
        found, at = self.find(full(ObjectName(base)), place)
        return (self.options(found, at, copied | {table.text}) if found else {}) | own


def _options(statement: Statement) -> dict[str, str]:
    try:
        return options_of(statement)
    except SqlFault:
        # Told where the file is read.
        return {}


def _hints(statement: Statement) -> dict[str, list[dict[str, str]]]:
    found: dict[str, list[dict[str, str]]] = {}
    try:
        for parts, options in hinted(statement.tokens):
            found.setdefault(full(ObjectName(parts)), []).append(options)
    except SqlFault:
        # Told where the file is read.
        return {}
    return found


def _choice(verbs: Sequence[StreamVerb]) -> str:
    *most, last = [f"`{verb}`" for verb in verbs] or ["no verb"]
    return f"{', '.join(most)} or {last} by the connector's version" if most else last
