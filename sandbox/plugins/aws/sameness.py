"""When an AWS property is the same though it is written differently."""

import json
from dataclasses import dataclass
from typing import Any, cast

from provider_kit import Path, Unknown, compare, has_unknown
from sandbox.plugins.aws import policy_documents


@dataclass(frozen=True)
class Matching:
    """The rules of one resource type; paths are dotted and without indices.

    Attributes:
        documents: properties that are policy policy_documents.
        unordered: lists whose order has no meaning.
        chosen: properties that AWS fills when the program leaves them out; `a.*` stands for everything inside `a`.
    """

    documents: frozenset[str]
    unordered: frozenset[str]
    chosen: frozenset[str]

    def same(self, path: Path, before: Any, after: Any) -> bool | None:
        """For `provider_kit.compare`, where `before` is the state and `after` the inputs."""
        names = [part for part in path if isinstance(part, str)]
        dotted = ".".join(names)
        if after is None and (dotted in self.chosen or f"{'.'.join(names[:-1])}.*" in self.chosen):
            return True
        if empty(before) and empty(after):
            return True
        if dotted in self.documents and isinstance(before, str) and isinstance(after, str):
            return policy_documents.same(before, after)
        if dotted in self.unordered and isinstance(before, list) and isinstance(after, list):
            items_before, items_after = cast("list[Any]", before), cast("list[Any]", after)
            if not has_unknown(items_after) and len(items_before) == len(items_after):
                return self._pairs_up(path, items_before, items_after) or None
        return None

    def _pairs_up(self, path: Path, before: list[Any], after: list[Any]) -> bool:
        if all(isinstance(item, str | int) for item in (*before, *after)):
            return sorted(map(str, before)) == sorted(map(str, after))
        rest = sorted(before, key=_key)
        for wanted in sorted(after, key=_key):
            match = next((item for item in rest if self._equal((*path, 0), item, wanted)), None)
            if match is None:
                return False
            rest.remove(match)
        return True

    def _equal(self, path: Path, before: Any, after: Any) -> bool:
        def same(at: Path, old: Any, new: Any) -> bool | None:
            return self.same((*path, *at[1:]), old, new)

        return not compare({"": before}, {"": after}, same=same).changes


def _key(item: Any) -> str:
    return json.dumps(item, sort_keys=True, default=str)


def empty(value: Any) -> bool:
    """Absent, the zero value of each type, and an object of nothing else are one thing in Terraform's schemas."""
    if isinstance(value, dict):
        return all(empty(item) for item in cast("dict[str, Any]", value).values())
    return not isinstance(value, Unknown) and value in (None, "", [], False, 0)
