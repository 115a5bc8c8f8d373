"""The mirror of Helm repositories: packed charts and an index that says which repository serves which of them.

The sandbox reaches no chart repository. Its Kubernetes provider looks a chart up here by repository URL, name and
version, and answers like Helm when it is not there. Two charts are mirrored:

- Kyverno's own chart, taken from the Go module that the Kyverno binary is built from.
- The stand-in for Ververica's chart, from `chart-sources/ververica-platform`.
"""

from __future__ import annotations

import hashlib
import json
import re
import shutil
import subprocess
import tempfile
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

import yaml

SOURCES: Final = Path(__file__).resolve().parent / "chart-sources"
INDEX: Final = "index.json"

KYVERNO_VERSION: Final = "3.9.1"
KYVERNO_MODULE: Final = "github.com/kyverno/kyverno@v1.19.1"
KYVERNO_REPOSITORY: Final = "https://kyverno.github.io/kyverno"
KYVERNO_API_MODULE: Final = "github.com/kyverno/api@v0.0.1-alpha.3.0.20260723090831-fb2785727f98"
VERVERICA_REPOSITORY: Final = "https://charts.ververica.com"

# Optional parts of Kyverno's chart that other repositories serve; both are off by default and absent here.
_DROPPED: Final = frozenset({"openreports", "reports-server"})


class ChartError(Exception):
    """A chart cannot be made or found; the message says which and why."""


@dataclass(frozen=True)
class MirroredChart:
    """One packed chart: the repository URL that serves it, its name and version, its archive's name in the mirror."""

    repository: str
    name: str
    version: str
    archive: str


def source_hash() -> str:
    """Sixteen hex digits over everything that the mirror's content depends on; the cache is keyed by them."""
    digest = hashlib.sha256(Path(__file__).read_bytes())
    for file in sorted(path for path in SOURCES.rglob("*") if path.is_file()):
        digest.update(file.relative_to(SOURCES).as_posix().encode() + b"\0" + file.read_bytes() + b"\0")
    return digest.hexdigest()[:16]


def build_mirror(destination: Path, helm: Path, go_module_cache: Path) -> list[MirroredChart]:
    """Packs the charts and writes `index.json` beside them.

    Args:
        destination: folder for the archives; made if needed. Build it under the cache, keyed by `source_hash()`.
        helm: the Helm binary.
        go_module_cache: `go env GOMODCACHE`, in which KYVERNO_MODULE and KYVERNO_API_MODULE have been downloaded.

    Returns:
        What the mirror holds.

    Raises:
        ChartError: a module is missing or Helm refuses a chart.
    """
    destination.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="charts-") as work:
        kyverno = _kyverno_source(Path(work) / "kyverno", go_module_cache)
        charts = [
            _pack(kyverno, KYVERNO_REPOSITORY, destination, helm),
            _pack(SOURCES / "ververica-platform", VERVERICA_REPOSITORY, destination, helm),
        ]
    # The index comes last: a mirror without one was left half-made and is made again.
    (destination / INDEX).write_text(json.dumps([asdict(chart) for chart in charts], indent=2) + "\n")
    return charts


def read_index(mirror: Path) -> list[MirroredChart]:
    """What a mirror made by `build_mirror` holds.

    Raises:
        ChartError: there is no mirror in that folder.
    """
    try:
        return [MirroredChart(**entry) for entry in json.loads((mirror / INDEX).read_text())]
    except FileNotFoundError as error:
        raise ChartError(f"there is no chart mirror in {mirror}; `make up` builds it") from error


