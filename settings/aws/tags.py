"""Tags that AWS does not take together, or that the program would not leave as they are."""

from collections.abc import Iterator, Mapping

from settings.faults import Fault, show

STACK = "vvp:stack"
"""The program's own tag: the stack's name."""
_KEY = "aws:defaultTags.tags"


def tag_faults(tags: Mapping[str, str]) -> Iterator[Fault]:
    """Keys that are the program's own, that IAM does not tell apart, or that begin or end with a blank.

    See https://docs.aws.amazon.com/IAM/latest/UserGuide/id_tags.html: letter case tells no two keys of a role apart.

    Args:
        tags: The tags of the stack file.
    """
    seen = {STACK: "the program, which writes the stack's name there,"}
    for key, value in tags.items():
        at = f"{_KEY}.{key}"
        if key != key.strip():
            yield Fault(at, show(key), "a key without blanks at its ends")
        elif owner := seen.get(key.lower()):
            yield Fault(at, show(value), f"another key: {owner} has it, and IAM does not tell upper from lower case")
        seen.setdefault(key.lower(), f"{_KEY}.{key}")
