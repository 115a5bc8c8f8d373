"""Charts and releases of the kubernetes stand-in: how a chart is found, and a whole life with the real Helm."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from provider_kit.server import CheckFailed, PluginError
from sandbox.build import charts
from sandbox.plugins.kubernetes.cluster import Cluster
from sandbox.plugins.kubernetes.helm import Helm
from sandbox.plugins.kubernetes.kinds import of_token
from sandbox.plugins.kubernetes.release import ReleaseHandler
from sandbox.plugins.kubernetes.settings import Settings
from tests.sandbox.kubernetes_objects import (
    CONFIG_MAP,
    deploy,
    operation,
    refreshed,
)


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
