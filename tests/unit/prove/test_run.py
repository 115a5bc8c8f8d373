"""A run of the proof on a cloud of the test's own: what is not tried, and cleaning up whatever happens."""

import datetime
import json
import os
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from prove import leftovers
from prove.clean_up import CleanUp, Signals, Stopped
from prove.marks import begun, mark_in, new_mark
from prove.page import page
from prove.run import Proof, administrator, prove
from prove.table import summary
from prove.target import Target
from prove.verdicts import Claim, Outcome, Row, Verdict
from tests.unit.prove.world import SHELF, ApiServer, FakeCloud, api_server, stack_of

OLD = "vvp-prove-20300102-030405-1a2b"


@pytest.fixture
def server() -> Iterator[ApiServer]:
    with api_server() as found:
        yield found


def run(cloud: FakeCloud, server: ApiServer, folder: Path) -> int:
    return prove(stack_of(cloud), Target(server.kubeconfig, folder, environment={}))


def test_what_is_not_tried_is_neither_agreed_nor_wrong(tmp_path: Path) -> None:
    claim = Claim("a token of nobody (vvp/x)", "enter", SHELF, "top", False, "shelf top")
    row = Row(claim, Outcome.not_tried("nobody has the key"))
    assert (row.verdict, row.agrees, row.is_wrong) == (Verdict.NOT_TRIED, False, False)
    assert row.as_json()["observed"] == row.as_json()["verdict"] == "not tried"
    assert row.sentence.startswith("NOT TRIED: ")
    refused = Row(claim, Outcome(False))
    assert summary([row, refused], 1) == (
        "1 of 2 rows agree (0 allowed, 1 refused); 0 holes, 0 lost, 0 unclear; 1 not tried; 1 s"
    )
    drawn = page("dev", datetime.datetime(2030, 1, 2, tzinfo=datetime.UTC), [row, refused])
    assert "1 of 1 tries came out as the stack file says; 1 more were not tried" in drawn
    assert 'class="untried' in drawn
    assert '<ul class="wrong">' not in drawn


def outcomes(*, intruder: Outcome) -> FakeCloud:
    return FakeCloud(lambda claim: intruder if claim.action == "enter" else Outcome(claim.allowed))


@pytest.mark.parametrize(
    ("intruder", "is_fault"),
    [
        (Outcome(False), False),
        (Outcome.not_tried("no key"), False),
        (Outcome(None, "500"), True),
        (Outcome(True), True),
    ],
    ids=["refused", "not tried", "unclear", "a hole"],
)
def test_only_what_was_tried_and_does_not_agree_is_a_fault(intruder: Outcome, is_fault: bool) -> None:
    cloud = outcomes(intruder=intruder)
    rows = [Row(claim, cloud.observe(claim)) for claim in cloud.intrusions()]
    assert Proof(rows, ()).status == int(is_fault)
    assert Proof(rows, ["something is left"]).status == 1


def test_a_run_on_any_cloud_writes_rows_and_takes_its_probes_away(server: ApiServer, tmp_path: Path) -> None:
    cloud = outcomes(intruder=Outcome.not_tried("no key"))
    # This API server admits everything, so claims about the cluster do not agree.
    assert run(cloud, server, tmp_path / "results") == 1
    rows = json.loads((tmp_path / "results" / "access.json").read_text())
    assert {row["kind"] for row in rows} >= {"shelves", "namespaces", "service accounts", "pods at admission"}
    shelves = [row for row in rows if row["kind"] == "shelves"]
    assert {row["verdict"] for row in shelves} == {"allowed as expected", "refused as expected", "not tried"}
    (mark,) = {mark_in(path) for _, path, _ in server.requests if mark_in(path)}
    assert cloud.asked == ["lay out", f"removed {mark}"]
    for resource in ("pods", "serviceaccounts", "namespaces"):
        assert server.asked("GET", f"{resource}?labelSelector=vvp-prove%3D{mark}")


def test_only_what_carries_the_runs_mark_is_deleted_and_only_the_very_object(server: ApiServer) -> None:
    ours = {"metadata": {"name": "p", "namespace": "vvp", "uid": "7", "labels": {"vvp-prove": OLD}}}
    on_its_way = {"metadata": {**ours["metadata"], "name": "gone", "deletionTimestamp": "2030-01-02T03:04:05Z"}}
    server.stored["pods"] = [ours, on_its_way]
    admin = administrator(Target(server.kubeconfig, Path(), environment={}))
    assert leftovers.left_behind(FakeCloud(), admin) == {OLD: ["pod vvp/p"]}
    assert leftovers.remove(FakeCloud(), admin, OLD) == []
    deleted = [path for method, path, _ in server.requests if method == "DELETE"]
    assert deleted == ["/api/v1/namespaces/vvp/pods/p"]
    admin.close()


