"""The kubernetes stand-in: what it checks, compares and applies, on the real API server where one is needed."""

from __future__ import annotations

import json
import secrets
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml

from pulumi_plugin.base import UNKNOWN, CheckFailed, InitFailed, Operation, PluginError, ResourceHandler
from sandbox import charts
from sandbox.plugins.kubernetes import waiting
from sandbox.plugins.kubernetes.cluster import Cluster, Unreachable, parse_kubeconfig
from sandbox.plugins.kubernetes.helm import Helm
from sandbox.plugins.kubernetes.kinds import Kind, of_token
from sandbox.plugins.kubernetes.objects import ObjectHandler, SecretHandler
from sandbox.plugins.kubernetes.provider import KubernetesPlugin
from sandbox.plugins.kubernetes.release import ReleaseHandler
from sandbox.plugins.kubernetes.settings import Settings
from sandbox.plugins.kubernetes.shape import live_inputs, normalized, prune
from tests.sandbox.checkout import Checkout

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

Handlers = dict[str, ResourceHandler]


def cluster_of(text: str) -> Cluster:
    return Cluster(parse_kubeconfig(text))


def operation(token: str, name: str = "x", **fields: Any) -> Operation:
    return Operation(urn=f"urn:pulumi:dev::vvp::{token}::{name}", type=token, name=name, seed=b"seed", **fields)


def handler(token: str, cluster: Cluster, settings: Settings | None = None) -> ObjectHandler:
    kind = of_token(token)
    return (SecretHandler if kind.is_secret else ObjectHandler)(kind, cluster, settings or Settings())


# --- without a cluster


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


def test_a_cluster_that_is_gone_needs_a_word_before_its_objects_count_as_deleted() -> None:
    deletion = operation(CONFIG_MAP, id="b/a")
    with pytest.raises(PluginError, match="PULUMI_K8S_DELETE_UNREACHABLE"):
        handler(CONFIG_MAP, cluster_of(NOWHERE)).delete(deletion)
    lenient = handler(CONFIG_MAP, cluster_of(NOWHERE), Settings(delete_unreachable=True))
    lenient.delete(deletion)
    assert lenient.read(deletion) is None


def test_pruning_keeps_only_what_the_program_set() -> None:
    live = {"spec": {"a": 1, "default": 2}, "list": [{"x": 1, "d": 2}, {"x": 2}], "status": {}}
    assert prune(live, {"spec": {"a": 0}, "list": [{"x": 0}]}) == {"spec": {"a": 1}, "list": [{"x": 1}]}


def test_a_secrets_text_is_compared_as_the_server_keeps_it() -> None:
    kind = of_token(SECRET)
    inputs = {"stringData": {"k": "v"}}
    assert normalized(kind, inputs) == {"data": {"k": "dg=="}}
    assert live_inputs(kind, {"data": {"k": "bmV3", "other": "eA=="}}, inputs) == {"stringData": {"k": "new"}}


@pytest.mark.parametrize(
    ("old", "new", "replaced"),
    [
        (NOWHERE, NOWHERE.replace("token: t", "token: u"), False),
        (NOWHERE, NOWHERE.replace("127.0.0.1:1", "127.0.0.1:2"), True),
        (NOWHERE, UNKNOWN, True),
    ],
)
def test_only_another_cluster_replaces_what_is_on_it(old: Any, new: Any, replaced: bool) -> None:
    diff = KubernetesPlugin().diff_settings({"kubeconfig": old}, {"kubeconfig": new})
    assert diff.changes
    assert bool(diff.replaces) is replaced


def test_provider_settings_are_checked() -> None:
    plugin = KubernetesPlugin()
    assert plugin.check_settings({"kubeconfig": UNKNOWN, "version": "4.34.2"})
    for wrong in ({"kubeconfg": "x"}, {"enableServerSideApply": "false"}, {"renderYamlToDirectory": "out"}):
        with pytest.raises(CheckFailed):
            plugin.check_settings(wrong)


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


def test_a_kubeconfig_is_yaml_json_or_a_path(tmp_path: Path) -> None:
    parsed = parse_kubeconfig(NOWHERE)
    file = tmp_path / "kubeconfig"
    file.write_text(json.dumps(parsed))
    assert parse_kubeconfig(str(file)) == parse_kubeconfig(json.dumps(parsed)) == parsed
    with pytest.raises(Unreachable):
        parse_kubeconfig("no kubeconfig")


def test_the_mirror_answers_like_helm(tmp_path: Path) -> None:
    chart = charts.MirroredChart("https://charts.example.com", "a", "1.2.3", "a-1.2.3.tgz")
    (tmp_path / charts.INDEX).write_text(json.dumps([vars(chart)]))
    found, archive = charts.find_chart(tmp_path, "https://charts.example.com/", "a", "v1.2.3")
    assert (found, archive) == (chart, tmp_path / "a-1.2.3.tgz")
    for repository, name, version in (("https://x", "a", None), (chart.repository, "b", None)):
        with pytest.raises(charts.ChartError):
            charts.find_chart(tmp_path, repository, name, version)
    with pytest.raises(charts.ChartError, match=r'chart "a" version "9" not found in https://charts.example.com'):
        charts.find_chart(tmp_path, chart.repository, "a", "9")


def test_descriptions_go_but_a_property_of_that_name_stays() -> None:
    template = "a:\n  description: |-\n    text\n\n    more\n  properties:\n    description:\n      type: string\n"
    assert charts.without_descriptions(template) == "a:\n  properties:\n    description:\n      type: string\n"


# --- on the API server


@pytest.fixture(scope="module")
def cluster(kubeconfig: Any) -> Cluster:
    return cluster_of(str(kubeconfig))


