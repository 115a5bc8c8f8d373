"""The program asks a cloud for what `components.cloud.Cloud` says and no more: here it runs on a small one."""

from collections.abc import Mapping, Sequence
from typing import Any, cast

import pulumi
import pytest
from pulumi import Output, Resource

from components import cloud
from components.cloud import Cloud, Identity, VolumeClass
from settings.check import Settings
from settings.stack_file import StackFile
from tests.program.recorder import DEV, RELEASE, run, stack


class Disk(pulumi.CustomResource):
    """All that there is of this cloud."""

    def __init__(self) -> None:
        super().__init__("moon:index:Disk", "disk", {})


class Moon:
    """A cloud with labels on pods and values for the chart, which AWS has not."""

    volumes = VolumeClass("dust", "disk.moon.example", {"type": "fine"})
    kubeconfig: Output[str]
    ready: Sequence[Resource]
    base_uri: Output[str]
    platform: Identity
    jobs: Mapping[str, Identity]
    variables: Mapping[str, Output[str]]
    outputs: Mapping[str, Output[Any]]

    def __init__(self, settings: Settings[StackFile]) -> None:
        disk = Disk()
        self.kubeconfig = Output.secret("{}")
        self.ready = [disk]
        self.base_uri = Output.from_input("dust://vvp")
        self.platform = self._identity("platform", disk, chart_values={"moonIdentity": {"clientId": "platform"}})
        self.jobs = {
            job.name: self._identity(job.name, disk, flink={"state.savepoints.dir": f"dust://vvp/{job.name}"})
            for job in settings.jobs
        }
        self.variables = {}
        self.outputs = {"crater": Output.from_input("Tycho")}

    def _identity(self, name: str, disk: Disk, **more: Any) -> Identity:
        label = {"moon.example/identity": "use"}
        return Identity(Output.from_input(f"moon:{name}"), {"moon.example/id": name}, [disk], pod_labels=label, **more)


@pytest.fixture
def on_the_moon(monkeypatch: pytest.MonkeyPatch) -> None:
    def build(settings: Settings[StackFile]) -> Cloud:
        return Moon(settings)

    monkeypatch.setattr(cloud, "build", build)


@pytest.mark.usefixtures("on_the_moon")
def test_the_whole_program_runs_on_another_cloud() -> None:
    program = run(DEV)
    assert {resource.type.split(":", 1)[0] for resource in program.resources} == {"moon", "kubernetes", "vvp", "pulumi"}
    assert not [resource for resource in program.resources if resource.type.startswith("vvp:aws:")]
    assert program.outputs["crater"] == "Tycho"
    assert program.outputs["roles"]["vvp/greeting-request-consumer"] == "moon:greeting-request-consumer"
    assert program.one("kubernetes:storage.k8s.io/v1:StorageClass").inputs["provisioner"] == "disk.moon.example"


@pytest.mark.usefixtures("on_the_moon")
def test_what_the_identity_wants_reaches_account_pods_chart_and_flink() -> None:
    program = run(DEV)
    values = program.one(RELEASE, "vvp").inputs["values"]
    assert values["moonIdentity"] == {"clientId": "platform"}
    assert values["vvp"]["blobStorage"]["baseUri"] == "dust://vvp"
    account = program.one("kubernetes:core/v1:ServiceAccount", "greeting-request-consumer")
    assert account.inputs["metadata"]["annotations"] == {"moon.example/id": "greeting-request-consumer"}
    template = program.one("vvp:index:Deployment", "greeting-request-consumer").inputs["spec"]["template"]["spec"]
    assert template["flinkConfiguration"]["state.savepoints.dir"] == "dust://vvp/greeting-request-consumer"
    for pod in ("jobManagerPodTemplate", "taskManagerPodTemplate"):
        assert template["kubernetes"][pod]["metadata"]["labels"] == {"moon.example/identity": "use"}


@pytest.mark.usefixtures("on_the_moon")
def test_pods_wait_for_what_the_cloud_says_is_needed() -> None:
    program = run(DEV)
    disk = program.one("moon:index:Disk")
    waiting = [resource for resource in program.resources if disk.urn in resource.depends_on]
    assert {(resource.type, resource.name) for resource in waiting} >= {
        ("pulumi:providers:kubernetes", "kubernetes"),
        (RELEASE, "vvp"),
        ("vvp:index:Deployment", "greeting-request-consumer"),
    }


def test_a_cloud_without_components_is_an_error() -> None:
    with pytest.raises(NotImplementedError, match="no components for int"):
        cloud.build(Settings(cast("Any", 3), ()))


def test_aws_is_what_dev_is_on() -> None:
    assert stack().of("vvp:aws:Cluster")
