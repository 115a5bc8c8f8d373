"""Tries pods that would get at a node, at the platform's Secrets, or at another's account, by dry run."""

from collections.abc import Callable, Mapping

from prove.api_server import APPLY as APPLY_TYPE
from prove.api_server import Kube, Object
from prove.cluster_claims import APPLY
from prove.pods import NAMESAKE_WAYS, NODE_WAYS, POSING_WAYS, SECRET_WAYS, VOLUME_WAYS, Surroundings, Way
from prove.requests import tried
from prove.verdicts import NODE, Claim, Outcome

WAYS: Mapping[str, Way] = {**NODE_WAYS, **POSING_WAYS, **NAMESAKE_WAYS}
TAKINGS = {**SECRET_WAYS, **VOLUME_WAYS}


class PodTries:
    """Tries them.

    Args:
        user: The platform, which makes the jobs' pods.
        make: Makes a pod of an account, `<namespace>/<name>`, as its deployment's or as nobody's.
        surroundings: What a pod would pose with.
    """

    def __init__(self, user: Kube, make: Callable[[str, bool], Object], surroundings: Surroundings) -> None:
        self._user, self._make, self._surroundings = user, make, surroundings

    def observe(self, claim: Claim) -> Outcome:
        """Whether the API server admits a claim's pod."""
        posing = claim.target in POSING_WAYS
        made = self._make(claim.subject, not posing)
        if claim.action in TAKINGS:
            TAKINGS[claim.action](made, claim.target)
        else:
            WAYS[claim.target](made, self._surroundings)
        path = f"namespaces/{claim.subject.partition('/')[0]}/pods"
        if claim.action == APPLY:
            one = f"{path}/{made['metadata']['name']}"
            return tried(self._user, "PATCH", one, made, dry=True, kind=APPLY_TYPE)
        return tried(self._user, "POST", path, made, dry=True)


def is_pods(claim: Claim) -> bool:
    """Whether a claim is about such a pod."""
    return claim.kind == NODE or claim.action in TAKINGS or claim.target in WAYS
