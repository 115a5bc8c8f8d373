"""Waiting for the platform."""

import threading
from collections.abc import Callable

from tenacity import RetryError, Retrying, retry_if_result, stop_after_delay, stop_when_event_set, wait_exponential
from tenacity.nap import sleep_using_event

from provider_kit import PluginError

FIRST_PAUSE_SECONDS = 0.25
LONGEST_PAUSE_SECONDS = 3


class NotInTime(PluginError):
    """What was waited for did not come, or the user interrupted the waiting."""


def wait_until(done: Callable[[], bool], *, seconds: float, cancelled: threading.Event, what: str) -> None:
    """Ask until it is done.

    Args:
        done: Asks once.
        seconds: How long.
        cancelled: Set when the user interrupts.
        what: For the message: what is waited for.

    Raises:
        NotInTime: It was not done in time, or interrupted.
    """
    retrying = Retrying(
        retry=retry_if_result(lambda result: not result),
        wait=wait_exponential(multiplier=FIRST_PAUSE_SECONDS, max=LONGEST_PAUSE_SECONDS),
        stop=stop_after_delay(seconds) | stop_when_event_set(cancelled),
        sleep=sleep_using_event(cancelled),
    )
    try:
        retrying(done)
    except RetryError as error:
        reason = "interrupted while waiting" if cancelled.is_set() else f"waited {seconds:g} s in vain"
        raise NotInTime(f"{reason} for {what}") from error
