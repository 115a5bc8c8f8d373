"""`vvp:index:DeploymentTarget`. See https://docs.ververica.com/vvp/platform-operations/deployment-targets."""

from provider_kit import Created, Diff, Found, Operation, Properties, compare, preview_outputs
from vvp_provider.api import Conflict
from vvp_provider.input_checks import Faults
from vvp_provider.matching import project, same
from vvp_provider.messages.resources import DeploymentTarget, LiveDeploymentTarget
from vvp_provider.operations import CHANGE_TARGET, MAKE_TARGET, READ_TARGET, REMOVE_TARGET
from vvp_provider.resource import PlatformResource, exists_already, identity, may_take, metadata, split_id

KNOWN = ("name", "namespace", "kubernetesNamespace", "labels", "annotations", "adopt")


class DeploymentTargets(PlatformResource):
    """A deployment target; its id is `NAMESPACE/NAME`."""

    def check(self, op: Operation) -> Properties:
        """Names, labels and annotations."""
        faults = Faults({"namespace": "default"} | op.inputs, KNOWN)
        faults.loose_name("name")
        faults.metadata()
        faults.label("kubernetesNamespace")
        return faults.done()

    def diff(self, op: Operation) -> Diff:
        """The platform changes metadata only; everything else is another target."""
        found = compare(op.old_inputs, op.inputs, replace=["name", "namespace", "kubernetesNamespace"], same=same)
        found.changes.pop("adopt", None)
        # Two targets of one name cannot be; with a new name the new one comes first and deployments move to it.
        found.delete_before_replace = "name" not in found.changes and "namespace" not in found.changes
        found.stables = ["targetId"]
        return found

    def preview(self, op: Operation) -> Properties:
        """The id is the platform's."""
        return preview_outputs(op, ["targetId"])

    def create(self, op: Operation) -> Created:
        """Make it; an existing one only if it is this resource's own or may be adopted."""
        namespace, name = op.inputs["namespace"], op.inputs["name"]
        id, api = f"{namespace}/{name}", self.api(op)
        try:
            live = api.send(MAKE_TARGET, _body(op), namespace)
        except Conflict as error:
            live = api.ask(READ_TARGET, namespace, name)
            if not may_take(live["metadata"], op) or _kubernetes(live) != op.inputs["kubernetesNamespace"]:
                raise exists_already(f"deployment target {name!r} in namespace {namespace!r}", op, id) from error
            live = api.send(CHANGE_TARGET, _body(op), namespace, name)
        return Created(id, _outputs(op.inputs, live))

    def read(self, op: Operation) -> Found | None:
        """As the platform has it."""
        namespace, name = split_id(op)
        live = self.api(op).find(READ_TARGET, namespace, name)
        if live is None:
            return None
        found = {**identity(live["metadata"]), "kubernetesNamespace": _kubernetes(live)}
        inputs = {**op.old_inputs, **project(op.old_inputs, found)} if op.old_inputs else found
        return Found(op.id, _outputs(inputs, live), inputs)

    def update(self, op: Operation) -> Properties:
        """New labels and annotations."""
        live = self.api(op).send(CHANGE_TARGET, _body(op), op.inputs["namespace"], op.inputs["name"])
        return _outputs(op.inputs, live)

    def delete(self, op: Operation) -> None:
        """Remove it; the platform refuses while a deployment refers to it."""
        self.remove(op, REMOVE_TARGET, *split_id(op))


def _kubernetes(live: LiveDeploymentTarget) -> str | None:
    """None: where the platform itself is."""
    return live["spec"]["kubernetes"].get("namespace")


def _body(op: Operation) -> DeploymentTarget:
    return {
        "apiVersion": "v1",
        "kind": "DeploymentTarget",
        "metadata": metadata(op, op.inputs),
        "spec": {"kubernetes": {"namespace": op.inputs["kubernetesNamespace"]}},
    }


def _outputs(inputs: Properties, live: LiveDeploymentTarget) -> Properties:
    return {**inputs, "targetId": live["metadata"]["id"]}
