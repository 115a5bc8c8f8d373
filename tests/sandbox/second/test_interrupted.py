"""Updates that are cut off by kill -9, of the engine and of a provider: the next `make up` ends well."""

from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import psutil
import pytest
from tenacity import Retrying, retry_if_not_result, stop_after_delay, wait_fixed

from tests.sandbox.checkout import WITHOUT_PREVIEW, Checkout, Result
from tests.sandbox.variants import ACCESSES

pytestmark = pytest.mark.sandbox

ENGINE, PROVIDER = "pulumi", "pulumi-resource-kubernetes"
*_, WITHOUT_KYVERNO = ACCESSES.values()  # What the tests before these leave deployed.
WITH_KYVERNO = {**WITHOUT_KYVERNO, "admission__engine": "kyverno"}
WITH_ANOTHER_KYVERNO = {**WITH_KYVERNO, "admission__kyverno": {"replicas": 2}}
PATIENCE = 900
"""Seconds against a moment that does not come: far more than any machine needs."""


@dataclass(frozen=True)
class CutOff:
    """An update that was cut off, and the one after it.

    Attributes:
        update: what the update said.
        left: processes that it had when it was cut off, plugins and all.
        next: what the next `make up` said.
        preview: what `make preview` said after that.
    """

    update: Result
    left: list[psutil.Process]
    next: Result
    preview: Result


def _cut_off(checkout: Checkout, changes: dict[str, Any], victim: str, during: str) -> CutOff:
    """Deploys `dev` with changes, kills programs while Helm is at work on Kyverno, and deploys again.

    Args:
        checkout: with a stack deployed.
        changes: of the stack file.
        victim: name of the programs to kill.
        during: Helm's word for how the release is then.
    """
    config, checkout.deployed = checkout.configure(**changes), None
    with ThreadPoolExecutor(1) as background, _no_room_for_pods(checkout):
        update = background.submit(checkout.make, "up", **WITHOUT_PREVIEW)
        _wait_until_kyverno_is(during, checkout, update)
        left = _processes(checkout, ENGINE)
        left += [child for engine in left for child in engine.children(recursive=True)]
        victims = _processes(checkout, victim)
        assert victims, f"no {victim} runs"
        for process in victims:
            process.kill()
    after = checkout.make("up", **WITHOUT_PREVIEW)
    checkout.deployed = config if after.status == 0 else None
    return CutOff(update.result(), left, after, checkout.make("preview"))


@contextmanager
def _no_room_for_pods(checkout: Checkout) -> Iterator[None]:
    """No node takes new pods, so that Helm waits for them as long as it takes to kill somebody."""
    _kubectl(checkout, "cordon")
    try:
        yield
    finally:
        _kubectl(checkout, "uncordon")


def _kubectl(checkout: Checkout, verb: str) -> None:
    result = checkout.run("kubectl", verb, "--selector", "kubernetes.io/os=linux")
    assert result.status == 0, result


def _wait_until_kyverno_is(status: str, checkout: Checkout, update: Future[Result]) -> None:
    def there() -> bool:
        assert not update.done(), f"the update ended before Helm said {status}: {update.result()}"
        return _kyverno(checkout) == status

    waiting = Retrying(
        retry=retry_if_not_result(bool),
        stop=stop_after_delay(PATIENCE),
        wait=wait_fixed(0.2),
        retry_error_callback=lambda state: pytest.fail(f"Helm never said {status} of Kyverno's release"),
    )
    waiting(there)


def _kyverno(checkout: Checkout) -> str | None:
    """How Kyverno's release is, in Helm's word; None if there is none."""
    releases = checkout.json("helm", "list", "--all", "--namespace", "kyverno", "--output", "json")
    return releases[0]["status"] if releases else None


def _processes(checkout: Checkout, name: str) -> list[psutil.Process]:
    """The programs of a name that work for the checkout's sandbox."""
    found: list[psutil.Process] = []
    for process in psutil.process_iter(["name", "environ"]):
        variables = process.info["environ"] or {}
        if process.info["name"] == name and variables.get("VVP_SANDBOX_STATE") == str(checkout.folder / ".sandbox"):
            found.append(process)
    return found


def _runs(process: psutil.Process) -> bool:
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


@pytest.fixture(scope="module")
def without_engine(checkout: Checkout) -> CutOff:
    """The engine was killed while Helm installed Kyverno."""
    checkout.ensure_up(**WITHOUT_KYVERNO)
    return _cut_off(checkout, WITH_KYVERNO, ENGINE, "pending-install")


@pytest.fixture(scope="module")
def without_provider(checkout: Checkout) -> CutOff:
    """The Kubernetes provider was killed while Helm upgraded Kyverno."""
    checkout.ensure_up(**WITH_KYVERNO)
    return _cut_off(checkout, WITH_ANOTHER_KYVERNO, PROVIDER, "pending-upgrade")


@pytest.fixture(scope="module", params=["without_engine", "without_provider"])
def cut_off(request: pytest.FixtureRequest) -> CutOff:
    """Either of them."""
    return request.getfixturevalue(request.param)


def test_the_update_fails(cut_off: CutOff) -> None:
    assert cut_off.update.status != 0, cut_off.update


def test_the_next_update_ends_well(cut_off: CutOff) -> None:
    assert cut_off.next.status == 0, f"{cut_off.next}\nbefore that:\n{cut_off.update}"


def test_nothing_runs_on(cut_off: CutOff) -> None:
    assert cut_off.left
    assert not [process for process in cut_off.left if _runs(process)]


def test_nothing_is_left_to_do(cut_off: CutOff) -> None:
    cut_off.preview.assert_nothing_to_do()


def test_the_lock_is_removed_and_what_was_under_way_is_found_out(without_engine: CutOff) -> None:
    assert "its lock is removed" in without_engine.next.output, without_engine.next
    assert "helm.sh/v3:Release::kyverno: " in without_engine.next.output, without_engine.next


def test_a_provider_that_is_gone_is_named(without_provider: CutOff) -> None:
    assert f"{PROVIDER} exited prematurely" in without_provider.update.output, without_provider.update


def test_helm_is_brought_to_an_end(without_provider: CutOff) -> None:
    assert "in the middle of kyverno/kyverno" in without_provider.next.output, without_provider.next


@pytest.mark.usefixtures("without_engine", "without_provider")
def test_kyverno_works_as_the_stack_file_says(checkout: Checkout) -> None:
    assert _kyverno(checkout) == "deployed"
    controller = checkout.json(
        "kubectl", "get", "deployment", "kyverno-admission-controller", "-n", "kyverno", "-o", "json"
    )
    assert controller["status"]["readyReplicas"] == 2
