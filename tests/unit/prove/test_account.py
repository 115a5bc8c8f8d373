"""`python -m prove` says where it is going to run, asks, and refuses what does not belong together."""

import io
import json
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, cast

import boto3
import pytest
from botocore.stub import Stubber

from prove import account_target, stack
from prove.__main__ import NOT_ASKED, agreed, main
from prove.aws.client import Aws
from prove.aws.cloud import AwsCloud
from prove.marks import new_mark
from settings.aws.stack_file import AwsStackFile
from settings.check import Settings, check
from tests.stacks import stack_file
from tests.unit.prove.world import ApiServer, FakeCloud, api_server, kubeconfig

OLD = "vvp-prove-20200102-030405-1a2b"
ROLE = "arn:aws:iam::123456789012:role/vvp-a"
ENDPOINT = "https://0123456789ABCDEF.gr7.eu-central-1.eks.amazonaws.com"


class Terminal(io.StringIO):
    """A person who has typed an answer."""

    def isatty(self) -> bool:
        return True


@pytest.fixture
def server() -> Iterator[ApiServer]:
    with api_server() as found:
        yield found


@pytest.fixture
def cloud(server: ApiServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FakeCloud:
    """The cloud of stack `dev`; a `pulumi` on PATH knows the stack's outputs."""
    found = FakeCloud()
    monkeypatch.setattr(stack, "cloud_of", lambda *_: found)
    monkeypatch.setattr(account_target, "RESULTS", tmp_path / "results")
    monkeypatch.delenv("YES", raising=False)
    pulumi(tmp_path, monkeypatch, {"kubeconfig": json.dumps(server.kubeconfig), "roles": {"vvp/a": ROLE}})
    return found


def pulumi(folder: Path, monkeypatch: pytest.MonkeyPatch, outputs: Mapping[str, Any] | None, status: int = 0) -> None:
    """Puts a `pulumi` first on PATH that prints outputs, if it is asked for a stack's."""
    script = folder / "pulumi"
    script.write_text(
        f"#!{sys.executable}\nimport sys\n"
        "assert sys.argv[1:3] == ['stack', 'output'] and sys.argv[-2:] == ['--stack', 'dev'], sys.argv\n"
        f"print({json.dumps(outputs)!r})\nprint('no such stack', file=sys.stderr)\nsys.exit({status})\n"
    )
    script.chmod(0o755)
    monkeypatch.setenv("PATH", str(folder))


def answer(monkeypatch: pytest.MonkeyPatch, text: str | None) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO() if text is None else Terminal(f"{text}\n"))


