"""Who may open a connection to whom by the stack file, and what is made of the judge's answers."""

import ipaddress
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from prove.accounts import owners
from prove.network import API_SERVER, DNS, FOREIGN, NAMESAKE, OUTSIDER, PRIVATE, Address, Network
from prove.network_judge import JudgeError, Peer, Question, judge
from prove.network_tries import NetworkTries
from prove.verdicts import Claim, Row, Verdict
from settings.check import check
from tests.stacks import changed, own, stack_file

PLATFORM, CONSUMER, PRODUCER = "ververica-platform", "greeting-request-consumer", "greeting-request-producer"
AGENT = Address("the agent", "169.254.170.23", 80, jobs=True)
ELECTS = {f"jobs__{CONSUMER}__flink": {"high-availability": "kubernetes"}}


def network(**changes: Any) -> Network:
    settings = check(changed(stack_file(), **own(changes)))
    return Network(settings, owners(settings), [AGENT])


def verdicts(found: Network) -> dict[tuple[str, int, str], bool]:
    return {(one.subject, int(one.action.split()[2]), one.target): one.allowed for one in found.claims()}


@pytest.mark.parametrize("layout", ["shared-namespace", "namespace-per-job"])
def test_the_platform_reaches_its_jobs_a_job_itself_and_nobody_else_either(layout: str) -> None:
    found = network(platform__layout=layout)
    settings = check(changed(stack_file(), **own({"platform__layout": layout})))
    subjects = {one.name: one.subject for one in owners(settings)}
    consumer, producer, platform = (subjects[name] for name in (CONSUMER, PRODUCER, PLATFORM))
    said = verdicts(found)
    for port in (8081, 6123, 6124):
        reaching = {source for (source, at, target), may in said.items() if (at, target) == (port, consumer) and may}
        assert reaching == {consumer, platform}
    others = {source for source, _, target in said if target == consumer}
    assert {producer, FOREIGN, OUTSIDER, f"{NAMESAKE} ({consumer})", f"{NAMESAKE} ({platform})"} <= others
    assert not [may for (_, _, target), may in said.items() if target == platform and may]
    assert not [may for (_, _, target), may in said.items() if target == "vvp/default" and may]


def test_a_job_finds_names_the_internet_and_the_networks_that_it_names() -> None:
    for changes, elects, names in (
        ({}, False, False),
        (ELECTS, True, False),
        ({NETWORKS: ["10.255.0.0/16"]}, True, True),
    ):
        said = verdicts(network(**changes))
        job = f"vvp/{CONSUMER}"
        assert said[job, 53, DNS]
        assert said[job, 443, "the internet"]
        assert said[job, AGENT.port, AGENT.words]
        assert said[job, API_SERVER.port, API_SERVER.words] is elects
        assert said[job, PRIVATE.port, PRIVATE.words] is names
        assert said[f"vvp/{PLATFORM}", PRIVATE.port, PRIVATE.words]
    assert not ipaddress.ip_address(PRIVATE.ip).is_global


NETWORKS = f"jobs__{CONSUMER}__access__networks"


def script(folder: Path, text: str) -> Path:
    command = folder / "judge"
    command.write_text(f"#!/bin/sh\n{text}\n")
    command.chmod(0o755)
    return command


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("echo no such policy >&2; exit 1", "gave up: no such policy"),
        ("echo nonsense", "cannot be read"),
        ("echo '[{\"allowed\": true}]'", "cannot be read"),
        ("echo '[]'", "0 answers to 1 questions"),
    ],
)
def test_a_judge_that_gives_no_answers_is_no_verdict(tmp_path: Path, text: str, words: str) -> None:
    question = Question(Peer("a"), Peer("b"), 1)
    with pytest.raises(JudgeError, match=words):
        judge(script(tmp_path, text), [], {}, [question])
    with pytest.raises(JudgeError, match="cannot be run"):
        judge(tmp_path / "none", [], {}, [question])


class Cluster:
    """What an API server has."""

    def __init__(self, **stored: list[dict[str, Any]]) -> None:
        self._stored = stored

    def call(self, method: str, path: str) -> Mapping[str, Any]:
        assert method == "GET"
        return {"items": self._stored.get(path.rpartition("/")[2], [])}


def pod(account: str, **labels: str) -> dict[str, Any]:
    metadata = {"name": "p", "namespace": "vvp", "labels": labels}
    return {"metadata": metadata, "spec": {"serviceAccountName": account, "containers": [{}]}, "status": {}}


def rows(command: Path | None, *pods: dict[str, Any]) -> dict[tuple[str, str, str], Row]:
    found = network()
    namespaces = [{"metadata": {"name": name}} for name in ("vvp", "elsewhere", "kube-system")]
    cluster: Any = Cluster(pods=list(pods), namespaces=namespaces)
    tries = NetworkTries(cluster, found, command, "elsewhere")
    claims: list[Claim] = list(found.claims())
    tries.lay_out(claims)
    return {(claim.subject, claim.action, claim.target): Row(claim, tries.observe(claim)) for claim in claims}


def test_without_a_judge_nothing_is_tried_and_nothing_is_wrong() -> None:
    found = rows(None).values()
    assert {row.verdict for row in found} == {Verdict.NOT_TRIED}
    assert all("network-judge" in row.outcome.detail for row in found)


def test_a_judge_that_breaks_is_unclear_and_no_refusal(tmp_path: Path) -> None:
    found = rows(script(tmp_path, "exit 3"), pod(PLATFORM)).values()
    assert {row.verdict for row in found} == {Verdict.UNCLEAR}


def test_one_open_connection_is_a_hole_and_one_closed_a_loss(tmp_path: Path) -> None:
    """A judge that lets through what comes from a pod with a label, whatever else there is."""
    answers = "[{'allowed': bool(q['from']['labels'].get('odd')), 'refusing': ['egress by vvp/closed']} for q in asked]"
    program = f"import json, sys; asked = json.load(sys.stdin)['questions']; print(json.dumps({answers}))"
    command = script(tmp_path, f'exec python3 -c "{program}"')
    found = rows(command, pod(PLATFORM, odd="yes"), pod(CONSUMER, odd="yes"), pod(CONSUMER))
    hole = found[f"vvp/{CONSUMER}", "reach port 8081 of", f"vvp/{PRODUCER}"]
    assert hole.verdict is Verdict.HOLE
    assert hole.sentence.startswith(f"HOLE: vvp/{CONSUMER} can reach port 8081 of pods of vvp/{PRODUCER};")
    lost = found[f"vvp/{CONSUMER}", "reach port 8081 of", f"vvp/{CONSUMER}"]
    assert (lost.verdict, lost.outcome.detail) == (Verdict.LOST, "egress by vvp/closed")
    assert found[f"vvp/{PLATFORM}", "reach port 8081 of", f"vvp/{CONSUMER}"].verdict is Verdict.ALLOWED


def test_a_platform_that_does_not_run_is_unclear(tmp_path: Path) -> None:
    answers = "[{'allowed': False, 'refusing': []} for _ in json.load(sys.stdin)['questions']]"
    program = f"import json, sys; print(json.dumps({answers}))"
    found = rows(script(tmp_path, f'exec python3 -c "{program}"'))
    assert found[f"vvp/{PRODUCER}", "reach port 8080 of", f"vvp/{PLATFORM}"].verdict is Verdict.UNCLEAR
    assert found[f"vvp/{PRODUCER}", "reach port 8081 of", f"vvp/{CONSUMER}"].verdict is Verdict.REFUSED
