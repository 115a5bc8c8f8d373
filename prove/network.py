"""Who may open a connection to whom, by the stack file: the platform to its jobs, a job's pods to each other."""

import ipaddress
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from prove.accounts import Account, vvp_namespace
from prove.pods import deployment_labels
from prove.verdicts import NETWORK, Claim
from settings.check import Settings
from settings.stack_file import StackFile

FLINK_PORTS = {8081: "REST", 6123: "RPC", 6124: "blobs", 6122: "RPC of TaskManagers", 50100: "chosen by Flink itself"}
PLATFORM_PORTS = {8080: "gateway", 8081: "management", 9080: "appmanager", 9081: "management", 4200: "user interface"}
OTHER_PORTS = {8080: "any"}

NAMESAKE = "a pod elsewhere that is labelled as the pods"
FOREIGN = "a pod of another namespace"
OUTSIDER = "an address that is no pod's"
DNS = "the cluster's DNS"


@dataclass(frozen=True)
class Address:
    """What lies outside the cluster's pods.

    Attributes:
        words: What a person calls it.
        ip: An address there.
        port: Its port.
        jobs: Whether the stack's jobs may reach it; None where that is by the networks that they name.
    """

    words: str
    ip: str
    port: int
    jobs: bool | None = None


INTERNET = Address("the internet", "198.51.100.7", 443, jobs=True)
"""Where the cloud's APIs are. The address is nobody's (RFC 5737)."""
PRIVATE = Address("private addresses", "10.255.255.254", 5432)
API_SERVER = Address("private addresses", "10.255.255.254", 443)
"""As the API server's; the proof does not know which one a pod would find."""


class Network:
    """What a stack file says of the network.

    Args:
        settings: The stack file.
        owners: The platform's account and the jobs'.
        addresses: What the cloud has beside the cluster's pods.
    """

    def __init__(
        self, settings: Settings[StackFile], owners: Sequence[Account], addresses: Iterable[Address] = ()
    ) -> None:
        self._settings = settings
        self._owners = owners
        self._platform, *self._jobs = owners
        self.addresses = [INTERNET, PRIVATE, API_SERVER, *addresses]

    @property
    def namespaces(self) -> list[str]:
        """Where the stack's pods run."""
        return sorted({owner.namespace for owner in self._owners})

    def owner(self, subject: str) -> Account | None:
        """The owner of a name, if it is an owner's."""
        return next((owner for owner in self._owners if owner.subject == subject), None)

    def labels(self, account: Account) -> Mapping[str, str]:
        """What the platform labels the pods of a job with."""
        return deployment_labels(account.name, vvp_namespace(self._settings, account.namespace))

    def claims(self) -> Iterator[Claim]:
        """Each source, each destination and port."""
        others = [f"{namespace}/default" for namespace in self.namespaces]
        namesakes = [f"{NAMESAKE} ({owner.subject})" for owner in self._owners]
        for source in [*(owner.subject for owner in self._owners), *others, *namesakes, FOREIGN, OUTSIDER]:
            for owner in self._owners:
                ports = PLATFORM_PORTS if owner.is_platform else FLINK_PORTS
                yield from _to(source, owner.subject, ports, self._reaches(source, owner))
            # A pod that is no deployment's, as a session cluster's. In a job's own namespace it would be the job's.
            stray = f"{self._platform.namespace}/default"
            if source != stray:
                yield from _to(source, stray, OTHER_PORTS, False)
        for owner in self._owners:
            yield Claim(owner.subject, "reach port 53 of", NETWORK, DNS, True, DNS)
            for address in self.addresses:
                allowed = self._may_leave(owner, address)
                if allowed is not None:
                    yield _claim(owner.subject, address.port, address.words, address.words, allowed)

    def _reaches(self, source: str, owner: Account) -> bool | None:
        if owner.is_platform:
            # Whether the platform's one pod talks to itself is nobody's business.
            return None if source == owner.subject else False
        return source in (owner.subject, self._platform.subject)

    def _may_leave(self, owner: Account, address: Address) -> bool | None:
        if owner.job is None:
            # It must reach database, identity provider and jobs. What the cloud keeps from jobs is not said of it.
            return None if address.jobs is False else True
        if address.jobs is not None:
            return address.jobs
        if address is API_SERVER and owner.job.settings.elects_by_kubernetes:
            return True
        ip = ipaddress.ip_address(address.ip)
        return any(ip in ipaddress.ip_network(network) for network in owner.job.settings.access.networks)


def _to(source: str, target: str, ports: Mapping[int, str], allowed: bool | None) -> Iterator[Claim]:
    if allowed is None:
        return
    for port in ports:
        yield _claim(source, port, target, f"pods of {target}", allowed)


def _claim(source: str, port: int, target: str, resource: str, allowed: bool) -> Claim:
    return Claim(source, f"reach port {port} of", NETWORK, target, allowed, resource)
