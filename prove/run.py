"""Tries every claim of a stack file and reports."""

import datetime
import json
import os
import sys
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import httpx
from rich.console import Console

from prove import leftovers
from prove.api_server import Answered, Kube
from prove.claims import Expected
from prove.clean_up import CleanUp, Signals, Stopped
from prove.cloud import CloudError, Run, Tries
from prove.cluster_probes import elsewhere
from prove.cluster_tries import ClusterTries
from prove.intruders import Intruders
from prove.kubeconfig import Connection, KubeconfigError
from prove.marks import new_mark
from prove.network_tries import NetworkTries
from prove.page import page
from prove.stack import Stack
from prove.table import show
from prove.target import Target
from prove.verdicts import IN_CLUSTER, NETWORK, Claim, Outcome, Row

THREADS = 8
FAILURES = (CloudError, Answered, KubeconfigError, httpx.HTTPError)
"""Nothing can be laid out where the stack's own things are not there, or where nobody answers."""

errors = Console(stderr=True, highlight=False, soft_wrap=True, markup=False)


@dataclass(frozen=True)
class Proof:
    """What a run has found.

    Attributes:
        rows: A row for each claim, in the claims' order.
        left: What could not be taken away, and why.
    """

    rows: Sequence[Row]
    left: Sequence[str]

    @property
    def status(self) -> int:
        """The exit status: 0 if no row is wrong and nothing is left. What is not tried is told, and is no fault."""
        return int(bool(self.left) or any(row.is_wrong for row in self.rows))


def administrator(target: Target) -> Kube:
    """The API server of a target, as its administrator.

    Raises:
        KubeconfigError: The kubeconfig leads nowhere.
    """
    return Kube(Connection(target.kubeconfig), own_proxy=target.environment is None)


def prove(stack: Stack, target: Target) -> int:
    """Tries every claim of a stack that is deployed, writes rows and picture, and names what does not agree.

    Args:
        stack: The stack.
        target: Where it is deployed.

    Returns:
        0 if everything that was tried is as the stack file says, and all probes are gone; else 1, or what a shell
        shows for the signal that ended it.
    """
    started = time.monotonic()
    signals = Signals(errors.print)
    try:
        with signals.handled(), closing(administrator(target)) as admin:
            for sentence in leftovers.sentences(leftovers.left_behind(stack.cloud, admin)):
                errors.print(f"{sentence}\n  python -m prove --clean takes away what is old enough.")
            live = admin.call("GET", "serviceaccounts")["items"]
            expected = Expected(stack.settings, stack.cloud, stack.cloud.strangers(live))
            proof = observe(stack, admin, expected, target, signals)
    except FAILURES as error:
        errors.print(
            f"Nothing could be proved: {error or type(error).__name__}\nIs the stack deployed as its file says?"
        )
        return 1
    except Stopped as stopped:
        return stopped.status
    now = datetime.datetime.now().astimezone()
    target.results.mkdir(parents=True, exist_ok=True)
    rows, picture = target.results / "access.json", target.results / "access.html"
    _write(rows, json.dumps([row.as_json() for row in proof.rows], indent=1) + "\n")
    _write(picture, page(stack.name, now, proof.rows))
    console = Console(highlight=False, width=None if sys.stdout.isatty() else 160)
    show(console, stack.name, proof.rows, time.monotonic() - started)
    console.print(f"rows: {rows}\npicture: {picture}", markup=False, soft_wrap=True)
    return proof.status


def observe(stack: Stack, admin: Kube, expected: Expected, target: Target, signals: Signals) -> Proof:
    """Lays out probes, tries every claim, and takes the probes away, whatever happens in between.

    Args:
        stack: The stack.
        admin: The API server, as administrator.
        expected: What the stack file says.
        target: Where the stack is deployed.
        signals: Kept from interrupting the clean-up.

    Raises:
        CloudError: Something of the stack is not there.
        Answered: The API server refuses something that the proof itself needs.
    """
    claims, mark, clean_up = expected.claims(), new_mark(), CleanUp()
    pool = ThreadPoolExecutor(THREADS)
    try:
        cluster = ClusterTries(admin, expected, mark, clean_up)
        cluster.lay_out(claims)
        network = NetworkTries(admin, expected.network, target.network_judge, elsewhere(mark))
        network.lay_out(claims)
        intruders = Intruders(admin, elsewhere(mark), target.forger)
        cloud = stack.cloud.lay_out(Run(mark, admin, expected.accounts, intruders, pool, clean_up))
        outcomes = list(pool.map(partial(_outcome, cluster, network, cloud), claims))
    finally:
        signals.cleaning()
        # No call may lay anything out after its removal.
        pool.shutdown(cancel_futures=True)
        clean_up.run()
        for failure in clean_up.failures:
            errors.print(f"NOT TAKEN AWAY: {failure}", style="bold red")
    return Proof([Row(claim, outcome) for claim, outcome in zip(claims, outcomes, strict=True)], clean_up.failures)


def _outcome(cluster: ClusterTries, network: NetworkTries, cloud: Tries, claim: Claim) -> Outcome:
    """What comes of a claim's call. What fails around it makes the row unclear, and ends nothing."""
    try:
        if claim.kind in IN_CLUSTER:
            return cluster.observe(claim)
        if claim.kind == NETWORK:
            return network.observe(claim)
        return cloud.observe(claim)
    except Exception as error:
        return Outcome(None, f"what the call needs could not be laid out: {error or type(error).__name__}")


def _write(file: Path, text: str) -> None:
    """Replaces a file at once: a reader sees the old or the new one."""
    new = file.with_name(f".{file.name}.new")
    new.write_text(text)
    os.replace(new, file)
