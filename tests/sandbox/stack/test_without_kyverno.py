"""Kyverno may be away, and its rule is not: nothing is admitted meanwhile, and few may send it away."""

import json
from collections.abc import Callable, Iterator

import pytest
from tenacity import Retrying, retry_if_result, stop_after_delay, wait_fixed

from tests.sandbox.attackers import CONSUMER, NS, OWN, assert_refused, create, person, pod
from tests.sandbox.checkout import Checkout

pytestmark = pytest.mark.sandbox

KYVERNO = ("-n", "kyverno")
DEPLOYMENT = "deployment/kyverno-admission-controller"
WEBHOOKS = "validatingwebhookconfigurations"


@pytest.fixture
def guarded(dev: Checkout) -> Iterator[Checkout]:
    yield dev
    dev.run("kubectl", *KYVERNO, "scale", DEPLOYMENT, "--replicas=3")
    assert until(lambda: create(dev, pod(CONSUMER, OWN)).status == 0)


def until(condition: Callable[[], bool]) -> bool:
    """Waits for something to become so."""
    retrying = Retrying(
        stop=stop_after_delay(90),
        wait=wait_fixed(1),
        retry=retry_if_result(lambda found: not found),
        retry_error_callback=lambda _: False,
    )
    return retrying(condition)


def assert_closed(checkout: Checkout) -> None:
    """That nobody gets a pod in the stack's namespace, not even with the account that is its own."""
    for body in (pod(CONSUMER), pod("default"), pod(CONSUMER, OWN)):
        assert_refused(create(checkout, body), "deployments-kyverno")
    relabel = ("label", "pod", "-l", f"deploymentName={CONSUMER}", "deploymentName=x", "--overwrite")
    assert_refused(checkout.run("kubectl", *NS, *relabel), "deployments-kyverno")
    assert create(checkout, pod("default"), namespace="default").status == 0


def test_kyverno_scaled_to_nothing_lets_nothing_in(guarded: Checkout) -> None:
    assert guarded.run("kubectl", *KYVERNO, "scale", DEPLOYMENT, "--replicas=0").status == 0
    assert until(lambda: not guarded.json("kubectl", "get", WEBHOOKS, "-o", "json")["items"])
    assert_closed(guarded)


def test_kyvernos_policy_deleted_lets_nothing_in(guarded: Checkout) -> None:
    kind = "validatingpolicies.policies.kyverno.io"
    before = guarded.json("kubectl", "get", kind, "deployments", "-o", "json", "--show-managed-fields")
    (manager,) = {each["manager"] for each in before["metadata"]["managedFields"] if "subresource" not in each}
    kept = {key: before["metadata"][key] for key in ("name", "annotations")}
    body = {key: before[key] for key in ("apiVersion", "kind", "spec")} | {"metadata": kept}
    assert guarded.run("kubectl", "delete", kind, "deployments").status == 0
    try:
        assert until(lambda: "deployments-kyverno" in create(guarded, pod("default")).output)
        assert_closed(guarded)
    finally:
        restored = guarded.run("kubectl", "create", f"--field-manager={manager}", "-f", "-", text=json.dumps(body))
        assert restored.status == 0, restored


@pytest.mark.parametrize(
    "command",
    [
        ("scale", DEPLOYMENT, "--replicas=0"),
        ("delete", DEPLOYMENT),
        ("set", "image", DEPLOYMENT, "kyverno=registry.example/other:1"),
        ("patch", "configmap", "kyverno", "--type=merge", "-p", '{"data": {"resourceFilters": "[Pod,*,*]"}}'),
        ("delete", "configmap", "kyverno"),
        ("exec", DEPLOYMENT, "--", "kill", "1"),
        ("create", "token", "kyverno-admission-controller"),
        ("create", "job", "thief", "--image=registry.example/x:1"),
    ],
    ids=" ".join,
)
def test_who_has_only_kyvernos_namespace_does_not_send_it_away(dev: Checkout, command: tuple[str, ...]) -> None:
    with person(dev, "admin", "kyverno") as admin:
        assert_refused(dev.run("kubectl", *admin, *KYVERNO, *command), "closed")


def test_who_has_kubernetes_admin_makes_no_exceptions(dev: Checkout) -> None:
    with person(dev, "admin") as admin:
        for resource in ("policyexceptions.policies.kyverno.io", "policyexceptions.kyverno.io", "policies.kyverno.io"):
            result = dev.run("kubectl", *NS, "auth", "can-i", "create", resource, *admin)
            assert "no" in result.output.split(), result


def test_every_kyverno_pod_keeps_the_strictest_level(dev: Checkout) -> None:
    assert_refused(create(dev, pod("default"), namespace="kyverno"), 'violates PodSecurity "restricted')
    budget = dev.json("kubectl", *KYVERNO, "get", "poddisruptionbudget", "kyverno-admission-controller", "-o", "json")
    assert budget["spec"]["minAvailable"] == 1
