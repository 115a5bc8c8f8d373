"""Objects as the engine asks the kubernetes stand-in about them: handlers, operations, and one deployment's steps."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from provider_kit.server import Operation, ResourceHandler
from sandbox.plugins.kubernetes.cluster import Cluster, parse_kubeconfig
from sandbox.plugins.kubernetes.kinds import of_token
from sandbox.plugins.kubernetes.objects import ObjectHandler, SecretHandler
from sandbox.plugins.kubernetes.settings import Settings

NOWHERE = """
apiVersion: v1
kind: Config
clusters: [{name: gone, cluster: {server: "https://127.0.0.1:1"}}]
users: [{name: me, user: {token: t}}]
contexts: [{name: gone, context: {cluster: gone, user: me}}]
current-context: gone
"""
ROLE = "kubernetes:rbac.authorization.k8s.io/v1:Role"
BINDING = "kubernetes:rbac.authorization.k8s.io/v1:RoleBinding"
CONFIG_MAP = "kubernetes:core/v1:ConfigMap"
NAMESPACE = "kubernetes:core/v1:Namespace"
SECRET = "kubernetes:core/v1:Secret"
RULES = [{"apiGroups": [""], "resources": ["configmaps"], "verbs": ["get", "list"]}]


def cluster_of(text: str) -> Cluster:
    return Cluster(parse_kubeconfig(text))


def operation(token: str, name: str = "x", **fields: Any) -> Operation:
    return Operation(urn=f"urn:pulumi:dev::vvp::{token}::{name}", type=token, name=name, seed=b"seed", **fields)


def handler(token: str, cluster: Cluster, settings: Settings | None = None) -> ObjectHandler:
    kind = of_token(token)
    return (SecretHandler if kind.is_secret else ObjectHandler)(kind, cluster, settings or Settings())


def deploy(own: ResourceHandler, token: str, inputs: dict[str, Any], before: Operation | None = None) -> Operation:
    """Check, then create or update; returns the operation with the new state, from which the next one starts."""
    checked = own.check(operation(token, inputs=inputs, old_inputs=before.old_inputs if before else {}))
    if before is None:
        made = own.create(operation(token, inputs=checked))
        return operation(token, id=made.id, old_inputs=checked, state=made.outputs)
    outputs = own.update(replace(before, inputs=checked))
    return replace(before, old_inputs=checked, state=outputs)


def refreshed(own: ResourceHandler, before: Operation) -> Operation:
    found = own.read(before)
    assert found is not None
    return replace(before, state=found.outputs, old_inputs=found.inputs)
