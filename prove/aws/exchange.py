"""From a service account's token to AWS credentials, as the SDKs in a pod do it."""

from collections.abc import Mapping
from typing import Any

from prove.accounts import Account
from prove.api_server import Kube, Missing
from prove.aws.claims import ASSUME_ROLE, OTHER_KIND, POD_IDENTITY, WEB_IDENTITY, AwsClaims
from prove.aws.client import TOKEN_REFUSALS, Aws, Credentials, tried
from prove.intruders import Intruders, NotForged
from prove.verdicts import Outcome
from settings.aws.names import ROLE_ANNOTATION

AUDIENCES = {WEB_IDENTITY: "sts.amazonaws.com", POD_IDENTITY: "pods.eks.amazonaws.com"}
SESSION = "prove"
SHORTEST = 900
"""Seconds that a session lasts at least: STS gives no shorter ones, and none can be taken back."""


class Exchange:
    """Who becomes whom.

    Args:
        aws: The cloud.
        kube: The API server, as administrator: who hands a pod its token.
        claims: The stack file.
        arns: ARN by role name, of each role of the stack, in the claims' order.
        intruders: Makes the tokens of those who are not the accounts.
    """

    def __init__(self, aws: Aws, kube: Kube, claims: AwsClaims, arns: Mapping[str, str], intruders: Intruders) -> None:
        self._aws, self._kube, self._claims, self._arns = aws, kube, claims, arns
        self._intruders = intruders
        self._cluster = claims.settings.file.cluster.name

    def by_token(self, exchange: str, token: str, arn: str) -> tuple[Outcome, Credentials | None]:
        """Exchanges a token.

        Args:
            exchange: WEB_IDENTITY or POD_IDENTITY.
            token: The token.
            arn: The role that is asked for; Pod Identity gives whatever is associated, and another role is a refusal.
        """
        role = arn.rpartition("/")[2]
        found: list[Credentials] = []

        def web_identity() -> None:
            answer = self._aws.anonymous("sts").assume_role_with_web_identity(
                RoleArn=arn, RoleSessionName=SESSION, WebIdentityToken=token, DurationSeconds=SHORTEST
            )
            given = answer["Credentials"]
            keys = (given["AccessKeyId"], given["SecretAccessKey"], given["SessionToken"])
            found.append(Credentials(*keys, role=role))

        def pod_identity() -> None:
            agent = self._aws.admin("eks-auth")
            answer = agent.assume_role_for_pod_identity(clusterName=self._cluster, token=token)
            given = answer["credentials"]
            name = answer["assumedRoleUser"]["arn"].split("/")[-2]
            keys = (given["accessKeyId"], given["secretAccessKey"], given["sessionToken"])
            found.append(Credentials(*keys, role=name))

        outcome = tried(web_identity if exchange == WEB_IDENTITY else pod_identity, TOKEN_REFUSALS)
        if not found:
            return outcome, None
        if role and found[0].role != role:
            return Outcome(False, f"the account's role is {found[0].role}"), None
        return outcome, found[0]

    def token(self, account: Account, exchange: str) -> str:
        """An account's own token for an exchange."""
        return self._kube.token(account.namespace, account.name, AUDIENCES[exchange])

    def own(self, account: Account) -> tuple[Outcome, Credentials | None]:
        """The credentials that a pod of an account finds.

        With IRSA the annotation of the live account names the role, as EKS' webhook hands it to the pod; an account
        without one tries every role, as a pod can that asks for a token itself.
        """
        exchange = self._claims.exchange
        try:
            token = self.token(account, exchange)
        except Missing as error:
            return Outcome(False, str(error)), None
        if exchange == POD_IDENTITY:
            return self.by_token(exchange, token, "")
        path = f"namespaces/{account.namespace}/serviceaccounts/{account.name}"
        live: dict[str, Any] = self._kube.call("GET", path)["metadata"].get("annotations") or {}
        annotated = str(live.get(ROLE_ANNOTATION, ""))
        if account.is_owner and not annotated:
            return Outcome(False, f"the account has no annotation {ROLE_ANNOTATION}"), None
        outcome, credentials = Outcome(False, "no role"), None
        for arn in [annotated] if annotated else self._arns.values():
            outcome, credentials = self.by_token(exchange, token, arn)
            if credentials or outcome.allowed is None:
                break
        return outcome, credentials

    def into(self, account: Account, own: Credentials | None, action: str, role: str) -> Outcome:
        """Whether an account becomes a role."""
        if action != ASSUME_ROLE:
            try:
                token = self.token(account, action)
            except Missing as error:
                return Outcome(False, str(error))
            return self.by_token(action, token, self._arns[role])[0]
        if own is None:
            return Outcome(False, "no credentials")
        sts = self._aws.client("sts", own)
        return tried(
            lambda: sts.assume_role(RoleArn=self._arns[role], RoleSessionName=SESSION, DurationSeconds=SHORTEST)
        )

    def intrude(self, intruder: str, owner: Account) -> Outcome:
        """Whether an intruder becomes an account's role."""
        exchange = self._claims.exchange
        try:
            if intruder == OTHER_KIND:
                other = next(audience for kind, audience in AUDIENCES.items() if kind != exchange)
                token = self._kube.token(owner.namespace, owner.name, other)
            else:
                token = self._intruders.token(intruder, owner, AUDIENCES[exchange])
        except NotForged as error:
            return Outcome.not_tried(str(error))
        except Missing as error:
            return Outcome(None, f"nobody to pose as: {error}")
        return self.by_token(exchange, token, self._arns[self._claims.role_of(owner)])[0]
