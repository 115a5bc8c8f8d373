"""`vvp:index:Deployment`: a Flink job in a desired state.

See https://docs.ververica.com/vvp/user-guide/application-operations/deployments.
"""

from typing import Any, cast

from provider_kit import (
    Change,
    Created,
    Diff,
    Found,
    InitFailed,
    Operation,
    Properties,
    Unknown,
    compare,
    preview_outputs,
)
from vvp_provider.api import Conflict, Json, NotFound
from vvp_provider.input_checks import Faults
from vvp_provider.lifecycle import Lifecycle, StateNotReached, at_once, job_id
from vvp_provider.matching import project, same
from vvp_provider.messages.deployments import Deployment, LiveDeployment, State
from vvp_provider.operations import MAKE_DEPLOYMENT, REMOVE_DEPLOYMENT
from vvp_provider.resource import PlatformResource, deployment_metadata, exists_already, identity, may_take, split_id
from vvp_provider.settings import Connection
from vvp_provider.specs import check_spec
from vvp_provider.waiting import wait_until

KNOWN = (
    *("name", "namespace", "displayName", "labels", "annotations", "spec"),
    *("stop", "initialSavepoint", "adopt"),
)
COMPUTED = ("deploymentId", "jobId", "actualState")
OWN = ("stop", "initialSavepoint", "adopt")
"""How this provider acts; the platform knows nothing of them."""
STOPS = ("savepoint", "cancel")
DEFAULT_SECONDS = 600.0


