"""Puts a stack in order after an update was cut off: Ctrl-C twice, a crash, the machine going off.

Four things can be left behind: processes of an engine that is gone, its lock in the file backend, operations that the
checkpoint has as pending, and releases that Helm was in the middle of. All is done with Pulumi's own commands (cancel,
stack export, stack import, refresh) and Helm's, as a person would on a real account:
https://www.pulumi.com/docs/support/troubleshooting/common-issues/interrupted-updates/
"""

import contextlib
import json
import os
import sys
import tempfile
from typing import Any

import psutil
from rich.console import Console

from sandbox import repair
from sandbox.layout import STATE, Sandbox
from sandbox.run import engine

console = Console(stderr=True, highlight=False, soft_wrap=True)

OWN_PLUGINS = ("-m sandbox.plugins.", "-m vvp_provider")
"""How the command lines of plugins in Python run; the others are programs that bear their plugin's name."""


def after_interruption(stack: str) -> None:
    """Repairs what an interrupted update of a stack left behind; without one it does nothing.

    Raises:
        SystemExit: another Pulumi is at work on this sandbox, or the stack's state could not be repaired.
    """
    locks = list((STATE / "pulumi" / ".pulumi" / "locks").rglob("*.json"))
    if locks:
        running = _engines()
        if running:
            sys.exit(f"Another pulumi (process {running[0].pid}) is at work on this sandbox; wait for it, or end it.")
        console.print("An earlier update was cut off; its lock is removed.")
        engine.capture(stack, "cancel", "--yes", "--stack", stack)
    end_plugins()
    _settle_pending(stack)
    _settle_releases(stack)


def end_plugins() -> None:
    """Ends plugins of this sandbox whose engine is gone, and what they have started, like `aws eks get-token`."""
    engines = {process.pid for process in _engines()}
    stale: list[psutil.Process] = []
    for process in psutil.process_iter(["cmdline", "name"]):
        if _is_plugin(process.info["name"], process.info["cmdline"] or []) and _of_this_sandbox(process):
            with contextlib.suppress(psutil.NoSuchProcess):
                # An engine starts a plugin itself, or by way of its language host.
                if engines.isdisjoint(ancestor.pid for ancestor in process.parents()):
                    stale += [process, *process.children(recursive=True)]
    for process in stale:
        with contextlib.suppress(psutil.NoSuchProcess):
            process.terminate()
    _, alive = psutil.wait_procs(stale, timeout=5)
    for process in alive:
        with contextlib.suppress(psutil.NoSuchProcess):
            process.kill()


def _is_plugin(name: str, command: list[str]) -> bool:
    return name.startswith("pulumi-resource-") or any(module in " ".join(command) for module in OWN_PLUGINS)


def _engines() -> list[psutil.Process]:
    return [
        process
        for process in psutil.process_iter(["name"])
        if process.info["name"] == "pulumi" and process.pid != os.getpid() and _of_this_sandbox(process)
    ]


def _of_this_sandbox(process: psutil.Process) -> bool:
    try:
        return process.environ().get("VVP_SANDBOX_STATE") == str(STATE)
    except (psutil.NoSuchProcess, psutil.AccessDenied):
        return False


def _settle_pending(stack: str) -> None:
    """Takes what interrupted creates made into the state, drops the rest of the pending operations, and refreshes.

    `pulumi refresh` alone keeps pending creates for ever, because only a person can know what became of them; its
    `--clear-pending-creates` forgets them, and then the next create meets "already exists", or leaves an orphan.
    """
    exported = _export(stack)
    deployment: dict[str, Any] = exported["deployment"] or {}
    pending: list[dict[str, Any]] = deployment.get("pending_operations") or []
    if not pending:
        return
    console.print(f"An earlier update was cut off with {len(pending)} operations under way; looking for what they did.")
    search = repair.Search(engine.variables(stack), Sandbox.load().account_id)
    resources: list[dict[str, Any]] = deployment.setdefault("resources", [])
    unfinished: set[str] = set()
    for operation in pending:
        resource = operation["resource"]
        kind, urn = resource["type"], resource["urn"]
        try:
            if operation["type"] != "creating":
                if resource.get("id"):
                    repair.settle(kind, resource["id"], search)
                console.print(f"  {operation['type']} {urn}: the refresh shows", markup=False)
                continue
            known = frozenset(other["id"] for other in resources if other["type"] == kind and other.get("id"))
            found = repair.find(kind, resource.get("inputs") or {}, search, known)
        except LookupError as error:
            sys.exit(
                f"{error}.\nFind out what there is of {urn} and delete what is half made or too much; take the rest in "
                f"with\n  pulumi import {kind} NAME ID --stack {stack}\nand drop the pending operation with\n"
                f"  pulumi refresh --clear-pending-creates --stack {stack}"
            )
        what = f"taken over as {found}" if found else "will be done again"
        console.print(f"  creating {urn}: {what}", markup=False)
        if found:
            _take_in(resources, resource | {"id": found})
            if repair.by_update(kind):
                unfinished.add(urn)
    deployment.pop("pending_operations")
    _import(stack, exported)
    _refresh(stack)
    if unfinished:
        _mark_unfinished(stack, unfinished)


def _settle_releases(stack: str) -> None:
    """Has Helm end what it was in the middle of when its provider died and the engine did not.

    The engine then counts the operation as failed and has nothing pending, and Helm refuses the next one: "another
    operation is in progress", or the name is in use.
    """
    search = repair.Search(engine.variables(stack), Sandbox.load().account_id)
    try:
        busy = repair.busy_releases(search)
        for release in busy:
            console.print(f"An earlier update left Helm in the middle of {release}; the refresh shows what came of it.")
            repair.settle(repair.RELEASE, release, search)
    except LookupError as error:
        sys.exit(f"{error}.\nHelm cannot say or mend how the releases are; when its reason is gone, run it again.")
    if busy:
        _refresh(stack)


def _refresh(stack: str) -> None:
    if engine.run(stack, "refresh", "--yes", "--skip-preview", "--suppress-outputs"):
        sys.exit("The refresh after an interrupted update failed; when its reason is gone, run the command again.")


def _take_in(resources: list[dict[str, Any]], new: dict[str, Any]) -> None:
    for older in resources:
        # A replacement was being created: the older one is now the one to delete, as after a whole create.
        if older["urn"] == new["urn"]:
            older["delete"] = True
    resources.append(new | {"outputs": new.get("outputs") or {}})


def _mark_unfinished(stack: str, urns: set[str]) -> None:
    """Has the next update go over resources again that exist and that nobody has waited for.

    This is what Pulumi itself notes of a resource whose create failed after it was there.
    """
    exported = _export(stack)
    for resource in exported["deployment"]["resources"]:
        if resource["urn"] in urns and not resource.get("delete"):
            resource["initErrors"] = ["its create was interrupted"]
    _import(stack, exported)


def _export(stack: str) -> dict[str, Any]:
    return json.loads(engine.capture(stack, "stack", "export", "--stack", stack))


def _import(stack: str, exported: dict[str, Any]) -> None:
    # The file is within the state, not in a folder for everybody; secrets in it stay encrypted.
    with tempfile.NamedTemporaryFile("w", dir=STATE, prefix="repair-", suffix=".json") as file:
        json.dump(exported, file)
        file.flush()
        engine.capture(stack, "stack", "import", "--file", file.name, "--stack", stack)
