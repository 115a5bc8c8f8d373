"""`vvp:index:Namespace`. See https://docs.ververica.com/vvp/platform-operations/namespaces."""

from typing import Any

from provider_kit import Created, Diff, Found, Operation, Properties, Unknown, compare, preview_outputs
from vvp_provider.api import Conflict
from vvp_provider.input_checks import Faults
from vvp_provider.messages.resources import Namespace, RoleBinding
from vvp_provider.operations import CHANGE_NAMESPACE, MAKE_NAMESPACE, READ_NAMESPACE, REMOVE_NAMESPACE
from vvp_provider.resource import PlatformResource, exists_already, split_id
from vvp_provider.waiting import wait_until

ROLES = ("viewer", "editor", "owner")
DELETE_SECONDS = 300.0


class Namespaces(PlatformResource):
    """A namespace of the platform; its id is its name."""

    def check(self, op: Operation) -> Properties:
        """Name, and role bindings with known roles."""
        given: Properties = {"roleBindings": [], **op.inputs}
        faults = Faults(given, ("name", "roleBindings", "adopt"))
        faults.label("name")
        bindings: Any = given["roleBindings"]
        for index, binding in enumerate([] if isinstance(bindings, Unknown) else bindings):
            if not isinstance(binding, Unknown):
                faults.one_of(f"roleBindings[{index}].role", binding.get("role"), ROLES)
                if not binding.get("members"):
                    faults.add(f"roleBindings[{index}].members", "name at least one, as user:NAME or group:NAME")
        return faults.done()

    def diff(self, op: Operation) -> Diff:
        """Role bindings change in place."""
        found = compare(op.old_inputs, op.inputs, replace=["name"])
        found.changes.pop("adopt", None)
        return found

    def preview(self, op: Operation) -> Properties:
        """All outputs are inputs."""
        return preview_outputs(op, [])

    def create(self, op: Operation) -> Created:
        """Make it; an existing one only if it may be adopted."""
        name: str = op.inputs["name"]
        try:
            self.api(op).send(MAKE_NAMESPACE, _body(op.inputs))
        except Conflict as error:
            if not op.inputs.get("adopt"):
                raise exists_already(f"namespace {name!r}", op, name) from error
            self.api(op).send(CHANGE_NAMESPACE, _body(op.inputs), name)
        return Created(name, dict(op.inputs))

    def read(self, op: Operation) -> Found | None:
        """As the platform has it."""
        (name,) = split_id(op, "NAME")
        answer = self.api(op).find(READ_NAMESPACE, name)
        if answer is None or answer["namespace"].get("lifecyclePhase") == "LIFECYCLE_PHASE_TERMINATING":
            return None
        live = answer["namespace"]
        # The API leaves out an empty list.
        bindings = [_plain(binding) for binding in live.get("roleBindings", [])]
        inputs = {**op.old_inputs, "name": name, "roleBindings": bindings}
        return Found(name, {**op.state, **inputs}, inputs)

    def update(self, op: Operation) -> Properties:
        """New role bindings."""
        self.api(op).send(CHANGE_NAMESPACE, _body(op.inputs), op.id)
        return dict(op.inputs)

    def delete(self, op: Operation) -> None:
        """Remove it and wait until it is gone."""
        api = self.api(op)
        self.remove(op, REMOVE_NAMESPACE, op.id)
        wait_until(
            lambda: api.find(READ_NAMESPACE, op.id) is None,
            seconds=op.timeout or DELETE_SECONDS,
            cancelled=op.cancelled,
            what=f"namespace {op.id!r} to be removed",
        )


def _body(inputs: Properties) -> Namespace:
    bindings = [_plain(binding) for binding in inputs.get("roleBindings", [])]
    return {"name": f"namespaces/{inputs['name']}", "roleBindings": bindings}


def _plain(binding: RoleBinding) -> RoleBinding:
    return {"role": binding.get("role", ""), "members": sorted(binding.get("members", []))}
