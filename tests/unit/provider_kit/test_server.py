"""How a provider's process begins, and how it ends: at once, in silence, with what was registered for the end done."""

import os
import signal
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import grpc
import pytest
from google.protobuf import empty_pb2
from pulumi.runtime.proto import provider_pb2, provider_pb2_grpc

CHECKOUT = Path(__file__).parents[3]
HANG = 60
"""Against a process that does not end: far more than any machine needs."""
pytestmark = pytest.mark.timeout(2 * HANG)

PLUGIN = """
    import atexit, sys, threading
    from provider_kit import Plugin, PluginError, serve

    class Waiting(Plugin):
        def resource(self, type):
            raise PluginError(type)

        def function(self, token, args):
            print("a handler runs", file=sys.stderr, flush=True)
            threading.Event().wait()

    atexit.register(print, "goodbye", file=sys.stderr)
    serve(Waiting(), "1.0.0")
"""
COMPONENTS = """
    import atexit, sys
    from pulumi.provider import Provider
    from provider_kit import serve_components

    atexit.register(print, "goodbye", file=sys.stderr)
    serve_components(Provider("1.0.0"))
"""


class Started:
    """A provider's process as the engine has it: a process group of its own, connected by the port it printed."""

    def __init__(self, program: str) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-u", "-c", textwrap.dedent(program), "127.0.0.1:1"],
            cwd=CHECKOUT,
            env={**os.environ, "PYTHONPATH": str(CHECKOUT)},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            process_group=0,
        )
        assert self.process.stdout is not None
        self.channel = grpc.insecure_channel(f"127.0.0.1:{int(self.process.stdout.readline())}")
        self.stub: Any = provider_pb2_grpc.ResourceProviderStub(self.channel)

    def end(self, number: signal.Signals = signal.SIGINT) -> tuple[int, str]:
        """What the engine does with a plugin when a run is over; the exit status, and what it says on stderr."""
        self.stub.Cancel(empty_pb2.Empty())
        self.channel.close()
        os.killpg(self.process.pid, number)
        said = self.process.communicate(timeout=HANG)[1]
        return self.process.returncode, said


@pytest.fixture
def started(request: pytest.FixtureRequest) -> Iterator[Started]:
    provider = Started(request.param)
    yield provider
    provider.process.kill()
    provider.process.wait()


@pytest.mark.parametrize(
    ("started", "forms"),
    [(PLUGIN, (True, False, False)), (COMPONENTS, (True, True, True))],
    indirect=["started"],
    ids=["plugin", "components"],
)
def test_the_engines_first_call_is_answered(started: Started, forms: tuple[bool, ...]) -> None:
    answer = started.stub.Handshake(provider_pb2.ProviderHandshakeRequest(engine_address="127.0.0.1:1"))
    assert (answer.accept_secrets, answer.accept_resources, answer.accept_outputs) == forms
    # The engine shows what a plugin says on stderr when a run fails: a refusal there would look like the reason.
    assert started.end() == (0, "goodbye\n")


@pytest.mark.parametrize("started", [PLUGIN, COMPONENTS], indirect=True, ids=["plugin", "components"])
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=str)
def test_a_provider_ends_in_silence_after_what_was_left_to_do(started: Started, number: signal.Signals) -> None:
    assert started.stub.GetPluginInfo(empty_pb2.Empty()).version == "1.0.0"
    assert started.end(number) == (0, "goodbye\n")


@pytest.mark.parametrize("started", [PLUGIN], indirect=True, ids=["plugin"])
def test_a_provider_does_not_wait_for_handlers_whose_answer_nobody_hears(started: Started) -> None:
    # Held, because a call that nobody holds is taken back.
    call = started.stub.Invoke.future(provider_pb2.InvokeRequest(tok="test:index:wait"))
    assert started.process.stderr is not None
    assert started.process.stderr.readline() == "a handler runs\n"
    assert not call.done()
    assert started.end() == (0, "goodbye\n")
