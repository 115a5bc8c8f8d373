"""The commands behind the Makefile's targets."""

import argparse
import json
import os
import shutil
import sys
from collections.abc import Callable

import psutil
from rich.console import Console
from rich.table import Table
from rich.text import Text

from sandbox.build import commands, toolchain
from sandbox.cluster import files
from sandbox.layout import CACHE, STATE, Sandbox
from sandbox.repair import pending as repair
from sandbox.run import engine, services

console = Console(stderr=True, highlight=False, soft_wrap=True)


def prepare(stack: str) -> None:
    """Has everything ready for Pulumi: binaries, charts, services, plugins, the stack in good order.

    Args:
        stack: the stack's name; its file says which region the cloud plays.
    """
    region = engine.region(stack)
    engine.refuse_older_state()
    sandbox = Sandbox.create_or_load(bin=str(commands.ready()), charts=str(toolchain.charts()))
    services.start(region)
    engine.install_plugins(toolchain.kubernetes_provider())
    engine.select(stack)
    repair.after_interruption(stack)
    console.print(f"sandbox: account {sandbox.account_id}, region {region}, {sandbox.url('cloud')}")


def up(stack: str) -> int:
    """Previews and deploys the stack, then prints its outputs."""
    prepare(stack)
    status = engine.run(stack, "up", "--yes", *_display())
    if status == 0:
        show_outputs(stack)
    return status


def preview(stack: str) -> int:
    """Shows what `up` would change."""
    prepare(stack)
    return engine.run(stack, "preview", *_display())


def _display() -> list[str]:
    """The engine's display: a line for each resource, or every property that changes."""
    return ["--suppress-outputs", *(["--diff"] if os.environ.get("DIFF") else [])]


def refresh(stack: str) -> int:
    """Compares the state with what there is in the cloud and the cluster, and takes over what differs."""
    prepare(stack)
    return engine.run(stack, "refresh", "--yes")


def destroy(stack: str) -> int:
    """Removes all that the stack made."""
    prepare(stack)
    return engine.run(stack, "destroy", "--yes")


def prove(stack: str) -> int:
    """Tries who can touch what with real tokens, and compares it with what the stack file says."""
    # The program's own settings come with it, which no other command needs.
    from prove.run import prove as run
    from prove.stack import Stack
    from sandbox.run import proof_target
    from settings.faults import SettingsError

    prepare(stack)
    if files.Identity.load() is None:
        console.print(f"There is no cluster to try anything on yet: make up STACK={stack} makes it.")
        return 1
    target = proof_target.target(stack)
    try:
        return run(Stack.read(stack, target.environment), target)
    except SettingsError as error:
        console.print(str(error), markup=False)
        return 1


def show_outputs(stack: str) -> None:
    """Prints the stack's outputs, secrets as such."""
    outputs = json.loads(engine.capture(stack, "stack", "output", "--json", "--stack", stack))
    table = Table(show_header=False, box=None, padding=(0, 2, 0, 0))
    table.add_column("output", no_wrap=True)
    table.add_column("value", overflow="fold")
    for name, value in sorted(outputs.items()):
        # Text and not markup: outputs may hold square brackets.
        table.add_row(name, Text(value if isinstance(value, str) else json.dumps(value, indent=2)))
    output = Console(highlight=False, width=None if sys.stdout.isatty() else 160)
    output.print(f"Outputs of stack {stack}:")
    output.print(table)


def env(stack: str) -> int:
    """Prints what a shell needs, for `eval "$(make -s env)"`."""
    print(engine.export_lines(stack))
    return 0


def start(stack: str) -> int:
    """Starts the services without running Pulumi."""
    prepare(stack)
    return 0


def down(_: str) -> int:
    """Stops the services; their state stays."""
    services.stop()
    console.print(f"The services are down; their state stays in {STATE}.")
    return 0


def clean(_: str) -> int:
    """Stops the services and removes their state; the cache, which other checkouts use too, stays."""
    services.stop()
    repair.end_plugins()
    shutil.rmtree(STATE, ignore_errors=True)
    console.print(f"Removed {STATE}.")
    size = sum(file.lstat().st_size for file in CACHE.rglob("*") if file.is_file() and not file.is_symlink())
    console.print(
        f"Binaries, charts and Python environments ({size / 1e9:.1f} GB) stay for other checkouts in {CACHE}."
    )
    console.print(f"To remove them too: rm -rf {CACHE}")
    return 0


def status(_: str) -> int:
    """Shows the services."""
    table = Table("service", "state", "since", box=None, padding=(0, 2, 0, 0))
    for process in services.process_table():
        table.add_row(process["name"], process["statename"], process["description"])
    Console(highlight=False).print(table if table.row_count else "The sandbox is down.")
    return 0


def memory(_: str) -> int:
    """Shows how much memory each service holds (resident set; pages that processes share are counted in each)."""
    names = {process["pid"]: process["name"] for process in services.process_table() if process["pid"]}
    table = Table("service", "MB", box=None, padding=(0, 2, 0, 0))
    table.columns[1].justify = "right"
    total = 0
    for pid, process in services.processes().items():
        try:
            resident: int = process.memory_info().rss
            own = "supervisord" if "supervisord.conf" in " ".join(process.cmdline()) else process.name()
        except psutil.NoSuchProcess:
            continue
        total += resident
        table.add_row(names.get(pid, own), f"{resident / 1e6:.0f}")
    table.add_row("total", f"{total / 1e6:.0f}", style="bold")
    Console(highlight=False).print(table)
    return 0


COMMANDS: dict[str, Callable[[str], int]] = {
    command.__name__: command
    for command in (up, preview, refresh, destroy, prove, env, start, down, clean, status, memory)
}  # fmt: skip


def main() -> int:
    """Runs one command; returns its exit status."""
    parser = argparse.ArgumentParser(prog="python -m sandbox", description="The cloud on a laptop.")
    commands = parser.add_subparsers(dest="command", required=True)
    for name, function in COMMANDS.items():
        command = commands.add_parser(name, help=(function.__doc__ or "").splitlines()[0])
        command.add_argument("--stack", default="dev", help="the stack's name (default: dev)")
    arguments = parser.parse_args()
    try:
        return COMMANDS[arguments.command](arguments.stack)
    except services.ServiceError as error:
        console.print(str(error), markup=False)
        return 1
    except KeyboardInterrupt:
        return 130
