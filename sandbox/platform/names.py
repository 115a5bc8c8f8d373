"""Names and label selectors.

https://docs.ververica.com/vvp/user-guide/application-operations/rest-api-ci-cd, sections Names and Labels.
"""

import re
import uuid
from typing import Final

from sandbox.platform.errors import bad

NAME: Final = re.compile(r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?")
"""Of deployments, namespaces, scripts, tokens."""

WIDE_NAME: Final = re.compile(r"[0-9a-zA-Z_-]{1,250}")
"""Of deployment targets and secret values."""

_REQUIREMENT: Final = re.compile(
    r"\s*(?:(?P<absent>!)\s*)?(?P<key>[\w./-]+)\s*"
    r"(?:(?P<equal>==?|!=)\s*(?P<value>[\w.-]*)|(?P<set>in|notin)\s*\((?P<values>[^()]*)\))?\s*"
)


def check(kind: str, name: object, pattern: re.Pattern[str] = NAME) -> str:
    """The name, if it is one.

    Raises:
        ApiError: 400.
    """
    if not isinstance(name, str) or not name:
        raise bad(f"{kind}: metadata.name must not be empty.")
    if not pattern.fullmatch(name):
        length = 63 if pattern is NAME else 250
        rule = "[a-z0-9]([-a-z0-9]*[a-z0-9])?" if pattern is NAME else "[0-9a-zA-Z-_]+"
        raise bad(f"{kind}: name '{name}' must match {rule} and have at most {length} characters.")
    return name


def short(full: object, *collections: str) -> str:
    """The last part of a full name like `namespaces/default/apitokens/ci`.

    Args:
        full: what the client sent.
        collections: the fixed parts before each name; an item with a `/` is collection and name together.

    Raises:
        ApiError: 400.
    """
    prefix = "/".join(collections)
    if not isinstance(full, str) or not full.startswith(f"{prefix}/"):
        raise bad(f"name must be fully qualified, like '{prefix}/<name>'; it is '{full}'.")
    return check(collections[-1], full.removeprefix(f"{prefix}/"))


def as_id(text: str) -> str | None:
    """A resource's id in its usual form, or None if the text is none."""
    try:
        return str(uuid.UUID(text)) if len(text) == 36 else None
    except ValueError:
        return None


def new_id() -> str:
    """An id for a new resource."""
    return str(uuid.uuid4())


def selects(selector: str, labels: dict[str, str]) -> bool:
    """Whether labels fit a selector in Kubernetes' notation: `a=b,c!=d,e in (x,y),f,!g`.

    Raises:
        ApiError: 400; it is no selector.
    """
    position = 0
    result = True
    while position < len(selector):
        found = _REQUIREMENT.match(selector, position)
        if not found or found.end() == position:
            raise bad(f"labelSelector '{selector}' cannot be read at character {position + 1}.")
        result = result and _fits(found, labels)
        position = found.end()
        if position < len(selector):
            if selector[position] != ",":
                raise bad(f"labelSelector '{selector}' cannot be read at character {position + 1}.")
            position += 1
    return result


def _fits(requirement: re.Match[str], labels: dict[str, str]) -> bool:
    value = labels.get(requirement["key"])
    if requirement["equal"]:
        same = value == requirement["value"]
        return same if requirement["equal"] != "!=" else not same
    if requirement["set"]:
        among = value in {item.strip() for item in requirement["values"].split(",")}
        return among if requirement["set"] == "in" else not among
    return (value is None) == bool(requirement["absent"])
