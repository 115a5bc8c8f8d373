"""Where everything is: the checkout, its state, the shared cache, and the choices a sandbox makes once and keeps.

Standard library only, because the bootstrap, the cloud's own virtual environment and every plugin import it.
"""

import fcntl
import hashlib
import json
import os
import secrets
import socket
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

CHECKOUT = Path(__file__).resolve().parent.parent
"""The repository's root."""

STATE = Path(os.environ.get("VVP_SANDBOX_STATE") or CHECKOUT / ".sandbox").absolute()
"""This checkout's state and logs. Plugins are told by the environment; everybody else finds it in the checkout."""

CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache").absolute() / "vvp-sandbox"
"""What is built and downloaded, shared by all checkouts of this user."""

PORT_NAMES = (
    "cloud",
    "cloud_tls",
    "door",
    "door_tls",
    "etcd",
    "etcd_peer",
    "apiserver",
    "kwok",
    "kyverno",
    "kyverno_metrics",
    "platform",
)
LOWEST_PORT = 20000
"""Ports are taken from here up to the kernel's ephemeral range, whose ports any client may use for a moment."""


@dataclass(frozen=True)
class Sandbox:
    """What a sandbox decides at its first start and keeps until `make clean` (`.sandbox/sandbox.json`)."""

    ports: dict[str, int]
    """Free TCP ports on 127.0.0.1 by purpose, one for each of PORT_NAMES."""
    account_id: str
    """The twelve digits of the AWS account that the sandbox plays."""
    passphrase: str
    """Encrypts the secrets in the stack's state (PULUMI_CONFIG_PASSPHRASE)."""
    bin: str = ""
    """Folder of the binaries built from Go modules; empty before the toolchain is ready."""
    charts: str = ""
    """Folder of the chart repositories, each under its host; empty before the toolchain is ready."""

    @classmethod
    def load(cls) -> "Sandbox":
        """Reads the sandbox of STATE.

        Raises:
            FileNotFoundError: there is none yet; `make up` makes one.
        """
        values = json.loads(sandbox_file().read_text())
        return cls(**{name: values[name] for name in cls.__dataclass_fields__ if name in values})

    @classmethod
    def create_or_load(cls, **found: str) -> "Sandbox":
        """Reads the sandbox of STATE or makes one; then sets the fields given in `found` and saves it.

        A sandbox of an older checkout gets the ports that have been added since.
        """
        STATE.mkdir(mode=0o700, parents=True, exist_ok=True)
        with locked(CACHE / "ports.lock"):
            kept: dict[str, Any] = asdict(cls.load()) if sandbox_file().exists() else _fresh_identity()
            ports: dict[str, int] = kept["ports"]
            missing = [name for name in PORT_NAMES if name not in ports]
            if missing:
                taken = {*ports.values(), *_ports_of_other_checkouts()}
                free = _free_ports(taken)
                ports |= {name: next(free) for name in missing}
                _claim_ports(ports)
            kept |= found
            sandbox = cls(**kept)
            write_atomically(sandbox_file(), json.dumps(asdict(sandbox), indent=2) + "\n", mode=0o600)
        return sandbox

    def url(self, port: str) -> str:
        """The http address of one of PORT_NAMES on this machine."""
        return f"http://127.0.0.1:{self.ports[port]}"


def sandbox_file() -> Path:
    """The sandbox's choices."""
    return STATE / "sandbox.json"


def credentials_file() -> Path:
    """Access key of the IAM user who runs Pulumi, written by the cloud at its first start."""
    return STATE / "credentials.json"


def authority(server: str) -> Path:
    """Certificate in PEM of the authority behind one of the sandbox's https servers (`sandbox.tls`).

    Args:
        server: `cloud` or `door`.
    """
    return STATE / server / "tls" / "ca.crt"


def supervisor_socket() -> Path:
    """Where supervisord listens.

    A Unix socket's path has at most about 100 characters, which a deep checkout passes; then it is in the user's
    temporary folder under a name that belongs to this checkout.
    """
    path = STATE / "supervisor.sock"
    # supervisord first binds `<path>.<pid>` and then renames it; 107 characters is Linux' limit, 103 that of macOS.
    if len(str(path)) <= 90:
        return path
    return Path(tempfile.gettempdir()) / f"vvp-sandbox-{os.getuid()}-{stable_number(str(STATE)):016x}.sock"


def logs() -> Path:
    """One log per service."""
    return STATE / "logs"


def cluster() -> Path:
    """What one EKS cluster is made of: keys, kubeconfigs, etcd's data. It lasts from CreateCluster to DeleteCluster."""
    return STATE / "cluster"


def write_atomically(path: Path, text: str, mode: int = 0o644) -> None:
    """Replaces a file so that a reader, or the machine going off, sees the old or the new one and never a half."""
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(descriptor, "w") as file:
            os.fchmod(descriptor, mode)
            file.write(text)
            file.flush()
            os.fsync(descriptor)
        os.replace(temporary, path)
    except BaseException:
        os.unlink(temporary)
        raise


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Holds an exclusive lock on a file among all processes of this machine; the kernel frees it when a holder dies."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def stable_number(text: str) -> int:
    """A 64 bit number that is the same for the same text in every process."""
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8])


def _fresh_identity() -> dict[str, Any]:
    # A random account shows at once where an account number is written down instead of asked for.
    account_id = str(secrets.randbelow(9 * 10**11) + 10**11)
    return {"ports": {}, "account_id": account_id, "passphrase": secrets.token_urlsafe(24)}


def _ephemeral_range_start() -> int:
    try:
        return int(Path("/proc/sys/net/ipv4/ip_local_port_range").read_text().split()[0])
    except OSError:
        return 32768


def _free_ports(taken: set[int]) -> Iterator[int]:
    end = max(_ephemeral_range_start(), LOWEST_PORT + 1000)
    size = end - LOWEST_PORT
    # Checkouts start at different places, so that two of them seldom meet even with separate caches.
    start = stable_number(str(STATE)) % size
    for offset in range(size):
        port = LOWEST_PORT + (start + offset) % size
        if port not in taken and _can_bind(port):
            yield port
    raise RuntimeError(f"no free TCP port between {LOWEST_PORT} and {end} on 127.0.0.1")


def _can_bind(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def _port_claims() -> dict[str, list[int]]:
    file = CACHE / "ports.json"
    claims: dict[str, list[int]] = json.loads(file.read_text()) if file.exists() else {}
    return {state: ports for state, ports in claims.items() if (Path(state) / "sandbox.json").exists()}


def _ports_of_other_checkouts() -> set[int]:
    """Ports of sandboxes that may be down just now and want theirs back when they start."""
    return {port for state, ports in _port_claims().items() if state != str(STATE) for port in ports}


def _claim_ports(ports: dict[str, int]) -> None:
    claims = _port_claims() | {str(STATE): sorted(ports.values())}
    write_atomically(CACHE / "ports.json", json.dumps(claims, indent=2) + "\n")
