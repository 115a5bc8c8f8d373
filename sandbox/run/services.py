"""The services: which there are, starting and stopping them all, and waiting until they work.

The cloud and the door run always. The cluster's processes are a group that the cloud starts at CreateCluster and stops
at DeleteCluster (`sandbox.cluster.lifecycle`); here they start by themselves only if a cluster exists already.
"""

import os
import socket
import subprocess
import sys
import xmlrpc.client
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psutil
from rich.console import Console
from tenacity import retry, retry_if_exception_type, stop_after_delay, wait_fixed

from sandbox import layout, supervisord
from sandbox.build import bootstrap
from sandbox.cluster import lifecycle
from sandbox.cluster import processes as cluster_processes
from sandbox.layout import CHECKOUT, STATE, Sandbox
from sandbox.supervisord import Command

CLOUD_READY_SECONDS = 90.0
"""The emulator imports its services at the start: a few seconds, more on a loaded machine."""

STOP_SECONDS = 30.0
"""More than what the cloud and supervisord take to end, once the cluster is down."""

console = Console(stderr=True, highlight=False)


class ServiceError(Exception):
    """A service does not come up; the message has the end of its log."""


class NotReadyError(Exception):
    """A service does not answer yet."""


def start(region: str) -> None:
    """Starts supervisord, the cloud and the door, and the cluster if there is one; what runs already is left alone.

    Args:
        region: AWS region that the stack is in, like `eu-central-1`.

    Raises:
        ServiceError: a service does not come up.
    """
    with layout.locked(STATE / "services.lock"):
        configuration = supervisord.configuration(_programs(Sandbox.load(), region))
        file = STATE / "supervisord.conf"
        changed = not file.exists() or file.read_text() != configuration
        if _running() and changed:
            # Other code or another Python environment: the processes that run are of the older ones.
            stop()
        if not _running():
            end_stale()
            layout.logs().mkdir(parents=True, exist_ok=True)
            layout.write_atomically(file, configuration, mode=0o600)
            _launch(file)
        with supervisord.connection() as supervisor:
            for process in supervisor.getAllProcessInfo():
                # Cluster processes that are down while the cluster exists were given up by supervisord: try anew.
                wanted = process["group"] in supervisord.ALWAYS or cluster_exists()
                if wanted and process["statename"] in ("STOPPED", "EXITED", "FATAL"):
                    supervisor.startProcess(f"{process['group']}:{process['name']}", False)
    wait_until_ready()


def stop() -> None:
    """Stops all services in good order and keeps their state."""
    if _running():
        # supervisord by itself would stop a group's processes all at once, and the API server hangs without etcd.
        lifecycle.stop()
        with supervisord.connection() as supervisor:
            pid = supervisor.getPID()
            supervisor.shutdown()
        _, alive = psutil.wait_procs([psutil.Process(pid)] if psutil.pid_exists(pid) else [], timeout=STOP_SECONDS)
        for process in alive:
            process.kill()
    end_stale()


def cluster_exists() -> bool:
    """Whether there is an EKS cluster, from CreateCluster to DeleteCluster."""
    return (layout.cluster() / "cluster.json").exists()


def wait_until_ready() -> None:
    """Waits until the cloud and the door answer, and the cluster if there is one.

    Raises:
        ServiceError: one does not.
    """
    with console.status("waiting for the cloud"):
        try:
            _wait_for_cloud()
        except NotReadyError as error:
            raise ServiceError(f"{error}\n{log_tail('cloud')}") from error
    with console.status("waiting for the door"):
        try:
            _wait_for_door()
        except NotReadyError as error:
            raise ServiceError(f"{error}\n{log_tail('door')}") from error
    if cluster_exists():
        with console.status("waiting for the cluster"):
            try:
                _wait_for_cluster()
            except NotReadyError as error:
                raise ServiceError(f"{error}\n{log_tail('kube-apiserver')}") from error


def log_tail(service: str, lines: int = 25) -> str:
    """The last lines of a service's log, with the file's path."""
    file = layout.logs() / f"{service}.log"
    text = file.read_text(errors="replace").splitlines()[-lines:] if file.exists() else []
    return "\n".join([f"{file}:", *text])


def process_table() -> list[dict[str, Any]]:
    """What supervisord says of each service (https://supervisord.org/api.html), or nothing if it does not run."""
    if not _running():
        return []
    with supervisord.connection() as supervisor:
        return supervisor.getAllProcessInfo()


def processes() -> dict[int, psutil.Process]:
    """supervisord and everything below it, by process id."""
    if not _running():
        return {}
    with supervisord.connection() as supervisor:
        root = psutil.Process(supervisor.getPID())
    return {process.pid: process for process in [root, *root.children(recursive=True)]}


def end_stale() -> None:
    """Ends what a crash left of this sandbox: processes that name its state folder and that no supervisord watches.

    Only the sandbox's own kinds of process are touched: not an editor, a shell or a Pulumi that has a file of it open.
    """
    if _running():
        return
    stale: list[psutil.Process] = []
    for process in psutil.process_iter(["cmdline", "pid"]):
        words = process.info["cmdline"] or []
        if process.pid != psutil.Process().pid and words and _is_service(words, process):
            stale.append(process)
    for process in stale:
        with _gone_is_fine():
            process.terminate()
    _, alive = psutil.wait_procs(stale, timeout=15)
    for process in alive:
        with _gone_is_fine():
            process.kill()
    psutil.wait_procs(alive, timeout=5)
    if stale:
        console.print(f"ended {len(stale)} processes that an earlier run left behind")
    layout.supervisor_socket().unlink(missing_ok=True)
    (STATE / "supervisord.pid").unlink(missing_ok=True)


