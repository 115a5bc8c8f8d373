"""The typed face of the provider and the provider agree: what the one sends, the other takes."""

from collections.abc import Callable
from typing import Any

import pulumi
import pytest
from pulumi.runtime import mocks, rpc

from provider_kit import Operation
from vvp_provider.provider import Provider
from vvp_provider.sdk.deployments import Deployment, DeploymentSpec
from vvp_provider.sdk.namespaces import DeploymentTarget, Namespace
from vvp_provider.sdk.secrets import ApiToken, SecretValue
from vvp_provider.sdk.sql import SqlObject
from vvp_provider.sdk.volumes import ReclaimedVolumes

SPEC: DeploymentSpec = {
    "deploymentTargetName": "vvp",
    "state": "RUNNING",
    "template": {"spec": {"artifact": {"kind": "SQLSCRIPT", "sqlScript": "INSERT INTO a SELECT * FROM b;"}}},
}
RESOURCES: dict[str, Callable[[], pulumi.CustomResource]] = {
    "vvp:index:Namespace": lambda: Namespace("it", name="n", role_bindings=[{"role": "viewer", "members": ["user:a"]}]),
    "vvp:index:DeploymentTarget": lambda: DeploymentTarget("it", name="t", kubernetes_namespace="k", labels={"a": "b"}),
    "vvp:index:SecretValue": lambda: SecretValue("it", name="s", value="hidden"),
    "vvp:index:ApiToken": lambda: ApiToken("it", name="t", role="editor"),
    "vvp:index:SqlObject": lambda: SqlObject("it", statement="CREATE TABLE t (a INT) WITH ('connector' = 'blackhole')"),
    "vvp:index:ReclaimedVolumes": lambda: ReclaimedVolumes("it", namespace="vvp"),
    "vvp:index:Deployment": lambda: Deployment("it", name="d", spec=SPEC, stop="cancel", display_name="D"),
}


class Recorder(mocks.Mocks):
    """Keeps what a resource is registered with."""

    def __init__(self) -> None:
        self.seen: list[mocks.MockResourceArgs] = []

    def call(self, args: mocks.MockCallArgs) -> dict[str, Any]:
        raise AssertionError(args.token)

    def new_resource(self, args: mocks.MockResourceArgs) -> tuple[str, dict[str, Any]]:
        self.seen.append(args)
        return "id", dict(args.inputs)


def test_every_resource_of_the_provider_has_a_face() -> None:
    with pytest.raises(Exception, match="there are ") as told:
        Provider().resource("vvp:index:Nothing")
    assert set(str(told.value).partition("there are ")[2].split(", ")) == set(RESOURCES)


@pytest.mark.parametrize("token", RESOURCES)
def test_the_provider_takes_what_its_face_sends(token: str) -> None:
    recorder = Recorder()
    mocks.set_mocks(recorder)

    @pulumi.runtime.test
    def make() -> pulumi.Output[str]:
        return RESOURCES[token]().urn

    make()
    (made,) = [args for args in recorder.seen if args.typ == token]
    sent = {key: rpc.unwrap_rpc_secret(value) for key, value in made.inputs.items() if value is not None}
    checked = Provider().resource(token).check(Operation(f"urn:pulumi:s::p::{token}::it", token, "it", inputs=sent))
    assert checked.keys() >= sent.keys()
    assert all(checked[key] == sent[key] for key in sent if key != "spec"), "the provider fills in a spec's defaults"


def test_secrets_are_secret_outputs_of_the_provider() -> None:
    assert Provider().resource("vvp:index:SecretValue").secret_outputs == ("value",)
    assert Provider().resource("vvp:index:ApiToken").secret_outputs == ("secret",)
