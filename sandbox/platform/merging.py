"""JSON merge patches: how the platform's PATCH and its deployment defaults join objects (RFC 7386)."""

from typing import Any

Json = dict[str, Any]


def merged(base: Json, patch: Json) -> Json:
    """Joins two objects: objects are joined in turn, null removes, all else replaces.

    Args:
        base: stays as it is.
        patch: what to change.
    """
    result = dict(base)
    for key, value in patch.items():
        if value is None:
            result.pop(key, None)
        elif isinstance(value, dict):
            below = result.get(key)
            result[key] = merged(below if isinstance(below, dict) else {}, value)
        else:
            result[key] = value
    return result
