"""What an interrupted update leaves in a checkpoint, and what becomes of it."""

import copy
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import psutil
import pytest

from sandbox import repair as adopt
from sandbox.repair import pending as repair
from sandbox.run import engine

VPC, NAMESPACE, BUCKET = "aws:ec2/vpc:Vpc", "kubernetes:core/v1:Namespace", "aws:s3/bucket:Bucket"


def urn(kind: str, name: str) -> str:
    return f"urn:pulumi:dev::vvp::{kind}::{name}"


def resource(kind: str, name: str, **more: Any) -> dict[str, Any]:
    return {"urn": urn(kind, name), "type": kind, "custom": True, "inputs": {"name": name}, **more}


class Pulumi:
    """A Pulumi whose stack is a checkpoint in memory."""

    def __init__(self, resources: list[dict[str, Any]], pending: list[dict[str, Any]]) -> None:
        self.deployment: dict[str, Any] = {"resources": resources, "pending_operations": pending}
        self.imported: list[dict[str, Any]] = []
        self.commands: list[str] = []
        self.refresh_status = 0

    def capture(self, stack: str, *arguments: str) -> str:
        self.commands.append(" ".join(arguments[:2]))
        if arguments[1] == "import":
            file = Path(arguments[arguments.index("--file") + 1])
            assert file.stat().st_mode & 0o077 == 0
            self.deployment = json.loads(file.read_text())["deployment"]
            self.imported.append(copy.deepcopy(self.deployment))
        return json.dumps({"version": 3, "deployment": self.deployment})

    def run(self, stack: str, *arguments: str) -> int:
        self.commands.append(arguments[0])
        return self.refresh_status


@pytest.fixture
def found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """What there is in the cloud, by the name that was asked for."""
    made: dict[str, str] = {}

    def find(kind: str, inputs: dict[str, Any], search: Any, known: frozenset[str]) -> str | None:
        id = made.get(inputs["name"])
        if id == "several":
            raise LookupError("an interrupted create could have made any of a, b")
        return None if id in known else id

    monkeypatch.setattr(repair, "STATE", tmp_path)
    monkeypatch.setattr(repair.Sandbox, "load", lambda: SimpleNamespace(account_id="123456789012"))
    monkeypatch.setattr(engine, "variables", lambda stack: {})  # pyright: ignore[reportUnknownLambdaType, reportUnknownArgumentType]
    monkeypatch.setattr(adopt, "find", find)
    monkeypatch.setattr(adopt, "settle", lambda kind, id, search: made.update({f"settled {id}": kind}))  # pyright: ignore[reportUnknownLambdaType, reportUnknownArgumentType]
    return made


def _settle(pulumi: Pulumi, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine, "capture", pulumi.capture)
    monkeypatch.setattr(engine, "run", pulumi.run)
    repair._settle_pending("dev")  # pyright: ignore[reportPrivateUsage]


def _creating(kind: str, name: str) -> dict[str, Any]:
    return {"type": "creating", "resource": resource(kind, name)}


@pytest.mark.usefixtures("found")
def test_a_checkpoint_in_order_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    pulumi = Pulumi([resource(VPC, "vvp", id="vpc-1")], [])
    _settle(pulumi, monkeypatch)
    assert pulumi.commands == ["stack export"]


