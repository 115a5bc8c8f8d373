"""The Pulumi engine: the environment it gets from the sandbox, and running its commands.

Nothing here changes what Pulumi does: `eval "$(make -s env)"` gives a shell the same environment, in which the ordinary
`pulumi up` does what `make up` does.
"""

import json
import os
import shlex
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path
from typing import Any

import yaml

from sandbox import layout
from sandbox.layout import CHECKOUT, STATE, Sandbox
from sandbox.run import stack_files

STAND_INS = {"aws": "pulumi-aws", "eks": "pulumi-eks"}
"""Provider plugins that the sandbox stands in for, and the SDK whose version each takes."""

KUBERNETES = "kubernetes"
"""The provider plugin that is the real one."""

NOT_PROXIED = ("127.0.0.1", "localhost")


def region(stack: str) -> str:
    """The AWS region of a stack: `aws:region` of its stack file.

    Raises:
        SystemExit: there is no such stack file, or it names no region.
    """
    file = CHECKOUT / f"Pulumi.{stack}.yaml"
    if not file.exists():
        known = ", ".join(sorted(path.name.split(".")[1] for path in CHECKOUT.glob("Pulumi.*.yaml"))) or "none"
        sys.exit(f"There is no stack file {file.name}; stacks of this checkout: {known}.")
    found = ((yaml.safe_load(file.read_text()) or {}).get("config") or {}).get("aws:region")
    if not isinstance(found, str):
        sys.exit(f"{file.name}: aws:region is missing; the sandbox must know which region it plays, like eu-central-1.")
    return found


def variables(stack: str) -> dict[str, str]:
    """What a shell needs for `pulumi`, `aws`, `kubectl` and `helm` to work with this sandbox.

    Raises:
        SystemExit: the sandbox has not been started yet.
    """
    try:
        sandbox = Sandbox.load()
        credentials = json.loads(layout.credentials_file().read_text())
    except FileNotFoundError:
        sys.exit("The sandbox has not been started in this checkout yet: make up (or make preview) starts it.")
    search = [part for part in os.environ.get("PATH", os.defpath).split(os.pathsep) if part != sandbox.bin]
    hosts = [host for host in os.environ.get("NO_PROXY", os.environ.get("no_proxy", "")).split(",") if host]
    not_proxied = ",".join([*hosts, *(host for host in NOT_PROXIED if host not in hosts)])
    return {
        "KUBECONFIG": str(layout.cluster() / "admin.kubeconfig"),
        # https, as AWS is: bucket policies that refuse plain http (aws:SecureTransport) mean something.
        "AWS_ENDPOINT_URL": f"https://127.0.0.1:{sandbox.ports['cloud_tls']}",
        "AWS_CA_BUNDLE": str(layout.authority("cloud")),
        "AWS_REGION": region(stack),
        # boto3 and version 1 of the aws command know the region by this name only.
        "AWS_DEFAULT_REGION": region(stack),
        "AWS_ACCESS_KEY_ID": credentials["access_key_id"],
        "AWS_SECRET_ACCESS_KEY": credentials["secret_access_key"],
        "PULUMI_BACKEND_URL": f"file://{STATE / 'pulumi'}",
        "PULUMI_CONFIG_PASSPHRASE": sandbox.passphrase,
        # Plugins of the sandbox are installed there, and a login to Pulumi's own service is not touched.
        "PULUMI_HOME": str(STATE / "home"),
        "PULUMI_SKIP_UPDATE_CHECK": "true",
        "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION": "true",
        # A real provider that happens to be on PATH would be taken instead of the one installed under PULUMI_HOME.
        "PULUMI_IGNORE_AMBIENT_PLUGINS": "true",
        "VVP_SANDBOX_STATE": str(STATE),
        "NO_PROXY": not_proxied,
        "no_proxy": not_proxied,
        "PATH": os.pathsep.join([sandbox.bin, *search]),
    }


def environment(stack: str) -> dict[str, str]:
    """The user's environment with `variables` set, and without what would lead to a real account or another state."""
    misleading = ("AWS_PROFILE", "AWS_SESSION_TOKEN", "PULUMI_ACCESS_TOKEN", "PULUMI_STACK")
    kept = {
        name: value
        for name, value in os.environ.items()
        if name not in misleading and not name.startswith("AWS_ENDPOINT_URL_")
    }
    return kept | variables(stack) | {"PULUMI_CONFIG_PASSPHRASE_FILE": "", "PYTHONUNBUFFERED": "1"}


def export_lines(stack: str) -> str:
    """`variables` as shell commands."""
    return "\n".join(f"export {name}={shlex.quote(value)}" for name, value in variables(stack).items())


def install_plugins(kubernetes: Path) -> None:
    """Writes the launchers of the language host and of the providers, where `pulumi plugin install` would put them.

    Args:
        kubernetes: the binary of the Kubernetes provider.
    """
    _write_launcher(STATE / "plugins" / "pulumi-language-python", *_own_code("sandbox.plugins.language"))
    for name, package in STAND_INS.items():
        # Found by the version that the program's SDK asks for.
        _write_launcher(_launcher(name, package), *_own_code(f"sandbox.plugins.{name}"))
    _write_launcher(_launcher(KUBERNETES, f"pulumi-{KUBERNETES}"), _behind_the_door(), [str(kubernetes)])


