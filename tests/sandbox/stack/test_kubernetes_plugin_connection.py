"""How the kubernetes stand-in gets to a cluster: its settings, kubeconfigs, credentials, and a cluster that is gone."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from provider_kit.server import UNKNOWN, CheckFailed, PluginError
from sandbox.plugins.kubernetes.cluster import Unreachable, parse_kubeconfig
from sandbox.plugins.kubernetes.kinds import of_token
from sandbox.plugins.kubernetes.provider import KubernetesPlugin
from sandbox.plugins.kubernetes.settings import Settings
from tests.sandbox.checkout import Checkout
from tests.sandbox.kubernetes_objects import (
    CONFIG_MAP,
    NAMESPACE,
    NOWHERE,
    cluster_of,
    handler,
    operation,
)


def test_a_cluster_that_is_gone_needs_a_word_before_its_objects_count_as_deleted() -> None:
    deletion = operation(CONFIG_MAP, id="b/a")
    with pytest.raises(PluginError, match="PULUMI_K8S_DELETE_UNREACHABLE"):
        handler(CONFIG_MAP, cluster_of(NOWHERE)).delete(deletion)
    lenient = handler(CONFIG_MAP, cluster_of(NOWHERE), Settings(delete_unreachable=True))
    lenient.delete(deletion)
    assert lenient.read(deletion) is None


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


def test_a_kubeconfig_is_yaml_json_or_a_path(tmp_path: Path) -> None:
    parsed = parse_kubeconfig(NOWHERE)
    file = tmp_path / "kubeconfig"
    file.write_text(json.dumps(parsed))
    assert parse_kubeconfig(str(file)) == parse_kubeconfig(json.dumps(parsed)) == parsed
    with pytest.raises(Unreachable):
        parse_kubeconfig("no kubeconfig")


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
