"""A stack that is deployed to a real account, as a place for the proof."""

import json
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from prove import network_judge
from prove.cloud import Cloud
from prove.target import Target
from settings.check import PROJECT

RESULTS = PROJECT / ".prove"
"""Under it each stack has a folder with its rows and its picture."""


class OutputsError(Exception):
    """The stack's outputs cannot be had, or lack something; the text says why."""


@dataclass(frozen=True)
class Outputs:
    """What the proof needs of a stack's outputs.

    Attributes:
        kubeconfig: The kubeconfig.
        principals: Who each account is to the cloud, by `<namespace>/<name>`.
    """

    kubeconfig: Mapping[str, Any]
    principals: Mapping[str, str]

    @classmethod
    def read(cls, stack: str, folder: Path = PROJECT) -> "Outputs":
        """Asks Pulumi, in this process' environment.

        Args:
            stack: The stack's name.
            folder: The project's folder.

        Raises:
            OutputsError: Pulumi fails, or the outputs are not those of this program.
        """
        command = ["pulumi", "stack", "output", "--json", "--show-secrets", "--non-interactive", "--stack", stack]
        try:
            result = subprocess.run(
                command, cwd=folder, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
            )
        except FileNotFoundError:
            raise OutputsError("there is no command `pulumi` on PATH, which knows the stack's outputs") from None
        if result.returncode:
            # Never its stdout, which may hold secrets.
            raise OutputsError(f"pulumi does not give the outputs of stack {stack}: {result.stderr.strip()}")
        try:
            found = json.loads(result.stdout)
            kubeconfig = found["kubeconfig"]
            kubeconfig = json.loads(kubeconfig) if isinstance(kubeconfig, str) else kubeconfig
            return cls(dict(kubeconfig), dict(found["roles"]))
        except (ValueError, KeyError, TypeError):
            raise OutputsError(f"stack {stack} has no outputs `kubeconfig` and `roles`: is it deployed?") from None


def target(stack: str, outputs: Outputs) -> Target:
    """The stack's target: the cloud's ambient session, and nobody who could sign as the cluster does.

    Args:
        stack: The stack's name.
        outputs: Its outputs.
    """
    judge = shutil.which(network_judge.NAME)
    results = RESULTS / stack.replace("/", ".")
    return Target(outputs.kubeconfig, results, network_judge=Path(judge) if judge else None)


def introduction(cloud: Cloud, server: str) -> Sequence[str]:
    """Where the proof is going to run, a line for each word.

    Args:
        cloud: The stack's cloud.
        server: The API server's address.

    Raises:
        CloudError: The cloud does not tell.
    """
    return [f"{word + ':':13}{value}" for word, value in {**cloud.whereabouts(), "API server": server}.items()]
