"""Requests whose only point is whether the API server grants them."""

from typing import Any

import httpx

from prove.api_server import Answered, Kube, Missing, Object
from prove.verdicts import Outcome


def tried(user: Kube, method: str, path: str, body: Object | None = None, *, finds: bool = True, **how: Any) -> Outcome:
    """What came of a request.

    Args:
        user: Who asks.
        method: As Kube.call.
        path: As Kube.call.
        body: As Kube.call.
        finds: Whether there is something for it to find. If not, looking for it is a grant: authorization comes first.
        how: Further arguments of Kube.call.
    """
    try:
        user.call(method, path, body, **how)
    except Missing as error:
        return Outcome(None if finds else True, f"{error.status} {error}")
    except Answered as error:
        return Outcome(False if error.refused else None, f"{error.status} {error}")
    except httpx.HTTPError as error:
        return Outcome(None, f"no answer: {error or type(error).__name__}")
    return Outcome(True)
