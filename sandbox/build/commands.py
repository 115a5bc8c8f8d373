"""The commands of a shell that `make env` has set up (`.sandbox/bin`), and the engine behind its `pulumi`."""

import os
import shlex
import sys
from pathlib import Path

from sandbox.build import toolchain
from sandbox.build.modules import KUBERNETES, NETWORK_JUDGE
from sandbox.layout import CHECKOUT, STATE, write_atomically

FROM_VENV = ("kubectl", "aws", "supervisorctl")
"""Commands of the sandbox's virtual environment that belong on a user's PATH too."""


def ready() -> Path:
    """Returns the folder of all commands (`.sandbox/bin`, links), after building what the cache lacks.

    Raises:
        SystemExit: Go is missing or too old, or a build failed; the reason has been printed.
    """
    _link(STATE / "engine" / "pulumi", toolchain.pulumi())
    commands = {name: toolchain.build(KUBERNETES) / name for name in KUBERNETES.binaries}
    commands |= {name: toolchain.build(NETWORK_JUDGE) / name for name in NETWORK_JUDGE.binaries}
    toolchain.kubernetes_provider()
    commands |= {name: Path(sys.executable).parent / name for name in FROM_VENV}
    folder = STATE / "bin"
    for name, target in commands.items():
        _link(folder / name, target)
    _write_command(folder / "pulumi", "sandbox.run.shell")
    return folder


def _link(link: Path, target: Path) -> None:
    if not (link.is_symlink() and link.readlink() == target):
        link.parent.mkdir(parents=True, exist_ok=True)
        fresh = link.with_name(f".{link.name}.{os.getpid()}")
        fresh.symlink_to(target)
        fresh.replace(link)


def _write_command(file: Path, module: str) -> None:
    """A command of the user's shell that is a module of this checkout."""
    path = f"PYTHONPATH={shlex.quote(str(CHECKOUT))}${{PYTHONPATH:+:$PYTHONPATH}}"
    text = f'#!/bin/sh\n{path} exec {shlex.quote(sys.executable)} -m {module} "$@"\n'
    if file.is_symlink() or not file.exists() or file.read_text() != text:
        write_atomically(file, text, mode=0o755)
