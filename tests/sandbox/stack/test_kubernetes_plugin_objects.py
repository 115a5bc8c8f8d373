"""Objects of the kubernetes stand-in on the real API server: drift, conflicts, replacements, previews and imports."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from provider_kit.server import UNKNOWN, InitFailed, Operation, PluginError
from sandbox.plugins.kubernetes.cluster import Cluster
from sandbox.plugins.kubernetes.kinds import of_token
from sandbox.plugins.kubernetes.settings import Settings
from tests.sandbox.kubernetes_objects import (
    BINDING,
    CONFIG_MAP,
    NAMESPACE,
    ROLE,
    RULES,
    SECRET,
    deploy,
    handler,
    operation,
    refreshed,
)


def role_ref(name: str) -> dict[str, str]:
    return {"kind": "Role", "name": name, "apiGroup": "rbac.authorization.k8s.io"}


def by_hand(cluster: Cluster, made: Operation, patch: Any, manager: str) -> None:
    path = cluster.mapping(of_token(made.type)).path(*made.id.split("/"))
    cluster.request("PATCH", path, {"fieldManager": manager}, body=patch, content_type="application/merge-patch+json")


@pytest.mark.sandbox
def test_a_role_edited_with_kubectl_is_seen_by_refresh_and_put_right(cluster: Cluster, namespace: str) -> None:
    own = handler(ROLE, cluster)
    inputs = {"metadata": {"name": "r", "namespace": namespace}, "rules": RULES}
    made = deploy(own, ROLE, inputs)
    assert not own.diff(replace(made, inputs=made.old_inputs)).changes
    by_hand(cluster, made, {"rules": [{**RULES[0], "verbs": ["get", "delete"]}]}, "kubectl-edit")
    drifted = refreshed(own, made)
    diff = own.diff(replace(drifted, inputs=made.old_inputs))
    assert list(diff.changes) == ["rules[0].verbs[1]"]
    assert not diff.replaces
    assert own.preview(replace(drifted, inputs=made.old_inputs, preview=True))["rules"] == RULES
    mended = deploy(own, ROLE, inputs, drifted)
    assert mended.state["rules"] == RULES


@pytest.mark.sandbox
def test_what_another_client_took_is_a_conflict_unless_forced(cluster: Cluster, namespace: str) -> None:
    own = handler(CONFIG_MAP, cluster, Settings(mutable_config_maps=True))
    inputs = {"metadata": {"name": "contested", "namespace": namespace}, "data": {"k": "ours"}}
    made = deploy(own, CONFIG_MAP, inputs)
    by_hand(cluster, made, {"data": {"k": "theirs"}}, "some-operator")
    drifted = refreshed(own, made)
    for attempt in (own.preview, own.update):
        with pytest.raises(PluginError, match='conflict with "some-operator"'):
            attempt(replace(drifted, inputs=made.old_inputs))
    forced = {**inputs, "metadata": {**inputs["metadata"], "annotations": {"pulumi.com/patchForce": "true"}}}
    assert deploy(own, CONFIG_MAP, forced, drifted).state["data"] == {"k": "ours"}


@pytest.mark.sandbox
def test_a_field_taken_out_of_the_program_goes_from_the_object(cluster: Cluster, namespace: str) -> None:
    own = handler(NAMESPACE, cluster)
    name = f"{namespace}-b"
    made = deploy(own, NAMESPACE, {"metadata": {"name": name, "labels": {"a": "1", "b": "2"}}})
    try:
        less = deploy(own, NAMESPACE, {"metadata": {"name": name, "labels": {"a": "1"}}}, made)
        assert "b" not in less.state["metadata"]["labels"]
    finally:
        own.delete(made)


@pytest.mark.sandbox
def test_what_exists_already_is_refused_unless_the_provider_may_take_it_over(cluster: Cluster, namespace: str) -> None:
    inputs = {"metadata": {"name": "present", "namespace": namespace}, "data": {"k": "v"}}
    deploy(handler(CONFIG_MAP, cluster), CONFIG_MAP, inputs)
    with pytest.raises(PluginError, match="already exists"):
        deploy(handler(CONFIG_MAP, cluster), CONFIG_MAP, inputs)
    taken = deploy(handler(CONFIG_MAP, cluster, Settings(upsert=True)), CONFIG_MAP, inputs)
    assert taken.state["data"] == {"k": "v"}


@pytest.mark.sandbox
@pytest.mark.parametrize(
    ("token", "before", "after", "path"),
    [
        (BINDING, {"roleRef": role_ref("a")}, {"roleRef": role_ref("b")}, "roleRef.name"),
        (SECRET, {"stringData": {"k": "v"}}, {"stringData": {"k": "w"}}, "data.k"),
        (CONFIG_MAP, {"data": {"k": "v"}}, {"data": {"k": "w"}}, "data.k"),
    ],
)
def test_what_cannot_change_in_place_is_replaced(
    request: pytest.FixtureRequest, token: str, before: dict[str, Any], after: dict[str, Any], path: str
) -> None:
    own = handler(token, request.getfixturevalue("cluster"))
    metadata = {"metadata": {"name": "named", "namespace": request.getfixturevalue("namespace")}}
    made = deploy(own, token, before | metadata)
    diff = own.diff(replace(made, inputs=own.check(operation(token, inputs=after | metadata))))
    assert diff.replaces == {path}
    assert diff.delete_before_replace


@pytest.mark.sandbox
def test_a_preview_shows_what_the_api_server_will_say(cluster: Cluster, namespace: str) -> None:
    own = handler(CONFIG_MAP, cluster)
    good = own.check(operation(CONFIG_MAP, inputs={"metadata": {"name": "c", "namespace": namespace}}))
    assert own.preview(operation(CONFIG_MAP, inputs=good, preview=True))["metadata"]["name"] == "c"
    assert cluster.get(of_token(CONFIG_MAP), namespace, "c") is None
    bad = {**good, "metadata": {"name": "Not_A_Name", "namespace": namespace}}
    with pytest.raises(PluginError, match="Not_A_Name"):
        own.preview(operation(CONFIG_MAP, inputs=bad, preview=True))
    elsewhere = {**good, "metadata": {"name": "c", "namespace": "made-by-this-update"}}
    assert own.preview(operation(CONFIG_MAP, inputs=elsewhere, preview=True))["metadata"]["uid"] is UNKNOWN


@pytest.mark.sandbox
def test_a_kind_that_nobody_serves(cluster: Cluster) -> None:
    token = "kubernetes:example.com/v1:Nothing"
    own = handler(token, cluster)
    inputs = own.check(operation(token, inputs={"metadata": {"name": "n"}}))
    assert own.preview(operation(token, inputs=inputs, preview=True))["metadata"]["uid"] is UNKNOWN
    interrupted = operation(token, inputs=inputs)
    interrupted.cancelled.set()
    with pytest.raises(PluginError, match=r'no matches for kind "Nothing" in version "example.com/v1"'):
        own.create(interrupted)


@pytest.mark.sandbox
def test_waiting_gives_up_and_keeps_what_was_made(cluster: Cluster, namespace: str) -> None:
    own = handler(SECRET, cluster)
    notes = {"pulumi.com/waitFor": "condition=Ready", "pulumi.com/timeoutSeconds": "1"}
    inputs = {"metadata": {"name": "s", "namespace": namespace, "annotations": notes}, "stringData": {"k": "hidden"}}
    with pytest.raises(InitFailed, match="condition") as failed:
        deploy(own, SECRET, inputs)
    assert failed.value.id == f"{namespace}/s"
    assert set(failed.value.outputs["data"]) == {"k"}
    assert "data" in own.secret_outputs, "so the engine gets it as a secret, of a failed creation too"


@pytest.mark.sandbox
def test_import(cluster: Cluster, namespace: str) -> None:
    deploy(handler(ROLE, cluster), ROLE, {"metadata": {"name": "imported", "namespace": namespace}, "rules": RULES})
    found = handler(ROLE, cluster).read(operation(ROLE, id=f"{namespace}/imported"))
    assert found is not None
    assert found.inputs["rules"] == RULES
    assert found.inputs["metadata"] == {"name": "imported", "namespace": namespace}
