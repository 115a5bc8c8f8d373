"""Waiting for objects: the `pulumi.com/waitFor` annotation, the rollout of Deployments, and deletion.

The annotations are those of https://www.pulumi.com/registry/packages/kubernetes/how-to-guides/ and of the provider's
`provider/pkg/metadata/overrides.go`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, TypeVar

import jsonpath_rfc9535
import tenacity

from provider_kit.server import Operation, PluginError, Properties
from sandbox.plugins.kubernetes.kinds import Kind, annotation

DEFAULT_TIMEOUT: Final = 600.0
"""Seconds that the provider waits for an object to become ready or to go away."""

# The real provider has its own idea of readiness for these; the sandbox has none.
_NOT_AWAITED: Final = frozenset(
    {
        ("apps", "DaemonSet"),
        ("apps", "StatefulSet"),
        ("batch", "Job"),
        ("core", "PersistentVolume"),
        ("core", "PersistentVolumeClaim"),
        ("core", "Pod"),
        ("core", "ReplicationController"),
        ("core", "ResourceQuota"),
        ("core", "Service"),
        ("networking.k8s.io", "Ingress"),
    }
)

T = TypeVar("T")
Condition = Callable[[Properties], str]
"""Judges a live object: an empty text when it is satisfied, else what it waits for."""


class TimedOut(PluginError):
    """The time is up, or the user interrupted; the message says what was waited for."""


@dataclass(frozen=True)
class Waiter:
    """How long to wait, and when to give up early."""

    op: Operation
    timeout: float

    @classmethod
    def of(cls, op: Operation, obj: Properties) -> Waiter:
        """Takes the resource's custom timeout, else the `pulumi.com/timeoutSeconds` annotation, else ten minutes."""
        noted = annotation(obj, "timeoutSeconds")
        return cls(op, op.timeout or (float(noted) if noted.isdigit() else DEFAULT_TIMEOUT))

    def until(self, look: Callable[[], T], unmet: Callable[[T], str]) -> T:
        """Looks again and again until nothing is unmet.

        Raises:
            TimedOut: it took too long.
        """
        last = ""

        def waits(seen: T) -> bool:
            nonlocal last
            last = unmet(seen)
            return bool(last)

        try:
            return tenacity.Retrying(
                retry=tenacity.retry_if_result(waits),
                wait=tenacity.wait_exponential(multiplier=0.1, max=1),
                stop=tenacity.stop_after_delay(self.timeout) | tenacity.stop_when_event_set(self.op.cancelled),
                sleep=tenacity.sleep_using_event(self.op.cancelled),
            )(look)
        except tenacity.RetryError as error:
            why = "interrupted" if self.op.cancelled.is_set() else f"timed out after {self.timeout:g} seconds"
            raise TimedOut(f"{why}: {last}") from error


def ready_conditions(kind: Kind, inputs: Properties) -> list[Condition]:
    """What an object has to satisfy after it was created or changed.

    Raises:
        PluginError: the annotation is malformed, or only the real provider knows when this kind is ready.
    """
    if annotation(inputs, "skipAwait") == "true":
        return []
    if text := annotation(inputs, "waitFor"):
        return [_parse(expression) for expression in _expressions(text)]
    if (kind.group, kind.kind) == ("apps", "Deployment"):
        return [_rolled_out]
    if (kind.group, kind.kind) in _NOT_AWAITED:
        raise PluginError(
            f"the sandbox does not support waiting for a {kind.kind}: "
            "annotate it with pulumi.com/skipAwait or pulumi.com/waitFor"
        )
    return []


def _expressions(text: str) -> list[str]:
    try:
        parsed: Any = json.loads(text)
    except json.JSONDecodeError:
        return [text]
    if not isinstance(parsed, list) or not parsed:
        raise PluginError("pulumi.com/waitFor: at least one condition must be specified")
    return [str(expression) for expression in parsed]  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]


def _parse(expression: str) -> Condition:
    if expression.startswith("condition="):
        name, _, status = expression.removeprefix("condition=").partition("=")
        return lambda live: _condition(live, name, status or "True")
    if expression.startswith("jsonpath="):
        return _jsonpath(expression.removeprefix("jsonpath="))
    raise PluginError(f'pulumi.com/waitFor: expected a "jsonpath=" or "condition=" prefix, got "{expression}"')


def _jsonpath(expression: str) -> Condition:
    """`{.status.phase}=Active` or `{.status.phase}`; one `=` outside the braces parts the path from the value."""
    match = re.fullmatch(r"\{\s*(.*?)\s*\}(?:=(.+))?", expression)
    if not match:
        raise PluginError(f"pulumi.com/waitFor: format should be {{.path}}=value or {{.path}}, got {expression}")
    path, wanted = match[1], match[2]
    try:
        query = jsonpath_rfc9535.compile(path if path.startswith("$") else f"${path}")
    except jsonpath_rfc9535.JSONPathError as error:
        raise PluginError(f"pulumi.com/waitFor: {expression}: {error}") from error

    def unmet(live: Properties) -> str:
        values = query.find(live).values()
        if not values:
            return f"{path} selected nothing"
        found: Any = values[0]
        if wanted is None:
            return ""
        if isinstance(found, dict | list):
            raise PluginError(f"pulumi.com/waitFor: {path} has a value that cannot be compared with {wanted}")
        shown = str(found).lower() if isinstance(found, bool) else str(found)
        return "" if shown == wanted else f"waiting for {path} to be {wanted}, it is {shown}"

    return unmet


def _condition(live: Properties, name: str, status: str) -> str:
    for condition in (live.get("status") or {}).get("conditions") or []:
        if condition.get("type", "").lower() == name.lower():
            met = condition.get("status", "").lower() == status.lower()
            return "" if met else f"waiting for condition {name} to be {status}: {condition.get('message', '')}"
    return f'waiting for condition "{name}"; there is none yet'


def _rolled_out(live: Properties) -> str:
    """As `kubectl rollout status` judges a Deployment."""
    spec, status = live.get("spec") or {}, live.get("status") or {}
    wanted = spec.get("replicas", 1)
    if status.get("observedGeneration", 0) < live["metadata"]["generation"]:
        return "the Deployment has not been observed yet"
    for condition in status.get("conditions") or []:
        if condition["type"] == "Progressing" and condition.get("reason") == "ProgressDeadlineExceeded":
            raise PluginError(f"the Deployment exceeded its progress deadline: {condition.get('message', '')}")
    counts = {key: status.get(key, 0) for key in ("updatedReplicas", "availableReplicas", "replicas")}
    if counts["updatedReplicas"] < wanted or counts["availableReplicas"] < wanted or counts["replicas"] > wanted:
        return f"{counts['updatedReplicas']} of {wanted} replicas updated, {counts['availableReplicas']} available"
    return ""
