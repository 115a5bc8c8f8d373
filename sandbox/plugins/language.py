"""The language host: runs the Pulumi program for the engine, as `pulumi-language-python` of a Pulumi release does.

That one is a Go program which comes with Pulumi's releases and not as a module, so a machine that built the engine from
modules lacks it. The Automation API of the Python SDK has a host for programs given as functions; here the function is
the `__main__.py` of the project. What it does not do: make virtual environments or install packages (`make` has done
it), generate code or convert projects, run policy packs and providers written in Python.

The protocol: https://github.com/pulumi/pulumi/blob/master/proto/pulumi/language.proto
"""

import os
import runpy
import signal
import sys
import threading
import time
import traceback
from collections.abc import Callable
from concurrent import futures
from pathlib import Path
from typing import Any

import grpc
from google.protobuf import empty_pb2
from pulumi import RunError
from pulumi.automation._server import LanguageServer
from pulumi.runtime.proto import language_pb2, language_pb2_grpc, plugin_pb2

from sandbox.build.modules import PULUMI_VERSION

MESSAGE_BYTES = 400 * 1024 * 1024
"""The engine's own limit for one message; gRPC's default of 4 MB is less than a large program needs."""


class ProgramFailed(Exception):
    """The program ended in an exception; the message has its traceback, without this host's frames."""


class LanguageHost(LanguageServer):
    """Runs the Python program of a project."""

    def __init__(self, stop: Callable[[], None]) -> None:
        super().__init__(lambda: None)
        self._stop = stop

    def Handshake(self, request: Any, context: Any) -> Any:
        """Answers the engine's greeting; nothing in it concerns this host."""
        return language_pb2.LanguageHandshakeResponse()

    def GetPluginInfo(self, request: Any, context: Any) -> Any:
        """The host's version is the engine's, as with the host of a release."""
        return plugin_pb2.PluginInfo(version=PULUMI_VERSION)

    def InstallDependencies(self, request: Any, context: Any) -> Any:
        """`make` has installed what the program needs."""
        return iter(())

    def Run(self, request: Any, context: Any) -> Any:
        """Runs `__main__.py` of the program's folder."""
        folder = request.info.program_directory or request.pwd
        os.chdir(folder)
        if folder not in sys.path:
            sys.path.insert(0, folder)
        refused: list[RunError] = []
        self.program = lambda: self._run(Path(folder) / request.info.entry_point, refused)
        result = super().Run(request, context)
        if not result.error:
            return result
        # What went wrong has been shown by now. The host of a release then says no more of a program that failed, and
        # of one that refused to go on only how its process ended.
        if refused:
            return language_pb2.RunResponse(error="program exited with non-zero exit code: 1")
        return language_pb2.RunResponse(bail=True)

    @staticmethod
    def _run(entry_point: Path, refused: list[RunError]) -> None:
        try:
            run_program(entry_point)
        except RunError as error:
            refused.append(error)
            raise
        except ProgramFailed as error:
            raise RunError(str(error)) from error

    def Cancel(self, request: Any, context: Any) -> Any:
        """Ends the host: the engine is shutting down."""
        self._stop()
        return empty_pb2.Empty()


def run_program(entry_point: Path) -> None:
    """Runs a program as `python __main__.py` would, every time from the start.

    Args:
        entry_point: the program's folder, or a file in it.

    Raises:
        RunError: the program refused to go on, in its own words.
        ProgramFailed: the program failed.
    """
    file = entry_point / "__main__.py" if entry_point.is_dir() else entry_point
    _forget_modules_of(file.parent)
    try:
        runpy.run_path(str(file), run_name="__main__")
    except RunError:
        raise
    except Exception as error:
        frames = traceback.extract_tb(error.__traceback__)
        own = next((place for place, frame in enumerate(frames) if frame.filename.startswith(str(file.parent))), 0)
        text = "".join([*traceback.format_list(frames[own:]), *traceback.format_exception_only(error)])
        raise ProgramFailed(f"Program failed with an unhandled exception:\n{text}") from error


def _forget_modules_of(folder: Path) -> None:
    """Has the program's modules imported anew: preview and update are two runs, and a module may hold resources."""
    for name, module in list(sys.modules.items()):
        file = getattr(module, "__file__", None)
        if file and Path(file).is_relative_to(folder) and name.split(".")[0] not in ("sandbox", "__main__"):
            if any(part in Path(file).parts for part in ("site-packages", ".venv")):
                continue
            del sys.modules[name]


def _end_with_parent() -> None:
    """Ends this process when the engine is gone, also if it was killed and could say nothing."""
    parent = os.getppid()
    while os.getppid() == parent:
        time.sleep(1)
    os._exit(0)


def main() -> None:
    """Serves until the engine ends; prints the port first, which is how the engine finds it."""
    server = grpc.server(
        futures.ThreadPoolExecutor(max_workers=8),
        options=[("grpc.max_receive_message_length", MESSAGE_BYTES), ("grpc.max_send_message_length", MESSAGE_BYTES)],
    )

    def stop(*_: object) -> None:
        server.stop(grace=0.5)

    language_pb2_grpc.add_LanguageRuntimeServicer_to_server(LanguageHost(stop), server)
    # The terminal sends Ctrl-C to all of its processes: the engine decides what becomes of it.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, stop)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    print(server.add_insecure_port("127.0.0.1:0"), flush=True)
    server.start()
    server.wait_for_termination()


if __name__ == "__main__":
    main()
