"""The proof run on the sandbox as if it were a real account: with nothing but what `make env` prints."""

import json
import shlex
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.sandbox.checkout import Checkout, Result


@dataclass(frozen=True)
class AsAccount:
    """What came of it.

    Attributes:
        result: What it printed, and its exit status.
        rows: The rows, if it wrote any.
        opened: Files that it opened itself, below the sandbox's state.
        modules: The sandbox's modules that it imported.
    """

    result: Result
    rows: list[dict[str, Any]]
    opened: list[str]
    modules: list[str]


def printed_environment(checkout: Checkout) -> Mapping[str, str]:
    """What `make env` prints, and nothing of this process' environment."""
    printed = subprocess.run(
        [sys.executable, "-m", "sandbox", "env"],
        cwd=checkout.folder,
        env=checkout.clean_environment(),
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    pairs = (shlex.split(line.removeprefix("export "))[0].partition("=") for line in printed.splitlines())
    return {name: value for name, _, value in pairs}


def prove_as_account(checkout: Checkout, *arguments: str) -> AsAccount:
    """Runs `python -m prove` with these further arguments."""
    state = (checkout.folder / ".sandbox").resolve()
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.json"
        process = subprocess.run(
            [sys.executable, "-m", "tests.sandbox.watched_proof", str(report), "--stack", "dev", *arguments],
            cwd=checkout.folder,
            env=dict(printed_environment(checkout)),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        seen = json.loads(report.read_text())
    rows = checkout.folder / ".prove" / "dev" / "access.json"
    return AsAccount(
        Result(process.returncode, process.stdout),
        json.loads(rows.read_text()) if rows.exists() else [],
        [file for file in seen["opened"] if Path(file).is_relative_to(state)],
        seen["modules"],
    )
