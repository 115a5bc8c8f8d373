"""Tries every claim of a stack file and reports."""

import datetime
import json
import sys
import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError
from rich.console import Console

from prove.api_server import Answered, Kube
from prove.aws.client import Aws, Credentials
from prove.aws.exchange import Exchange
from prove.aws.probes import Probes
from prove.aws.tries import Cloud
from prove.claims import INTRUDERS, Expected, stack_settings
from prove.cluster_tries import Cluster
from prove.page import page
from prove.table import show
from prove.verdicts import Claim, Kind, Outcome, Row
from sandbox import layout
from sandbox.run import engine
from settings.aws.names import ROLE_ANNOTATION

THREADS = 8
NOT_TRIED = {"kube-system/ebs-csi-controller-sa"}
"""The storage driver's account: its role belongs to the cluster, and is only tried as a target."""

Own = tuple[Outcome, Credentials | None]


def access_file() -> Path:
    """The rows."""
    return layout.STATE / "access.json"


def picture_file() -> Path:
    """The picture of them."""
    return layout.STATE / "access.html"


def prove(stack: str) -> int:
    """Tries every claim of a stack that is deployed, writes rows and picture, and names what does not agree.

    Args:
        stack: The stack's name.

    Returns:
        0 if everything is as the stack file says, else 1.
    """
    started = time.monotonic()
    settings = stack_settings(stack)
    variables = engine.variables(stack)
    aws, admin = Aws(variables), Kube()
    try:
        expected = Expected(settings, strangers(aws, admin, Expected(settings)))
        rows = observe(aws, admin, expected)
    except (ClientError, Answered) as error:
        # Nothing can be laid out where the stack's own things are not there.
        Console(stderr=True, highlight=False, soft_wrap=True).print(
            f"Nothing could be proved: {error}\nIs the stack deployed as its file says? make up STACK={stack}",
            markup=False,
        )
        return 1
    finally:
        admin.close()
    now = datetime.datetime.now().astimezone()
    layout.write_atomically(access_file(), json.dumps([row.as_json() for row in rows], indent=1) + "\n")
    layout.write_atomically(picture_file(), page(stack, now, rows))
    console = Console(highlight=False, width=None if sys.stdout.isatty() else 160)
    show(console, stack, rows, time.monotonic() - started)
    console.print(f"rows: {access_file()}\npicture: {picture_file()}", markup=False, soft_wrap=True)
    return 0 if all(row.agrees for row in rows) else 1


def strangers(aws: Aws, admin: Kube, expected: Expected) -> tuple[str, ...]:
    """Live accounts that have been given a role and that the stack file does not know.

    Args:
        aws: The cloud.
        admin: The API server.
        expected: The stack file.
    """
    accounts: list[Any] = admin.call("GET", "serviceaccounts")["items"]
    found = {
        f"{account['metadata']['namespace']}/{account['metadata']['name']}"
        for account in accounts
        if ROLE_ANNOTATION in (account["metadata"].get("annotations") or {})
    }
    live = {f"{account['metadata']['namespace']}/{account['metadata']['name']}" for account in accounts}
    pages = aws.client("eks", aws.admin).get_paginator("list_pod_identity_associations")
    for listed in pages.paginate(clusterName=expected.settings.file.cluster.name):
        found |= {f"{one['namespace']}/{one['serviceAccount']}" for one in listed["associations"]}
    known = {account.subject for account in expected.accounts} | NOT_TRIED
    # An association may wait for an account that nobody has made; there is no token of such a one.
    return tuple(sorted((found & live) - known))


def observe(aws: Aws, admin: Kube, expected: Expected) -> list[Row]:
    """Tries every claim.

    Args:
        aws: The cloud.
        admin: The API server.
        expected: The stack file.

    Returns:
        A row for each claim, in the claims' order.
    """
    claims = expected.claims()
    probes = Probes(aws, expected)
    cluster = Cluster(admin, expected, probes.mark)
    pages = aws.client("iam", aws.admin).get_paginator("list_roles")
    arns = {role["RoleName"]: str(role["Arn"]) for listed in pages.paginate() for role in listed["Roles"]}
    exchange = Exchange(aws, admin, expected, arns, cluster.elsewhere)
    with ThreadPoolExecutor(THREADS) as pool, cluster.prepared(expected.accounts):
        try:
            probes.put()
            cluster.run_pods(claims)
            subjects = [account.subject for account in expected.accounts]
            own = dict(zip(subjects, pool.map(exchange.own, expected.accounts), strict=True))
            tries = Tries(expected, Cloud(aws, probes), cluster, exchange, own)
            outcomes = list(pool.map(tries.observe, claims))
        finally:
            probes.remove()
    return [Row(claim, outcome) for claim, outcome in zip(claims, outcomes, strict=True)]


class Tries:
    """Hands each claim to what can try it.

    Args:
        expected: The stack file.
        cloud: Tries calls to AWS.
        cluster: Tries calls to the API server.
        exchange: Tries to become a role.
        own: Each account's own credentials.
    """

    def __init__(
        self, expected: Expected, cloud: Cloud, cluster: Cluster, exchange: Exchange, own: Mapping[str, Own]
    ) -> None:
        self._cloud, self._cluster, self._exchange, self._own = cloud, cluster, exchange, own
        self._accounts = {account.subject: account for account in expected.accounts}
        self._owners = {owner.role: owner for owner in expected.owners}

    def observe(self, claim: Claim) -> Outcome:
        """What comes of a claim's call."""
        if claim.kind in (Kind.NAMESPACE, Kind.ACCOUNT, Kind.POD):
            return self._cluster.observe(claim)
        if claim.subject not in self._accounts:
            intruder = next(intruder for intruder in INTRUDERS if claim.subject.startswith(f"{intruder} ("))
            return self._exchange.intrude(intruder, self._owners[claim.target])
        outcome, credentials = self._own[claim.subject]
        if claim.kind is Kind.ROLE:
            return self._exchange.into(self._accounts[claim.subject], credentials, claim.action, claim.target)
        if outcome.allowed is None:
            return outcome
        return self._cloud.observe(claim, credentials, outcome.detail)