def find_chart(mirror: Path, repository: str, name: str, version: str | None) -> tuple[MirroredChart, Path]:
    """The chart that a repository serves, with Helm's words where it serves none.

    Args:
        mirror: folder made by `build_mirror`.
        repository: the repository's URL; a slash at its end does not matter.
        name: the chart's name in that repository.
        version: exact version with or without a leading `v`; None takes the newest one.

    Raises:
        ChartError: the repository, the chart or the version is not mirrored.
    """
    url = repository.rstrip("/")
    served = [chart for chart in read_index(mirror) if chart.repository == url]
    if not served:
        raise ChartError(
            f'looks like "{repository}" is not a valid chart repository or cannot be reached: '
            f"the sandbox's mirror has {', '.join(sorted({c.repository for c in read_index(mirror)}))}"
        )
    wanted = version.strip().removeprefix("v") if version else None
    for chart in served:
        if chart.name == name and wanted in (None, chart.version):
            return chart, mirror / chart.archive
    subject = f'chart "{name}"' + (f' version "{version}"' if version else "")
    have = ", ".join(f"{chart.name} {chart.version}" for chart in served)
    raise ChartError(f"{subject} not found in {repository} repository (the sandbox's mirror has {have})")


def _pack(source: Path, repository: str, destination: Path, helm: Path) -> MirroredChart:
    metadata = _metadata(source)
    ran = subprocess.run(
        [str(helm), "package", str(source), "--destination", str(destination)],
        capture_output=True,
        text=True,
        check=False,
    )
    if ran.returncode:
        raise ChartError(f"helm cannot pack {metadata['name']}: {(ran.stderr or ran.stdout).strip()}")
    name, version = str(metadata["name"]), str(metadata["version"])
    return MirroredChart(repository, name, version, f"{name}-{version}.tgz")


def _metadata(chart: Path) -> dict[str, Any]:
    return yaml.safe_load((chart / "Chart.yaml").read_text())


def _kyverno_source(target: Path, go_module_cache: Path) -> Path:
    """Kyverno's chart with the CRDs of its API as a subchart, as the published archive has it."""
    _copy(go_module_cache / KYVERNO_MODULE / "charts" / "kyverno", target)
    metadata = _metadata(target)
    if str(metadata["version"]) != KYVERNO_VERSION:
        raise ChartError(f"{KYVERNO_MODULE} holds chart version {metadata['version']}, expected {KYVERNO_VERSION}")
    kept = [dependency for dependency in metadata["dependencies"] if dependency["name"] not in _DROPPED]
    api = next(dependency for dependency in kept if dependency["name"] == "kyverno-api")
    # A packed subchart has to carry the version that its parent asks for; the module's source has a placeholder.
    del api["repository"]
    _write_yaml(target / "Chart.yaml", metadata | {"dependencies": kept})
    (target / "Chart.lock").unlink(missing_ok=True)
    subchart = target / "charts" / "kyverno-api"
    _copy(go_module_cache / KYVERNO_API_MODULE / "charts" / "kyverno-api", subchart)
    _write_yaml(subchart / "Chart.yaml", _metadata(subchart) | {"version": api["version"]})
    for crds in sorted(target.glob("charts/*/templates")):
        for file in sorted(crds.rglob("*.yaml")):
            file.write_text(without_descriptions(file.read_text()))
    return target


def without_descriptions(template: str) -> str:
    """A CRD template less its `description` texts.

    With them Helm's record of the release passes the 1 MiB that a Secret may hold. They document fields and decide
    nothing. A schema property that is itself called `description` has a mapping under it, not a text, and stays.
    """
    kept: list[str] = []
    inside: int | None = None
    for line in template.splitlines(keepends=True):
        indent = len(line) - len(line.lstrip(" "))
        if inside is not None and (not line.strip() or indent > inside):
            continue
        inside = indent if re.match(r" *description: *\S", line) else None
        if inside is None:
            kept.append(line)
    return "".join(kept)


def _copy(source: Path, target: Path) -> None:
    if not source.is_dir():
        raise ChartError(f"{source} does not exist: download the Go modules first")
    # The module cache is read-only; its modes must not come along.
    shutil.copytree(source, target, copy_function=shutil.copyfile)
    for path in (target, *target.rglob("*")):
        path.chmod(0o755 if path.is_dir() else 0o644)


def _write_yaml(file: Path, content: dict[str, Any]) -> None:
    file.write_text(yaml.safe_dump(content, sort_keys=False))
