"""`vvp:index:SecretValue`.

See https://docs.ververica.com/vvp/user-guide/application-operations/deployments/secret-values.
"""

from typing import ClassVar

from provider_kit import Change, Created, Diff, Found, Operation, Properties, compare, preview_outputs, top_level
from vvp_provider.api import Conflict
from vvp_provider.input_checks import Faults
from vvp_provider.matching import project, same
from vvp_provider.messages.resources import SecretValue
from vvp_provider.operations import CHANGE_SECRET, MAKE_SECRET, READ_SECRET, REMOVE_SECRET
from vvp_provider.resource import PlatformResource, exists_already, identity, may_take, metadata, split_id

KNOWN = ("name", "namespace", "value", "labels", "annotations", "adopt")


class SecretValues(PlatformResource):
    """A secret value; its id is `NAMESPACE/NAME`. The platform never shows the value, so its drift cannot be seen."""

    secret_outputs: ClassVar[tuple[str, ...]] = ("value",)

    def check(self, op: Operation) -> Properties:
        """Names, and that there is a value."""
        faults = Faults({"namespace": "default"} | op.inputs, KNOWN)
        faults.loose_name("name")
        faults.metadata()
        faults.text("value")
        return faults.done()

    def diff(self, op: Operation) -> Diff:
        """The value changes in place, as do labels; but the API can add and change labels, and not remove one."""
        found = compare(op.old_inputs, op.inputs, replace=["name", "namespace"], same=same)
        found.changes.pop("adopt", None)
        for path, kind in found.changes.items():
            if kind is Change.DELETE and top_level(path) in ("labels", "annotations"):
                found.replaces.add(path)
        found.delete_before_replace = not {"name", "namespace"} & found.changes.keys()
        return found

    def preview(self, op: Operation) -> Properties:
        """All outputs are inputs."""
        return preview_outputs(op, [])

    def create(self, op: Operation) -> Created:
        """Make it; an existing one only if it is this resource's own or may be adopted."""
        namespace, name = op.inputs["namespace"], op.inputs["name"]
        id, api = f"{namespace}/{name}", self.api(op)
        try:
            api.send(MAKE_SECRET, _body(op), namespace)
        except Conflict as error:
            live = api.ask(READ_SECRET, namespace, name)
            if not may_take(live["metadata"], op):
                raise exists_already(f"secret value {name!r} in namespace {namespace!r}", op, id) from error
            api.send(CHANGE_SECRET, _body(op), namespace, name)
        return Created(id, dict(op.inputs))

    def read(self, op: Operation) -> Found | None:
        """Whether it is there; its value is what the state says."""
        namespace, name = split_id(op)
        live = self.api(op).find(READ_SECRET, namespace, name)
        if live is None:
            return None
        found = identity(live["metadata"])
        inputs = {**op.old_inputs, **project({**op.old_inputs, "value": None}, found)} if op.old_inputs else found
        return Found(op.id, dict(inputs), inputs)

    def update(self, op: Operation) -> Properties:
        """Write the new value."""
        self.api(op).send(CHANGE_SECRET, _body(op), op.inputs["namespace"], op.inputs["name"])
        return dict(op.inputs)

    def delete(self, op: Operation) -> None:
        """Remove it."""
        self.remove(op, REMOVE_SECRET, *split_id(op))


def _body(op: Operation) -> SecretValue:
    return {
        "apiVersion": "v1",
        "kind": "SecretValue",
        "metadata": metadata(op, op.inputs),
        "spec": {"kind": "PLAIN", "value": op.inputs["value"]},
    }