def fails() -> None:
    raise OSError("the line is dead")


def test_one_step_that_fails_keeps_no_other_from_being_taken(
    server: ApiServer, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    cloud = FakeCloud(steps=[("the first things", fails), ("the second things", fails)])
    assert run(cloud, server, tmp_path) == 1
    assert [asked.split()[0] for asked in cloud.asked] == ["lay", "removed"]
    told = capsys.readouterr().err
    assert "NOT TAKEN AWAY: the first things: the line is dead" in told
    assert "NOT TAKEN AWAY: the second things: the line is dead" in told


def test_an_error_after_laying_out_cleans_up_too(server: ApiServer, tmp_path: Path) -> None:
    class Broken(FakeCloud):
        def lay_out(self, run: Any) -> FakeCloud:
            super().lay_out(run)
            raise RuntimeError("no shelf")

    cloud = Broken()
    with pytest.raises(RuntimeError, match="no shelf"):
        run(cloud, server, tmp_path)
    assert [asked.split()[0] for asked in cloud.asked] == ["lay", "removed"]
    assert not (tmp_path / "access.json").exists()


def test_a_try_that_cannot_be_laid_out_is_unclear_and_ends_nothing(server: ApiServer, tmp_path: Path) -> None:
    def outcome(claim: Claim) -> Outcome:
        raise OSError("the line is dead")

    run(FakeCloud(outcome), server, tmp_path)
    rows = json.loads((tmp_path / "access.json").read_text())
    assert {row["verdict"] for row in rows if row["kind"] == "shelves"} == {"unclear"}


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP], ids=lambda number: number.name)
def test_a_signal_ends_the_run_and_not_the_clean_up(number: signal.Signals, server: ApiServer, tmp_path: Path) -> None:
    before = signal.getsignal(number)

    class Signalled(FakeCloud):
        def lay_out(self, run: Any) -> FakeCloud:
            super().lay_out(run)
            os.kill(os.getpid(), number)
            return self

    cloud = Signalled(steps=[("things", lambda: os.kill(os.getpid(), number))])
    assert run(cloud, server, tmp_path) == 128 + number
    assert [asked.split()[0] for asked in cloud.asked] == ["lay", "removed"]
    assert server.asked("GET", "namespaces?labelSelector=vvp-prove%3D")
    assert signal.getsignal(number) is before


def test_signals_raise_once_and_are_told_afterwards() -> None:
    told: list[str] = []
    signals = Signals(told.append)
    with signals.handled():
        with pytest.raises(Stopped):
            os.kill(os.getpid(), signal.SIGTERM)
        os.kill(os.getpid(), signal.SIGTERM)
    assert [line.partition(":")[2].strip().split()[0] for line in told] == ["stopping,", "probes"]


def test_steps_are_taken_last_first_and_once() -> None:
    taken: list[int] = []
    clean_up = CleanUp()
    clean_up.later("one", lambda: taken.append(1))
    clean_up.later("two", lambda: taken.append(2))
    clean_up.run()
    clean_up.run()
    assert taken == [2, 1]


def test_a_mark_says_when_its_run_began_and_is_found_in_any_name() -> None:
    now = datetime.datetime.now(datetime.UTC)
    mark = new_mark()
    assert abs(begun(mark) - now) < datetime.timedelta(minutes=1)
    assert mark_in(f"jobs/a/{mark}-0123456789ab-upload") == mark
    assert mark_in("vvp-prove-notes") is None
    assert leftovers.is_fresh(mark)
    assert begun(OLD) == datetime.datetime(2030, 1, 2, 3, 4, 5, tzinfo=datetime.UTC)


def test_what_an_earlier_run_left_is_told(
    server: ApiServer, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    old = OLD.replace("2030", "2020")
    run(FakeCloud(left={old: [f"shelf thing {number}" for number in range(7)]}), server, tmp_path)
    told = capsys.readouterr().err
    assert f"The run {old} of 02 January 2020, 03:04 UTC was left behind: shelf thing 0;" in told
    assert "and 2 more" in told
