"""Holes in the cluster, each opened by hand as a wrong hand would and closed again, with the sentences that name it."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from tenacity import Retrying, retry_if_result, stop_after_delay, wait_fixed

from tests.sandbox.attackers import CONSUMER, NS, OWN, PLATFORM, PRODUCER, account, create, pod
from tests.sandbox.checkout import Checkout, Result
from tests.sandbox.holes import POLICY, Opened, done, policy_kind, restore, stored

ENFORCE = "pod-security.kubernetes.io/enforce"
NOBODYS = "the stack file does not say so"


def settled(attack: Callable[[], Result], *, possible: bool) -> None:
    """Waits until an attack works, or does not: policies are read again now and then."""
    until = Retrying(
        stop=stop_after_delay(60), wait=wait_fixed(1), retry=retry_if_result(lambda found: found is not possible)
    )
    assert until(lambda: attack().status == 0) is possible


@contextmanager
def no_pod_security(checkout: Checkout) -> Opened:
    found = checkout.json("kubectl", "get", "namespace", "vvp", "-o", "json", "--show-managed-fields")
    level = found["metadata"]["labels"][ENFORCE]
    (manager, *_) = [each["manager"] for each in found["metadata"]["managedFields"] if ENFORCE in json.dumps(each)]
    label = ("kubectl", "label", "namespace", "vvp", f"--field-manager={manager}", "--overwrite")
    done(checkout.run(*label, f"{ENFORCE}-"))
    try:
        yield [
            f"HOLE: vvp/default can run a pod with hostPID and a hostPath; {NOBODYS}",
            f"HOLE: vvp/{CONSUMER} can run a pod with hostNetwork; {NOBODYS}",
            f"HOLE: vvp/{PRODUCER} can run a pod with privileges; {NOBODYS}",
        ]
    finally:
        done(checkout.run(*label, f"{ENFORCE}={level}"))


@contextmanager
def a_wide_network_policy(checkout: Checkout) -> Opened:
    """Policies add up: one that lets everything through is enough."""
    spec = {"podSelector": {}, "policyTypes": ["Ingress", "Egress"], "ingress": [{}], "egress": [{}]}
    policy = {"apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy", "metadata": {"name": "wide"}, "spec": spec}
    done(checkout.run("kubectl", *NS, "create", "-f", "-", text=json.dumps(policy)))
    try:
        yield [
            f"HOLE: vvp/{PRODUCER} can reach port 8081 of pods of vvp/{CONSUMER}; {NOBODYS}",
            f"HOLE: vvp/{CONSUMER} can reach port 8080 of pods of vvp/{PLATFORM}; {NOBODYS}",
            f"HOLE: a pod of another namespace can reach port 6123 of pods of vvp/{CONSUMER}; {NOBODYS}",
            f"HOLE: vvp/{CONSUMER} can reach port 5432 of private addresses; {NOBODYS}",
        ]
    finally:
        done(checkout.run("kubectl", *NS, "delete", "networkpolicy", "wide"))


@contextmanager
def neighbours_configmaps(checkout: Checkout) -> Opened:
    """As before jobs lost the right: the whole namespace's, for a job and for whoever runs there without one."""
    verbs = "--verb=create,delete,get,list,patch,update,watch"
    done(checkout.run("kubectl", *NS, "create", "role", "maps", verbs, "--resource=configmaps"))
    accounts = [f"--serviceaccount=vvp:{name}" for name in (CONSUMER, "default")]
    try:
        done(checkout.run("kubectl", *NS, "create", "rolebinding", "maps", "--role=maps", *accounts))
        yield [
            f"HOLE: vvp/{CONSUMER} can get ConfigMaps of vvp/{PRODUCER}; {NOBODYS}",
            f"HOLE: vvp/default can patch ConfigMaps of vvp/{PLATFORM}; {NOBODYS}",
            f"HOLE: vvp/default can delete ConfigMaps of vvp/{CONSUMER}; {NOBODYS}",
        ]
    finally:
        for what in ("rolebinding", "role"):
            done(checkout.run("kubectl", *NS, "delete", what, "maps", "--ignore-not-found"))


