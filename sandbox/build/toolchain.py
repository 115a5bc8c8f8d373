"""Builds the binaries from their Go modules, once for all checkouts of a user, and packs the charts."""

import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from rich.console import Console

from sandbox.build import charts as mirror
from sandbox.build.modules import KUBERNETES, KUBERNETES_PROVIDER, PULUMI, PULUMI_VERSION, Module
from sandbox.layout import CACHE, STATE, locked

PULUMI_BELOW = (4, 0, 0)

LANGUAGE_HOST = "pulumi-language-python"

HEARTBEAT = 30.0
"""Seconds between signs of life where the terminal cannot show a moving line."""

console = Console(stderr=True, highlight=False, soft_wrap=True)


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
    folders = os.environ.get("PATH", "").split(os.pathsep)
    search = os.pathsep.join(folder for folder in folders if not _of_a_sandbox(folder))
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


def _of_a_sandbox(folder: str) -> bool:
    """Whether a folder is the commands of this sandbox or another: its `pulumi` would call an engine that calls it."""
    return Path(folder) == STATE / "bin" or (Path(folder).parent / "engine" / "pulumi").exists()


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
