"""Makes a virtual environment in the shared cache from requirements files: the first thing `make` does.

Run by whatever Python the machine has, with the standard library only: `python3 -m sandbox.build.bootstrap` makes the
environment in which everything else runs and lets `.venv` in the checkout point at it.
"""

import sys

if sys.version_info < (3, 11):
    # Before any other import: older Pythons fail on those with messages that do not say this.
    sys.exit(
        "The sandbox needs Python 3.11 or newer and was started with %s (%s).\n"
        "Install one, or name one you have: make PYTHON=python3.12 ..." % (sys.version.split()[0], sys.executable)
    )

import hashlib
import os
import platform
import shutil
import subprocess
import time
from pathlib import Path

from sandbox.layout import CACHE, CHECKOUT, locked

UV_VERSION = "0.13.9"
"""https://pypi.org/project/uv/ installs into the environments: many times faster than pip, with the same result."""

PROGRAM = (CHECKOUT / "requirements.txt", CHECKOUT / "sandbox" / "requirements.txt")
"""What the Pulumi program needs, and what the sandbox and the tests need besides: one environment."""

CLOUD = (CHECKOUT / "sandbox" / "aws" / "requirements.txt",)
"""The cloud's own environment: its emulator wants an older botocore than the program's tools."""


def environment(requirements: tuple[Path, ...]) -> Path:
    """Returns the virtual environment that holds what the files ask for, after making it if there is none.

    Every requirements file may have a `constraints.txt` beside it, which pins what the requirements need in turn.

    Raises:
        SystemExit: the environment could not be made; pip's or uv's own message has been printed.
    """
    constraints = [
        file for file in (requirement.with_name("constraints.txt") for requirement in requirements) if file.exists()
    ]
    # Compiled once here: where PYTHONDONTWRITEBYTECODE is set, every run would compile the 700 modules that it imports.
    options = ("--quiet", "--compile-bytecode")
    machine = f"{sys.version_info[:2]} {platform.platform(terse=True)} {platform.machine()} {options}"
    digest = hashlib.sha256(machine.encode())
    for file in (*requirements, *constraints):
        digest.update(file.read_bytes())
    venv = CACHE / f"venv-{digest.hexdigest()[:12]}"
    if _complete(venv):
        return venv
    with locked(CACHE / f"{venv.name}.lock"):
        if _complete(venv):
            return venv
        started = time.monotonic()
        names = ", ".join(str(file.relative_to(CHECKOUT)) for file in requirements)
        print(f"Python environment for {names}: installing into {venv}", file=sys.stderr, flush=True)
        # Not built elsewhere and renamed: scripts in an environment name their own folder. A marker says it is whole.
        shutil.rmtree(venv, ignore_errors=True)
        _run(sys.executable, "-m", "venv", "--without-pip", str(venv))
        arguments = [item for file in requirements for item in ("--requirement", str(file))]
        arguments += [item for file in constraints for item in ("--constraint", str(file))]
        uv, index = _uv()
        _run(str(uv), "pip", "install", *options, *index, "--python", str(venv / "bin" / "python"), *arguments)
        _marker(venv).touch()
        print(
            f"Python environment for {names}: ready after {time.monotonic() - started:.0f} s",
            file=sys.stderr,
            flush=True,
        )
    return venv


def _marker(venv: Path) -> Path:
    return venv / ".complete"


def _complete(venv: Path) -> bool:
    # The interpreter is a link: it dangles when the Python that made the environment has been removed.
    return _marker(venv).exists() and (venv / "bin" / "python").exists()


def _uv() -> tuple[Path, list[str]]:
    """The uv of UV_VERSION, in an environment of its own, and the package index that pip is configured for.

    uv does not read pip's configuration, where many companies name their mirror.
    """
    venv = CACHE / f"uv-{UV_VERSION}-py{sys.version_info[0]}.{sys.version_info[1]}"
    python = venv / "bin" / "python"
    with locked(CACHE / f"{venv.name}.lock"):
        if not _complete(venv):
            shutil.rmtree(venv, ignore_errors=True)
            _run(sys.executable, "-m", "venv", str(venv))
            _run(str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", f"uv=={UV_VERSION}")
            _marker(venv).touch()
    index: list[str] = []
    if not os.environ.keys() & {"UV_INDEX_URL", "UV_DEFAULT_INDEX"}:
        configured = subprocess.run([python, "-m", "pip", "config", "list"], capture_output=True, text=True, check=True)
        settings = dict(line.split("=", 1) for line in configured.stdout.splitlines() if "=" in line)
        for key in (":env:.index-url", "install.index-url", "global.index-url"):
            if key in settings:
                index = ["--default-index", settings[key].strip("'\"")]
                break
    return venv / "bin" / "uv", index


def _run(*command: str) -> None:
    # UV_PROJECT_ENVIRONMENT, VIRTUAL_ENV and the like belong to whatever shell make was called from.
    clean = {
        name: value for name, value in os.environ.items() if name not in ("VIRTUAL_ENV", "PYTHONPATH", "PYTHONHOME")
    }
    result = subprocess.run(command, env=clean, stdin=subprocess.DEVNULL, stdout=sys.stderr, check=False)
    if result.returncode:
        hint = ""
        if command[1:3] == ("-m", "venv"):
            hint = " On Debian and Ubuntu the module comes with: apt install python3-venv"
        sys.exit(f"failed ({result.returncode}): {' '.join(command)}.{hint}")


def main() -> None:
    """Makes the program's environment and points `.venv` at it."""
    venv = environment(PROGRAM)
    link = CHECKOUT / ".venv"
    if link.is_symlink() and link.readlink() == venv:
        return
    if link.exists() and not link.is_symlink():
        sys.exit(f"{link} is a folder of your own; the sandbox wants a link of that name. Move it away.")
    fresh = link.with_name(f".venv.{os.getpid()}")
    fresh.symlink_to(venv)
    fresh.replace(link)


if __name__ == "__main__":
    main()
