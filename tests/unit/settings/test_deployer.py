"""`python -m settings.aws` writes what a deployer needs, as files."""

import json
import sys
from pathlib import Path

import pytest

from settings.aws.__main__ import main
from settings.aws.deployer import policies
from settings.aws.stack_file import AwsStackFile
from settings.check import check
from tests.stacks import ROOT, changed, own, stack_file

ACCOUNT = "111122223333"


def documents(**changes: object) -> dict[str, str]:
    """The policies for `dev` with changes, as text."""
    file = check(changed(stack_file(), **own(changes))).file
    assert isinstance(file, AwsStackFile)
    return {name: json.dumps(document) for name, document in policies(file, "dev", ACCOUNT).items()}


def run(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> int:
    """Runs the command."""
    monkeypatch.setattr(sys, "argv", ["settings.aws", *arguments])
    return main()


def test_the_command_writes_a_file_for_each_policy(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(monkeypatch, "--account", ACCOUNT, "--to", str(tmp_path), str(ROOT / "Pulumi.dev.yaml")) == 0
    written = {path.stem: json.loads(path.read_text()) for path in map(Path, capsys.readouterr().out.split())}
    assert written == {name: json.loads(text) for name, text in documents().items()}
    tag = written["network"]["Statement"][1]["Condition"]["StringEquals"]
    assert tag == {"aws:RequestTag/vvp:stack": "dev"}


def test_the_command_names_what_is_wrong(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        run(monkeypatch, "--account", "12", "--to", str(tmp_path), str(ROOT / "Pulumi.dev.yaml"))
    assert "found 12; right is an AWS account, twelve digits" in capsys.readouterr().err
    assert run(monkeypatch, "--account", ACCOUNT, "--to", str(tmp_path), str(tmp_path / "Pulumi.no.yaml")) == 1
    assert "a file that can be read" in capsys.readouterr().err


def test_the_policies_follow_the_stack_file() -> None:
    assert "ec2:CreateVpc" in documents()["network"]
    existing = {"vpcId": "vpc-0123456789abcdef0", "privateSubnetIds": [f"subnet-0123456789abcde{i}" for i in "12"]}
    assert "ec2:CreateVpc" not in documents(network={"existing": existing})["network"]
    assert "s3:DeleteObject" in documents()["data"]
    assert "s3:DeleteObject" not in documents(environment="prod")["data"]
    assert "arn:aws-cn:" in documents(**{"aws:region": "cn-north-1"})["cluster"]
    assert "eks:cn-north-1" in documents(**{"aws:region": "cn-north-1"})["cluster"]
    renamed = documents(cluster__name="other", identity__rolePrefix="mine", blobStorage__bucket="our-bucket")
    assert "cluster/other" in renamed["cluster"]
    assert "role/mine-*" in renamed["cluster"]
    assert "s3:::our-bucket" in renamed["data"]