@pytest.fixture(scope="module")
def namespace(cluster: Cluster) -> Iterator[str]:
    """A namespace of this module's own, gone afterwards; every test has its own names in it."""
    name = f"test-{secrets.token_hex(4)}"
    spaces = handler(NAMESPACE, cluster)
    made = deploy(spaces, NAMESPACE, {"metadata": {"name": name, "labels": {"team": "a"}}})
    yield name
    spaces.delete(replace(made, id=name))
    assert spaces.read(replace(made, id=name)) is None


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
    assert "data" not in failed.value.outputs


@pytest.mark.sandbox
def test_import(cluster: Cluster, namespace: str) -> None:
    deploy(handler(ROLE, cluster), ROLE, {"metadata": {"name": "imported", "namespace": namespace}, "rules": RULES})
    found = handler(ROLE, cluster).read(operation(ROLE, id=f"{namespace}/imported"))
    assert found is not None
    assert found.inputs["rules"] == RULES
    assert found.inputs["metadata"] == {"name": "imported", "namespace": namespace}


@pytest.mark.sandbox
def test_an_exec_plugin_gives_the_token(kubeconfig: Any, checkout: Checkout, tmp_path: Path) -> None:
    """As `aws eks get-token` does; the program is run once for all calls while its token is valid."""
    loaded = yaml.safe_load(Path(str(kubeconfig)).read_text())
    token = checkout.json("aws", "eks", "get-token", "--cluster-name", "vvp")["status"]["token"]
    count = tmp_path / "calls"
    answer = {
        "apiVersion": "client.authentication.k8s.io/v1beta1",
        "kind": "ExecCredential",
        "status": {"token": token, "expirationTimestamp": "2999-01-01T00:00:00Z"},
    }
    program = f"open({str(count)!r}, 'a').write('x'); print({json.dumps(answer)!r})"
    loaded["users"][0]["user"] = {
        "exec": {"apiVersion": answer["apiVersion"], "command": sys.executable, "args": ["-c", program]}
    }
    own = cluster_of(yaml.safe_dump(loaded))
    assert own.get(of_token(NAMESPACE), "", "default")
    assert own.get(of_token(NAMESPACE), "", "kube-system")
    assert count.read_text() == "x"
    loaded["users"][0]["user"]["exec"]["args"] = ["-c", "raise SystemExit(1)"]
    with pytest.raises(Unreachable, match="credentials"):
        cluster_of(yaml.safe_dump(loaded)).get(of_token(NAMESPACE), "", "default")


@pytest.fixture
def mirror(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A repository with a chart of one ConfigMap, found as the real ones are."""
    source = tmp_path / "one"
    (source / "templates").mkdir(parents=True)
    (source / "Chart.yaml").write_text("apiVersion: v2\nname: one\nversion: 1.0.0\nappVersion: '7'\n")
    (source / "values.schema.json").write_text('{"properties": {"word": {"type": "string"}}}')
    template = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: one}\ndata: {word: {{ .Values.word | quote }}}\n"
    (source / "templates" / "one.yaml").write_text(template)
    chart = charts.MirroredChart("https://charts.example.com", "one", "1.0.0", "one")
    (tmp_path / charts.INDEX).write_text(json.dumps([vars(chart)]))
    monkeypatch.setattr("sandbox.layout.Sandbox.load", lambda: type("Made", (), {"charts": str(tmp_path)}))
    return chart.repository


@pytest.mark.sandbox
@pytest.mark.usefixtures("helm")
def test_a_release_from_install_to_uninstall(cluster: Cluster, namespace: str, mirror: str, tmp_path: Path) -> None:
    token = "kubernetes:helm.sh/v3:Release"
    own = ReleaseHandler(cluster, Settings())
    inputs: dict[str, Any] = {
        "name": "one",
        "chart": "one",
        "namespace": namespace,
        "repositoryOpts": {"repo": mirror},
        "values": {"word": "a"},
        "compat": "true",
    }
    with pytest.raises(CheckFailed, match="word"):
        own.check(operation(token, inputs=inputs | {"values": {"word": 1}}))
    with pytest.raises(CheckFailed, match=r'version "2.0.0" not found'):
        own.check(operation(token, inputs=inputs | {"version": "2.0.0"}))
    with pytest.raises(CheckFailed, match="postrender"):
        own.check(operation(token, inputs=inputs | {"postrender": "sed"}))

    made = deploy(own, token, inputs)
    assert made.id == f"{namespace}/one"
    assert made.state["status"]["status"] == "deployed"
    assert made.state["status"]["appVersion"] == "7"
    assert made.state["resourceNames"] == {"ConfigMap/v1": ["one"]}
    assert not own.diff(replace(made, inputs=made.old_inputs)).changes

    with pytest.raises(PluginError, match="cannot re-use a name"):
        own.create(replace(made, urn="urn:pulumi:dev::vvp::other::other", inputs=made.old_inputs))
    # The same resource again: the engine was cut short before it could write down that Helm had finished.
    assert own.create(replace(made, inputs=made.old_inputs)).outputs["status"]["revision"] == 2

    changed = deploy(own, token, inputs | {"values": {"word": "b"}}, made)
    assert cluster.get(of_token(CONFIG_MAP), namespace, "one")["data"] == {"word": "b"}  # pyright: ignore[reportOptionalSubscript]
    Helm(cluster).upgrade({**changed.old_inputs, "values": {"word": "c"}}, str(tmp_path / "one"), [], made.cancelled)
    drifted = refreshed(own, changed)
    assert list(own.diff(replace(drifted, inputs=changed.old_inputs)).changes) == ["values.word"]

    found = own.read(operation(token, id=made.id))
    assert found is not None
    assert found.inputs["values"] == {"word": "c"}
    own.delete(changed)
    assert own.read(changed) is None
    own.delete(changed)