@contextmanager
def tokens_without_pods(checkout: Checkout) -> Opened:
    before = stored(checkout, "validatingadmissionpolicybindings.admissionregistration.k8s.io", "accounts")
    kind = "kubernetes.io/service-account-token"
    metadata = {"name": "stolen", "annotations": {"kubernetes.io/service-account.name": CONSUMER}}
    secret = {"apiVersion": "v1", "kind": "Secret", "type": kind, "metadata": metadata}

    def attack() -> Result:
        return create(checkout, secret, *account(PLATFORM))

    done(checkout.run("kubectl", "delete", "validatingadmissionpolicybinding", "accounts"))
    try:
        settled(attack, possible=True)
        yield [
            f"HOLE: who has Kubernetes' edit (vvp) can create tokens of account vvp/{CONSUMER}; {NOBODYS}",
            f"HOLE: who has Kubernetes' edit (vvp) can make a Secret with a token of account vvp/{PLATFORM}; {NOBODYS}",
            f"HOLE: vvp/{PLATFORM} can make a Secret with a token of account vvp/{PRODUCER}; {NOBODYS}",
        ]
    finally:
        restore(checkout, before)
        settled(attack, possible=False)


@contextmanager
def weakened(checkout: Checkout, path: str, value: str, attack: Callable[[], Result]) -> Iterator[None]:
    """The pods' rule with another expression at a place of its spec."""
    what = policy_kind(checkout)
    before = stored(checkout, what, POLICY)
    change = [{"op": "replace", "path": f"/spec/{path}/expression", "value": value}]
    done(checkout.run("kubectl", "patch", what, POLICY, "--type=json", "-p", json.dumps(change)))
    try:
        settled(attack, possible=True)
        yield
    finally:
        restore(checkout, before)
        settled(attack, possible=False)


def rule_about(checkout: Checkout, words: str) -> str:
    """Where in the rule's spec the only validation is whose expression has some words in it."""
    found: list[dict[str, Any]] = stored(checkout, policy_kind(checkout), POLICY)["object"]["spec"]["validations"]
    (index,) = [index for index, each in enumerate(found) if words in each["expression"]]
    return f"validations/{index}"


@contextmanager
def secrets_of_the_platform(checkout: Checkout) -> Opened:
    volumes = [{"name": "v", "secret": {"secretName": "vvp-license"}}]
    thief = pod(CONSUMER, OWN, volumes=volumes)
    with weakened(checkout, rule_about(checkout, "inVolumes"), "true", lambda: create(checkout, thief)):
        yield [
            f"HOLE: vvp/{CONSUMER} can mount Secret vvp-license; {NOBODYS}",
            f"HOLE: vvp/default can read as a variable Secret vvp-bootstrap-token; {NOBODYS}",
            f"HOLE: vvp/{PRODUCER} can attach volume vvp-ververica-platform; {NOBODYS}",
        ]


@contextmanager
def a_namesakes_pods(checkout: Checkout) -> Opened:
    thief = pod(CONSUMER, OWN | {"vvpNamespace": "another"})
    with weakened(checkout, rule_about(checkout, "variables.vvpNamespace"), "true", lambda: create(checkout, thief)):
        way = "the label of a namesake in another namespace of the platform"
        yield [f"HOLE: vvp/{CONSUMER} can run a pod with {way}; {NOBODYS}"]


@contextmanager
def sessions_of_the_platform(checkout: Checkout) -> Opened:
    thief = pod(PLATFORM)
    where = rule_about(checkout, "variables.isPlatform || (variables.account")
    with weakened(checkout, where, "true", lambda: create(checkout, thief)):
        yield [
            f"HOLE: vvp/{PLATFORM} can run a pod without label in namespace vvp; {NOBODYS}",
            f"HOLE: vvp/default can create a pod with the labels of the platform's pods; {NOBODYS}",
        ]


@contextmanager
def pods_that_say_they_are_leaving(checkout: Checkout) -> Opened:
    spec = stored(checkout, policy_kind(checkout), POLICY)["object"]["spec"]
    leaves_out = f"({spec['matchConditions'][0]['expression']}) && !has(object.metadata.deletionTimestamp)"
    thief = pod(CONSUMER)
    thief["metadata"] |= {"deletionTimestamp": "2030-01-01T00:00:00Z", "deletionGracePeriodSeconds": 0}

    def attack() -> Result:
        apply = ("kubectl", *NS, "apply", "--server-side", "--dry-run=server", "-f", "-")
        return checkout.run(*apply, text=json.dumps(thief))

    with weakened(checkout, "matchConditions/0", leaves_out, attack):
        yield [
            f"HOLE: vvp/{CONSUMER} can apply a pod with a time of deletion; {NOBODYS}",
            f"HOLE: vvp/{PLATFORM} can apply a pod with a time of deletion; {NOBODYS}",
        ]


CLUSTER_HOLES: list[Callable[[Checkout], Any]] = [
    no_pod_security,
    a_wide_network_policy,
    neighbours_configmaps,
    tokens_without_pods,
    secrets_of_the_platform,
    a_namesakes_pods,
    sessions_of_the_platform,
    pods_that_say_they_are_leaving,
]
