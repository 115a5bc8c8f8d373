"""Faults of a stack file: found all at once, each told by key, by what was found and by what would be right."""

import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import cast

from pydantic import BaseModel, ConfigDict
from pydantic.alias_generators import to_camel
from pydantic_core import PydanticCustomError

NOTHING = "nothing"
IN_CLEAR = "in_clear"
"""The type of pydantic's error for a secret in clear."""
_LONGEST_SHOWN = 80


@dataclass(frozen=True)
class Fault:
    """One fault of the stack file.

    Attributes:
        key: Where it is, as the stack file spells it: `vvp:cluster.nodes.minSize`.
        found: What stands there, as YAML would show it; never a secret.
        expected: What would be right.
        beside: Other keys that the fault was judged by; it stands only if they have none of their own.
    """

    key: str
    found: str
    expected: str
    beside: tuple[str, ...] = ()

    def touches(self, other: "Fault") -> bool:
        """Whether `other` makes this fault's ground unsure: it is about the key, or what is around it, or about a key
        that this fault was judged by, or what is around or inside that."""
        there = f"{other.key}."
        around = any(f"{key}.".startswith(there) for key in (self.key, *self.beside))
        return around or any(there.startswith(f"{key}.") for key in self.beside)

    def __str__(self) -> str:
        return f"{self.key}: found {self.found}; would be right: {self.expected}"


class SettingsError(Exception):
    """The stack file has faults; the message lists every one.

    Attributes:
        faults: All of them, in the order of their keys.
    """

    def __init__(self, faults: Iterable[Fault]) -> None:
        self.faults = sorted(faults, key=lambda fault: fault.key)
        count = len(self.faults)
        head = f"the stack file has {count} {'fault' if count == 1 else 'faults'}; nothing was created"
        super().__init__("\n  ".join([head, *map(str, self.faults)]))


class Section(BaseModel):
    """One key of the stack file: closed, frozen, spelled in camelCase, with no conversion between types."""

    model_config = ConfigDict(
        alias_generator=to_camel, extra="forbid", frozen=True, strict=True, use_attribute_docstrings=True
    )


def in_clear() -> PydanticCustomError:
    """The error of a secret that stands in the stack file as it is; its fault never shows it."""
    return PydanticCustomError(IN_CLEAR, "a secret in clear")


HIDDEN = "…, hidden"
_SECRET_NAME = re.compile(
    r"(?i)passw|passphrase|secret|token|credential|jaas|(access|account|api|private|shared)[-_.]?key"
)
_REST = r'(?:\\.|[^"\\])*'
"""To the end of a JSON text: what may end a secret earlier may also be a character of it."""
_USERINFO = re.compile(rf"(?i)((?<=://)|(?<=jdbc:)){_REST}(?=@)")
_PARAMETER = re.compile(
    rf"(?i)([?&;\s](?:user(?:name)?|[\w.-]*(?:passw|pwd|secret|token|key)[\w.-]*)=){_REST}", re.ASCII
)
_SIGNED = re.compile(r"\beyJ[\w-]+\.[\w.-]+|-----BEGIN " + _REST, re.ASCII)
"""A JSON web token, or a key in PEM form."""


def is_secret_name(name: str) -> bool:
    """Whether what stands under a key of this name is likely a secret."""
    return _SECRET_NAME.search(name) is not None


def show(value: object, location: Sequence[str | int] = ()) -> str:
    """`value` as a fault shows it: JSON, cut to one readable line, without anything that looks like a secret.

    Args:
        value: A plain JSON value.
        location: The steps to it in the stack file; the last name tells whether it is a secret.
    """
    if any(is_secret_name(step) for step in location if isinstance(step, str)) and value is not None:
        return HIDDEN
    plain = _SIGNED.sub(HIDDEN, json.dumps(_open(value), default=str))
    text = _PARAMETER.sub(rf"\1{HIDDEN}", _USERINFO.sub(HIDDEN, plain))
    return text if len(text) <= _LONGEST_SHOWN else text[: _LONGEST_SHOWN - 1] + "…"


def _open(value: object) -> object:
    """What of a value may be shown."""
    if isinstance(value, dict):
        inner = cast("dict[str, object]", value)
        return {name: HIDDEN if is_secret_name(name) else _open(item) for name, item in inner.items()}
    return [_open(item) for item in cast("list[object]", value)] if isinstance(value, list) else value


def alternatives(names: Sequence[str]) -> str:
    """`names` as a choice: "a, b or c"."""
    *most, last = names
    return f"{', '.join(most)} or {last}" if most else last


def unknown_key(key: str, name: str, known: Iterable[str]) -> Fault:
    """The fault of a key that nobody reads, with the nearest known name first."""
    names = sorted(known)
    near = get_close_matches(name, names, n=1)
    hint = f"`{near[0]}`, or " if near else ""
    return Fault(key, f"the unknown key `{name}`", f"{hint}one of {', '.join(names)}")
