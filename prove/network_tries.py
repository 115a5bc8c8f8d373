"""What the NetworkPolicies on the API server let through, by a judge that we did not write."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from prove.accounts import Account
from prove.api_server import Kube, Object
from prove.cluster_probes import LABEL
from prove.network import DNS, FOREIGN, INTERNET, NAMESAKE, OUTSIDER, PRIVATE, Network
from prove.network_judge import NAME, Answer, JudgeError, Peer, Question, judge
from prove.verdicts import NETWORK, Claim, Outcome

NO_JUDGE = f"it needs the command {NAME}, which is not on PATH"
DNS_PORT = 53
POLICIES = "/apis/networking.k8s.io/v1/networkpolicies"


class NetworkTries:
    """Judges every claim about the network at once.

    The pods are those that run on the stack's accounts; and for each deployment one more, with only the labels that the
    platform is sure to give it. Where the stack file allows an action, all of their connections must be open; where it
    does not, none may be.

    Args:
        admin: The API server, as administrator.
        network: The stack file.
        command: The judge, if there is one.
        elsewhere: A namespace that is not the stack's.
    """

    def __init__(self, admin: Kube, network: Network, command: Path | None, elsewhere: str) -> None:
        self._admin, self._network, self._command, self._elsewhere = admin, network, command, elsewhere
        self._pods: Sequence[Object] = ()
        self._outcomes: dict[Claim, Outcome] = {}

    def lay_out(self, claims: Sequence[Claim]) -> None:
        """Asks about each claim of the network.

        Args:
            claims: All claims.

        Raises:
            Answered: The API server does not tell what is there.
        """
        asked = [claim for claim in claims if claim.kind == NETWORK]
        if self._command is None:
            return
        self._pods = _all(self._admin, "pods")
        found = _all(self._admin, "namespaces")
        namespaces: dict[str, dict[str, str]] = {
            one["metadata"]["name"]: one["metadata"].get("labels") or {} for one in found
        }
        questions = {claim: list(self._questions(claim)) for claim in asked}
        flat = [question for of_claim in questions.values() for question in of_claim]
        try:
            answers = iter(judge(self._command, _all(self._admin, POLICIES), namespaces, flat))
        except JudgeError as error:
            self._outcomes = dict.fromkeys(asked, Outcome(None, str(error)))
            return
        for claim, own in questions.items():
            self._outcomes[claim] = _outcome(claim, [next(answers) for _ in own])

    def observe(self, claim: Claim) -> Outcome:
        """What the judge says of a claim."""
        if self._command is None:
            return Outcome.not_tried(NO_JUDGE)
        return self._outcomes[claim]

    def _questions(self, claim: Claim) -> Iterator[Question]:
        port = int(claim.action.split()[2])
        for source, _ in self._peers(claim.subject):
            for target, ports in self._peers(claim.target):
                protocols = ("UDP", "TCP") if port == DNS_PORT else ("TCP",)
                for protocol in protocols:
                    yield Question(source, target, port, protocol, ports.get(port, ""))

    def _peers(self, name: str) -> Iterator[tuple[Peer, Mapping[int, str]]]:
        """Who a name of a claim stands for, each with the names of its ports."""
        addresses = {address.words: address.ip for address in self._network.addresses}
        whose = name.removeprefix(f"{NAMESAKE} (").removesuffix(")")
        if name in addresses:
            yield Peer(ip=addresses[name]), {}
        elif name == OUTSIDER:
            yield from ((Peer(ip=ip), {}) for ip in (INTERNET.ip, PRIVATE.ip))
        elif name == FOREIGN:
            yield Peer(self._elsewhere, {}, PRIVATE.ip), {}
        elif name == DNS:
            yield Peer("kube-system", {"k8s-app": "kube-dns"}, PRIVATE.ip), {}
        elif whose != name:
            for peer, _ in self._of_account(whose):
                yield Peer(self._elsewhere, peer.labels, PRIVATE.ip), {}
        else:
            yield from self._of_account(name)

    def _of_account(self, subject: str) -> Iterator[tuple[Peer, Mapping[int, str]]]:
        account = self._network.owner(subject)
        if account is None:
            yield Peer(subject.partition("/")[0], {}, PRIVATE.ip), {}
            return
        if account.job is not None:
            yield Peer(account.namespace, self._network.labels(account), PRIVATE.ip), {}
        for pod in self._pods:
            if _runs_as(pod, account):
                metadata = pod["metadata"]
                ip = str(pod["status"].get("podIP") or PRIVATE.ip)
                yield Peer(account.namespace, metadata.get("labels") or {}, ip), _port_names(pod)


def _all(admin: Kube, resource: str) -> Sequence[Object]:
    return admin.call("GET", resource)["items"]


def _runs_as(pod: Object, account: Account) -> bool:
    metadata, spec = pod["metadata"], pod["spec"]
    # A pod of the node's own network is the node to a policy, and probes are nobody's.
    if spec.get("hostNetwork") or LABEL in (metadata.get("labels") or {}):
        return False
    return metadata["namespace"] == account.namespace and spec.get("serviceAccountName") == account.name


def _port_names(pod: Object) -> Mapping[int, str]:
    ports: list[dict[str, Any]] = [port for one in pod["spec"]["containers"] for port in one.get("ports") or ()]
    return {int(port["containerPort"]): str(port["name"]) for port in ports if "name" in port}


def _outcome(claim: Claim, answers: Sequence[Answer]) -> Outcome:
    if not answers:
        return Outcome(None, "no pod of one of the two is there, nor is it known what labels one would have")
    refusing = sorted({policy for answer in answers for policy in answer.refusing})
    allowed = (all if claim.allowed else any)(answer.allowed for answer in answers)
    return Outcome(allowed, "" if allowed else ", ".join(refusing))
