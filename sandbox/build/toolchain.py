"""The binaries: what is built from Go modules, once for all checkouts, and what comes as wheels.

`go/pulumi`, `go/kubernetes` and `go/kubernetes-provider` pin everything in go.mod and go.sum. They are three modules
because their dependencies do not fit each other; within each, one `go build` compiles shared packages once.
"""

import hashlib
import os
import platform
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console

from sandbox.build import charts as mirror
from sandbox.layout import CACHE, CHECKOUT, STATE, locked

PULUMI_VERSION = "3.259.0"
PULUMI_BELOW = (4, 0, 0)
KUBERNETES_VERSION = "1.36.3"
KUBERNETES_MAJOR, KUBERNETES_MINOR, _ = KUBERNETES_VERSION.split(".")
KYVERNO_VERSION = "1.19.1"
HELM_VERSION = "3.21.4"
KUBERNETES_PROVIDER_VERSION = "4.34.2"
"""Of the release that the module's commit belongs to, and of the SDK that the program uses."""

LANGUAGE_HOST = "pulumi-language-python"

HEARTBEAT = 30.0
"""Seconds between signs of life where the terminal cannot show a moving line."""

console = Console(stderr=True, highlight=False, soft_wrap=True)


RENAMED = {"go.etcd.io/etcd/server/v3": "etcd"}
"""Packages whose binary is known by another name than the last part of the import path."""


@dataclass(frozen=True)
class Module:
    """A Go module under `sandbox/go` whose tools are built together."""

    folder: str
    """Below `sandbox/go`."""
    version: str
    """Of the main thing in it; names the folder in the cache."""
    packages: tuple[str, ...]
    """Import paths of main packages, or paths in the folder."""
    variables: dict[str, str]
    """Go variables set by the linker, as each project's own release build does; else the binaries have no version."""
    takes: str
    """What to expect of a first build, in words."""
    compiler_flags: tuple[str, ...] = ()
    """Each as `<packages>=<flags>` (`go help build`); a package takes those of the last pattern that it matches."""

    @property
    def binaries(self) -> dict[str, str]:
        """The binaries' names, each with the name that `go build` gives it."""
        built = [re.sub(r"/v\d+$", "", package).rsplit("/", 1)[-1] for package in self.packages]
        return {RENAMED.get(package, name): name for package, name in zip(self.packages, built, strict=True)}

    @property
    def source(self) -> Path:
        """Folder of go.mod and go.sum."""
        return CHECKOUT / "sandbox" / "go" / self.folder

    @property
    def linker_flags(self) -> str:
        """Without symbol tables, which halves the binaries, and with `variables`."""
        return " ".join(["-s", "-w", *(f"-X {name}={value}" for name, value in self.variables.items())])

    @property
    def target(self) -> Path:
        """Folder of the binaries in the cache; a change of any pin or flag is another folder."""
        flags = " ".join([self.linker_flags, *self.compiler_flags])
        digest = hashlib.sha256(f"{self.packages} {flags}".encode())
        digest.update(f"{platform.system()} {platform.machine()}".encode())
        for file in (self.source / "go.mod", self.source / "go.sum", *sorted(self.source.rglob("*.go"))):
            digest.update(file.read_bytes())
        return CACHE / f"{self.folder}-{self.version}-{digest.hexdigest()[:12]}"


PULUMI = Module(
    folder="pulumi",
    version=PULUMI_VERSION,
    packages=("github.com/pulumi/pulumi/pkg/v3/cmd/pulumi",),
    variables={"github.com/pulumi/pulumi/sdk/v3/go/common/version.Version": PULUMI_VERSION},
    takes="about 5 minutes on two cores",
)

