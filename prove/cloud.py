"""A cloud's part of the proof."""

from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from typing import Protocol

from prove.accounts import Account
from prove.api_server import Kube, Object
from prove.clean_up import CleanUp, Step
from prove.intruders import Intruders
from prove.network import Address
from prove.verdicts import Claim, Outcome


class CloudError(Exception):
    """The cloud does not give what the proof itself needs; the text says what."""


@dataclass(frozen=True)
class Run:
    """One run of the proof.

    Attributes:
        mark: What the name of each probe begins with.
        kube: The API server, as administrator.
        accounts: Whose calls are tried.
        intruders: Makes the tokens of those who are not the accounts.
        pool: Calls side by side.
        clean_up: What is taken away at the end.
    """

    mark: str
    kube: Kube
    accounts: Sequence[Account]
    intruders: Intruders
    pool: Executor
    clean_up: CleanUp


class Tries(Protocol):
    """Tries a cloud's claims."""

    def observe(self, claim: Claim) -> Outcome:
        """What comes of a claim's call.

        Raises:
            Exception: What the call was to find could not be laid out.
        """
        ...


class Cloud(Protocol):
    """What the stack file says of a cloud, and the calls that try it."""

    def claims(self, account: Account) -> Iterable[Claim]:
        """What an account may do in the cloud, and what it may not."""
        ...

    def intrusions(self) -> Iterable[Claim]:
        """That nobody becomes an account without being it; the subject is `<intruder> (<account>)`."""
        ...

    def strangers(self, accounts: Sequence[Object]) -> Iterable[str]:
        """Accounts that have been given an identity and that the stack file does not know, as `<namespace>/<name>`.

        Args:
            accounts: The service accounts of the whole cluster, as the API server gives them.

        Raises:
            CloudError: The cloud does not tell.
        """
        ...

    def addresses(self) -> Iterable[Address]:
        """What pods find beside each other in the cloud, and whether the jobs' may."""
        ...

    def whereabouts(self) -> Mapping[str, str]:
        """Where the calls go and who makes them: a value for each word that a person would know it by.

        Raises:
            CloudError: The cloud does not tell.
        """
        ...

    def misfits(self, server: str, principals: Iterable[str]) -> Iterable[str]:
        """Why the cloud's session, the API server and the stack do not belong together, in sentences.

        Args:
            server: The API server's address by the stack's kubeconfig.
            principals: Who the stack's accounts are to the cloud, by its outputs.

        Raises:
            CloudError: The cloud does not tell.
        """
        ...

    def lay_out(self, run: Run) -> Tries:
        """Lays out what the calls are to find; how it is taken away again is added to the run's clean-up before.

        Raises:
            CloudError: Something of the stack is not there.
        """
        ...

    def left_behind(self) -> Mapping[str, Sequence[str]]:
        """Probes that are there, as words for each, by the mark of their run.

        Raises:
            CloudError: The cloud does not tell.
        """
        ...

    def removal(self, mark: str) -> Iterable[Step]:
        """Takes a run's probes away and touches nothing else."""
        ...