def test_what_was_made_is_taken_in_and_what_was_not_is_forgotten(
    found: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    found["vvp"] = "vpc-1"
    pulumi = Pulumi([], [_creating(VPC, "vvp"), _creating(BUCKET, "blobs")])
    _settle(pulumi, monkeypatch)
    assert pulumi.deployment == {"resources": [resource(VPC, "vvp", id="vpc-1", outputs={})]}
    assert pulumi.commands == ["stack export", "stack import", "refresh"]


def test_ids_are_told_apart_by_type_and_taken_once(found: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    found |= {"vvp": "same", "other": "same"}
    older = resource(BUCKET, "blobs", id="same")
    pulumi = Pulumi([older], [_creating(VPC, "vvp"), _creating(VPC, "other")])
    _settle(pulumi, monkeypatch)
    assert pulumi.deployment["resources"] == [older, resource(VPC, "vvp", id="same", outputs={})]


def test_a_replacement_leaves_the_older_one_to_be_deleted(
    found: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    found["vvp"] = "vpc-2"
    pulumi = Pulumi([resource(VPC, "vvp", id="vpc-1")], [_creating(VPC, "vvp")])
    _settle(pulumi, monkeypatch)
    assert [(each["id"], each.get("delete", False)) for each in pulumi.deployment["resources"]] == [
        ("vpc-1", True),
        ("vpc-2", False),
    ]


def test_an_object_that_nobody_waited_for_is_gone_over_again(
    found: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    found |= {"vvp": "vvp", "net": "vpc-1"}
    pulumi = Pulumi([], [_creating(NAMESPACE, "vvp"), _creating(VPC, "net")])
    _settle(pulumi, monkeypatch)
    # Only after the refresh, which would take the mark away.
    assert pulumi.commands == ["stack export", "stack import", "refresh", "stack export", "stack import"]
    marks = {each["urn"]: each.get("initErrors") for each in pulumi.deployment["resources"]}
    assert marks == {urn(NAMESPACE, "vvp"): ["its create was interrupted"], urn(VPC, "net"): None}


def test_updates_and_deletes_are_brought_to_an_end_and_left_to_the_refresh(
    found: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    here = [resource(VPC, "vvp", id="vpc-1"), resource(BUCKET, "blobs", id="b")]
    pending = [{"type": "deleting", "resource": here[0]}, {"type": "updating", "resource": here[1]}]
    pulumi = Pulumi(copy.deepcopy(here), pending)
    _settle(pulumi, monkeypatch)
    assert pulumi.deployment == {"resources": here}
    assert found == {"settled vpc-1": VPC, "settled b": BUCKET}


def test_where_a_person_has_to_choose_nothing_is_changed(
    found: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    found["vvp"] = "several"
    pulumi = Pulumi([], [_creating(VPC, "vvp")])
    with pytest.raises(SystemExit, match=r"any of a, b.*(?s:.)*pulumi import aws:ec2/vpc:Vpc NAME ID --stack dev"):
        _settle(pulumi, monkeypatch)
    assert pulumi.commands == ["stack export"]


@pytest.mark.usefixtures("found")
def test_a_refresh_that_fails_ends_the_command(monkeypatch: pytest.MonkeyPatch) -> None:
    pulumi = Pulumi([], [_creating(VPC, "vvp")])
    pulumi.refresh_status = 1
    with pytest.raises(SystemExit, match="run the command again"):
        _settle(pulumi, monkeypatch)


def test_another_pulumi_at_work_is_not_disturbed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lock = tmp_path / "pulumi" / ".pulumi" / "locks" / "vvp" / "dev" / "1.json"
    lock.parent.mkdir(parents=True)
    lock.touch()
    monkeypatch.setattr(repair, "STATE", tmp_path)
    monkeypatch.setattr(repair, "_engines", lambda: [SimpleNamespace(pid=4711)])
    with pytest.raises(SystemExit, match="process 4711"):
        repair.after_interruption("dev")
    assert lock.exists()


@pytest.mark.parametrize("busy", [[], ["kyverno/kyverno"]], ids=["none", "one"])
def test_a_release_that_a_provider_left_halfway_is_brought_to_an_end(
    found: dict[str, str], busy: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    pulumi = Pulumi([], [])
    monkeypatch.setattr(engine, "run", pulumi.run)
    monkeypatch.setattr(adopt, "busy_releases", lambda search: busy)  # pyright: ignore[reportUnknownLambdaType, reportUnknownArgumentType]
    repair._settle_releases("dev")  # pyright: ignore[reportPrivateUsage]
    assert found == {f"settled {id}": adopt.RELEASE for id in busy}
    assert pulumi.commands == ["refresh" for _ in busy]


@pytest.mark.usefixtures("found")
def test_a_helm_that_cannot_tell_ends_the_command(monkeypatch: pytest.MonkeyPatch) -> None:
    def unreachable(search: Any) -> list[str]:
        raise LookupError("helm list failed: cluster unreachable")

    monkeypatch.setattr(adopt, "busy_releases", unreachable)
    with pytest.raises(SystemExit, match="cluster unreachable"):
        repair._settle_releases("dev")  # pyright: ignore[reportPrivateUsage]


PLUGINS: dict[str, tuple[str, list[str]]] = {
    "a plugin in Go": ("pulumi-resource-kubernetes", []),
    "a stand-in": ("python", ["-u", "-m", "sandbox.plugins.aws"]),
    "the platform's": ("python", ["-u", "-m", "vvp_provider"]),
}


@pytest.fixture(params=PLUGINS.values(), ids=list(PLUGINS))
def plugin(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[psutil.Process]:
    """A process that looks like a plugin of the sandbox in `tmp_path`; a shell started it, as a launcher does."""
    name, arguments = request.param
    program = tmp_path / name
    program.symlink_to(sys.executable)
    # What follows the text of a program is nothing to Python.
    command = [str(program), "-c", "import sys; sys.stdin.read()", *arguments]
    monkeypatch.setattr(repair, "STATE", tmp_path)
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, env={**os.environ, "VVP_SANDBOX_STATE": str(tmp_path)}
    ) as started:
        yield psutil.Process(started.pid)
        started.kill()


def test_a_plugin_whose_engine_is_gone_is_ended(plugin: psutil.Process) -> None:
    repair.end_plugins()
    assert not plugin.is_running() or plugin.status() == psutil.STATUS_ZOMBIE


def test_a_plugin_whose_engine_runs_is_left_alone(plugin: psutil.Process, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(repair, "_engines", lambda: [psutil.Process().parent()])
    repair.end_plugins()
    assert plugin.status() != psutil.STATUS_ZOMBIE


def test_a_plugin_of_another_sandbox_is_left_alone(
    plugin: psutil.Process, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(repair, "STATE", tmp_path / "another")
    repair.end_plugins()
    assert plugin.status() != psutil.STATUS_ZOMBIE
