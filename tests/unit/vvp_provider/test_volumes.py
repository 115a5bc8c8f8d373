"""The deletion of `ReclaimedVolumes` waits for the disks of a namespace, and names those that stay."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest

from provider_kit import CheckFailed, Operation, PluginError
from vvp_provider import waiting
from vvp_provider.provider import Provider

TYPE = "vvp:index:ReclaimedVolumes"


def volume(name: str, namespace: str, policy: str = "Delete") -> dict[str, Any]:
    """A persistent volume that a claim of a namespace has."""
    return {
        "metadata": {"name": name},
        "spec": {
            "persistentVolumeReclaimPolicy": policy,
            "claimRef": {"namespace": namespace, "name": "claim"},
            "csi": {"driver": "ebs.csi.aws.com", "volumeHandle": f"vol-{name}"},
        },
    }


@pytest.fixture
def answers() -> list[list[dict[str, Any]]]:
    """What the cluster answers, one list of volumes after the other; the last one for ever."""
    return [[]]


@pytest.fixture
def cluster(answers: list[list[dict[str, Any]]], monkeypatch: pytest.MonkeyPatch) -> Iterator[Provider]:
    """The provider with the kubeconfig of an API server that only lists volumes."""
    monkeypatch.setattr(waiting, "FIRST_PAUSE_SECONDS", 0.001)

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            found = answers.pop(0) if len(answers) > 1 else answers[0]
            body = json.dumps({"kind": "PersistentVolumeList", "apiVersion": "v1", "items": found}).encode()
            self.send_response(200 if self.path == "/api/v1/persistentvolumes" else 404)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: Any) -> None:
            """Says nothing."""

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield provider(f"http://127.0.0.1:{server.server_port}")
    server.shutdown()
    server.server_close()


def provider(server: str) -> Provider:
    """The provider with a kubeconfig."""
    kubeconfig = {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": "it",
        "contexts": [{"name": "it", "context": {"cluster": "it", "user": "it"}}],
        "clusters": [{"name": "it", "cluster": {"server": server}}],
        "users": [{"name": "it", "user": {"token": "t"}}],
    }
    made = Provider()
    made.use_settings({"kubeconfig": json.dumps(kubeconfig), "namespace": "vvp", "service": "s"})
    return made


def operation(**fields: Any) -> Operation:
    """An operation of the engine."""
    filled: dict[str, Any] = {"id": "vvp", "inputs": {}, "old_inputs": {}, "state": {}, "timeout": 20.0} | fields
    return Operation(
        urn=f"urn:pulumi:dev::vvp::{TYPE}::it", type=TYPE, name="it", cancelled=threading.Event(), **filled
    )


def test_it_is_a_namespace_and_nothing_else(cluster: Provider) -> None:
    handler = cluster.resource(TYPE)
    inputs = handler.check(operation(inputs={"namespace": "vvp"}))
    assert handler.create(operation(inputs=inputs)).id == "vvp"
    found = handler.read(operation())
    assert found is not None
    assert found.inputs == {"namespace": "vvp"}
    assert handler.diff(operation(inputs={"namespace": "b"}, old_inputs={"namespace": "a"})).replaces
    with pytest.raises(CheckFailed, match="namespace"):
        handler.check(operation(inputs={"namespace": "Not A Name"}))


def test_its_deletion_waits_for_the_disks_that_go_with_their_claims(
    cluster: Provider, answers: list[list[dict[str, Any]]]
) -> None:
    others = [volume("other", "another"), volume("kept", "vvp", "Retain")]
    answers[:] = [[volume("pvc-1", "vvp"), *others], [volume("pvc-1", "vvp"), *others], others]
    cluster.resource(TYPE).delete(operation())
    assert answers == [others], "it asked until the disk was gone"


def test_a_disk_that_stays_is_named(cluster: Provider, answers: list[list[dict[str, Any]]]) -> None:
    answers[:] = [[volume("pvc-1", "vvp")]]
    with pytest.raises(PluginError, match=r"pvc-1 \(vol-pvc-1\)\. Without the storage driver they stay"):
        cluster.resource(TYPE).delete(operation(timeout=0.05))


def test_a_cluster_that_is_gone_is_told() -> None:
    gone = provider("http://127.0.0.1:9")
    with pytest.raises(PluginError, match="pulumi state delete URN"):
        gone.resource(TYPE).delete(operation(timeout=0.05))


def test_it_needs_the_cluster() -> None:
    without = Provider()
    without.use_settings({"endpoint": "http://platform"})
    with pytest.raises(PluginError, match="the provider needs kubeconfig"):
        without.resource(TYPE).delete(operation())
