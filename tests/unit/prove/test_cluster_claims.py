"""What a stack file says of neighbours, nodes and guards, and the pods that would get at them."""

from typing import Any

import pytest

from prove import cluster_probes
from prove.accounts import Account, owners
from prove.cluster_claims import SCALE, ClusterClaims, editor
from prove.pod_tries import TAKINGS, WAYS, is_pods
from prove.pods import SECRET_WAYS, Surroundings, pod
from prove.verdicts import ACCOUNT, CONFIG, GUARD, IN_CLUSTER, NODE, POSING, SECRET, Claim
from settings.check import check
from tests.stacks import changed, own, stack_file

PLATFORM, CONSUMER, PRODUCER = (
    "vvp/ververica-platform",
    "vvp/greeting-request-consumer",
    "vvp/greeting-request-producer",
)
NAMESPACES = {"platform__layout": "namespace-per-job"}
ELECTS = {"jobs__greeting-request-consumer__flink": {"high-availability": "kubernetes"}}


def claims(**changes: Any) -> list[Claim]:
    settings = check(changed(stack_file(), **own(changes)))
    found = owners(settings)
    default = [Account(namespace, "default") for namespace in sorted({one.namespace for one in found})]
    return list(ClusterClaims(settings, found, [*found, *default]).claims())


def test_only_the_platform_has_anything_of_anybody() -> None:
    for changes in ({}, NAMESPACES, {"admission__engine": "admission-policy"}):
        found = claims(**changes)
        assert {claim.kind for claim in found} == {ACCOUNT, POSING, NODE, CONFIG, SECRET, GUARD}
        assert {claim.kind for claim in found} <= IN_CLUSTER
        assert {claim.subject for claim in found if claim.allowed} == {PLATFORM}
        assert {claim.kind for claim in found if claim.allowed} == {CONFIG, SECRET}
        assert len({(claim.subject, claim.action, claim.kind, claim.target) for claim in found}) == len(found)


def test_a_job_that_elects_a_leader_has_its_own_configmaps_and_reads_its_namespace() -> None:
    def may(who: str, **changes: Any) -> set[tuple[str, str]]:
        return {(one.action, one.target) for one in claims(**changes) if one.subject == who and one.allowed}

    own_ones = {(action, CONSUMER) for action in ("get", "create", "patch", "delete")}
    assert may(CONSUMER, **ELECTS) == own_ones | {("get", PLATFORM), ("get", PRODUCER)}
    assert may(PRODUCER, **ELECTS) == set()
    alone = "greeting-request-consumer/greeting-request-consumer"
    assert {target for _, target in may(alone, **ELECTS, **NAMESPACES)} == {alone}


def test_who_edits_is_tried_in_each_namespace_and_in_kyvernos() -> None:
    found = claims(**NAMESPACES)
    editors = {claim.subject for claim in found if claim.subject.startswith("who has")}
    spaces = ("greeting-request-consumer", "greeting-request-producer", "vvp", "kyverno")
    assert editors == {editor(space) for space in spaces}
    assert [claim.target for claim in found if claim.action == SCALE] == ["kyverno"]
    assert not [claim for claim in claims(admission__engine="admission-policy") if "yverno" in claim.resource]


def test_the_platforms_secrets_are_tried_where_they_are() -> None:
    def takers(**changes: Any) -> set[str]:
        return {claim.subject for claim in claims(**changes) if claim.action in SECRET_WAYS}

    assert takers() == {"vvp/default", CONSUMER, PRODUCER}
    assert takers(**NAMESPACES) == {"vvp/default"}
    named = {claim.target for claim in claims() if claim.action in SECRET_WAYS}
    assert {"vvp-license", "vvp-bootstrap-token", "sh.helm.release.v1.vvp.v1"} <= named


@pytest.mark.parametrize("way", [*WAYS, *TAKINGS])
def test_each_way_changes_the_pod_and_leaves_it_a_probe(way: str) -> None:
    def made() -> Any:
        return pod("vvp-prove-m", "vvp-prove-m-dry", "a", "a", "default")

    found = made()
    if way in WAYS:
        WAYS[way](found, Surroundings({"part": "platform"}, "vvp-x-1"))
    else:
        TAKINGS[way](found, "vvp-license")
        assert "vvp-license" in str(found)
    assert found != made()
    assert found["metadata"]["labels"][cluster_probes.LABEL] == "vvp-prove-m"
    assert found["spec"]["schedulingGates"]


def test_every_claim_about_a_pod_has_a_way_to_make_it() -> None:
    for claim in claims():
        known = claim.target in WAYS or claim.action in TAKINGS
        assert is_pods(claim) == known == (claim.kind in (NODE, POSING) or claim.action in TAKINGS)


def test_paths_of_a_namespace() -> None:
    assert cluster_probes.in_namespace("pods", "vvp") == "namespaces/vvp/pods"
    bindings = cluster_probes.in_namespace(cluster_probes.BINDINGS, "vvp")
    assert bindings == "/apis/rbac.authorization.k8s.io/v1/namespaces/vvp/rolebindings"
