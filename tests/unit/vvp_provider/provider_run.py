"""One resource of the provider through its life, as the engine would drive it, against the platform in memory."""

import threading
from dataclasses import dataclass, field
from typing import Any

import httpx

from provider_kit import Diff, InitFailed, Operation, Properties, ResourceHandler
from tests.unit.vvp_provider.fake_platform import FakePlatform
from vvp_provider.provider import Provider


@dataclass
class Resource:
    """A resource in a state, and what the engine would do with it.

    Args:
        platform: The platform.
        type: The resource's token.
        name: Its logical name.
    """

    platform: FakePlatform
    type: str
    name: str = "it"
    timeout: float = 20
    provider: Provider = field(default_factory=Provider)
    id: str = ""
    inputs: Properties = field(default_factory=dict[str, Any])
    state: Properties = field(default_factory=dict[str, Any])

    def __post_init__(self) -> None:
        self.provider.use_settings({"endpoint": "http://platform", "requestTimeout": "5", "retryTimeout": "2"})
        client = httpx.Client(base_url="http://platform", transport=self.platform.transport)
        self.provider._connection._client = client  # pyright: ignore[reportPrivateUsage]

    @property
    def handler(self) -> ResourceHandler:
        """The provider's handler of this type."""
        return self.provider.resource(self.type)

    def op(self, inputs: Properties | None = None, **fields: Any) -> Operation:
        """An operation of the engine on it."""
        filled: dict[str, Any] = {
            "id": self.id,
            "inputs": inputs or {},
            "old_inputs": self.inputs,
            "state": self.state,
            "timeout": self.timeout,
            "cancelled": threading.Event(),
            **fields,
        }
        return Operation(urn=f"urn:pulumi:dev::vvp::{self.type}::{self.name}", type=self.type, name=self.name, **filled)

    def check(self, **inputs: Any) -> Properties:
        """Inputs as the provider completes them."""
        return self.handler.check(self.op({**inputs}))

    def diff(self, **inputs: Any) -> Diff:
        """What the preview would show."""
        return self.handler.diff(self.op(self.check(**inputs)))

    def up(self, **inputs: Any) -> Diff | None:
        """What `pulumi up` does: create, update, or replace with the old one deleted first; None if it was created."""
        checked = self.check(**inputs)
        found = self.handler.diff(self.op(checked)) if self.id else None
        if found is not None and not found.changes:
            self.inputs = checked
            return found
        try:
            if found is None or found.replaces:
                if found is not None:
                    assert found.delete_before_replace
                    self.delete()
                made = self.handler.create(self.op(checked))
                self.id, self.state = made.id, dict(made.outputs)
            else:
                self.state = dict(self.handler.update(self.op(checked)))
        except InitFailed as error:
            self.id, self.state = error.id, dict(error.outputs)
            self.inputs = checked
            raise
        self.inputs = checked
        return found

    def refresh(self) -> bool:
        """What `pulumi refresh` does; whether it still exists."""
        found = self.handler.read(self.op())
        if found is None:
            self.id, self.inputs, self.state = "", {}, {}
            return False
        self.id, self.inputs, self.state = found.id, dict(found.inputs), dict(found.outputs)
        return True

    def delete(self) -> None:
        """What `pulumi destroy` does."""
        self.handler.delete(self.op())
        self.id, self.inputs, self.state = "", {}, {}
