"""The real Helm at the door: it takes the packed charts for those of the internet, and gets no others."""

import os
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from sandbox.build import charts, toolchain
from tests import door as doors
from tests.door import Door

pytestmark = pytest.mark.sandbox

Pull = Callable[..., "subprocess.CompletedProcess[str]"]

KYVERNO, VERVERICA = "https://kyverno.github.io/kyverno", "https://charts.ververica.com"


@pytest.fixture(scope="module")
def door(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Door]:
    """A door over the sandbox's own charts."""
    with doors.running(tmp_path_factory.mktemp("door"), toolchain.charts()) as door:
        yield door


@pytest.fixture
def pull(door: Door, helm: str, tmp_path: Path) -> Pull:
    """Runs `helm pull` into tmp_path, with the proxy and its authority and nothing else of the sandbox."""

    def run(*arguments: str) -> "subprocess.CompletedProcess[str]":
        environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(tmp_path),
            "HTTPS_PROXY": door.proxy,
            "SSL_CERT_FILE": str(door.authority),
        }
        return subprocess.run(
            [helm, "pull", *arguments, "--destination", str(tmp_path)],
            env=environment, capture_output=True, text=True, check=False,
        )  # fmt: skip

    return run


@pytest.mark.parametrize(
    ("repository", "mirrored", "chart"),
    [(KYVERNO, charts.KYVERNO, "kyverno"), (VERVERICA, charts.VERVERICA, "ververica-platform")],
)
def test_helm_pulls_a_chart(  # noqa: PLR0917
    pull: Pull, door: Door, tmp_path: Path, repository: str, mirrored: charts.Repository, chart: str
) -> None:
    ran = pull(chart, "--repo", repository)
    assert ran.returncode == 0, ran.stderr
    (pulled,) = tmp_path.glob("*.tgz")
    packed = toolchain.charts() / mirrored.host / mirrored.path / pulled.name
    assert pulled.read_bytes() == packed.read_bytes()
    assert "helm (process " in door.log
    assert f": GET {repository}/{pulled.name}: 200" in door.log


def test_what_a_repository_does_not_have_is_said_by_helm(pull: Pull) -> None:
    ran = pull("kyverno", "--repo", KYVERNO, "--version", "99.0.0")
    assert ran.returncode != 0
    assert 'chart "kyverno" version "99.0.0" not found' in ran.stderr
    assert 'chart "vvp" not found' in pull("vvp", "--repo", VERVERICA).stderr


def test_another_repository_is_refused_in_words_that_reach_helms_user(pull: Pull) -> None:
    ran = pull("a", "--repo", "https://charts.example.com")
    assert ran.returncode != 0
    assert "charts.example.com is not known here: the sandbox's door knows charts.ververica.com" in ran.stderr
