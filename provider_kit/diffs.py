"""Detailed diffs between plain property maps, in the terms of the engine's DiffResponse."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, cast

from provider_kit.values import Path, Unknown, format_path


class Change(StrEnum):
    """What happens to one property."""

    ADD = "add"
    DELETE = "delete"
    UPDATE = "update"


Same = Callable[[Path, Any, Any], bool | None]
"""Says whether old and new at a path mean the same: True, False, or None to have them compared piece by piece."""


@dataclass
class Diff:
    """What an update or a replacement would change.

    Attributes:
        changes: detailed property path, as Pulumi writes it, to the kind of change.
        replaces: those of the paths that cannot be changed in place.
        delete_before_replace: the old resource must go first, e.g. because both would have the same name.
        stables: outputs that an update in place leaves as they are.
    """

    changes: dict[str, Change] = field(default_factory=dict[str, Change])
    replaces: set[str] = field(default_factory=set[str])
    delete_before_replace: bool = False
    stables: list[str] = field(default_factory=list[str])

    def without(self, ignored: Iterable[str]) -> Diff:
        """This diff less the paths that `ignore_changes` names, and everything below them."""
        names = tuple(ignored)

        def kept(path: str) -> bool:
            return not any(path == name or path.startswith((f"{name}.", f"{name}[")) for name in names)

        changes = {path: kind for path, kind in self.changes.items() if kept(path)}
        return Diff(changes, self.replaces & changes.keys(), self.delete_before_replace, self.stables)


def top_level(path: str) -> str:
    """The property that a detailed path begins with."""
    return re.split(r"[.\[]", path, maxsplit=1)[0]


def compare(
    old: Mapping[str, Any], new: Mapping[str, Any], *, replace: Iterable[str] = (), same: Same | None = None
) -> Diff:
    """The difference between two plain property maps.

    Args:
        old: how things are.
        new: how they should be; an unknown differs from everything.
        replace: dotted paths without indices, e.g. `vpcConfig.subnetIds`; a change at or below one needs a replacement.
        same: recognises values that are equal though written differently.

    Properties whose name begins with two underscores belong to the engine and are not compared.
    """
    diff = Diff()
    forced = tuple(tuple(name.split(".")) for name in replace)

    def note(path: Path, kind: Change) -> None:
        text = format_path(path)
        diff.changes[text] = kind
        names = tuple(part for part in path if isinstance(part, str))
        if any(names[: len(stem)] == stem or stem[: len(names)] == names for stem in forced):
            diff.replaces.add(text)

    def walk(path: Path, before: Any, after: Any) -> None:
        verdict = same(path, before, after) if same and not isinstance(after, Unknown) else None
        if verdict is True or (verdict is None and _equal(before, after)):
            return
        if verdict is None and isinstance(before, dict) and isinstance(after, dict):
            pairs_before, pairs_after = cast("dict[str, Any]", before), cast("dict[str, Any]", after)
            for key in [*pairs_before, *(key for key in pairs_after if key not in pairs_before)]:
                walk((*path, key), pairs_before.get(key), pairs_after.get(key))
        elif verdict is None and isinstance(before, list) and isinstance(after, list):
            items_before, items_after = cast("list[Any]", before), cast("list[Any]", after)
            for index in range(max(len(items_before), len(items_after))):
                walk((*path, index), _at(items_before, index), _at(items_after, index))
        elif before is None:
            note(path, Change.ADD)
        elif after is None:
            note(path, Change.DELETE)
        else:
            note(path, Change.UPDATE)

    for key in [*old, *(key for key in new if key not in old)]:
        if not key.startswith("__"):
            walk((key,), old.get(key), new.get(key))
    return diff


def _at(items: list[Any], index: int) -> Any:
    return items[index] if index < len(items) else None


def _equal(before: Any, after: Any) -> bool:
    """Equality that tells true from 1 and finds nothing equal to an unknown."""
    if isinstance(after, Unknown) or isinstance(before, Unknown):
        return False
    if isinstance(before, bool) != isinstance(after, bool):
        return False
    if isinstance(before, dict | list):
        return type(cast("Any", before)) is type(after) and not before and not after
    return bool(before == after)
