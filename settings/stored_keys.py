"""Stored keys in Flink's settings, in tables and in catalogs: what the identities are there to replace."""

import re
from collections.abc import Iterator, Mapping, Sequence

from flink_sql.options import hinted
from flink_sql.statements import ObjectName, SqlFault, Statement
from settings.faults import HIDDEN, Fault, is_secret_name
from settings.stack_file import StackFile
from settings.workloads import Workload, full, options_of

_SAYS_WHERE = re.compile(
    r"(?i)(provider|[._-](file|path|location|type|format|enabled|alias|name|class)"
    r"|\.renewal\..*)$|^fields\.|^(key|value)\.(format|fields)"
)
"""Names that say of which kind a secret is or where it stands, or that are about columns."""
_FURTHER = re.compile(r"(?i)\.sas\.|sas[._-]?token")
"""Names of secrets that no other setting has."""
_INSIDE = re.compile(
    r"(?i)(?:^|[?&;,\s]|-D)([\w.-]*(?:passw|pwd|secret|token|(?:access|account|api|private|shared)[-_.]?key)[\w.-]*)"
    r"\s*=\s*[\"']?([^\"'&;\s]*)"
)
"""A secret among others: of a URL's parameters, of a JAAS configuration, of Java's options."""
_USERINFO = re.compile(r"://[^/?#\s\"@:]*:([^/?#\s\"@]+)@")
_FILLED_IN = re.compile(r"\$\{[^{}]+\}")
"""What the platform fills in; see
https://docs.ververica.com/vvp/user-guide/application-operations/deployments/secret-values."""
_ADVICE = (
    "nothing: no stored keys, that is what the identity is for; "
    "another system's password is a secret value of the platform, `${NAME}`"
)


def faults(file: StackFile, namespaces: Sequence[Sequence[Workload]]) -> Iterator[Fault]:
    """Stored keys of all jobs; none is shown.

    Args:
        file: The stack file.
        namespaces: The jobs.
    """
    for job in (job for jobs in namespaces for job in jobs):
        for name, value in job.settings.flink.items():
            if name not in file.identity_options and is_stored_key(name, value):
                yield Fault(f"vvp:jobs.{job.name}.flink.{name}", HIDDEN, _ADVICE)
        statements = [(each.statement, "tables") for each in job.tables] + [(each, "sql") for each in job.statements]
        for statement, part in statements:
            for owner, options in _options(statement):
                for name, value in options.items():
                    if name not in file.identity_options and is_stored_key(name, value):
                        yield Fault(f"vvp:jobs.{job.name}.{part}", f"the option '{name}' of `{owner}`", _ADVICE)


def _options(statement: Statement) -> Iterator[tuple[str, Mapping[str, str]]]:
    try:
        if statement.name:
            yield ".".join(statement.name.parts), options_of(statement)
        for parts, options in hinted(statement.tokens):
            yield full(ObjectName(parts)), options
    except SqlFault:
        # Told where the file is read.
        return


def is_stored_key(name: str, value: str) -> bool:
    """Whether an option or a setting of Flink holds a secret in clear, and not only says where one is.

    Args:
        name: Its name, as `password`.
        value: Its value; `${…}` is filled in by the platform.
    """
    if any(_is_plain(found[1]) for found in _USERINFO.finditer(value)):
        return True
    if any(_is_plain(found[2]) and not _SAYS_WHERE.search(found[1]) for found in _INSIDE.finditer(value)):
        return True
    # A JAAS configuration is a module with options: which of them is a secret was looked at.
    secret = (is_secret_name(name) and "jaas" not in name.lower()) or _FURTHER.search(name) is not None
    return secret and not _SAYS_WHERE.search(name) and _is_plain(value)


def _is_plain(value: str) -> bool:
    return value.strip().lower() not in ("", "true", "false") and not _FILLED_IN.fullmatch(value.strip())
