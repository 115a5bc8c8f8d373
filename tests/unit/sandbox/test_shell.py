"""The `pulumi` of a shell that `make env` has set up: it leaves the user's stack file as it is."""

from pathlib import Path

import pytest
import yaml

from sandbox import layout
from sandbox.run import shell, stack_files

CONFIG = {"aws:region": "eu-central-1", "vvp:environment": "dev"}


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A checkout with the stack `dev`, which has been made in its sandbox."""
    state = tmp_path / ".sandbox"
    for module in (layout, stack_files):
        monkeypatch.setattr(module, "STATE", state)
        monkeypatch.setattr(module, "CHECKOUT", tmp_path)
    (tmp_path / "Pulumi.dev.yaml").write_text(yaml.safe_dump({"config": CONFIG}))
    stack_files.project().mkdir(parents=True)
    stack_files.copy_of("dev").write_text("encryptionsalt: v1:salt\n")
    return tmp_path


def test_a_preview_reads_a_copy_that_has_the_salt(checkout: Path) -> None:
    before = (checkout / "Pulumi.dev.yaml").read_text()
    called = shell.arguments(["preview", "--stack", "dev", "--diff"])
    assert called[:-2] == ["preview", "--stack", "dev", "--diff"]
    assert called[-2] == "--config-file"
    copy = yaml.safe_load(Path(called[-1]).read_text())
    assert copy == {"config": CONFIG, "encryptionsalt": "v1:salt"}
    assert (checkout / "Pulumi.dev.yaml").read_text() == before


def test_the_copy_is_of_the_stack_file_as_it_is_now(checkout: Path) -> None:
    (checkout / "Pulumi.dev.yaml").write_text(yaml.safe_dump({"config": {**CONFIG, "vvp:environment": "prod"}}))
    called = shell.arguments(["up", "--stack=dev", "--yes"])
    assert yaml.safe_load(Path(called[-1]).read_text())["config"]["vvp:environment"] == "prod"


@pytest.mark.parametrize(
    "given",
    [
        ["config", "set", "--secret", "vvp:license", "x", "--stack", "dev"],
        ["stack", "output", "--stack", "dev"],
        ["preview", "--stack", "dev", "--config-file", "mine.yaml"],
        ["preview", "--help", "--stack", "dev"],
        ["up", "--stack", "never-made"],
        [],
    ],
    ids=" ".join,
)
@pytest.mark.usefixtures("checkout")
def test_other_commands_are_called_as_typed(given: list[str]) -> None:
    assert shell.arguments(given) == given


def test_a_file_with_secrets_keeps_the_salt_that_they_were_encrypted_with(checkout: Path) -> None:
    secret = {"config": {**CONFIG, "vvp:license": {"secure": "v1:a:b"}}, "encryptionsalt": "v1:own"}
    (checkout / "Pulumi.dev.yaml").write_text(yaml.safe_dump(secret))
    copy, secrets = stack_files.working_copy("dev")
    assert secrets == ["vvp:license"]
    assert yaml.safe_load(copy.read_text())["encryptionsalt"] == "v1:own"
