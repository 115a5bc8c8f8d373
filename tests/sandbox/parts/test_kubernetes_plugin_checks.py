"""What the kubernetes stand-in checks, compares and previews by itself, without a cluster."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from provider_kit.server import UNKNOWN, CheckFailed, PluginError
from sandbox.plugins.kubernetes import waiting
from sandbox.plugins.kubernetes.kinds import Kind, of_token
from sandbox.plugins.kubernetes.shape import live_inputs, normalized, prune
from tests.sandbox.kubernetes_objects import (
    BINDING,
    CONFIG_MAP,
    NAMESPACE,
    NOWHERE,
    ROLE,
    SECRET,
    cluster_of,
    handler,
    operation,
)


@pytest.mark.parametrize(
    ("token", "said"),
    [
        ("kubernetes:core/v1:NamespacePatch", "patch resources"),
        ("kubernetes:core/v1:ConfigMapList", "list resources"),
        ("kubernetes:helm.sh/v4:Chart", "helm.sh/v4:Chart"),
        ("kubernetes:yaml/v2:ConfigGroup", "yaml/v2:ConfigGroup"),
        ("kubernetes:apiextensions.k8s.io/v1:CustomResourceDefinition", "CustomResourceDefinition"),
    ],
)
def test_what_is_not_supported_is_refused_by_name(token: str, said: str) -> None:
    with pytest.raises(PluginError, match=said):
        of_token(token)


def test_a_kind_knows_its_api_version() -> None:
    assert of_token(CONFIG_MAP).api_version == "v1"
    assert of_token(ROLE) == Kind("rbac.authorization.k8s.io", "v1", "Role")
    assert of_token("kubernetes:policies.kyverno.io/v1:ValidatingPolicy").api_version == "policies.kyverno.io/v1"


def test_check_names_autonames_and_fills_in_the_namespace() -> None:
    check = handler(CONFIG_MAP, cluster_of(NOWHERE)).check
    first = check(operation(CONFIG_MAP, "settings", inputs={"data": {"a": "b"}}))
    name = first["metadata"]["name"]
    assert name.startswith("settings-")
    assert len(name) == len("settings-") + 8
    assert first["metadata"]["annotations"] == {"pulumi.com/autonamed": "true"}
    assert first["metadata"]["namespace"] == "default"
    again = check(replace(operation(CONFIG_MAP, "settings", inputs={}, old_inputs=first), seed=b"other"))
    assert again["metadata"]["name"] == name
    cluster_wide = handler(NAMESPACE, cluster_of(NOWHERE)).check(operation(NAMESPACE, inputs={}))
    assert "namespace" not in cluster_wide["metadata"]


@pytest.mark.parametrize(
    ("token", "inputs", "said"),
    [
        (CONFIG_MAP, {"dat": {}}, "dat"),
        (CONFIG_MAP, {"data": {"a": 1}}, "data.a"),
        (ROLE, {"rules": [{"verb": ["get"]}]}, r"rules\[0\].verb"),
        (BINDING, {}, "roleRef"),
        (CONFIG_MAP, {"metadata": {"generateName": "x-"}}, "generateName"),
        ("kubernetes:policies.kyverno.io/v1:ValidatingPolicy", {"kind": "Other"}, "kind"),
    ],
)
def test_check_refuses_what_the_official_types_do_not_take(token: str, inputs: dict[str, Any], said: str) -> None:
    with pytest.raises(CheckFailed, match=said) as refused:
        handler(token, cluster_of(NOWHERE)).check(operation(token, inputs=inputs))
    assert all(path == "" for path, _ in refused.value.failures), "the engine would print the property's value"


def test_a_preview_without_a_cluster_has_the_inputs_and_unknown_outputs() -> None:
    inputs = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a", "namespace": "b"}, "data": {}}
    outputs = handler(CONFIG_MAP, cluster_of(NOWHERE)).preview(operation(CONFIG_MAP, inputs=inputs))
    assert outputs["metadata"]["name"] == "a"
    assert outputs["metadata"]["uid"] is UNKNOWN
    assert outputs["status"] is UNKNOWN


def test_pruning_keeps_only_what_the_program_set() -> None:
    live = {"spec": {"a": 1, "default": 2}, "list": [{"x": 1, "d": 2}, {"x": 2}], "status": {}}
    assert prune(live, {"spec": {"a": 0}, "list": [{"x": 0}]}) == {"spec": {"a": 1}, "list": [{"x": 1}]}


def test_a_secrets_text_is_compared_as_the_server_keeps_it() -> None:
    kind = of_token(SECRET)
    inputs = {"stringData": {"k": "v"}}
    assert normalized(kind, inputs) == {"data": {"k": "dg=="}}
    assert live_inputs(kind, {"data": {"k": "bmV3", "other": "eA=="}}, inputs) == {"stringData": {"k": "new"}}


@pytest.mark.parametrize(
    ("expression", "live", "met"),
    [
        ("jsonpath={.status.phase}=Active", {"status": {"phase": "Active"}}, True),
        ("jsonpath={.status.phase}=Active", {"status": {"phase": "Pending"}}, False),
        ("jsonpath={.status.phase}", {"status": {}}, False),
        ('jsonpath={.c[?(@.t=="R")].s}=True', {"c": [{"t": "R", "s": "True"}]}, True),
        ("condition=Ready", {"status": {"conditions": [{"type": "Ready", "status": "True"}]}}, True),
        ("condition=Ready=False", {"status": {"conditions": [{"type": "Ready", "status": "True"}]}}, False),
        ('["condition=A", "condition=B"]', {"status": {"conditions": [{"type": "A", "status": "True"}]}}, False),
    ],
)
def test_wait_for(expression: str, live: dict[str, Any], met: bool) -> None:
    inputs = {"metadata": {"annotations": {"pulumi.com/waitFor": expression}}}
    conditions = waiting.ready_conditions(of_token(CONFIG_MAP), inputs)
    assert (not any(condition(live) for condition in conditions)) is met


@pytest.mark.parametrize("expression", ["phase=Active", "jsonpath=.a=b", "jsonpath={.a}=", "[]"])
def test_a_malformed_wait_for_is_refused(expression: str) -> None:
    inputs = {"metadata": {"annotations": {"pulumi.com/waitFor": expression}}}
    with pytest.raises(PluginError, match="waitFor"):
        waiting.ready_conditions(of_token(CONFIG_MAP), inputs)
