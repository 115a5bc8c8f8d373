"""What got through once, tried on the real API server: by both engines where the engine decides."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.sandbox.attackers import CONSUMER, NS, OWN, PLATFORM, PRODUCER, account, assert_refused, create, person, pod
from tests.sandbox.checkout import Checkout
from tests.sandbox.identities import PROVER

pytestmark = pytest.mark.sandbox

SECRETS = "Secrets and volume of the platform are reserved"
FROM_NODE = "a node fetches them, and nobody else"


def _from_secret(name: str) -> dict[str, Any]:
    return {"name": "X", "valueFrom": {"secretKeyRef": {"name": name, "key": "k"}}}


def _container(**fields: Any) -> dict[str, Any]:
    return {"name": "c", "image": "registry.example/x:1", **fields}


def _volume(**source: Any) -> dict[str, Any]:
    return {"volumes": [{"name": "v", **source}]}


THEFTS: dict[str, dict[str, Any]] = {
    "a volume": _volume(secret={"secretName": "vvp-license"}),
    "a projected volume": _volume(projected={"sources": [{"secret": {"name": "vvp-database"}}]}),
    "a driver's volume": _volume(csi={"driver": "x.example", "nodePublishSecretRef": {"name": "vvp-database"}}),
    "a mounted disk": _volume(flexVolume={"driver": "x/y", "secretRef": {"name": "vvp-license"}}),
    "the platform's database": _volume(persistentVolumeClaim={"claimName": "vvp-ververica-platform"}),
    "a record of Helm's": _volume(secret={"secretName": "sh.helm.release.v1.vvp.v1"}),
    "a Secret of the chart": _volume(secret={"secretName": "vvp-ververica-platform-blob-storage-credentials"}),
    "a variable": {"containers": [_container(env=[_from_secret("vvp-bootstrap-token")])]},
    "all variables": {"containers": [_container(envFrom=[{"secretRef": {"name": "vvp-bootstrap-token"}}])]},
    "a first container": {"initContainers": [_container(name="i", env=[_from_secret("vvp-database")])]},
    "a pull secret": {"imagePullSecrets": [{"name": "vvp-license"}]},
}


@pytest.mark.parametrize("theft", THEFTS)
def test_no_pod_but_the_platforms_gets_its_secrets(variant: Checkout, theft: str) -> None:
    for name, labels in ((CONSUMER, OWN), ("default", {})):
        assert_refused(create(variant, pod(name, labels, **THEFTS[theft])), SECRETS)


def test_a_pod_gets_secrets_that_are_not_the_platforms(variant: Checkout) -> None:
    spec = {
        **_volume(projected={"sources": [{"secret": {"name": "own"}}, {"configMap": {"name": "own"}}]}),
        "imagePullSecrets": [{"name": "registry"}],
        "containers": [_container(env=[_from_secret("own"), {"name": "Y", "value": "1"}])],
    }
    result = create(variant, pod(CONSUMER, OWN, **spec))
    assert result.status == 0, result


def test_no_debugging_container_gets_the_platforms_secrets(variant: Checkout) -> None:
    (name, *_) = pods_of(variant, CONSUMER)
    for variables, allowed in ([_from_secret("vvp-license")], False), ([_from_secret("own")], True):
        change = {"spec": {"ephemeralContainers": [_container(name="debug", env=variables)]}}
        result = variant.run(
            *("kubectl", *NS, "patch", "pod", name, "--subresource", "ephemeralcontainers", "--dry-run=server"),
            *("-p", json.dumps(change)),
        )
        if allowed:
            assert result.status == 0, result
        else:
            assert_refused(result, SECRETS)


def pods_of(checkout: Checkout, deployment: str) -> list[str]:
    command = ("kubectl", *NS, "get", "pods", "-l", f"deploymentName={deployment}", "-o", "name")
    return [line.removeprefix("pod/") for line in checkout.run(*command).output.split()]


def test_apply_makes_no_pod_that_says_it_is_on_its_way_out(variant: Checkout) -> None:
    for name in (CONSUMER, PLATFORM):
        body = pod(name)
        body["metadata"] |= {"deletionTimestamp": "2030-01-01T00:00:00Z", "deletionGracePeriodSeconds": 0}
        result = variant.run("kubectl", *NS, "apply", "--server-side", "-f", "-", text=json.dumps(body))
        variant.run("kubectl", *NS, "delete", "pod", "attack", "--now", "--ignore-not-found")
        assert_refused(result, "reserved for the pods of")


@pytest.mark.parametrize("label", ["deploymentName", "vvpNamespace", "vvp-part"])
@pytest.mark.parametrize("path", ["pods/unplaced/binding", "bindings"])
def test_who_places_a_pod_gives_it_no_deployment(variant: Checkout, tmp_path: Path, path: str, label: str) -> None:
    body = pod("default", schedulerName="nobody")
    body["metadata"]["name"] = "unplaced"
    made = variant.run("kubectl", *NS, "create", "-f", "-", text=json.dumps(body))
    assert made.status == 0, made
    (node, *_) = variant.json("kubectl", "get", "nodes", "-o", "json")["items"]
    try:
        for labels, allowed in (({label: CONSUMER}, False), ({"topology.kubernetes.io/zone": "x"}, True)):
            binding = {
                "apiVersion": "v1",
                "kind": "Binding",
                "metadata": {"name": "unplaced", "labels": labels},
                "target": {"kind": "Node", "name": node["metadata"]["name"]},
            }
            (tmp_path / "binding.json").write_text(json.dumps(binding))
            raw = ("--raw", f"/api/v1/namespaces/vvp/{path}", "-f", str(tmp_path / "binding.json"))
            result = variant.run("kubectl", "create", *raw)
            if allowed:
                assert result.status == 0, result
            else:
                assert_refused(result, "No binding gives a pod the labels")
    finally:
        variant.run("kubectl", *NS, "delete", "pod", "unplaced", "--now")


def test_a_pod_on_its_way_out_loses_its_finalizer(variant: Checkout) -> None:
    body = pod("default")
    body["metadata"] |= {"name": "leaving", "finalizers": ["x.example/kept"]}
    made = variant.run("kubectl", *NS, "create", "-f", "-", text=json.dumps(body))
    assert made.status == 0, made
    variant.run("kubectl", *NS, "delete", "pod", "leaving", "--wait=false", "--now")
    change = ("--type=merge", "-p", '{"metadata": {"finalizers": null}}')
    result = variant.run("kubectl", *NS, "patch", "pod", "leaving", *change)
    assert result.status == 0, result


@pytest.mark.parametrize(
    "spec",
    [
        {"hostPID": True},
        {"hostNetwork": True},
        _volume(hostPath={"path": "/var/lib/kubelet"}),
        {"containers": [_container(securityContext={"privileged": True})]},
    ],
    ids=str,
)
def test_no_pod_gets_at_its_node(variant: Checkout, spec: dict[str, Any]) -> None:
    assert_refused(create(variant, pod("default", **spec)), 'violates PodSecurity "baseline')


@pytest.mark.parametrize("name", [CONSUMER, PLATFORM])
def test_a_token_without_a_pod_is_for_nobody(variant: Checkout, name: str) -> None:
    command = ("kubectl", *NS, "create", "token", name, "--audience", "sts.amazonaws.com")
    with person(variant, "edit") as editor:
        for who in ((), editor, account(PLATFORM)):
            assert_refused(variant.run(*command, *who), FROM_NODE if who != account(PLATFORM) else "forbidden")
        for what in ("groups/vvp:prove", "users/vvp:prove"):
            poses = variant.run("kubectl", "auth", "can-i", "impersonate", what, *editor)
            assert "no" in poses.output.split(), poses
    proof = variant.run(*command, *PROVER)
    assert proof.status == 0, proof
    other = variant.run("kubectl", *NS, "create", "token", "default")
    assert other.status == 0, other


def test_a_node_fetches_the_tokens_of_its_own_pods(variant: Checkout) -> None:
    (name, *_) = pods_of(variant, CONSUMER)
    running = variant.json("kubectl", *NS, "get", "pod", name, "-o", "json")
    own = running["spec"]["nodeName"]
    nodes = [node["metadata"]["name"] for node in variant.json("kubectl", "get", "nodes", "-o", "json")["items"]]
    for node in nodes:
        bound = ("--bound-object-kind", "Pod", "--bound-object-name", name)
        bound += ("--bound-object-uid", running["metadata"]["uid"])
        who = ("--as", f"system:node:{node}", "--as-group", "system:nodes")
        result = variant.run("kubectl", *NS, "create", "token", CONSUMER, *bound, *who)
        if node == own:
            assert result.status == 0, result
        else:
            assert "forbidden" in result.output, result
    without = variant.run("kubectl", *NS, "create", "token", CONSUMER, *("--as", f"system:node:{own}"), *who[2:])
    assert "not bound to a pod" in without.output or "forbidden" in without.output, without


@pytest.mark.parametrize("name", [CONSUMER, PLATFORM])
def test_no_secret_holds_a_token_of_a_reserved_account(variant: Checkout, name: str) -> None:
    body = {
        "apiVersion": "v1",
        "kind": "Secret",
        "type": "kubernetes.io/service-account-token",
        "metadata": {"name": "stolen", "annotations": {"kubernetes.io/service-account.name": name}},
    }
    for who in ((), account(PLATFORM)):
        assert_refused(create(variant, body, *who), "may hold no token of a reserved service account")
    body["metadata"] = {"name": "own", "annotations": {"kubernetes.io/service-account.name": "default"}}
    assert create(variant, body).status == 0
    opaque = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "own"}, "stringData": {"a": "b"}}
    assert create(variant, opaque, *account(PLATFORM)).status == 0


def test_a_job_writes_no_configmap(variant: Checkout) -> None:
    change = ("--type=merge", "-p", '{"data": {"application-prod.yaml": "x"}}', "--dry-run=server")
    for name in ("vvp-ververica-platform-config", "kube-root-ca.crt"):
        result = variant.run("kubectl", *NS, "patch", "configmap", name, *change, *account(CONSUMER))
        assert_refused(result, 'cannot get resource "configmaps"')


def test_a_job_that_elects_a_leader_writes_its_own_configmaps_only(variant: Checkout) -> None:
    """The right is the one that the program gives to such a job."""
    options = ("--verb=create,delete,get,list,patch,update,watch", "--resource=configmaps")
    made = [("create", "role", "elects", *options)]
    made += [("create", "rolebinding", "elects", "--role=elects", f"--serviceaccount=vvp:{CONSUMER}")]
    kept = (f"{PRODUCER}-cluster-config-map", f"{CONSUMER}-cluster-config-map")
    made += [("create", "configmap", name) for name in kept]
    try:
        for command in made:
            result = variant.run("kubectl", *NS, *command)
            assert result.status == 0, result
        change = ("--type=merge", "-p", '{"data": {"x": "y"}}', "--dry-run=server")
        for name, allowed in (
            (kept[0], False),
            (kept[1], True),
            ("vvp-ververica-platform-config", False),
            ("kube-root-ca.crt", False),
        ):
            for verb in (("patch", "configmap", name, *change), ("delete", "configmap", name, "--dry-run=server")):
                result = variant.run("kubectl", *NS, *verb, *account(CONSUMER))
                assert (result.status == 0) is allowed, result
                assert allowed or "is not of this job" in result.output, result
        create_map = ("create", "configmap", "--dry-run=server")
        assert variant.run("kubectl", *NS, *create_map, f"{CONSUMER}-x", *account(CONSUMER)).status == 0
        assert_refused(variant.run("kubectl", *NS, *create_map, "x", *account(CONSUMER)), "is not of this job")
        # The platform goes on as before.
        assert variant.run("kubectl", *NS, *create_map, "x", *account(PLATFORM)).status == 0
    finally:
        for kind, *names in (("role", "elects"), ("rolebinding", "elects"), ("configmap", *kept)):
            variant.run("kubectl", *NS, "delete", kind, *names, "--ignore-not-found")


def test_the_platforms_own_pod_comes_again(variant: Checkout) -> None:
    pods = ("kubectl", *NS, "get", "pods", "-l", "vvp-part=platform", "-o", "name")
    before = variant.run(*pods).output.split()
    assert variant.run("kubectl", *NS, "delete", *before, "--now").status == 0
    done = variant.run("kubectl", *NS, "rollout", "status", "deployment/vvp-ververica-platform", "--timeout=120s")
    assert done.status == 0, done
    assert set(variant.run(*pods).output.split()).isdisjoint(before)