KUBERNETES = Module(
    folder="kubernetes",
    version=KUBERNETES_VERSION,
    packages=(
        "k8s.io/kubernetes/cmd/kube-apiserver",
        "k8s.io/kubernetes/cmd/kube-controller-manager",
        "k8s.io/kubernetes/cmd/kube-scheduler",
        "go.etcd.io/etcd/server/v3",
        "sigs.k8s.io/kwok/cmd/kwok",
        "github.com/kyverno/kyverno/cmd/kyverno",
        "helm.sh/helm/v3/cmd/helm",
    ),
    variables={
        "k8s.io/component-base/version.gitVersion": f"v{KUBERNETES_VERSION}",
        "k8s.io/component-base/version.gitMajor": KUBERNETES_MAJOR,
        "k8s.io/component-base/version.gitMinor": KUBERNETES_MINOR,
        "github.com/kyverno/kyverno/pkg/version.BuildVersion": f"v{KYVERNO_VERSION}",
        "helm.sh/helm/v3/internal/version.version": f"v{HELM_VERSION}",
        "helm.sh/helm/v3/pkg/chartutil.k8sVersionMajor": KUBERNETES_MAJOR,
        "helm.sh/helm/v3/pkg/chartutil.k8sVersionMinor": KUBERNETES_MINOR,
    },
    takes="about 8 minutes on two cores",
)

KUBERNETES_PROVIDER = Module(
    folder="kubernetes-provider",
    version=KUBERNETES_PROVIDER_VERSION,
    packages=("./pulumi-resource-kubernetes",),
    variables={"main.version": KUBERNETES_PROVIDER_VERSION},
    takes="about 6 minutes on two cores",
    # Three fifths of the work are its SDK, a hundred packages of generated types that this provider's Helm 4 and YAML
    # components need. Without optimisation and debugging data they take a third less, and nobody waits for them later.
    compiler_flags=("github.com/pulumi/pulumi-kubernetes/sdk/v4/...=-N -l -dwarf=false",),
)


def kubernetes_provider() -> Path:
    """Returns Pulumi's Kubernetes provider, after building it if the cache lacks it."""
    return build(KUBERNETES_PROVIDER) / "pulumi-resource-kubernetes"


def build(module: Module) -> Path:
    """Returns the folder of a module's binaries in the cache, after building them if they are not there.

    Another checkout that builds the same at the same time is waited for.
    """
    target = module.target
    if target.exists():
        return target
    with console.status(f"waiting for another build of {module.folder}"), locked(CACHE / f"{target.name}.lock"):
        pass
    with locked(CACHE / f"{target.name}.lock"):
        if not target.exists():
            _check_go(module)
            with _whole(target) as temporary:
                _go_build(module, temporary)
    return target


def charts() -> Path:
    """Returns the folder of the chart repositories in the cache, after making it if it is not there."""
    target = CACHE / f"charts-{mirror.source_hash()}"
    with locked(CACHE / f"{target.name}.lock"):
        if not target.exists():
            console.print("Packing the Helm charts.")
            # The build has fetched them, unless its result came from the cache and the module cache was emptied since.
            modules = [mirror.KYVERNO_MODULE.split("@")[0], mirror.KYVERNO_API_MODULE.split("@")[0]]
            _go("mod", "download", *modules)
            with _whole(target) as temporary:
                mirror.build_mirror(temporary, build(KUBERNETES) / "helm", Path(_go("env", "GOMODCACHE")))
    return target


@contextmanager
def _whole(target: Path) -> Iterator[Path]:
    """A folder to fill, which becomes `target` when it is filled: nobody sees half of it."""
    temporary = Path(tempfile.mkdtemp(prefix=f".{target.name}.", dir=CACHE))
    try:
        yield temporary
        temporary.chmod(0o755)
        temporary.rename(target)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def _go(*arguments: str) -> str:
    result = subprocess.run(
        ["go", *arguments], cwd=KUBERNETES.source, env=_go_environment(), capture_output=True, text=True, check=False
    )
    if result.returncode:
        sys.exit(f"go {' '.join(arguments)} failed ({result.returncode}): {result.stderr.strip()}")
    return result.stdout.strip()


def pulumi() -> Path:
    """The engine: the one on PATH if its version fits, else one built here."""
    own_folder = str(STATE / "bin")
    search = os.pathsep.join(part for part in os.environ.get("PATH", "").split(os.pathsep) if part != own_folder)
    found = shutil.which("pulumi", path=search)
    if found:
        printed = subprocess.run([found, "version"], capture_output=True, text=True, check=False).stdout
        match = re.match(r"v?(\d+)\.(\d+)\.(\d+)", printed.strip())
        if match and _version(PULUMI_VERSION) <= tuple(map(int, match.groups())) < PULUMI_BELOW:
            binary = Path(found).resolve()
            if not binary.with_name(LANGUAGE_HOST).exists():
                # Not of a release but built by somebody: then the engine takes the host among its installed plugins.
                _install_language_host(STATE / "home" / "plugins" / f"language-python-v{PULUMI_VERSION}")
            return binary
        console.print(f"pulumi {printed.strip()} at {found} does not fit (wanted: {PULUMI_VERSION} or newer, below 4)")
    folder = build(PULUMI)
    _install_language_host(folder)
    return folder / "pulumi"


