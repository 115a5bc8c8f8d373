"""What the engine is given: the launchers of its plugins, and a state that they can go on with."""

import json
import os
import re
import subprocess
from pathlib import Path

import pytest

from sandbox import layout
from sandbox.build import modules
from sandbox.layout import Sandbox
from sandbox.run import engine

STAND_IN = '#!/bin/sh\nPYTHONPATH=/somewhere exec python -u -m sandbox.plugins.kubernetes "$@"\n'


@pytest.fixture
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(engine, "STATE", tmp_path)
    monkeypatch.setattr(layout, "STATE", tmp_path)
    monkeypatch.setattr(engine, "version", lambda package: "1.2.3")  # pyright: ignore[reportUnknownLambdaType, reportUnknownArgumentType]
    made = Sandbox(ports={"door": 20001, "cloud": 20002}, account_id="1" * 12, passphrase="p")
    monkeypatch.setattr(engine.Sandbox, "load", lambda: made)
    return tmp_path


def launcher(state: Path, name: str) -> Path:
    return state / "home" / "plugins" / f"resource-{name}-v1.2.3" / f"pulumi-resource-{name}"


def checkpoint(state: Path, *types: str) -> None:
    file = state / "pulumi" / ".pulumi" / "stacks" / "vvp" / "dev.json"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps({"checkpoint": {"latest": {"resources": [{"type": type} for type in types]}}}))


def test_the_kubernetes_provider_reaches_the_outside_by_the_door_only(state: Path, tmp_path: Path) -> None:
    """Whatever the user's own proxy and authorities are; the shell that starts it keeps them."""
    binary = tmp_path / "a binary"
    binary.write_text('#!/bin/sh\nenv; echo "given $*"\n')
    binary.chmod(0o755)
    engine.install_plugins(binary)
    own = {"PATH": os.environ["PATH"], "HTTPS_PROXY": "http://mine", "NO_PROXY": ".io", "SSL_CERT_FILE": "/mine"}
    ran = subprocess.run(
        [launcher(state, "kubernetes"), "127.0.0.1:1"], env=own, capture_output=True, text=True, check=True
    )
    variables = dict(re.findall(r"^(\w+)=(.*)$", ran.stdout, re.MULTILINE))
    assert variables["HTTPS_PROXY"] == variables["HTTP_PROXY"] == "http://127.0.0.1:20001"
    assert variables["NO_PROXY"] == "127.0.0.1,localhost"
    assert variables["SSL_CERT_FILE"] == str(state / "door" / "tls" / "ca.crt")
    assert variables["SSL_CERT_DIR"] == str(state / "door" / "tls")
    assert variables["HELM_CACHE_HOME"].startswith(str(state))
    assert ran.stdout.endswith("given 127.0.0.1:1\n")


def test_a_shell_of_make_env_is_not_led_to_the_door(state: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (state / "credentials.json").write_text('{"access_key_id": "a", "secret_access_key": "b"}')
    monkeypatch.setattr(engine, "region", lambda stack: "eu-central-1")  # pyright: ignore[reportUnknownLambdaType, reportUnknownArgumentType]
    made = Sandbox(ports={"door": 20001, "cloud_tls": 20002}, account_id="1" * 12, passphrase="p")
    monkeypatch.setattr(engine.Sandbox, "load", lambda: made)
    variables = engine.variables("dev")
    assert not {"HTTPS_PROXY", "HTTP_PROXY", "SSL_CERT_FILE", "SSL_CERT_DIR"} & {*variables}
    assert "20001" not in " ".join(variables.values())


def test_the_real_provider_is_the_one_of_the_programs_sdk() -> None:
    pinned = (layout.CHECKOUT / "requirements.txt").read_text()
    assert re.search(rf"^pulumi-kubernetes=={re.escape(modules.KUBERNETES_PROVIDER_VERSION)}\s", pinned, re.MULTILINE)


def test_a_state_of_the_stand_in_is_refused_and_make_clean_offered(state: Path, tmp_path: Path) -> None:
    file = launcher(state, "kubernetes")
    file.parent.mkdir(parents=True)
    file.write_text(STAND_IN)
    checkpoint(state, "pulumi:pulumi:Stack", "kubernetes:core/v1:Namespace")
    with pytest.raises(SystemExit, match=r"stack dev (?s:.)*stand-in(?s:.)*make clean && make up"):
        engine.refuse_older_state()


def test_a_state_without_objects_goes_on_and_so_does_one_of_the_real_provider(state: Path, tmp_path: Path) -> None:
    engine.refuse_older_state()
    file = launcher(state, "kubernetes")
    file.parent.mkdir(parents=True)
    file.write_text(STAND_IN)
    checkpoint(state, "pulumi:pulumi:Stack")
    engine.refuse_older_state()
    engine.install_plugins(tmp_path / "binary")
    checkpoint(state, "pulumi:pulumi:Stack", "kubernetes:core/v1:Namespace")
    engine.refuse_older_state()
