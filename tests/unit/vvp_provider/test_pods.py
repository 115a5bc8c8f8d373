"""An update that waits for a pod says why the pod waits."""

import json
import logging
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import pytest
from kubernetes.client import (
    V1ContainerState,
    V1ContainerStateWaiting,
    V1ContainerStatus,
    V1Pod,
    V1PodCondition,
    V1PodStatus,
)

from provider_kit import InitFailed
from tests.unit.vvp_provider.fake_platform import FakePlatform
from tests.unit.vvp_provider.provider_run import Resource
from vvp_provider import lifecycle, waiting
from vvp_provider.pods import reason_of, waiting_pods

NO_ROOM = "0/3 nodes are available: 3 Insufficient cpu."
UNSCHEDULED = {"type": "PodScheduled", "status": "False", "reason": "Unschedulable", "message": NO_ROOM}


@pytest.fixture
def asked() -> list[str]:
    return []


@pytest.fixture
def kubeconfig(asked: list[str]) -> Iterator[str]:
    class Cluster(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            pods = [{"metadata": {"name": "job-1"}, "status": {"phase": "Pending", "conditions": [UNSCHEDULED]}}]
            self.send_response(200 if "default-of" not in self.path else 403)
            self.send_header("Content-Type", "application/json")
            self.end_headers()
            self.wfile.write(json.dumps({"apiVersion": "v1", "kind": "PodList", "items": pods}).encode())

        def log_message(self, format: str, *args: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Cluster)
    Thread(target=server.serve_forever, daemon=True).start()
    yield json.dumps(
        {
            "apiVersion": "v1",
            "kind": "Config",
            "current-context": "it",
            "contexts": [{"name": "it", "context": {"cluster": "it", "user": "it"}}],
            "clusters": [{"name": "it", "cluster": {"server": f"http://127.0.0.1:{server.server_port}"}}],
            "users": [{"name": "it", "user": {}}],
        }
    )
    server.shutdown()
    server.server_close()


def pod(waits: str | None = None, message: str | None = None) -> V1Pod:
    state = V1ContainerState(waiting=V1ContainerStateWaiting(reason=waits, message=message)) if waits else None
    container = V1ContainerStatus(
        name="it", image="it", image_id="", ready=False, restart_count=0, state=state or V1ContainerState()
    )
    scheduled = V1PodCondition(type="PodScheduled", status="True")
    return V1Pod(status=V1PodStatus(conditions=[scheduled], container_statuses=[container]))


def test_a_pod_says_what_it_waits_for() -> None:
    assert reason_of(V1Pod(status=V1PodStatus())) is None
    assert reason_of(pod()) is None
    assert reason_of(pod("ContainerCreating")) is None
    assert reason_of(pod("ImagePullBackOff", "no such image")) == "ImagePullBackOff: no such image"
    unscheduled = V1PodCondition(type="PodScheduled", status="False", reason="Unschedulable", message=NO_ROOM)
    assert reason_of(V1Pod(status=V1PodStatus(conditions=[unscheduled]))) == f"Unschedulable: {NO_ROOM}"


def test_the_cluster_is_asked_for_the_pods_of_one_deployment(kubeconfig: str, asked: list[str]) -> None:
    assert waiting_pods(kubeconfig, "d1") == [f"pod job-1 waits: Unschedulable: {NO_ROOM}"]
    assert asked == ["/api/v1/pods?labelSelector=deploymentId%3Dd1"]


def test_a_cluster_that_refuses_explains_nothing_and_fails_nothing(kubeconfig: str) -> None:
    assert waiting_pods(kubeconfig, "default-of-nobody") == []


def test_an_update_tells_while_it_waits_and_at_its_end(
    kubeconfig: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(waiting, "FIRST_PAUSE_SECONDS", 0.001)
    monkeypatch.setattr(lifecycle, "LOOK_SECONDS", 0)
    platform = FakePlatform()
    platform.delay = 1000
    job = Resource(platform, "vvp:index:Deployment", timeout=1)
    job.provider._connection._settings["kubeconfig"] = kubeconfig  # pyright: ignore[reportPrivateUsage]
    template = {"artifact": {"kind": "SQLSCRIPT", "sqlScript": "INSERT INTO a SELECT * FROM b"}}
    spec = {"deploymentTargetName": "vvp", "template": {"spec": template}}
    with caplog.at_level(logging.WARNING), pytest.raises(InitFailed) as failed:
        job.up(name="job", spec=spec)
    told = f"pod job-1 waits: Unschedulable: {NO_ROOM}"
    assert told in failed.value.reasons
    assert [message for message in caplog.messages if "job-1" in message] == [f"deployment 'job': {told}"]
