"""What all resources of the platform share: the way to the API, ids, and whose a thing is."""

from typing import Any, cast

from provider_kit import Operation, PluginError, Properties, ResourceHandler
from vvp_provider.api import Api, NotFound
from vvp_provider.messages.deployments import DeploymentMetadata
from vvp_provider.messages.resources import LiveMetadata, Metadata
from vvp_provider.operations import Asking
from vvp_provider.settings import Connection

URN_ANNOTATION = "pulumi.com/urn"
"""On what a resource of a program made: by it, a run that was interrupted finds again what it had made already."""


class PlatformResource(ResourceHandler):
    """A handler that talks to the platform.

    Args:
        connection: The provider's connection.
    """

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def api(self, op: Operation) -> Api:
        """The platform's API for one operation."""
        return self._connection.api(op.cancelled)

    def remove(self, op: Operation, operation: Asking[Any], *names: str) -> None:
        """Delete something; gone already is done."""
        try:
            self.api(op).ask(operation, *names)
        except NotFound:
            return


def split_id(op: Operation, form: str = "NAMESPACE/NAME") -> list[str]:
    """The parts of a physical id.

    Raises:
        PluginError: An import names something that is not of this form.
    """
    parts = op.id.split("/")
    if len(parts) != form.count("/") + 1 or not all(parts):
        raise PluginError(f"{op.id!r} is not an id of {op.type}: it has the form {form}")
    return parts


def exists_already(what: str, op: Operation, id: str) -> PluginError:
    """The refusal to take over what somebody else made."""
    inside = " --parent parent=URN" if "$" in op.urn else ""
    return PluginError(
        f"{what} exists already and was not made by this resource. To manage it from here: "
        f"pulumi import {op.type} {op.name} {id} --provider vvp=URN{inside} (pulumi stack --show-urns has the URNs); "
        "or set adopt to true, to have it changed to these inputs"
    )


def may_take(live: LiveMetadata, op: Operation) -> bool:
    """Whether what exists may become this resource: adopted, or made by it in a run that ended before it was noted."""
    return bool(op.inputs.get("adopt")) or (live.get("annotations") or {}).get(URN_ANNOTATION) == op.urn


def metadata(op: Operation, inputs: Properties) -> Metadata:
    """An object's metadata: name, namespace, labels, and annotations with the owner's mark."""
    return {
        "name": inputs["name"],
        "namespace": inputs["namespace"],
        "labels": dict(inputs.get("labels") or {}),
        "annotations": {**(inputs.get("annotations") or {}), URN_ANNOTATION: op.urn},
    }


def deployment_metadata(op: Operation, inputs: Properties) -> DeploymentMetadata:
    """A deployment's metadata."""
    result = cast("DeploymentMetadata", metadata(op, inputs))
    if "displayName" in inputs:
        result["displayName"] = inputs["displayName"]
    return result


def identity(live: LiveMetadata) -> Properties:
    """The inputs that would give an object its metadata: less the owner's mark."""
    annotations = live.get("annotations") or {}
    return {
        "name": live["name"],
        "namespace": live["namespace"],
        "labels": live.get("labels") or {},
        "annotations": {key: value for key, value in annotations.items() if key != URN_ANNOTATION},
    }
