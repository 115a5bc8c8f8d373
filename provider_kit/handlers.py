"""What a provider implements: handlers for resource types, and the plugin that knows them."""

from __future__ import annotations

import random
import secrets as entropy
import threading
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

from pulumi.provider.experimental.provider import Provider

from provider_kit.diffs import Diff, compare
from provider_kit.values import UNKNOWN, Properties


class PluginError(Exception):
    """A refusal or failure whose message says all a user needs; no traceback is shown for it."""


class CheckFailed(PluginError):
    """Inputs that the provider refuses.

    Args:
        failures: pairs of property path, as `format_path` writes it, and reason; an empty path is the whole resource.
    """

    def __init__(self, failures: list[tuple[str, str]]) -> None:
        super().__init__("; ".join(f"{path}: {reason}" if path else reason for path, reason in failures))
        self.failures = failures


class InitFailed(PluginError):
    """The resource exists, but did not become ready: the engine keeps it in the state and tries again with an update.

    Args:
        id: of what was made.
        outputs: as far as they are known.
        reasons: why it is not ready.
    """

    def __init__(self, id: str, outputs: Properties, reasons: list[str]) -> None:
        super().__init__("; ".join(reasons))
        self.id, self.outputs, self.reasons = id, outputs, reasons


@dataclass(frozen=True)
class Operation:
    """One thing the engine asks about one resource; which fields are filled depends on what it asks.

    Attributes:
        urn: of the resource.
        type: its token, e.g. `vvp:index:Deployment`.
        name: the resource's name in the program.
        id: the physical id; empty before it exists.
        inputs: the new inputs; in a preview with `UNKNOWN` where a value is not there yet.
        old_inputs: the inputs of the last deployment; empty for a new or imported resource.
        state: the outputs of the last deployment.
        timeout: seconds that the user allows by `custom_timeouts`; 0 for the provider's default.
        seed: random bytes that stay the same when the same step is tried again; for autonaming.
        preview: nothing may be changed.
        cancelled: set when the user interrupts; waits must end then.
    """

    urn: str
    type: str
    name: str
    id: str = ""
    inputs: Properties = field(default_factory=dict[str, Any])
    old_inputs: Properties = field(default_factory=dict[str, Any])
    state: Properties = field(default_factory=dict[str, Any])
    timeout: float = 0
    seed: bytes = b""
    preview: bool = False
    cancelled: threading.Event = field(default_factory=threading.Event)


@dataclass(frozen=True)
class Created:
    """The physical id and all outputs of a new resource."""

    id: str
    outputs: Properties


@dataclass(frozen=True)
class Found:
    """A resource as the cloud has it now: its id, all outputs, and the inputs that would describe it."""

    id: str
    outputs: Properties
    inputs: Properties


class ResourceHandler(ABC):
    """What a provider does for one resource type. Methods may block and may be called from several threads at once."""

    secret_outputs: ClassVar[tuple[str, ...]] = ()
    """Outputs that are always secret; those at the path of a secret input are secret anyway."""

    derived_from: ClassVar[Mapping[str, str]] = {}
    """Properties that the provider reads out of an input, with that input's name: they are as secret as it is."""

    @abstractmethod
    def check(self, op: Operation) -> Properties:
        """The inputs with defaults filled in. Raises `CheckFailed`."""

    @abstractmethod
    def diff(self, op: Operation) -> Diff:
        """What separates `op.state` and `op.old_inputs` from `op.inputs`."""

    @abstractmethod
    def preview(self, op: Operation) -> Properties:
        """The outputs after a create (`op.id` is empty) or update, as far as they are known; see `preview_outputs`."""

    @abstractmethod
    def create(self, op: Operation) -> Created:
        """Make it, and wait until it is usable. Raises `InitFailed` where it exists but is not."""

    @abstractmethod
    def read(self, op: Operation) -> Found | None:
        """How it is now; None if it is gone. `op.old_inputs` and `op.state` are empty on an import."""

    @abstractmethod
    def update(self, op: Operation) -> Properties:
        """Change it in place; returns all outputs."""

    @abstractmethod
    def delete(self, op: Operation) -> None:
        """Remove it and wait until it is gone; already gone is done."""


class Plugin(Provider):
    """A provider of resources and functions, without components: resources in arguments reach it as their ids."""

    @abstractmethod
    def resource(self, type: str) -> ResourceHandler:
        """The handler of a type. Raises `PluginError` naming a type that is not supported."""

    def function(self, token: str, args: Properties) -> Properties:
        """The answer to an invoke. Raises `PluginError` naming a function that is not supported."""
        raise PluginError(f"there is no function {token}")

    def check_settings(self, settings: Properties) -> Properties:
        """The provider's configuration with defaults filled in. Raises `CheckFailed`."""
        return settings

    def diff_settings(self, old: Properties, new: Properties) -> Diff:
        """Which changes of configuration matter; one in `replaces` replaces every resource of the provider."""
        return compare(old, new)

    def use_settings(self, settings: Properties) -> None:
        """Take the configuration into use; called once, before any resource. May block."""


def preview_outputs(op: Operation, computed: list[str], volatile: tuple[str, ...] = ()) -> Properties:
    """The usual answer of `ResourceHandler.preview`.

    Args:
        op: a create, then every computed output is unknown; or an update, then the state stays except for the inputs.
        computed: names of all outputs.
        volatile: outputs that an update may change, so that they are unknown in its preview.
    """
    known = dict(op.state) if op.id else dict.fromkeys(computed, UNKNOWN)
    if op.id:
        known.update(dict.fromkeys(volatile, UNKNOWN))
    inputs = {key: value for key, value in op.inputs.items() if not key.startswith("__")}
    return {**known, **inputs}


def autoname(op: Operation, prop: str, inputs: Properties, *, length: int, separator: str = "-") -> None:
    """Give `inputs[prop]` a name as Pulumi's bridged providers do, if the program gives none: `<name>-<7 hex digits>`.

    A name once given stays until the program sets one. `inputs["__defaults"]` remembers which names were made here, as
    in https://www.pulumi.com/docs/iac/concepts/resources/names/#autonaming.

    Args:
        op: the check in progress.
        prop: the property to fill.
        inputs: changed in place.
        length: the longest name the service takes; the resource's name is cut to fit.
        separator: between name and digits.
    """
    if prop in inputs:
        return
    defaults: list[str] = inputs.setdefault("__defaults", [])
    if prop not in defaults:
        defaults.append(prop)
    if prop in op.old_inputs.get("__defaults", []) and op.old_inputs.get(prop):
        inputs[prop] = op.old_inputs[prop]
        return
    digits = random.Random(op.seed or entropy.token_bytes(32)).randbytes(4).hex()[:7]
    inputs[prop] = f"{op.name[: length - len(digits) - len(separator)]}{separator}{digits}"
