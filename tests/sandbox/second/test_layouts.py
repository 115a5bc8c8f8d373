"""The proof in other layouts and with other grants than those of `dev`."""

from typing import Any

import pytest

from tests.sandbox.access_table import assert_proved
from tests.sandbox.attackers import CONSUMER, PRODUCER, account, assert_refused, create, pod
from tests.sandbox.checkout import Checkout

pytestmark = pytest.mark.sandbox


def test_other_layouts_and_grants_are_as_the_stack_file_says(access: Checkout) -> None:
    assert_proved(access)


def test_each_namespace_of_jobs_has_its_own_guards(access: Checkout) -> None:
    alone = (access.deployed or {})["vvp:platform"].get("layout") == "namespace-per-job"
    for job in (CONSUMER, PRODUCER):
        namespace = job if alone else "vvp"
        own = {"deploymentName": job, "vvpNamespace": job if alone else "default"}
        assert create(access, pod(job, own), namespace=namespace).status == 0
        for body, words in (
            (pod(job, {**own, "vvpNamespace": "vvp"}), "do not run in namespace"),
            (pod(job), "is reserved for the pods of the deployment"),
            (pod("default", {"vvp-part": "platform"}), "are reserved for the pods of the platform"),
            (pod(job, own, hostPID=True), "violates PodSecurity"),
        ):
            assert_refused(create(access, body, namespace=namespace), words)
        token = ("create", "token", job, "--audience", "sts.amazonaws.com")
        assert_refused(access.run("kubectl", "-n", namespace, *token), "a node fetches them")
        policies = access.run("kubectl", "-n", namespace, "get", "networkpolicies", "-o", "name").output
        assert f"networkpolicy.networking.k8s.io/job-{job}" in policies.split()


def test_a_job_that_elects_a_leader_has_its_configmaps_and_no_others(access: Checkout) -> None:
    alone = (access.deployed or {})["vvp:platform"].get("layout") == "namespace-per-job"
    elects = "flink" in (access.deployed or {})["vvp:jobs"][CONSUMER]
    namespace = CONSUMER if alone else "vvp"
    make = ("create", "configmap", "--dry-run=server")
    as_consumer = account(CONSUMER, namespace)
    own = access.run("kubectl", "-n", namespace, *make, f"{CONSUMER}-cluster-config-map", *as_consumer)
    assert (own.status == 0) is elects, own
    other = access.run("kubectl", "-n", namespace, *make, "x", *as_consumer)
    assert_refused(other, "is not of this job" if elects else "cannot create resource")
    for elsewhere in {"vvp", PRODUCER} - {namespace} if alone else set[str]():
        foreign = access.run("kubectl", "-n", elsewhere, *make, f"{CONSUMER}-x", *as_consumer)
        assert_refused(foreign, "cannot create resource")


@pytest.mark.matrix
def test_every_combination_is_as_the_stack_file_says(combination: Checkout, record_property: Any) -> None:
    found = assert_proved(combination)
    allowed = sum(row["observed"] == "allowed" for row in found)
    record_property("rows", f"{len(found)} rows agree, {allowed} allowed, {len(found) - allowed} refused")
