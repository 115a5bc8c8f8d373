"""One operation on one resource: its inputs and clients, waiting, and the wording of what goes wrong."""

import contextlib
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, TypeVar

import tenacity
from botocore.exceptions import BotoCoreError, ClientError

from provider_kit import Operation, PluginError, Properties
from sandbox.plugins.aws.session import Cloud, explain, is_gone

T = TypeVar("T")


@dataclass
class Step:
    """One change or look at one resource, with what it needs.

    Attributes:
        op: what the engine asked.
        cloud: account, region, clients.
        client: of the resource's service, in the resource's region.
        inputs: the new inputs with defaults filled in.
        tags: all tags it should have, the provider's default tags among them.
        changed: detailed paths, as in a diff, of the inputs to carry out; on a create all that AWS does not begin with.
    """

    op: Operation
    cloud: Cloud
    client: Any
    region: str
    inputs: Properties = field(default_factory=dict[str, Any])
    tags: dict[str, str] = field(default_factory=dict[str, str])
    changed: Iterable[str] = ()

    @property
    def made(self) -> bool:
        """Whether this is a create."""
        return not self.op.id

    def get(self, name: str) -> Any:
        """An input, or else what the state has."""
        return self.inputs.get(name, self.op.state.get(name))

    def touches(self, *names: str) -> bool:
        """Whether one of some inputs, dotted where nested, or a part of one is to be carried out."""
        paths = [re.sub(r"\[[^]]*]", "", path) + "." for path in self.changed]
        return any(p.startswith(f"{n}.") or f"{n}.".startswith(p) for n in names for p in paths)

    def wait(self, what: str, probe: Callable[[], T | None], minutes: float) -> T:
        """Poll until the probe gives something; the user's `custom_timeouts` go before the `minutes` of the provider.

        Raises:
            PluginError: time is up, or the user interrupted.
        """
        cancelled = self.op.cancelled
        patience = self.op.timeout or minutes * 60
        retrying = tenacity.Retrying(
            stop=tenacity.stop_any(tenacity.stop_after_delay(patience), tenacity.stop_when_event_set(cancelled)),
            wait=tenacity.wait_exponential(multiplier=0.2, max=2),
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


@contextlib.contextmanager
def explained(what: str, *, gone_is_fine: bool = False) -> Iterator[None]:
    """Turns AWS errors into the real provider's wording, and on demand a not-found error into nothing."""
    try:
        yield
    except (PluginError, ClientError, BotoCoreError) as error:
        if not (gone_is_fine and is_gone(error)):
            raise PluginError(f"{what}: {explain(error)}") from error