def _launcher(name: str, package: str) -> Path:
    return STATE / "home" / "plugins" / f"resource-{name}-v{version(package)}" / f"pulumi-resource-{name}"


def _own_code(module: str) -> tuple[dict[str, str], list[str]]:
    # -u: the engine reads the port from stdout.
    return {"PYTHONPATH": str(CHECKOUT)}, [sys.executable, "-u", "-m", module]


def _behind_the_door() -> dict[str, str]:
    """What a client gets that reaches the outside by the door only; the user's shell is left as it is."""
    door, authority = Sandbox.load().url("door"), layout.authority("door")
    helm = STATE / "helm"
    return {
        "HTTPS_PROXY": door,
        "HTTP_PROXY": door,
        "NO_PROXY": ",".join(NOT_PROXIED),
        # Nobody else is to be trusted: Go takes the machine's folder of authorities besides the file, unless told one.
        "SSL_CERT_FILE": str(authority),
        "SSL_CERT_DIR": str(authority.parent),
        # Helm remembers what it read of a repository by its name, and the user's own may know the real one.
        **{f"HELM_{kind.upper()}_HOME": str(helm / kind) for kind in ("cache", "config", "data")},
    }


def refuse_older_state() -> None:
    """Refuses a state that an older sandbox's stand-in for the Kubernetes provider has made.

    Raises:
        SystemExit: there is one; its resources have not what the real provider keeps with them.
    """
    launchers = (STATE / "home" / "plugins").glob(f"resource-{KUBERNETES}-v*/pulumi-resource-{KUBERNETES}")
    if not any(f"sandbox.plugins.{KUBERNETES}" in launcher.read_text() for launcher in launchers):
        return
    checkpoints = (STATE / "pulumi" / ".pulumi" / "stacks").rglob("*.json")
    deployed = sorted(file.stem for file in checkpoints if f'"{KUBERNETES}:' in file.read_text())
    if deployed:
        sys.exit(
            f"{STATE} holds the stack {', '.join(deployed)} as an older sandbox has made it, by a stand-in for the "
            "Kubernetes provider. The real provider cannot go on with that. To remove it and begin anew:\n"
            "  make clean && make up"
        )


def select(stack: str) -> None:
    """Makes the stack in the sandbox's file backend if there is none, selects it, and copies its configuration.

    Pulumi writes the salt of a stack's passphrase into the stack file. The passphrase is this sandbox's own, so its
    salt has no place in a file that is shared by git: the stack is made from a project folder within the state.

    Raises:
        SystemExit: Pulumi could not make the stack, or its file has secrets that only another passphrase opens.
    """
    (STATE / "pulumi").mkdir(mode=0o700, parents=True, exist_ok=True)
    own = stack_files.project()
    project: dict[str, Any] = yaml.safe_load((CHECKOUT / "Pulumi.yaml").read_text())
    layout.write_atomically(own / "Pulumi.yaml", yaml.safe_dump({key: project[key] for key in ("name", "runtime")}))
    capture(stack, "stack", "select", "--create", "--stack", stack, folder=own)
    capture(stack, "stack", "select", "--stack", stack)
    copy, secrets = stack_files.working_copy(stack)
    if secrets and _status(stack, "config", "--stack", stack, "--config-file", str(copy)):
        own_secrets = "the sandbox opens only secrets that were set in its own environment (make env)"
        sys.exit(f"{copy.name}: {', '.join(secrets)} is encrypted with another passphrase, and {own_secrets}.")


def _status(stack: str, *arguments: str) -> int:
    command = [_binary(), *arguments, "--non-interactive"]
    return subprocess.run(
        command, cwd=CHECKOUT, env=environment(stack), stdin=subprocess.DEVNULL, capture_output=True, check=False
    ).returncode


def run(stack: str, *arguments: str) -> int:
    """Runs a Pulumi command on the user's terminal with the engine's own display; returns its exit status."""
    command = [
        _binary(),
        *arguments,
        "--stack",
        stack,
        "--config-file",
        str(stack_files.copy_of(stack)),
    ]
    # Ctrl-C reaches Pulumi by the terminal; it ends in good order and this waits for it.
    with subprocess.Popen(command, cwd=CHECKOUT, env=environment(stack)) as process:
        while True:
            try:
                return process.wait()
            except KeyboardInterrupt:
                continue


def capture(stack: str, *arguments: str, folder: Path = CHECKOUT) -> str:
    """Runs a Pulumi command in a project's folder and returns what it prints.

    Raises:
        SystemExit: it failed; the reason has been printed.
    """
    result = subprocess.run(
        [_binary(), *arguments, "--non-interactive"],
        cwd=folder,
        env=environment(stack),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    if result.returncode:
        sys.exit(f"pulumi {' '.join(arguments)} failed ({result.returncode}):\n{result.stdout}{result.stderr}".rstrip())
    return result.stdout


def _binary() -> str:
    # Not the one of the user's shell, which calls this one.
    return str(Path(Sandbox.load().bin).with_name("engine") / "pulumi")


def _write_launcher(file: Path, variables: dict[str, str], command: list[str]) -> None:
    settings = " ".join(f"{name}={shlex.quote(value)}" for name, value in variables.items())
    text = f'#!/bin/sh\n{settings} exec {shlex.join(command)} "$@"\n'
    if not file.exists() or file.read_text() != text:
        layout.write_atomically(file, text, mode=0o755)
