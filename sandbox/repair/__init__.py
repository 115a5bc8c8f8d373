"""Finds out what an interrupted operation did, where Pulumi never saw the answer.

The questions go to AWS, Kubernetes and Helm as a person would put them, so this would do on a real account too.
"""

from __future__ import annotations

from sandbox.repair import kubernetes
from sandbox.repair.kubernetes import RELEASE, busy_releases
from sandbox.repair.search import Properties, Search

__all__ = ["RELEASE", "Search", "busy_releases", "by_update", "find", "settle"]


def find(kind: str, inputs: Properties, search: Search, known: frozenset[str] = frozenset()) -> str | None:
    """The id of what an interrupted create of a resource made, or None if it made nothing or can simply be repeated.

    What is half made and cannot be gone on with is removed, what AWS has under way is waited for.

    Args:
        kind: type token, like `aws:ec2/vpc:Vpc`.
        inputs: the resource's inputs.
        search: where to look.
        known: ids of this type that belong to other resources of the state.

    Raises:
        LookupError: several things could be it, or nobody knows how to look; a person has to say which it is.
    """
    if kind == RELEASE:
        found = kubernetes.find_release(search, inputs)
    elif kind.startswith("kubernetes:"):
        found = kubernetes.find_object(kind, search, inputs)
    else:
        from sandbox.repair import aws  # late, as `search` imports boto3

        if kind in aws.FINDERS:
            found = aws.FINDERS[kind](search, inputs)
        elif kind in aws.REPEATABLE or kind.startswith("pulumi:"):
            return None
        else:
            raise LookupError(f"the sandbox does not know how to look for {kind}, whose create was interrupted")
    new = [id for id in found if id not in known]
    if len(new) > 1:
        raise LookupError(f"an interrupted create of {kind} could have made any of {', '.join(new)}")
    return new[0] if new else None


def settle(kind: str, id: str, search: Search) -> None:
    """Brings an interrupted update or delete to an end of which a refresh can tell the outcome.

    Raises:
        LookupError: it does not come to an end.
    """
    if kind == RELEASE:
        kubernetes.put_in_order(id, search)
    elif kind.startswith("kubernetes:"):
        kubernetes.wait_if_going(kind, id, search)
    else:
        from sandbox.repair import aws  # late, as `search` imports boto3

        aws.wait_if_going(kind, id, search)


def by_update(kind: str) -> bool:
    """Whether what was found counts as whole only after an update: objects and releases that nobody waited for."""
    return kind.startswith("kubernetes:")
