"""The network judge on policies whose meaning Kubernetes' documentation gives."""

from typing import Any

import pytest

from prove.network_judge import JudgeError, Peer, Question, judge
from sandbox.build import toolchain
from sandbox.build.modules import NETWORK_JUDGE

pytestmark = pytest.mark.sandbox

NAME = "kubernetes.io/metadata.name"
NAMESPACES = {"flink": {NAME: "flink"}, "web": {NAME: "web"}}
JOB_MANAGER, TASK_MANAGER = Peer("flink", {"app": "jm"}, "10.0.0.1"), Peer("flink", {"app": "tm"}, "10.0.0.2")
BROWSER = Peer("web", {"app": "browser"}, "10.0.1.1")


def policy(name: str, pods: dict[str, str], **rules: Any) -> dict[str, Any]:
    types = [kind for kind in ("Ingress", "Egress") if kind.lower() in rules]
    spec = {"podSelector": {"matchLabels": pods} if pods else {}, "policyTypes": types, **rules}
    return {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "NetworkPolicy",
        "metadata": {"name": name, "namespace": "flink"},
        "spec": spec,
    }


def own(pods: dict[str, str], *ports: int | str) -> dict[str, Any]:
    return {"from": [{"podSelector": {"matchLabels": pods}}], "ports": [{"port": port} for port in ports]}


CLOSED = policy("closed", {}, ingress=[], egress=[])
RPC = policy("rpc", {"app": "jm"}, ingress=[own({"app": "tm"}, "rpc", 6124)])
WEB = policy(
    "web",
    {"app": "jm"},
    ingress=[{"from": [{"namespaceSelector": {"matchLabels": {NAME: "web"}}}], "ports": [{"port": 8081}]}],
)
OUT = policy(
    "out",
    {"app": "tm"},
    egress=[
        {"to": [{"podSelector": {"matchLabels": {"app": "jm"}}}]},
        {"to": [{"ipBlock": {"cidr": "0.0.0.0/0", "except": ["10.0.0.0/8"]}}]},
        {"to": [{"ipBlock": {"cidr": "10.9.0.0/16"}}], "ports": [{"port": 5000, "endPort": 5010}]},
    ],
)


@pytest.mark.parametrize(
    ("source", "target", "port", "name", "refusing"),
    [
        (TASK_MANAGER, JOB_MANAGER, 6123, "rpc", []),
        (
            TASK_MANAGER,
            JOB_MANAGER,
            6123,
            "",
            ["ingress by flink/closed", "ingress by flink/rpc", "ingress by flink/web"],
        ),
        (TASK_MANAGER, JOB_MANAGER, 6124, "", []),
        (BROWSER, JOB_MANAGER, 8081, "", []),
        (BROWSER, TASK_MANAGER, 8081, "", ["ingress by flink/closed"]),
        (JOB_MANAGER, BROWSER, 8081, "", ["egress by flink/closed"]),
        (TASK_MANAGER, Peer(ip="198.51.100.7"), 443, "", []),
        (TASK_MANAGER, Peer(ip="10.1.2.3"), 443, "", ["egress by flink/closed", "egress by flink/out"]),
        (TASK_MANAGER, Peer(ip="10.9.2.3"), 5010, "", []),
        (TASK_MANAGER, Peer(ip="10.9.2.3"), 5011, "", ["egress by flink/closed", "egress by flink/out"]),
        (Peer(ip="198.51.100.7"), TASK_MANAGER, 443, "", ["ingress by flink/closed"]),
        (Peer(ip="198.51.100.7"), BROWSER, 443, "", []),
    ],
)
def test_the_judge_says_what_kubernetes_says(
    source: Peer, target: Peer, port: int, name: str, refusing: list[str]
) -> None:
    command = toolchain.build(NETWORK_JUDGE) / "network-judge"
    (found,) = judge(command, [CLOSED, RPC, WEB, OUT], NAMESPACES, [Question(source, target, port, port_name=name)])
    assert (found.allowed, found.refusing) == (not refusing, refusing)


def test_a_policy_that_no_api_server_has_taken_is_no_verdict() -> None:
    command = toolchain.build(NETWORK_JUDGE) / "network-judge"
    broken = policy("broken", {}, ingress=[])
    broken["spec"]["policyTypes"] = []
    with pytest.raises(JudgeError, match="at least 1 type"):
        judge(command, [broken], NAMESPACES, [])
    with pytest.raises(JudgeError, match="namespace other"):
        judge(command, [], NAMESPACES, [Question(Peer("other"), BROWSER, 1)])