def _is_service(words: list[str], process: psutil.Process) -> bool:
    line = " ".join(words)
    name = Path(words[0]).name
    binaries = ("etcd", "kube-apiserver", "kube-controller-manager", "kube-scheduler", "kwok", "kyverno")
    if name in binaries or any(Path(word).name == "supervisord" for word in words[:2]):
        return any(word == str(STATE) or f"{STATE}/" in word for word in words)
    modules = ("aws", "cluster", "door", "platform")
    if name.startswith("python") and any(f"-m sandbox.{module}" in line for module in modules):
        with _gone_is_fine():
            return process.environ().get("VVP_SANDBOX_STATE") == str(STATE)
    return False


@contextmanager
def _gone_is_fine() -> Iterator[None]:
    try:
        yield
    except (psutil.NoSuchProcess, psutil.AccessDenied):
        return


def _launch(configuration: Path) -> None:
    program = Path(sys.executable).with_name("supervisord")
    # Without the user's proxies, AWS profile, Python settings: services behave the same for everybody.
    kept = ("PATH", "HOME", "USER", "LANG", "LC_ALL", "TZ", "TMPDIR", "XDG_CACHE_HOME")
    environment = {name: os.environ[name] for name in kept if name in os.environ}
    # It forks itself into the background only after it has read its configuration and bound its socket.
    result = subprocess.run(
        [sys.executable, program, "--configuration", configuration],
        stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False, cwd=STATE,
        env=environment,
    )  # fmt: skip
    if result.returncode:
        raise ServiceError(f"supervisord does not start:\n{result.stdout}{result.stderr}")
    _wait_for_supervisord()


@retry(retry=retry_if_exception_type(NotReadyError), stop=stop_after_delay(15), wait=wait_fixed(0.1), reraise=True)
def _wait_for_supervisord() -> None:
    if not _running():
        raise NotReadyError(f"supervisord does not answer on {layout.supervisor_socket()}\n{log_tail('supervisord')}")


@retry(
    retry=retry_if_exception_type(NotReadyError),
    stop=stop_after_delay(CLOUD_READY_SECONDS), wait=wait_fixed(0.2), reraise=True,
)  # fmt: skip
def _wait_for_cloud() -> None:
    # Imported late: httpx takes a tenth of a second that `make env` need not wait for.
    import httpx

    _raise_if_given_up("cloud")
    if not layout.credentials_file().exists():
        raise NotReadyError("the cloud has not made its first user yet")
    url = f"{Sandbox.load().url('cloud')}/_sandbox/cluster"
    try:
        answer = httpx.get(url, timeout=5, trust_env=False)
    except httpx.TransportError as error:
        raise NotReadyError(f"the cloud does not answer on {url}: {error}") from error
    if answer.status_code not in (httpx.codes.OK, httpx.codes.NOT_FOUND):
        raise NotReadyError(f"the cloud is not ready: {url} says {answer.status_code} {answer.text[:200]}")


@retry(
    retry=retry_if_exception_type(NotReadyError),
    stop=stop_after_delay(CLOUD_READY_SECONDS), wait=wait_fixed(0.2), reraise=True,
)  # fmt: skip
def _wait_for_door() -> None:
    _raise_if_given_up("door")
    ports = Sandbox.load().ports
    for name in ("door_tls", "door"):
        try:
            socket.create_connection(("127.0.0.1", ports[name]), timeout=5).close()
        except OSError as error:
            raise NotReadyError(f"the door does not answer on port {ports[name]}: {error}") from error


@retry(
    retry=retry_if_exception_type(NotReadyError),
    stop=stop_after_delay(CLOUD_READY_SECONDS), wait=wait_fixed(0.2), reraise=True,
)  # fmt: skip
def _wait_for_cluster() -> None:
    for name in ("etcd", "kube-apiserver", "agent"):
        _raise_if_given_up(name)
    if not lifecycle.ready():
        raise NotReadyError("the cluster's API server is not ready")


def _raise_if_given_up(name: str) -> None:
    for process in process_table():
        if process["name"] == name and process["statename"] == "FATAL":
            raise ServiceError(f"{name} does not stay up: {process['description']}\n{log_tail(name)}")


def _running() -> bool:
    try:
        with supervisord.connection() as supervisor:
            return bool(supervisor.getState()["statename"] == "RUNNING")
    except (OSError, xmlrpc.client.Error):
        return False


def _programs(sandbox: Sandbox, region: str) -> dict[str, Command]:
    environment = {"VVP_SANDBOX_STATE": str(STATE), "PYTHONPATH": str(CHECKOUT), "PYTHONUNBUFFERED": "1"}
    python = bootstrap.environment(bootstrap.CLOUD) / "bin" / "python"
    cloud = Command([str(python), "-m", "sandbox.aws"], environment | {"AWS_REGION": region}, priority=10)
    door = Command([sys.executable, "-m", "sandbox.door"], environment, priority=10)
    return {"cloud": cloud, "door": door} | cluster_processes.commands(sandbox)
