"""The mirror of Helm repositories: a folder for each host, with the files that the host serves (`sandbox.door`).

The sandbox reaches no chart repository. Two charts are mirrored:

- Kyverno's own chart, taken from the Go module that the Kyverno binary is built from.
- The stand-in for Ververica's chart, from `chart-sources/ververica-platform`.
"""

from __future__ import annotations

import hashlib
import re
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import yaml

SOURCES: Final = Path(__file__).resolve().parent / "chart-sources"

KYVERNO_VERSION: Final = "3.9.1"
KYVERNO_MODULE: Final = "github.com/kyverno/kyverno@v1.19.1"
KYVERNO_API_MODULE: Final = "github.com/kyverno/api@v0.0.1-alpha.3.0.20260723090831-fb2785727f98"

# Optional parts of Kyverno's chart that other repositories serve; both are off by default and absent here.
_DROPPED: Final = frozenset({"openreports", "reports-server"})


class ChartError(Exception):
    """A chart cannot be made; the message says which and why."""


@dataclass(frozen=True)
class Repository:
    """A Helm repository, `https://<host>/<path>`."""

    host: str
    path: str = ""


KYVERNO: Final = Repository("kyverno.github.io", "kyverno")
VERVERICA: Final = Repository("charts.ververica.com")
REPOSITORIES: Final = (KYVERNO, VERVERICA)


def source_hash() -> str:
    """Sixteen hex digits over everything that the mirror's content depends on; the cache is keyed by them."""
    digest = hashlib.sha256(Path(__file__).read_bytes())
    for file in sorted(path for path in SOURCES.rglob("*") if path.is_file()):
        digest.update(file.relative_to(SOURCES).as_posix().encode() + b"\0" + file.read_bytes() + b"\0")
    return digest.hexdigest()[:16]


def build_mirror(destination: Path, helm: Path, go_module_cache: Path) -> None:
    """Packs the charts and writes each repository's `index.yaml`.

    Args:
        destination: folder for the repositories; an empty one.
        helm: the Helm binary.
        go_module_cache: `go env GOMODCACHE`, in which KYVERNO_MODULE and KYVERNO_API_MODULE have been downloaded.

    Raises:
        ChartError: a module is missing or Helm refuses a chart.
    """
    with tempfile.TemporaryDirectory(prefix="charts-") as work:
        kyverno = _kyverno_source(Path(work) / "kyverno", go_module_cache)
        for repository, source in ((KYVERNO, kyverno), (VERVERICA, SOURCES / "ververica-platform")):
            folder = destination / repository.host / repository.path
            folder.mkdir(parents=True)
            _helm(helm, "package", str(source), "--destination", str(folder))
            _helm(helm, "repo", "index", str(folder))


def _helm(helm: Path, *arguments: str) -> None:
    ran = subprocess.run([str(helm), *arguments], capture_output=True, text=True, check=False)
    if ran.returncode:
        raise ChartError(f"helm {' '.join(arguments)}: {(ran.stderr or ran.stdout).strip()}")


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
