"""From a service account's token to AWS credentials, as the SDKs in a pod do it."""

from collections.abc import Mapping
from typing import Any

from prove import forged_tokens
from prove.api_server import Kube, Missing
from prove.aws.client import TOKEN_REFUSALS, Aws, Credentials, tried
from prove.claims import ASSUME_ROLE, INTRUDERS, POD_IDENTITY, WEB_IDENTITY, Account, Expected
from prove.verdicts import Outcome
from settings.aws.names import ROLE_ANNOTATION

AUDIENCES = {WEB_IDENTITY: "sts.amazonaws.com", POD_IDENTITY: "pods.eks.amazonaws.com"}
SESSION = "prove"


class Exchange:
    """Who becomes whom.

    Args:
        aws: The cloud.
        kube: The API server, as administrator: who hands a pod its token.
        expected: The stack file.
        arns: ARN by role name.
        elsewhere: A namespace with accounts of the same names as the stack's.
    """

    def __init__(self, aws: Aws, kube: Kube, expected: Expected, arns: Mapping[str, str], elsewhere: str) -> None:
        self._aws, self._kube, self._expected, self._arns = aws, kube, expected, arns
        self._elsewhere = elsewhere
        self._cluster = expected.settings.file.cluster.name

    def by_token(self, exchange: str, token: str, role: str) -> tuple[Outcome, Credentials | None]:
        """Exchanges a token.

        Args:
            exchange: WEB_IDENTITY or POD_IDENTITY.
            token: The token.
            role: The role that is asked for; Pod Identity gives whatever is associated, and another role is a refusal.
        """
        found: list[Credentials] = []

        def web_identity() -> None:
            sts = self._aws.client("sts", None)
            answer = sts.assume_role_with_web_identity(
                RoleArn=self._arn(role), RoleSessionName=SESSION, WebIdentityToken=token
            )
            given = answer["Credentials"]
            keys = (given["AccessKeyId"], given["SecretAccessKey"], given["SessionToken"])
            found.append(Credentials(*keys, role=role))

        def pod_identity() -> None:
            agent = self._aws.client("eks-auth", self._aws.admin)
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
        exchange = self._expected.exchange
        try:
            token = self.token(account, exchange)
        except Missing as error:
            return Outcome(False, str(error)), None
        if exchange == POD_IDENTITY:
            return self.by_token(exchange, token, "")
        path = f"namespaces/{account.namespace}/serviceaccounts/{account.name}"
        live: dict[str, Any] = self._kube.call("GET", path)["metadata"].get("annotations") or {}
        annotated = str(live.get(ROLE_ANNOTATION, "")).rpartition("/")[2]
        if account.role and not annotated:
            return Outcome(False, f"the account has no annotation {ROLE_ANNOTATION}"), None
        outcome, credentials = Outcome(False, "no role"), None
        for role in [annotated] if annotated else self._expected.roles:
            outcome, credentials = self.by_token(exchange, token, role)
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
            return self.by_token(action, token, role)[0]
        if own is None:
            return Outcome(False, "no credentials")
        sts = self._aws.client("sts", own)
        return tried(lambda: sts.assume_role(RoleArn=self._arn(role), RoleSessionName=SESSION))

    def intrude(self, intruder: str, owner: Account) -> Outcome:
        """Whether an intruder becomes an account's role."""
        try:
            token = self._intruders_token(intruder, owner)
        except Missing as error:
            return Outcome(None, f"nobody to pose as: {error}")
        return self.by_token(self._expected.exchange, token, owner.role or "")[0]

    def _intruders_token(self, intruder: str, owner: Account) -> str:
        exchange = self._expected.exchange
        real = self.token(owner, exchange)
        other_kind = next(audience for kind, audience in AUDIENCES.items() if kind != exchange)
        another = self._kube.token(self._elsewhere, "default", AUDIENCES[exchange])
        made = (
            lambda: forged_tokens.other_cluster(real),
            lambda: forged_tokens.expired(real),
            lambda: self._kube.token(owner.namespace, owner.name),
            lambda: self._kube.token(owner.namespace, owner.name, other_kind),
            lambda: forged_tokens.unsigned(real),
            lambda: forged_tokens.changed(another, f"system:serviceaccount:{owner.namespace}:{owner.name}"),
            lambda: self._kube.token(self._elsewhere, owner.name, AUDIENCES[exchange]),
            lambda: forged_tokens.other_issuer(real),
        )
        return dict(zip(INTRUDERS, made, strict=True))[intruder]()

    def _arn(self, role: str) -> str:
        # A role that is not there is asked for all the same: it must not be there for a reason that the row shows.
        any_arn = next(iter(self._arns.values()))
        return self._arns.get(role, f"{any_arn.rpartition('/')[0]}/{role}")
