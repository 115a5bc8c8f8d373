"""The cache of binaries: when it is built, under which key, and which Pulumi is taken."""

import dataclasses
import os
import threading
from pathlib import Path

import pytest

from sandbox.build import modules, toolchain
from sandbox.build.modules import KUBERNETES, PULUMI, PULUMI_VERSION, Module


@pytest.fixture
def module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Module:
    """A module whose build takes no time."""
    source = tmp_path / "checkout" / "sandbox" / "go" / "tool"
    source.mkdir(parents=True)
    (source / "go.mod").write_text("module x\n\ngo 1.26.0\n")
    (source / "go.sum").write_text("sum\n")
    monkeypatch.setattr(modules, "CHECKOUT", tmp_path / "checkout")
    monkeypatch.setattr(modules, "CACHE", tmp_path / "cache")
    monkeypatch.setattr(toolchain, "CACHE", tmp_path / "cache")
    monkeypatch.setattr(toolchain, "STATE", tmp_path / "state")
    monkeypatch.setattr(toolchain, "_check_go", lambda module: None)  # pyright: ignore[reportUnknownLambdaType, reportUnknownArgumentType]
    return Module("tool", "1.2.3", ("example.org/cmd/tool",), {"main.version": "1.2.3"}, "no time")


def test_binaries_have_the_names_by_which_they_are_known() -> None:
    assert KUBERNETES.binaries["etcd"] == "server"
    assert {name for name, built in KUBERNETES.binaries.items() if name != built} == {"etcd"}
    assert [*PULUMI.binaries] == ["pulumi"]


def test_the_key_follows_pins_and_flags(module: Module) -> None:
    key = module.target
    assert key.name.startswith("tool-1.2.3-")
    assert key == dataclasses.replace(module).target
    others = [
        dataclasses.replace(module, variables={"main.version": "1.2.4"}).target,
        dataclasses.replace(module, packages=("example.org/cmd/other",)).target,
    ]
    (module.source / "go.sum").write_text("another sum\n")
    others.append(module.target)
    (module.source / "go.mod").write_text("module x\n\ngo 1.27.0\n")
    others.append(module.target)
    assert len({key, *others}) == 5


def test_it_is_built_once_by_all_who_want_it_at_the_same_time(module: Module, monkeypatch: pytest.MonkeyPatch) -> None:
    builds: list[Path] = []
    begun = threading.Event()

    def go_build(_: Module, target: Path) -> None:
        builds.append(target)
        begun.set()
        # Nobody sees a build before it is whole.
        assert not module.target.exists()
        (target / "tool").touch()

    monkeypatch.setattr(toolchain, "_go_build", go_build)
    threads = [threading.Thread(target=toolchain.build, args=(module,)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert begun.is_set()
    assert len(builds) == 1
    assert toolchain.build(module) == module.target
    assert [file.name for file in module.target.iterdir()] == ["tool"]
    assert len(builds) == 1


def test_a_build_that_fails_leaves_nothing_and_the_next_one_tries_again(
    module: Module, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(_: Module, target: Path) -> None:
        (target / "half").touch()
        raise SystemExit("go build failed")

    monkeypatch.setattr(toolchain, "_go_build", fails)
    with pytest.raises(SystemExit):
        toolchain.build(module)
    assert [path.name for path in module.target.parent.iterdir() if path.is_dir()] == []
    monkeypatch.setattr(toolchain, "_go_build", lambda module, target: (target / "tool").touch())  # pyright: ignore[reportUnknownLambdaType, reportUnknownArgumentType, reportUnknownMemberType]
    assert (toolchain.build(module) / "tool").exists()


def _pulumi(folder: Path, version: str) -> Path:
    folder.mkdir(parents=True)
    binary = folder / "pulumi"
    binary.write_text(f"#!/bin/sh\necho {version}\n")
    binary.chmod(0o755)
    return binary


@pytest.mark.parametrize(
    ("version", "taken"),
    [
        (f"v{PULUMI_VERSION}", True),
        ("v3.999.0", True),
        ("v3.999.0-dev.1", True),
        ("v3.100.0", False),
        ("v4.0.0", False),
        ("no version at all", False),
    ],
)
@pytest.mark.usefixtures("module")
def test_the_pulumi_on_the_path_is_taken_if_it_fits(
    version: str, taken: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own, built = _pulumi(tmp_path / "mine", version), tmp_path / "cache" / "pulumi"
    built.mkdir(parents=True)
    monkeypatch.setattr(toolchain, "build", lambda module: built)  # pyright: ignore[reportUnknownLambdaType, reportUnknownArgumentType]
    # The sandbox's own link comes first in a shell of `make env`, and is none to choose.
    link = tmp_path / "state" / "bin"
    link.mkdir(parents=True)
    (link / "pulumi").symlink_to("/bin/false")
    monkeypatch.setenv("PATH", os.pathsep.join([str(link), str(own.parent), os.defpath]))
    assert toolchain.pulumi() == (own if taken else built / "pulumi")


@pytest.mark.usefixtures("module")
def test_the_command_of_another_checkouts_shell_is_no_engine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It calls what its own sandbox has for an engine: taken for one, it would call itself for ever."""
    built = tmp_path / "cache" / "pulumi"
    built.mkdir(parents=True)
    monkeypatch.setattr(toolchain, "build", lambda module: built)  # pyright: ignore[reportUnknownLambdaType, reportUnknownArgumentType]
    other = _pulumi(tmp_path / "other" / "bin", f"v{PULUMI_VERSION}")
    engine = tmp_path / "other" / "engine" / "pulumi"
    engine.parent.mkdir()
    engine.symlink_to("/bin/true")
    monkeypatch.setenv("PATH", os.pathsep.join([str(other.parent), os.defpath]))
    assert toolchain.pulumi() == built / "pulumi"


@pytest.mark.usefixtures("module")
@pytest.mark.parametrize("release", [True, False])
def test_a_pulumi_without_language_host_gets_ours_and_one_of_a_release_keeps_its_own(
    release: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = _pulumi(tmp_path / "mine", f"v{PULUMI_VERSION}")
    if release:
        own.with_name("pulumi-language-python").touch()
    monkeypatch.setenv("PATH", os.pathsep.join([str(own.parent), os.defpath]))
    assert toolchain.pulumi() == own
    ours = tmp_path / "state" / "home" / "plugins" / f"language-python-v{PULUMI_VERSION}" / "pulumi-language-python"
    assert ours.exists() is not release
    assert release or os.access(ours, os.X_OK)


@pytest.mark.usefixtures("module")
def test_a_users_go_settings_change_no_binary(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GOFLAGS", "-race")
    environment = toolchain._go_environment()
    assert (environment["GOFLAGS"], environment["GOWORK"]) == ("", "off")
