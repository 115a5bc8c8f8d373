"""AWS' part of the proof."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from prove.accounts import Account
from prove.api_server import Object
from prove.aws.claims import AwsClaims
from prove.aws.client import Aws, told
from prove.aws.exchange import Exchange
from prove.aws.probes import Probes
from prove.aws.tries import AwsTries
from prove.clean_up import Step
from prove.cloud import Run, Tries
from prove.network import Address
from prove.verdicts import Claim
from settings.aws.names import ROLE_ANNOTATION
from settings.aws.sections import IdentityKind
from settings.aws.stack_file import AwsStackFile
from settings.check import Settings

PROFILE = "aws:profile"
DRIVERS = frozenset({"kube-system/ebs-csi-controller-sa"})
"""The storage driver's account: its role belongs to the cluster, and is only tried as a target."""


class AwsCloud:
    """What the stack file says of AWS, and the calls that try it (see prove.cloud.Cloud).

    Args:
        settings: The stack file.
        config: Its block `config`.
        environment: See prove.target.Target.

    Raises:
        CloudError: The stack file's profile is not there.
    """

    def __init__(
        self, settings: Settings[AwsStackFile], config: Mapping[str, Any], environment: Mapping[str, str] | None
    ) -> None:
        self._claims = AwsClaims(settings)
        self._aws = Aws(settings.file.region, config.get(PROFILE), environment)
        self._cluster = settings.file.cluster.name

    def claims(self, account: Account) -> Iterator[Claim]:
        """What an account may do in the AWS account, and what it may not."""
        return self._claims.of(account)

    def intrusions(self) -> Iterator[Claim]:
        """That nobody becomes a role without being its account."""
        return self._claims.intrusions()

    def strangers(self, accounts: Sequence[Object]) -> Iterator[str]:
        """Accounts with an annotation or an association that the stack file does not know."""
        live = {f"{account['metadata']['namespace']}/{account['metadata']['name']}": account for account in accounts}
        found = {
            subject
            for subject, account in live.items()
            if ROLE_ANNOTATION in (account["metadata"].get("annotations") or {})
        }
        with told():
            pages = self._aws.admin("eks").get_paginator("list_pod_identity_associations")
            for listed in pages.paginate(clusterName=self._cluster):
                found |= {f"{one['namespace']}/{one['serviceAccount']}" for one in listed["associations"]}
        known = {owner.subject for owner in self._claims.owners} | DRIVERS
        # An association may wait for an account that nobody has made; there is no token of such a one.
        yield from sorted((found & live.keys()) - known)

    def addresses(self) -> Iterator[Address]:
        """The nodes' credentials, and the agent that gives pods their own where the stack has it so."""
        yield Address("the metadata of nodes", "169.254.169.254", 80, jobs=False)
        identity = self._claims.settings.file.identity.kind
        yield Address("the Pod Identity agent", "169.254.170.23", 80, jobs=identity is IdentityKind.POD_IDENTITY)

    def whereabouts(self) -> dict[str, str]:
        """Account, caller and region."""
        caller = self._caller()
        region = self._claims.settings.file.region
        return {"AWS account": caller["Account"], "as": caller["Arn"], "region": region, "cluster": self._cluster}

    def misfits(self, server: str, principals: Iterable[str]) -> Iterator[str]:
        """Whether the API server is the cluster's own, and the session's account that of the stack's roles."""
        with told():
            described = self._aws.admin("eks").describe_cluster(name=self._cluster)["cluster"]
        endpoint = str(described["endpoint"])
        if endpoint.rstrip("/").lower() != server.rstrip("/").lower():
            here = f"the cluster {self._cluster} of this account answers at {endpoint}"
            yield f"{here}, and the stack's kubeconfig leads to {server}"
        account, arns = self._caller()["Account"], list(principals)
        if not arns:
            yield "the stack's outputs name no role, by which its account would be known"
        for arn in arns:
            if arn.split(":")[4:5] != [account]:
                yield f"the session is of account {account}, the stack's role {arn} is not"

    def lay_out(self, run: Run) -> Tries:
        """Lays out objects and consumers, and becomes each account."""
        with told():
            probes = Probes(self._aws, self._claims)
            probes.put(run.mark, run.clean_up)
            exchange = Exchange(self._aws, run.kube, self._claims, self._arns(), run.intruders)
        own = run.pool.map(exchange.own, run.accounts)
        accounts = {account.subject: (account, found) for account, found in zip(run.accounts, own, strict=True)}
        return AwsTries(self._aws, self._claims, probes, exchange, accounts)

    def left_behind(self) -> Mapping[str, Sequence[str]]:
        """Objects, uploads, consumers and tags of all runs, by mark."""
        with told():
            return Probes(self._aws, self._claims).left_behind()

    def removal(self, mark: str) -> Iterator[Step]:
        """Takes a run's objects, uploads, consumers and tags away."""
        return Probes(self._aws, self._claims).removal(mark)

    def _caller(self) -> dict[str, str]:
        with told():
            return self._aws.admin("sts").get_caller_identity()

    def _arns(self) -> dict[str, str]:
        """ARN by name of each role of the stack; of one that is not there too, for a row must show that it is not."""
        iam, caller = self._aws.admin("iam"), self._caller()
        partition = caller["Arn"].split(":")[1]
        found: dict[str, str] = {}
        for role in self._claims.roles:
            try:
                found[role] = str(iam.get_role(RoleName=role)["Role"]["Arn"])
            except iam.exceptions.NoSuchEntityException:
                found[role] = f"arn:{partition}:iam::{caller['Account']}:role/{role}"
        return found
