"""The stack `dev` on the real engine: first preview, update, second preview, and what a person finds afterwards."""

import json
import re

import pytest

from tests.sandbox.checkout import Checkout
from tests.stacks import deployed_urns

STACK = {"pulumi:pulumi:Stack::vvp-dev"}

pytestmark = pytest.mark.sandbox


def count(output: str, what: str) -> int:
    """The number that Pulumi's summary gives, as in `83 unchanged`."""
    found = re.search(rf"(\d+) {what}$", output, re.MULTILINE)
    assert found, output
    return int(found.group(1))


def test_a_preview_before_the_first_up_shows_the_whole_stack_and_a_second_one_nothing(checkout: Checkout) -> None:
    checkout.configure()
    preview = checkout.make("preview")
    assert preview.status == 0, preview
    planned = count(preview.output, "to create")
    for kind in (
        "aws:eks:NodeGroup",
        "kubernetes:helm.sh/v3:Release",
        "kubernetes:policies.kyverno.io/v1:ValidatingPolicy",
    ):
        assert kind in preview.output

    up = checkout.make("up")
    assert up.status == 0, up
    assert count(up.output, "created") == planned
    checkout.deployed = checkout.configure()

    again = checkout.make("preview")
    assert again.status == 0, again
    assert count(again.output, "unchanged") == planned
    assert not re.search(r"to (create|update|replace|delete)", again.output), again


def test_what_is_deployed_has_the_urns_that_users_have_deployed(dev: Checkout) -> None:
    state = dev.json("pulumi", "stack", "export", "--stack", "dev")
    urns = {resource["urn"].removeprefix("urn:pulumi:dev::vvp::") for resource in state["deployment"]["resources"]}
    assert {urn for urn in urns if not urn.startswith("pulumi:") or "::default" not in urn} - STACK == set(
        deployed_urns()
    )


def test_the_outputs_are_there_and_the_kubeconfig_is_a_secret(dev: Checkout) -> None:
    outputs = dev.outputs()
    assert outputs["kubeconfig"] == "[secret]"
    assert outputs["bucket"] == "vvp-blob-storage"
    assert set(outputs) == {"kubeconfig", "cluster", "bucket", "issuer", "roles", "platform"}


def test_the_kubeconfig_authenticates_by_the_aws_cli_and_its_access_entry(dev: Checkout) -> None:
    kubeconfig = dev.folder / ".sandbox" / "output.kubeconfig"
    kubeconfig.write_text(dev.outputs("--show-secrets")["kubeconfig"])
    users = json.loads(kubeconfig.read_text())["users"]
    assert users[0]["user"]["exec"]["command"] == "aws"
    whoami = dev.json("kubectl", "--kubeconfig", str(kubeconfig), "auth", "whoami", "-o", "json")
    assert whoami["status"]["userInfo"]["username"].endswith(":user/platform-engineer")
    assert "system:masters" in whoami["status"]["userInfo"]["groups"]


def test_pulumi_typed_in_the_shell_leaves_the_stack_file_as_it_was(dev: Checkout) -> None:
    file = dev.folder / "Pulumi.dev.yaml"
    before = file.read_text()
    preview = dev.run("pulumi", "preview", "--stack", "dev", "--non-interactive")
    assert preview.status == 0, preview
    assert re.search(r"\d+ unchanged$", preview.output, re.MULTILINE), preview
    assert file.read_text() == before


def test_the_platform_runs_on_a_bound_volume(dev: Checkout) -> None:
    wait = dev.run("kubectl", "-n", "vvp", "wait", "--for=condition=Available", "deployment/vvp-ververica-platform")
    assert wait.status == 0, wait
    claim = dev.json("kubectl", "-n", "vvp", "get", "pvc", "vvp-ververica-platform", "-o", "json")
    assert claim["status"]["phase"] == "Bound"
    assert claim["spec"]["storageClassName"] == "gp3"


def test_the_nodes_lie_in_three_zones(dev: Checkout) -> None:
    nodes = dev.json("kubectl", "get", "nodes", "-o", "json")["items"]
    zones = {node["metadata"]["labels"]["topology.kubernetes.io/zone"] for node in nodes}
    assert len(zones) == 3


def test_a_faulty_stack_file_is_refused_with_all_its_faults_and_changes_nothing(checkout: Checkout) -> None:
    checkout.ensure_up()
    before = checkout.run("pulumi", "stack", "export", "--stack", "dev").output
    checkout.configure(environment="qa", cluster__nodes__minSize="2", blobStorage__bucket="Not A Bucket")
    result = checkout.make("up")
    checkout.configure()
    assert result.status != 0
    assert "the stack file has 3 faults; nothing was created" in result.output
    for key in ("vvp:environment", "vvp:cluster.nodes.minSize", "vvp:blobStorage.bucket"):
        # The engine shows every message as it comes and once more at the end.
        assert result.output.partition("Diagnostics:")[2].count(f"{key}: found ") == 1, result
    assert "Traceback" not in result.output
    assert "unhandled exception" not in result.output
    assert checkout.run("pulumi", "stack", "export", "--stack", "dev").output == before
