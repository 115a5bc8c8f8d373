"""Taking things away, whatever happens: after errors, after Ctrl-C and SIGTERM, and after a step that fails."""

import signal
import threading
from collections.abc import Callable, Generator
from contextlib import contextmanager
from types import FrameType
from typing import Any

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)

Step = tuple[str, Callable[[], Any]]
"""What a step takes away, in words, and the call that does."""


class CleanUp:
    """Steps that are taken at the end, the last one first; each is taken whatever became of the others.

    Attributes:
        failures: What could not be taken away, and why.
    """

    def __init__(self) -> None:
        self._steps: list[Step] = []
        self.failures: list[str] = []

    def later(self, what: str, action: Callable[[], Any]) -> None:
        """Adds a step. It is added before the thing is made: a call that was interrupted may have made it.

        Args:
            what: What it takes away, in words.
            action: Takes it away, and is content if it is not there.
        """
        self._steps.append((what, action))

    def run(self) -> None:
        """Takes every step once."""
        while self._steps:
            what, action = self._steps.pop()
            try:
                action()
            except Exception as error:
                self.failures.append(f"{what}: {error or type(error).__name__}")


class Stopped(BaseException):
    """A signal asked for the end. Not an `Exception`, so that no try takes it for its own failure.

    Attributes:
        status: The exit status that a shell shows for the signal.
    """

    def __init__(self, number: int) -> None:
        super().__init__(signal.Signals(number).name)
        self.status = 128 + number


class Signals:
    """Turns the first signal into Stopped, and lets nothing interrupt the clean-up.

    Args:
        tell: Prints a line.
    """

    def __init__(self, tell: Callable[[str], Any]) -> None:
        self._tell = tell
        self._cleaning = False

    @contextmanager
    def handled(self) -> Generator[None]:
        """Handles signals inside; only the main thread can, elsewhere nothing changes."""
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        before = {number: signal.signal(number, self._handle) for number in SIGNALS}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    def cleaning(self) -> None:
        """From here on signals are told and otherwise left alone."""
        self._cleaning = True

    def _handle(self, number: int, frame: FrameType | None) -> None:
        del frame
        if self._cleaning:
            self._tell(f"{signal.Signals(number).name}: probes are being taken away, which takes a moment")
            return
        self._cleaning = True
        self._tell(f"{signal.Signals(number).name}: stopping, and taking the probes away")
        raise Stopped(number)
