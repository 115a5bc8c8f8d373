"""supervisord, which starts the services, watches them and starts them again: its configuration and the way to it.

https://supervisord.org/configuration.html and https://supervisord.org/api.html. The cloud's own environment imports
this too, so it needs nothing but supervisor.
"""

import hashlib
import shlex
import xmlrpc.client
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from supervisor.xmlrpc import SupervisorTransport

from sandbox import layout
from sandbox.layout import CHECKOUT, STATE

ALWAYS = ("cloud", "door")
"""What runs whenever the sandbox does; each is a group of its own."""

CLUSTER = "cluster"
"""The group of the cluster's processes."""


@dataclass(frozen=True)
class Command:
    """A program for supervisord to run."""

    argv: list[str]
    environment: dict[str, str]
    """Set besides what supervisord has itself."""
    priority: int
    """Lower starts earlier and stops later."""


@contextmanager
def connection() -> Iterator[Any]:
    """supervisord's own namespace of its XML-RPC interface, over this sandbox's socket.

    Raises (when it is used):
        OSError: nobody listens there.
        xmlrpc.client.Fault: supervisord refuses; the codes are `supervisor.xmlrpc.Faults`.
    """
    # The transport takes the socket from its own argument; the proxy's address only has to look like one.
    transport = SupervisorTransport(None, None, f"unix://{layout.supervisor_socket()}")
    try:
        yield xmlrpc.client.ServerProxy("http://127.0.0.1", transport=transport).supervisor
    finally:
        transport.close()


def configuration(programs: Mapping[str, Command]) -> str:
    """The configuration file: what always runs, and all other programs as the group of the cluster.

    Args:
        programs: by name; those of ALWAYS are among them.
    """
    socket = layout.supervisor_socket()
    sections = {
        "supervisord": {
            "logfile": layout.logs() / "supervisord.log",
            "logfile_maxbytes": "2MB",
            "logfile_backups": 1,
            "pidfile": STATE / "supervisord.pid",
            "childlogdir": layout.logs(),
            # The files that services write are secrets of this user's sandbox.
            "umask": "077",
            "identifier": f"vvp-sandbox {STATE}",
        },
        "unix_http_server": {"file": socket, "chmod": "0700"},
        "rpcinterface:supervisor": {
            "supervisor.rpcinterface_factory": "supervisor.rpcinterface:make_main_rpcinterface"
        },
        "supervisorctl": {"serverurl": f"unix://{socket}"},
    }
    for name, command in programs.items():
        sections[f"program:{name}"] = {
            "command": shlex.join(command.argv),
            "environment": ",".join(f'{key}="{value}"' for key, value in command.environment.items()),
            "directory": STATE,
            "priority": command.priority,
            # The cluster's: started by CreateCluster, and by `services.start` if there is a cluster.
            "autostart": str(name in ALWAYS).lower(),
            "autorestart": "true",
            # Tries with growing pauses: enough to sit out a slow start of what a process waits for.
            "startretries": 8,
            "startsecs": 1,
            # The API server keeps open connections for a minute; etcd, which stops after it, has all it knows.
            "stopwaitsecs": 5 if name == "kube-apiserver" else 20,
            "stopasgroup": "true",
            "killasgroup": "true",
            "redirect_stderr": "true",
            "stdout_logfile": layout.logs() / f"{name}.log",
            "stdout_logfile_maxbytes": "5MB",
            "stdout_logfile_backups": 1,
        }
    members = [name for name in programs if name not in ALWAYS]
    sections[f"group:{CLUSTER}"] = {"programs": ",".join(members), "priority": 100}
    # Not for supervisord but for `services.start`: other code is another file, so services of old code are restarted.
    header = f"; made by sandbox/supervisord.py for code {_code_hash()}\n\n"
    # supervisord expands %(…)s; a percent sign of a path or an argument is therefore doubled.
    return header + "\n".join(
        "\n".join([f"[{title}]", *(f"{key}={str(value).replace('%', '%%')}" for key, value in values.items()), ""])
        for title, values in sections.items()
    )


def _code_hash() -> str:
    code = hashlib.sha256()
    for folder in ("aws", "cluster", "door"):
        for file in sorted((CHECKOUT / "sandbox" / folder).rglob("*.*")):
            if file.suffix in (".py", ".yaml"):
                code.update(file.read_bytes())
    code.update((CHECKOUT / "sandbox" / "tls.py").read_bytes())
    return code.hexdigest()[:16]
