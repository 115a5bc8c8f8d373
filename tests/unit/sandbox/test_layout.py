"""Paths, ports and files that survive the machine going off."""

import json
import multiprocessing
import multiprocessing.synchronize
import socket
from pathlib import Path

import pytest

from sandbox import layout
from sandbox.layout import PORT_NAMES, Sandbox


@pytest.fixture(autouse=True)
def places(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(layout, "CACHE", tmp_path / "cache")
    monkeypatch.setattr(layout, "STATE", tmp_path / "one" / ".sandbox")


def test_a_sandbox_keeps_what_it_decided() -> None:
    first = Sandbox.create_or_load()
    second = Sandbox.create_or_load(bin="/cache/bin")
    assert (second.ports, second.account_id, second.passphrase) == (first.ports, first.account_id, first.passphrase)
    assert (first.bin, second.bin, Sandbox.load().bin) == ("", "/cache/bin", "/cache/bin")


def test_its_choices_are_for_their_owner_only() -> None:
    sandbox = Sandbox.create_or_load()
    assert layout.sandbox_file().stat().st_mode & 0o777 == 0o600
    assert layout.STATE.stat().st_mode & 0o777 == 0o700
    assert len(sandbox.account_id) == 12
    assert sandbox.account_id.isdigit()


def test_ports_are_free_apart_and_below_the_ephemeral_range() -> None:
    ports = list(Sandbox.create_or_load().ports.values())
    start = int(Path("/proc/sys/net/ipv4/ip_local_port_range").read_text().split()[0])
    assert sorted(Sandbox.load().ports) == sorted(PORT_NAMES)
    assert len(set(ports)) == len(PORT_NAMES)
    assert all(layout.LOWEST_PORT <= port < start for port in ports)
    for port in ports:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", port))


def test_a_port_in_use_is_not_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        used = other.getsockname()[1]
        monkeypatch.setattr(layout, "LOWEST_PORT", used)
        monkeypatch.setattr(layout, "_ephemeral_range_start", lambda: used + 50)
        monkeypatch.setattr(layout, "stable_number", lambda text: 0)  # pyright: ignore[reportUnknownLambdaType, reportUnknownArgumentType]
        assert used not in Sandbox.create_or_load().ports.values()


def test_two_checkouts_have_ports_of_their_own_though_both_are_down(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Both begin to look at the same place.
    monkeypatch.setattr(layout, "stable_number", lambda text: 0)  # pyright: ignore[reportUnknownLambdaType, reportUnknownArgumentType]
    one = Sandbox.create_or_load()
    monkeypatch.setattr(layout, "STATE", tmp_path / "two" / ".sandbox")
    two = Sandbox.create_or_load()
    assert not {*one.ports.values()} & {*two.ports.values()}


def test_the_ports_of_a_sandbox_that_is_gone_may_be_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(layout, "stable_number", lambda text: 0)  # pyright: ignore[reportUnknownLambdaType, reportUnknownArgumentType]
    one = Sandbox.create_or_load()
    layout.sandbox_file().unlink()
    monkeypatch.setattr(layout, "STATE", tmp_path / "two" / ".sandbox")
    assert Sandbox.create_or_load().ports == one.ports


def test_a_sandbox_of_older_code_gets_the_ports_that_came_since() -> None:
    before = Sandbox.create_or_load()
    kept = json.loads(layout.sandbox_file().read_text())
    del kept["ports"]["platform"]
    layout.sandbox_file().write_text(json.dumps(kept))
    after = Sandbox.create_or_load()
    assert sorted(after.ports) == sorted(PORT_NAMES)
    assert {name: after.ports[name] for name in kept["ports"]} == kept["ports"]
    assert after.account_id == before.account_id


def test_fields_of_newer_code_are_no_fault() -> None:
    Sandbox.create_or_load()
    kept = json.loads(layout.sandbox_file().read_text())
    layout.sandbox_file().write_text(json.dumps({**kept, "invented": 1}))
    assert Sandbox.load().account_id == kept["account_id"]


def test_a_file_is_replaced_whole_and_with_its_mode(tmp_path: Path) -> None:
    file = tmp_path / "folder" / "file"
    layout.write_atomically(file, "old", mode=0o600)
    reader = file.open()
    layout.write_atomically(file, "new", mode=0o755)
    assert (reader.read(), file.read_text(), file.stat().st_mode & 0o777) == ("old", "new", 0o755)
    assert list(file.parent.iterdir()) == [file]
    reader.close()


def test_a_write_that_fails_leaves_the_old_file_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "file"
    layout.write_atomically(file, "old")

    def full(descriptor: int) -> None:
        raise OSError("no space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(OSError, match="no space"):
        layout.write_atomically(file, "new")
    assert file.read_text() == "old"
    assert list(tmp_path.iterdir()) == [file]


def test_a_socket_path_is_short_enough_however_deep_the_checkout(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    deep = tmp_path / ("d" * 100) / ".sandbox"
    monkeypatch.setattr(layout, "STATE", deep)
    path = layout.supervisor_socket()
    assert len(str(path)) <= 90
    assert path == layout.supervisor_socket()
    monkeypatch.setattr(layout, "STATE", Path("/short/.sandbox"))
    assert layout.supervisor_socket() == Path("/short/.sandbox/supervisor.sock")


def _die_with_the_lock(path: Path, held: multiprocessing.synchronize.Event) -> None:
    with layout.locked(path):
        held.set()
        multiprocessing.Event().wait()


def test_a_lock_is_free_again_when_its_holder_is_killed(tmp_path: Path) -> None:
    path, context = tmp_path / "lock", multiprocessing.get_context("fork")
    held = context.Event()
    holder = context.Process(target=_die_with_the_lock, args=(path, held))
    holder.start()
    assert held.wait(30)
    holder.kill()
    holder.join()
    with layout.locked(path):
        assert path.exists()
