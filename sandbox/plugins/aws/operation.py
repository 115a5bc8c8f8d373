"""One operation on one resource: its inputs and clients, waiting, and the wording of what goes wrong."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

import tenacity
from botocore.exceptions import BotoCoreError, ClientError

from provider_kit import Operation, PluginError, Properties
from sandbox.plugins.aws.session import Cloud, explain, is_gone

T = TypeVar("T")
_POLL = tenacity.wait_exponential(multiplier=0.2, max=2)


@dataclass
class Job:
    """One change or look at one resource, with what it needs.

    Attributes:
        op: what the engine asked.
        cloud: account, region, clients.
        client: of the resource's service, in the resource's region.
        inputs: the new inputs with defaults filled in.
        tags: all tags it should have, the provider's default tags among them.
        changed: top-level inputs that an update changes; on a create all that are given.
    """

    op: Operation
    cloud: Cloud
    client: Any
    region: str
    inputs: Properties = field(default_factory=dict[str, Any])
    tags: dict[str, str] = field(default_factory=dict[str, str])
    changed: set[str] = field(default_factory=set[str])

    def get(self, name: str) -> Any:
        """An input, or else what the state has."""
        return self.inputs.get(name, self.op.state.get(name))

    def picked(self, fields: Mapping[str, str]) -> Properties:
        """The given ones of some inputs, under their API names."""
        return {api: self.inputs[name] for name, api in fields.items() if self.inputs.get(name) is not None}

    def wait(self, what: str, probe: Callable[[], T | None], minutes: float) -> T:
        """Poll until the probe gives something; the user's `custom_timeouts` go before the `minutes` of the provider.

        Raises:
            PluginError: time is up, or the user interrupted.
        """
        cancelled = self.op.cancelled
        patience = self.op.timeout or minutes * 60
        retrying = tenacity.Retrying(
            stop=tenacity.stop_any(tenacity.stop_after_delay(patience), tenacity.stop_when_event_set(cancelled)),
            wait=_POLL,
            retry=tenacity.retry_if_result(lambda result: result is None),
            sleep=tenacity.sleep_using_event(cancelled),
        )
        try:
            result = retrying(probe)
        except tenacity.RetryError as error:
            why = "interrupted" if cancelled.is_set() else f"timeout after {patience:g}s"
            raise PluginError(f"waiting for {what}: {why}") from error
        assert result is not None
        return result


class Explained:
    """Turns AWS errors into the real provider's wording."""

    def __init__(self, what: str, gone_is_fine: bool) -> None:
        self._what, self._gone_is_fine = what, gone_is_fine

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: Any) -> bool:
        if isinstance(error, PluginError | ClientError | BotoCoreError):
            if self._gone_is_fine and is_gone(error):
                return True
            raise PluginError(f"{self._what}: {explain(error)}") from error
        return False
