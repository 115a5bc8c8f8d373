"""Who attacks, and with what: people with Kubernetes' own roles, and objects that they would make."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from tests.sandbox.checkout import Checkout, Result

CONSUMER, PRODUCER, PLATFORM = "greeting-request-consumer", "greeting-request-producer", "ververica-platform"
NS = ("-n", "vvp")
OWN = {"deploymentName": CONSUMER, "vvpNamespace": "default"}
"""The labels of the consumer's pods."""


def account(name: str, namespace: str = "vvp") -> tuple[str, ...]:
    """Options of kubectl: as a service account."""
    return ("--as", f"system:serviceaccount:{namespace}:{name}")


@contextmanager
def person(checkout: Checkout, role: str, namespace: str = "vvp") -> Iterator[tuple[str, ...]]:
    """Options of kubectl: as somebody with one of Kubernetes' roles in a namespace."""
    name = f"attacker-{role}"
    made = checkout.run(
        "kubectl", "-n", namespace, "create", "rolebinding", name, f"--clusterrole={role}", f"--user={name}"
    )
    assert made.status == 0, made
    try:
        yield ("--as", name)
    finally:
        checkout.run("kubectl", "-n", namespace, "delete", "rolebinding", name)


def pod(account_name: str, labels: dict[str, str] | None = None, **spec: Any) -> dict[str, Any]:
    """A pod with further fields in its spec."""
    containers = [{"name": "c", "image": "registry.example/x:1"}]
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "attack", "labels": labels or {}},
        "spec": {"serviceAccountName": account_name, "containers": containers, **spec},
    }


def create(checkout: Checkout, body: dict[str, Any], *options: str, namespace: str = "vvp") -> Result:
    """Tries to make an object, and keeps nothing of it."""
    command = ("kubectl", "-n", namespace, "create", "--dry-run=server", "-f", "-", *options)
    return checkout.run(*command, text=json.dumps(body))


def assert_refused(result: Result, words: str) -> None:
    """That a call was refused for the reason that is meant."""
    assert result.status != 0, result
    assert words in result.output, result
