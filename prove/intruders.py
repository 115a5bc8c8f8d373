"""Who tries to pass for an account without being it, and with what token: the same on every cloud."""

from collections.abc import Callable, Mapping

from prove import forged_tokens
from prove.accounts import Account
from prove.api_server import Kube
from prove.target import Forger

OTHER_CLUSTER = "a token signed by another cluster's key"
EXPIRED = "an expired token"
FOR_API_SERVER = "a token for the API server"
UNSIGNED = "a token without signature"
CHANGED = "a token with changed claims"
SAME_NAME = "a token of the same-named account of another namespace"
OTHER_ISSUER = "a token of another issuer"


class NotForged(Exception):
    """Nobody here can make such a token; the text says what it would take."""


class Intruders:
    """Makes their tokens.

    Args:
        kube: The API server, as administrator.
        elsewhere: A namespace with accounts of the same names as the stack's.
        forger: Who can sign as the cluster does, if anybody.
    """

    def __init__(self, kube: Kube, elsewhere: str, forger: Forger | None) -> None:
        self._kube, self._elsewhere, self._forger = kube, elsewhere, forger

    def token(self, intruder: str, owner: Account, audience: str) -> str:
        """An intruder's token.

        Args:
            intruder: One of the names above.
            owner: Whom it poses for.
            audience: Whom the account's own tokens are for.

        Raises:
            NotForged: Nobody here can make it.
            Missing: The account is not there.
        """
        kube, elsewhere = self._kube, self._elsewhere

        def real() -> str:
            return kube.token(owner.namespace, owner.name, audience)

        subject = f"system:serviceaccount:{owner.namespace}:{owner.name}"
        made: Mapping[str, Callable[[], str]] = {
            OTHER_CLUSTER: lambda: forged_tokens.other_cluster(real()),
            EXPIRED: lambda: forged_tokens.expired(real(), self._signer()),
            FOR_API_SERVER: lambda: kube.token(owner.namespace, owner.name),
            UNSIGNED: lambda: forged_tokens.unsigned(real()),
            CHANGED: lambda: forged_tokens.changed(kube.token(elsewhere, "default", audience), subject),
            SAME_NAME: lambda: kube.token(elsewhere, owner.name, audience),
            OTHER_ISSUER: lambda: forged_tokens.other_issuer(real(), self._signer()),
        }
        return made[intruder]()

    def _signer(self) -> Forger:
        if self._forger is None:
            raise NotForged("it needs the key that the cluster signs its tokens with, which nobody here has")
        return self._forger