def test_without_a_terminal_and_without_yes_nothing_is_written(
    cloud: FakeCloud, server: ApiServer, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    answer(monkeypatch, None)
    assert main(["--stack", "dev"]) == 1
    assert cloud.asked == server.requests == []
    shown = capsys.readouterr()
    assert NOT_ASKED in shown.err
    for words in ("house:       no. 7", f"API server:  {server.url}", "vvp-prove-", "records"):
        assert words in shown.out


@pytest.mark.parametrize("text", ["", "n", "no", "yes please"])
def test_anything_but_yes_is_no(
    text: str, cloud: FakeCloud, server: ApiServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    answer(monkeypatch, text)
    assert main(["--stack", "dev"]) == 1
    assert cloud.asked == server.requests == []


@pytest.mark.parametrize("how", ["typed", "--yes", "YES=1"])
def test_a_yes_starts_the_proof(how: str, cloud: FakeCloud, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    answer(monkeypatch, "y" if how == "typed" else None)
    if how == "YES=1":
        monkeypatch.setenv("YES", "1")
    main(["--stack", "dev", *(["--yes"] if how == "--yes" else [])])
    assert cloud.asked[0] == "lay out"
    assert (tmp_path / "results" / "dev" / "access.json").exists()


def test_what_does_not_belong_together_is_refused_before_anybody_is_asked(
    cloud: FakeCloud, server: ApiServer, capsys: pytest.CaptureFixture[str]
) -> None:
    cloud.faults = ["this is another's house"]
    for arguments in (["--yes"], ["--yes", "--clean"]):
        assert main(["--stack", "dev", *arguments]) == 1
        assert "this is another's house" in capsys.readouterr().err
    assert cloud.asked == server.requests == []


def test_the_outputs_must_be_there(
    cloud: FakeCloud, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for outputs, status, words in (
        ({}, 0, "is it deployed?"),
        ({"kubeconfig": "{", "roles": {}}, 0, "is it deployed?"),
        ({"secret": "in clear"}, 255, "no such stack"),
    ):
        pulumi(tmp_path, monkeypatch, outputs, status)
        assert main(["--stack", "dev", "--yes"]) == 1
        shown = capsys.readouterr()
        assert words in shown.err
        assert "in clear" not in shown.err + shown.out
    monkeypatch.setenv("PATH", str(tmp_path / "nothing"))
    assert main(["--stack", "dev", "--yes"]) == 1
    assert "no command `pulumi`" in capsys.readouterr().err
    assert cloud.asked == []


def test_a_stack_without_a_file_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--stack", "no-such-stack"]) == 1
    assert "Pulumi.no-such-stack.yaml" in capsys.readouterr().err


def test_clean_takes_away_runs_that_are_over_or_the_one_that_is_named(
    cloud: FakeCloud, capsys: pytest.CaptureFixture[str]
) -> None:
    young = new_mark()
    cloud.left = {OLD: ["shelf thing"], young: ["shelf thing"]}
    assert main(["--stack", "dev", "--clean"]) == 1
    assert cloud.asked == []
    assert f"The run {young} of" in capsys.readouterr().out
    assert main(["--stack", "dev", "--clean", "--yes"]) == 0
    assert cloud.asked == [f"removed {OLD}"]
    assert main(["--stack", "dev", "--clean", young, "--yes"]) == 0
    assert cloud.asked[1:] == [f"removed {young}"]


def test_the_question_is_asked_of_a_terminal_only() -> None:
    assert agreed("Go on?", yes=True, answers=io.StringIO())
    assert agreed("Go on?", yes=False, answers=Terminal("Y\n"))
    assert not agreed("Go on?", yes=False, answers=io.StringIO("y\n"))


def aws(monkeypatch: pytest.MonkeyPatch, *, account: str = "123456789012", endpoint: str = ENDPOINT) -> AwsCloud:
    """AWS as the session of an account sees it."""
    clients: dict[str, Any] = {}
    for service, call, parameters, reply in (
        ("eks", "describe_cluster", {"name": "vvp"}, {"cluster": {"endpoint": endpoint}}),
        (
            "sts",
            "get_caller_identity",
            {},
            {"Account": account, "Arn": f"arn:aws:iam::{account}:user/me", "UserId": "AIDAEXAMPLE"},
        ),
    ):
        session: Any = boto3.Session(aws_access_key_id="x", aws_secret_access_key="x", region_name="eu-central-1")
        clients[service] = session.client(service)
        stubber = Stubber(clients[service])
        stubber.add_response(call, reply, parameters)
        stubber.activate()
    monkeypatch.setattr(Aws, "admin", lambda _, service: clients[service])
    return AwsCloud(cast("Settings[AwsStackFile]", check(stack_file())), {}, None)


def test_the_api_server_must_be_the_clusters_own(monkeypatch: pytest.MonkeyPatch) -> None:
    assert list(aws(monkeypatch).misfits(f"{ENDPOINT.lower()}/", [ROLE])) == []
    (misfit,) = aws(monkeypatch, endpoint="https://another.example").misfits(ENDPOINT, [ROLE])
    assert "answers at https://another.example" in misfit
    assert ENDPOINT in misfit


def test_the_session_must_be_of_the_account_of_the_stacks_roles(monkeypatch: pytest.MonkeyPatch) -> None:
    (misfit,) = aws(monkeypatch, account="999999999999").misfits(ENDPOINT, [ROLE])
    assert misfit == f"the session is of account 999999999999, the stack's role {ROLE} is not"
    (misfit,) = aws(monkeypatch).misfits(ENDPOINT, [])
    assert "name no role" in misfit
    (misfit,) = aws(monkeypatch).misfits(ENDPOINT, ["nothing like an ARN"])
    assert "nothing like an ARN" in misfit


def test_where_it_runs_is_told_by_account_caller_region_and_cluster(monkeypatch: pytest.MonkeyPatch) -> None:
    assert aws(monkeypatch).whereabouts() == {
        "AWS account": "123456789012",
        "as": "arn:aws:iam::123456789012:user/me",
        "region": "eu-central-1",
        "cluster": "vvp",
    }


def test_a_kubeconfig_may_be_an_object_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found = kubeconfig("https://x.example", {"token": "t"})
    pulumi(tmp_path, monkeypatch, {"kubeconfig": found, "roles": {}})
    assert account_target.Outputs.read("dev").kubeconfig == found
    assert account_target.target("org/project/dev", account_target.Outputs.read("dev")).forger is None
