"""What the program gives against what the platform has: equal in meaning is equal, what is not given is not compared.

The platform fills a specification with defaults and writes quantities its own way; neither is a difference.
"""

from decimal import Decimal, InvalidOperation
from typing import Any, cast

from provider_kit import Path, Unknown

_UNITS = {
    "m": Decimal("0.001"),
    "": Decimal(1),
    **{unit: Decimal(1000) ** power for power, unit in enumerate(("k", "M", "G", "T", "P"), 1)},
    **{f"{unit}i": Decimal(1024) ** power for power, unit in enumerate(("K", "M", "G", "T", "P"), 1)},
}
_FLINK_MEMORY = {unit: Decimal(1024) ** power for power, unit in enumerate(("b", "k", "m", "g", "t"))}


def same(path: Path, old: Any, new: Any) -> bool | None:
    """Whether two values mean the same: True, or None to have them compared piece by piece.

    Args:
        path: Where they are; quantities are only looked for where Kubernetes and the platform have them.
        old: One value.
        new: The other.
    """
    if isinstance(old, Unknown) or isinstance(new, Unknown):
        return None
    if _is_empty(old) and _is_empty(new):
        return True
    if isinstance(old, dict | list) or isinstance(new, dict | list):
        return None
    if _text(old) == _text(new):
        return True
    if _quantity(path, old) is not None and _quantity(path, old) == _quantity(path, new):
        return True
    return None


def _is_empty(value: Any) -> bool:
    return value is None or (isinstance(value, dict | list | str) and not value)


def _text(value: Any) -> str:
    """Settings of Flink are strings to the platform, whatever the program writes."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)


def _quantity(path: Path, value: Any) -> Decimal | None:
    """A quantity as a number: `resources.jobmanager.memory` in the platform's units, and Kubernetes' own in pods."""
    names = [part for part in path if isinstance(part, str)]
    if "resources" not in names[:-1] or not isinstance(value, str | int | float) or isinstance(value, bool):
        return None
    digits = str(value).rstrip("kKmMgGtTbBPi")
    unit = str(value)[len(digits) :]
    try:
        number = Decimal(digits)
    except InvalidOperation:
        return None
    if names[-1] == "memory" and not {"requests", "limits"} & set(names):
        factor = _FLINK_MEMORY.get(unit.lower() or "b")
    else:
        factor = _UNITS.get(unit)
    return number * factor if factor is not None and number.is_finite() else None


def project(given: Any, live: Any, path: Path = ()) -> Any:
    """What the platform has, seen through what the program gives: in its spelling where both mean the same."""
    if same(path, given, live):
        return given
    if isinstance(given, dict) and isinstance(live, dict):
        wanted, found = cast("dict[str, Any]", given), cast("dict[str, Any]", live)
        pairs = {key: project(value, found.get(key), (*path, key)) for key, value in wanted.items()}
        return {key: value for key, value in pairs.items() if value is not None}
    if isinstance(given, list) and isinstance(live, list):
        wanted_items, found_items = cast("list[Any]", given), cast("list[Any]", live)
        if len(wanted_items) == len(found_items):
            pairs = zip(wanted_items, found_items, strict=True)
            return [project(item, found, (*path, index)) for index, (item, found) in enumerate(pairs)]
    return cast("Any", live)


def changed(live: Any, old: Any, new: Any) -> Any:
    """`live` with the program's change made to it: what `new` gives is set, what only `old` gave is taken away.

    What neither gives, the platform's defaults and other people's settings, stays.
    """
    if not isinstance(new, dict):
        return new
    wanted = cast("dict[str, Any]", new)
    before = cast("dict[str, Any]", old) if isinstance(old, dict) else {}
    result = dict(cast("dict[str, Any]", live)) if isinstance(live, dict) else {}
    for key in before.keys() - wanted.keys():
        result.pop(key, None)
    for key, value in wanted.items():
        result[key] = changed(result.get(key), before.get(key), value)
    return result
