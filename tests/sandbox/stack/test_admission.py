"""The one-to-one rule, with both engines, on real pods at the real API server."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from tests.sandbox.checkout import Checkout, Result

pytestmark = pytest.mark.sandbox

NS = ("-n", "vvp")
CONSUMER, PRODUCER, PLATFORM = "greeting-request-consumer", "greeting-request-producer", "ververica-platform"
INVALID = "Invalid service account"
TAKEN = "is reserved for the pods of the deployment"


@pytest.fixture
def guarded(variant: Checkout) -> Iterator[Checkout]:
    yield variant
    variant.run("kubectl", *NS, "delete", "pod", "-l", "test=admission", "--now", "--wait=false")


def of(deployment: str) -> dict[str, str]:
    """The labels of a deployment's pods, as far as the rule looks at them."""
    return {"deploymentName": deployment, "vvpNamespace": "default"}


def create(checkout: Checkout, name: str, account: str | None, labels: dict[str, str] | None = None) -> Result:
    spec: dict[str, Any] = {"containers": [{"name": "flink", "image": "registry.example/flink:1.20"}]}
    if account is not None:
        spec["serviceAccountName"] = account
    metadata = {"name": name, "labels": {"test": "admission", **(labels or {})}}
    pod = {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": spec}
    return checkout.run("kubectl", *NS, "create", "-f", "-", text=json.dumps(pod))


def patch(checkout: Checkout, name: str, labels: dict[str, str | None], subresource: str = "") -> Result:
    options = ["--subresource", subresource] if subresource else []
    change = json.dumps({"metadata": {"labels": labels}})
    return checkout.run("kubectl", *NS, "patch", "pod", name, *options, "--type=merge", "-p", change)


@pytest.mark.parametrize(
    ("account", "labels"),
    [
        (CONSUMER, of(CONSUMER)),
        (PRODUCER, of(PRODUCER)),
        ("default", {}),
    ],
)
def test_a_pod_with_its_own_account_is_admitted(guarded: Checkout, account: str, labels: dict[str, str]) -> None:
    result = create(guarded, f"own-{account}", account, labels)
    assert result.status == 0, result


@pytest.mark.parametrize(
    ("name", "account", "labels", "message"),
    [
        (
            "another-jobs-account",
            PRODUCER,
            of(CONSUMER),
            f"{INVALID} {PRODUCER} for deployment {CONSUMER}",
        ),
        ("no-label", CONSUMER, {}, f"Service account {CONSUMER} {TAKEN} {CONSUMER}"),
        ("empty-label", CONSUMER, of(""), INVALID),
        ("empty-label-default", "default", of(""), INVALID),
        ("no-account", None, of(CONSUMER), f"{INVALID} default for deployment {CONSUMER}"),
        ("platform-account", PLATFORM, of(CONSUMER), f"{INVALID} {PLATFORM} for deployment {CONSUMER}"),
        ("platform-as-job", PLATFORM, of(PLATFORM), f"{INVALID} {PLATFORM} for deployment {PLATFORM}"),
        ("session-like", PLATFORM, {}, f"Service account {PLATFORM} and label vvp-part are reserved"),
        ("session-labels", PLATFORM, {"system": "ververica-platform", "app": "flink-session-cluster"}, "are reserved"),
        ("poses-as-platform", PLATFORM, {"vvp-part": "platform"}, "are reserved for the pods of the platform"),
        ("has-its-label", "default", {"vvp-part": "platform"}, "are reserved for the pods of the platform"),
        ("job-has-its-label", CONSUMER, {**of(CONSUMER), "vvp-part": "platform"}, "are reserved"),
        ("namesake", CONSUMER, {**of(CONSUMER), "vvpNamespace": "another"}, "platform namespace <another> do not run"),
        (
            "of-no-namespace",
            CONSUMER,
            {"deploymentName": CONSUMER},
            "platform namespace <> do not run in namespace vvp",
        ),
    ],
)
def test_a_pod_that_borrows_an_account_is_refused(
    guarded: Checkout, name: str, account: str | None, labels: dict[str, str], message: str
) -> None:
    result = create(guarded, name, account, labels)
    assert result.status != 0
    assert message in result.output


@pytest.mark.parametrize("subresource", ["", "status"])
def test_a_running_pod_cannot_be_relabelled(guarded: Checkout, subresource: str) -> None:
    job, plain = f"relabel-{subresource}-job", f"relabel-{subresource}-plain"
    assert create(guarded, job, CONSUMER, of(CONSUMER)).status == 0
    assert create(guarded, plain, "default").status == 0
    changes: list[tuple[str, dict[str, str | None], str]] = [
        (job, {"deploymentName": PRODUCER}, INVALID),
        (job, {"deploymentName": ""}, INVALID),
        (job, {"deploymentName": None}, TAKEN),
        (job, {"vvpNamespace": "another"}, "do not run in namespace vvp"),
        (job, {"vvp-part": "platform"}, "are reserved"),
        (plain, {"deploymentName": CONSUMER}, INVALID),
        (plain, {"vvp-part": "platform"}, "are reserved"),
    ]
    for name, labels, message in changes:
        result = patch(guarded, name, labels, subresource)
        assert result.status != 0, f"{name} {labels} {result}"
        assert message in result.output
    harmless = patch(guarded, job, {"team": "a"}, subresource)
    assert harmless.status == 0, harmless


def test_another_namespace_is_left_alone(guarded: Checkout) -> None:
    manifest = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "elsewhere", "labels": {"deploymentName": "x"}},
        "spec": {"containers": [{"name": "c", "image": "registry.example/x:1"}]},
    }
    result = guarded.run("kubectl", "-n", "default", "create", "-f", "-", text=json.dumps(manifest))
    guarded.run("kubectl", "-n", "default", "delete", "pod", "elsewhere", "--now")
    assert result.status == 0, result


def test_a_borrowed_account_in_a_deployment_never_gets_a_pod(guarded: Checkout) -> None:
    template = {
        "metadata": {"labels": {"app": "thief"}},
        "spec": {"serviceAccountName": CONSUMER, "containers": [{"name": "c", "image": "registry.example/x:1"}]},
    }
    manifest = {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "thief"},
        "spec": {"selector": {"matchLabels": {"app": "thief"}}, "template": template},
    }
    assert guarded.run("kubectl", *NS, "apply", "-f", "-", text=json.dumps(manifest)).status == 0
    failed = guarded.run("kubectl", *NS, "wait", "--for=condition=ReplicaFailure", "deployment/thief", "--timeout=60s")
    events = guarded.run("kubectl", *NS, "get", "deployment", "thief", "-o", "jsonpath={.status.conditions[*].message}")
    guarded.run("kubectl", *NS, "delete", "deployment", "thief")
    assert failed.status == 0, failed
    assert TAKEN in events.output