def _install_language_host(folder: Path) -> None:
    """Puts our Python language host where the engine looks for the one that its releases bring.

    An engine in the cache is shared by checkouts and the host belongs to one, hence the detour by VVP_SANDBOX_STATE.
    """
    host = folder / LANGUAGE_HOST
    if not host.exists():
        folder.mkdir(parents=True, exist_ok=True)
        fresh = folder / f".language.{os.getpid()}"
        fresh.write_text('#!/bin/sh\nexec "$VVP_SANDBOX_STATE/plugins/pulumi-language-python" "$@"\n')
        fresh.chmod(0o755)
        fresh.replace(host)


def _version(text: str) -> tuple[int, ...]:
    return tuple(int(part) for part in text.split("."))


def _go_environment() -> dict[str, str]:
    # A user's GOFLAGS (tags, -race, -mod=vendor …) would make other binaries, or none, under the same key.
    return os.environ | {"GOFLAGS": "", "GOWORK": "off", "GO111MODULE": "on"}


def _check_go(module: Module) -> None:
    wanted = re.search(r"^go ([\d.]+)$", (module.source / "go.mod").read_text(), re.MULTILINE)
    needs = wanted.group(1) if wanted else ""
    if shutil.which("go") is None:
        sys.exit(f"Go {needs} or newer is needed to build {module.folder} and is not on PATH: https://go.dev/dl/")
    # In the module's folder Go itself compares, and fetches a newer toolchain where GOTOOLCHAIN lets it.
    asked = subprocess.run(
        ["go", "version"], cwd=module.source, env=_go_environment(), capture_output=True, text=True, check=False
    )
    if asked.returncode:
        sys.exit(f"Go {needs} or newer is needed to build {module.folder}: https://go.dev/dl/\n{asked.stderr.strip()}")


def _go_build(module: Module, target: Path) -> None:
    command = ["go", "build", "-v", "-trimpath", "-buildvcs=false", "-mod=readonly"]
    command += [f"-gcflags={flags}" for flags in module.compiler_flags]
    command += ["-ldflags", module.linker_flags, "-o", f"{target}{os.sep}", *module.packages]
    log = CACHE / f"{module.folder}-build.log"
    names = ", ".join(module.binaries)
    console.print(f"Building {names} {module.version} from Go modules; the first time this takes {module.takes}.")
    started = last_sign = time.monotonic()
    tail: deque[str] = deque(maxlen=25)
    compiled = downloaded = 0
    with (
        log.open("w") as file,
        console.status("starting go build") as status,
        subprocess.Popen(
            command,
            cwd=module.source,
            env=_go_environment(),
            text=True,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            bufsize=1,
        ) as process,
    ):
        assert process.stdout is not None
        try:
            for line in process.stdout:
                file.write(line)
                tail.append(line.rstrip())
                if line.startswith("go: downloading"):
                    downloaded += 1
                else:
                    compiled += 1
                now = time.monotonic()
                message = (
                    f"{module.folder}: {_clock(now - started)}, {downloaded} modules downloaded, "
                    f"{compiled} packages compiled, now {line.strip()[-60:]}"
                )
                status.update(message)
                if not console.is_terminal and now - last_sign > HEARTBEAT:
                    last_sign = now
                    console.print(message)
        except BaseException:
            process.kill()
            raise
    if process.returncode:
        console.print("\n".join(tail), markup=False)
        sys.exit(f"go build of {module.folder} failed ({process.returncode}); the whole log is in {log}")
    for name, built in module.binaries.items():
        (target / built).rename(target / name)
    console.print(f"Built {names} in {_clock(time.monotonic() - started)}.")


def _clock(seconds: float) -> str:
    return f"{int(seconds) // 60}:{int(seconds) % 60:02d}"
