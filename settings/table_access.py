"""What the tables of jobs name, compared with what the stack grants; and stored keys, which it is there to replace."""

from collections.abc import Iterator, Mapping, Sequence

from flink_sql.options import hinted, take_options
from flink_sql.statements import ObjectName, body_of
from grants.verbs import StreamVerb
from settings.faults import Fault, is_secret_name, show
from settings.stack_file import StackFile, StreamUse
from settings.workloads import Declared, Workload, full, named

_NO_SECRET = ("provider", ".file", ".path", ".location", ".type", ".format", ".enabled", ".alias")
"""Ends of keys that name a class, a file or a way, and hold nothing to steal."""
_OF_FIELDS = ("fields.", "key.", "value.")
"""Beginnings of keys about columns, whose names are the user's own."""
_ADVICE = (
    "nothing: no stored keys, that is what the identity is for; a secret of another system is a secret value of the "
    "platform"
)


def faults(file: StackFile, namespaces: Sequence[Sequence[Workload]]) -> Iterator[Fault]:
    """Streams that a job uses without a grant, and stored keys.

    Args:
        file: The stack file.
        namespaces: The jobs, together if they share a catalog.
    """
    for jobs in namespaces:
        made = {each.key: each for job in jobs for each in job.tables}
        for job in jobs:
            yield from _stored_keys(job)
            key = f"vvp:jobs.{job.name}.access.streams"
            for table, use in uses_of(file, job, made):
                granted = job.settings.access.streams.get(use.name)
                if granted not in use.verbs:
                    found = f"`{granted}`" if granted else "no grant"
                    right = f"{_choice(use.verbs)}: the table `{table}` stands for the stream {use.name}"
                    yield Fault(f"{key}.{use.name}", found, right, ("vvp:streams", f"vvp:jobs.{job.name}.access"))


def remarks(file: StackFile, namespaces: Sequence[Sequence[Workload]]) -> Iterator[str]:
    """Grants that no table of a job uses; of a jar's nobody knows."""
    for jobs in namespaces:
        made = {each.key: each for job in jobs for each in job.tables}
        for job in jobs:
            if not job.script:
                continue
            used = {use.name for _, use in uses_of(file, job, made)}
            for stream in job.settings.access.streams.keys() - used:
                verb = job.settings.access.streams[stream]
                yield f"vvp:jobs.{job.name}.access.streams.{stream} grants {verb}, and no table of the job uses it"


def uses_of(file: StackFile, job: Workload, made: Mapping[str, Declared]) -> Iterator[tuple[str, StreamUse]]:
    """The streams that a job's script reads and writes, each with the table that stands for it.

    Args:
        file: The stack file.
        job: The job.
        made: What the stack declares in the job's catalog, by key.
    """
    statements = job.statements
    own = {
        full(each.name): take_options(body_of(each), each.line)[1]
        for each in statements
        if each.temporary and each.kind == "CREATE TABLE" and each.name
    }
    hints = {
        full(ObjectName(parts)): options
        for tokens in [each.tokens for each in statements] + [made[key].statement.tokens for key in job.uses]
        for parts, options in hinted(tokens)
    }
    written = {full(name) for each in statements for name in each.writes}
    read = {full(name) for each in statements for name in each.reads} | (set(job.uses) - {full(n) for n in named(job)})
    for tables, writes in ((read - _only_copied(job, made), False), (written, True)):
        for table in sorted(tables):
            options = own.get(table, _options(table, made)) | hints.get(table, {})
            if use := file.stream_of(options, writes=writes):
                yield table, use


def _only_copied(job: Workload, made: Mapping[str, Declared]) -> set[str]:
    """Tables that the job needs for the clause LIKE of others alone."""
    copied = {full(n) for key in job.uses if made[key].kind == "TABLE" for n in made[key].statement.reads}
    return copied - {full(n) for n in named(job)}


def _options(table: str, made: Mapping[str, Declared]) -> dict[str, str]:
    """A table's options, with those of the table that it is made like."""
    if table not in made or made[table].kind != "TABLE":
        return {}
    options: dict[str, str] = {}
    for base in made[table].statement.reads:
        if full(base) != table:
            options |= _options(full(base), made)
    return options | dict(made[table].options)


def _choice(verbs: Sequence[StreamVerb]) -> str:
    *most, last = [f"`{verb}`" for verb in verbs]
    return f"{', '.join(most)} or {last} by the connector's version" if most else last


def _stored_keys(job: Workload) -> Iterator[Fault]:
    for name, value in job.settings.flink.items():
        if is_stored_key(name, value):
            yield Fault(f"vvp:jobs.{job.name}.flink.{name}", show(value, [name, "secret"]), _ADVICE)
    options = [(each.key, each.options, "tables") for each in job.tables]
    for each in job.statements:
        if each.kind in ("CREATE TABLE", "CREATE CATALOG") and each.name:
            options.append((full(each.name), take_options(body_of(each), each.line)[1], "sql"))
        options += [(full(ObjectName(parts)), found, "sql") for parts, found in hinted(each.tokens)]
    for owner, found, part in options:
        for name, value in found.items():
            if is_stored_key(name, value):
                yield Fault(f"vvp:jobs.{job.name}.{part}", f"the option '{name}' of `{owner}`", _ADVICE)


def is_stored_key(name: str, value: str) -> bool:
    """Whether an option or a setting of Flink holds a secret in clear, and not only says where one is.

    Args:
        name: Its name, as a connector or a file system spells it.
        value: Its value; `${…}` is filled in by the platform.
    """
    if "://" in value and show(value) != f'"{value}"' and "hidden" in show(value):
        return True
    words = name.lower()
    harmless = words.endswith(_NO_SECRET) or words.startswith(_OF_FIELDS)
    plain = value.strip().lower() in ("", "true", "false") or (value.startswith("${") and value.endswith("}"))
    return is_secret_name(words) and not harmless and not plain
