"""Variables: `${NAME}` in a job's SQL files and settings stands for what the stack knows.

A name is replaced only if it is one of the stack's. All other dollar signs stay as they are: JSON paths, system tables
of catalogs, and the platform's own `${secret}`
(https://docs.ververica.com/vvp/user-guide/application-operations/secret-values).
"""

import re
from collections.abc import Collection, Iterator, Mapping

_REFERENCE = re.compile(r"\$\{([^${}\n]+)\}")
_OURS = re.compile(r"[A-Za-z]+[_.]")


def fill(text: str, values: Mapping[str, str]) -> str:
    """A text with the values of the variables that are known.

    Args:
        text: The text.
        values: Values by name.
    """
    return _REFERENCE.sub(lambda found: values.get(found[1], found[0]), text)


def names_in(text: str) -> set[str]:
    """All that stands in a text as `${NAME}`."""
    return set(_REFERENCE.findall(text))


def mistyped(text: str, known: Collection[str]) -> Iterator[str]:
    """Names in a text that begin as the stack's do, and are none of them.

    Args:
        text: The text.
        known: The stack's variables.
    """
    ours = {match[0] for name in known if (match := _OURS.match(name))}
    for name in sorted(names_in(text) - set(known)):
        match = _OURS.match(name)
        if match and match[0] in ours:
            yield name