class Deployments(PlatformResource):
    """A deployment; its id is `NAMESPACE/NAME`."""

    def __init__(self, connection: Connection) -> None:
        super().__init__(connection)
        # Of deployments that this run deletes in order to replace them: the savepoint to start from, by URN.
        self._handover: dict[str, str] = {}

    def check(self, op: Operation) -> Properties:
        """Names, and the specification with its defaults."""
        faults = Faults({"namespace": "default", "stop": "savepoint"} | op.inputs, KNOWN)
        faults.label("name")
        faults.metadata()
        faults.one_of("stop", faults.inputs["stop"], STOPS)
        spec = check_spec(faults, op.inputs.get("spec"))
        inputs = faults.done()
        return inputs if isinstance(inputs["spec"], Unknown) else {**inputs, "spec": spec}

    def diff(self, op: Operation) -> Diff:
        """All but the name changes in place. A job that failed is a change: it is started again."""
        old = {key: value for key, value in op.old_inputs.items() if key not in OWN}
        new = {key: value for key, value in op.inputs.items() if key not in OWN}
        found = compare(old, new, replace=["name", "namespace"], same=same)
        if op.state.get("actualState") == "FAILED" and _desired(op.inputs) == "RUNNING":
            found.changes["actualState"] = Change.UPDATE
        found.delete_before_replace = True
        found.stables = ["deploymentId"]
        return found

    def preview(self, op: Operation) -> Properties:
        """A changed specification may change job and state."""
        volatile = COMPUTED[1:] if not same((), op.old_inputs.get("spec"), op.inputs.get("spec")) else ()
        return preview_outputs(op, list(COMPUTED), volatile)

    def create(self, op: Operation) -> Created:
        """Make it and wait for the desired state; an existing one only if it is this resource's own or adopted."""
        inputs = op.inputs
        life = self._life(op, inputs)
        savepoint = self._handover.pop(op.urn, None) or inputs.get("initialSavepoint")
        body: Deployment = {
            "apiVersion": "v1",
            "kind": "Deployment",
            "metadata": deployment_metadata(op, inputs),
            "spec": inputs["spec"],
        }
        # A job must not start before the savepoint that it starts from is known.
        first: Deployment = {**body, "spec": {**body["spec"], "state": "CANCELLED"}} if savepoint else body
        before: LiveDeployment | None = None
        try:
            live = self.api(op).send(MAKE_DEPLOYMENT, first, inputs["namespace"])
        except Conflict as error:
            before = life.get()
            if not may_take(before["metadata"], op):
                what = f"deployment {inputs['name']!r} in namespace {inputs['namespace']!r}"
                raise exists_already(what, op, _id(inputs)) from error
            live = before
        if savepoint and not before:
            life.add_savepoint(live["metadata"]["id"], savepoint)
        if savepoint or before:
            return Created(_id(inputs), self._apply(op, before or live, {}, {**body}))
        return Created(_id(inputs), self._reach(op, life, at_once))

    def read(self, op: Operation) -> Found | None:
        """As the platform has it, seen through what the program gave."""
        namespace, name = split_id(op)
        live = self._life(op, {"namespace": namespace, "name": name}).find()
        if live is None:
            return None
        found = _described(live)
        if not op.old_inputs:
            return Found(op.id, _outputs(found, live), found)
        given = {key: value for key, value in op.old_inputs.items() if key not in OWN}
        inputs = {**op.old_inputs, **project(given, found)}
        return Found(op.id, _outputs(inputs, live), inputs)

    def update(self, op: Operation) -> Properties:
        """Change what the program changed and wait for the desired state; a failed job is started again."""
        life = self._life(op, op.inputs)
        old = _sent(op, op.old_inputs) if op.old_inputs.get("spec") else {}
        return self._apply(op, life.get(), old, _sent(op, op.inputs))

    def delete(self, op: Operation) -> None:
        """Stop the job, wait, remove the deployment; gone already is done."""
        namespace, name = split_id(op)
        life = self._life(op, {"namespace": namespace, "name": name})
        live = life.find()
        if live is None:
            return
        try:
            life.stop(op.old_inputs.get("stop") or "savepoint")
            if savepoint := life.latest_savepoint(live["metadata"]["id"]):
                self._handover[op.urn] = savepoint
            self.api(op).ask(REMOVE_DEPLOYMENT, namespace, name)
        except NotFound:
            return
        wait_until(
            lambda: life.find() is None,
            seconds=life.seconds,
            cancelled=op.cancelled,
            what=f"deployment {name!r} to be removed",
        )

    def _apply(self, op: Operation, before: LiveDeployment, old: Json, new: Json) -> Properties:
        life = self._life(op, op.inputs)
        state = _desired(op.inputs)
        try:
            if state == "CANCELLED":
                life.stop(op.inputs["stop"])
            elif before["status"]["state"] == "FAILED":
                # The platform has given up; only another desired state makes it begin anew.
                life.set_state("CANCELLED")
            before = life.get()
            after = life.change(old, new)
        except StateNotReached as error:
            raise InitFailed(_id(op.inputs), _outputs(op.inputs, life.get()), error.reasons) from error
        restarts = after["spec"].get("upgradeStrategy", {}).get("kind") != "NONE" and (
            before["spec"].get("template") != after["spec"].get("template")
            or before["spec"].get("deploymentTargetName") != after["spec"].get("deploymentTargetName")
        )
        return self._reach(op, life, life.new_job(before) if restarts else at_once)

    def _reach(self, op: Operation, life: Lifecycle, settled: Any) -> Properties:
        try:
            return _outputs(op.inputs, life.reach(_desired(op.inputs), settled))
        except StateNotReached as error:
            raise InitFailed(_id(op.inputs), _outputs(op.inputs, life.get()), error.reasons) from error

    def _life(self, op: Operation, inputs: Properties) -> Lifecycle:
        seconds = op.timeout or DEFAULT_SECONDS
        pods = self._connection.waiting_pods
        return Lifecycle(self.api(op), inputs["namespace"], inputs["name"], seconds, pods)


def _id(inputs: Properties) -> str:
    return f"{inputs['namespace']}/{inputs['name']}"


def _desired(inputs: Properties) -> State:
    spec = inputs.get("spec")
    return spec.get("state", "RUNNING") if isinstance(spec, dict) else "RUNNING"  # pyright: ignore[reportUnknownVariableType, reportUnknownMemberType]


def _sent(op: Operation, inputs: Properties) -> Json:
    return {"metadata": deployment_metadata(op, inputs), "spec": inputs["spec"]}


def _described(live: LiveDeployment) -> Properties:
    """The inputs that would describe a deployment."""
    spec = cast("Properties", {**live["spec"]})
    if spec.get("deploymentTargetName"):
        # The platform's own, beside the name.
        spec.pop("deploymentTargetId", None)
    found: Properties = {**identity(live["metadata"]), "spec": spec}
    if name := live["metadata"].get("displayName"):
        found["displayName"] = name
    return found


def _outputs(inputs: Properties, live: LiveDeployment) -> Properties:
    return {
        **inputs,
        "deploymentId": live["metadata"]["id"],
        "jobId": job_id(live),
        "actualState": live["status"]["state"],
    }
