"""`python -m prove --stack prod`: the proof against a real account, with its ambient session.

It says where it is going to run and asks before it writes anything.
"""

import argparse
import os
import sys
from contextlib import closing
from typing import TextIO

from prove import account_target, leftovers
from prove.account_target import Outputs, OutputsError
from prove.api_server import Kube
from prove.cloud import Cloud
from prove.kubeconfig import Connection
from prove.run import FAILURES, administrator, errors, prove
from prove.stack import Stack
from settings.faults import SettingsError

WRITES = (
    "It lays out probes, whose names begin with vvp-prove-, in the stack's blob storage, streams and cluster, tries "
    "every claim on them, and takes them away again; records that it puts into streams stay for their retention."
)
ALL = ""
"""For `--clean`: every run that is surely over."""
NOT_ASKED = "Nobody was asked, so nothing was written: there is no terminal; YES=1 or --yes says yes."


def main(arguments: list[str] | None = None) -> int:
    """Proves a stack, or takes away what runs have left behind.

    Args:
        arguments: The command line, without the command's name.

    Returns:
        0 if everything that was tried agrees and all probes are gone, else 1.
    """
    parser = argparse.ArgumentParser(prog="python -m prove", description="Who can touch what, against a real account.")
    parser.add_argument("--stack", required=True, help="the stack's name, as Pulumi knows it")
    parser.add_argument("--yes", action="store_true", help="do not ask (or YES=1 in the environment)")
    parser.add_argument(
        "--clean",
        nargs="?",
        const=ALL,
        metavar="RUN",
        help="try nothing; take away what a run, or every run that began over an hour ago, has left behind",
    )
    given = parser.parse_args(arguments)
    yes: bool = given.yes or os.environ.get("YES") == "1"
    try:
        stack = Stack.read(given.stack)
        outputs = Outputs.read(given.stack)
        target = account_target.target(given.stack, outputs)
        server = Connection(outputs.kubeconfig).server
        for line in account_target.introduction(stack.cloud, server):
            print(line, flush=True)
        misfits = list(stack.cloud.misfits(server, outputs.principals.values()))
        if misfits:
            errors.print("Nothing was written: this session and this stack do not belong together.")
            for misfit in misfits:
                errors.print(f"  {misfit}")
            return 1
        if given.clean is not None:
            with closing(administrator(target)) as admin:
                return clean(stack.cloud, admin, given.clean, yes=yes)
        print(WRITES, flush=True)
        return prove(stack, target) if agreed("Go on?", yes=yes) else 1
    except (SettingsError, OutputsError, *FAILURES) as error:
        errors.print(str(error) or type(error).__name__)
        return 1
    except KeyboardInterrupt:
        return 130


def clean(cloud: Cloud, admin: Kube, run: str, *, yes: bool) -> int:
    """Takes away what runs have left behind.

    Args:
        cloud: The stack's cloud.
        admin: The API server, as administrator.
        run: The mark of one run, or ALL for those that are surely over.
        yes: Whether nobody need be asked.

    Returns:
        0 if all of it is gone, else 1.
    """
    found = leftovers.left_behind(cloud, admin)
    for sentence in leftovers.sentences(found):
        print(sentence, flush=True)
    over = [mark for mark in found if (mark == run if run != ALL else not leftovers.is_fresh(mark))]
    if not over:
        print("Nothing is taken away." if found else "There is nothing to take away.")
        return 0
    if not agreed(f"Take away the probes of {len(over)} run{'' if len(over) == 1 else 's'}?", yes=yes):
        return 1
    failures = [failure for mark in over for failure in leftovers.remove(cloud, admin, mark)]
    for failure in failures:
        errors.print(f"NOT TAKEN AWAY: {failure}")
    return int(bool(failures))


def agreed(question: str, *, yes: bool, answers: TextIO | None = None) -> bool:
    """Whether the person at the terminal says yes; anything else is a no.

    Args:
        question: What is asked.
        yes: Whether it has been answered already.
        answers: Where answers come from; this process' input if not given.
    """
    source = answers or sys.stdin
    if yes:
        return True
    if not source.isatty():
        errors.print(NOT_ASKED)
        return False
    print(f"{question} [y/N] ", end="", flush=True)
    if source.readline().strip().lower() in ("y", "yes"):
        return True
    print("Nothing was written.")
    return False


if __name__ == "__main__":
    sys.exit(main())
