"""A deployment's states: reaching one, and saying in the platform's words why it was not reached.

See https://docs.ververica.com/vvp/user-guide/application-operations/deployments/deployment-lifecycle.
"""

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import cast

from provider_kit import PluginError
from vvp_provider.api import Api, ApiError, Conflict, Json
from vvp_provider.matching import changed, project
from vvp_provider.messages.deployments import ChangedDeployment, LiveDeployment, State
from vvp_provider.messages.records import Event, Job, Savepoint
from vvp_provider.operations import (
    ADD_SAVEPOINT,
    CHANGE_DEPLOYMENT,
    LIST_EVENTS,
    LIST_JOBS,
    LIST_SAVEPOINTS,
    READ_DEPLOYMENT,
)
from vvp_provider.waiting import NotInTime, wait_until

log = logging.getLogger("vvp_provider")

SETTLE_SECONDS = 30.0
"""How long after a change a job that goes on unchanged is given to be stopped; the platform acts on a change soon, but
not at once, and not every change needs another job."""
LOOK_SECONDS = 15.0
"""How long a job may take to start before its pods are looked at, and how often then."""
_ATTEMPTS = 5
_EVENTS = 5


class StateNotReached(PluginError):
    """The platform did not bring a deployment to the desired state.

    Attributes:
        reasons: The platform's own, the most telling first.
    """

    def __init__(self, summary: str, reasons: list[str]) -> None:
        super().__init__("; ".join([summary, *reasons]))
        self.reasons = [summary, *reasons]


@dataclass
class Lifecycle:
    """One deployment on the platform.

    Args:
        api: The platform's API.
        namespace: The platform's namespace.
        name: The deployment's name.
        seconds: How long each state may take to be reached.
        waiting_pods: Why pods of a deployment wait, by its id.
    """

    api: Api
    namespace: str
    name: str
    seconds: float
    waiting_pods: Callable[[str], list[str]]

    def find(self) -> LiveDeployment | None:
        """The deployment; None if it is gone."""
        return self.api.find(READ_DEPLOYMENT, self.namespace, self.name)

    def get(self) -> LiveDeployment:
        """The deployment. Raises: NotFound."""
        return self.api.ask(READ_DEPLOYMENT, self.namespace, self.name)

    def change(self, old: Json, new: Json) -> LiveDeployment:
        """Change what the program changed and leave the rest as it is, on the newest version of the deployment.

        Args:
            old: `metadata` and `spec` as the program gave them last.
            new: As it gives them now.

        Raises:
            Conflict: Somebody else changes the same things at the same time.
        """
        live = self.get()
        for attempt in range(_ATTEMPTS):
            wanted = changed(_mutable(live), old, new)
            if new.get("spec", {}).get("deploymentTargetName") != old.get("spec", {}).get("deploymentTargetName"):
                # The platform keeps the id beside the name, and would find the two at odds.
                wanted["spec"].pop("deploymentTargetId", None)
            wanted["metadata"]["resourceVersion"] = live["metadata"]["resourceVersion"]
            try:
                body = cast("ChangedDeployment", {"apiVersion": "v1", "kind": "Deployment", **wanted})
                return self.api.send(CHANGE_DEPLOYMENT, body, self.namespace, self.name)
            except Conflict:
                newer = self.get()
                if attempt == _ATTEMPTS - 1 or project(new, _mutable(newer)) != project(new, _mutable(live)):
                    raise
                live = newer
        raise AssertionError("the last attempt returns or raises")

    def set_state(self, state: State) -> LiveDeployment:
        """Change the desired state only, and wait for it."""
        before = self.get()
        self.change({}, {"metadata": {}, "spec": {"state": state}})
        return self.reach(state, at_once, failed_counts=before["status"]["state"] != "FAILED")

    def reach(
        self, state: State, settled: Callable[[LiveDeployment], bool], *, failed_counts: bool = True
    ) -> LiveDeployment:
        """Wait until the platform reports a state.

        Args:
            state: The desired state; a job that FINISHED counts as RUNNING.
            settled: Whether what is reported belongs to the latest change.
            failed_counts: Whether FAILED ends the wait: not while it is the state that is being left.

        Raises:
            StateNotReached: FAILED, or not in time, or interrupted.
        """
        seen: list[LiveDeployment] = []
        tell = self._progress()
        accepted = (state, "FINISHED") if state == "RUNNING" else (state,)

        def done() -> bool:
            seen[:] = [self.get()]
            actual = seen[-1]["status"]["state"]
            if (actual in accepted and settled(seen[-1])) or (actual == "FAILED" and failed_counts):
                return True
            tell(seen[-1])
            return False

        what = f"deployment {self.name!r} to become {state}"
        try:
            wait_until(done, seconds=self.seconds, cancelled=self.api.cancelled, what=what)
        except NotInTime as error:
            summary = f"{error}; it is {seen[-1]['status']['state']}"
            raise StateNotReached(summary, self.reasons(seen[-1])) from error
        live = seen[-1]
        if live["status"]["state"] == "FAILED":
            raise StateNotReached(f"deployment {self.name!r} is FAILED instead of {state}", self.reasons(live))
        return live

    def _progress(self) -> Callable[[LiveDeployment], None]:
        """Says from time to time why pods wait, each reason once."""
        told: set[str] = set()
        looked = time.monotonic()

        def tell(live: LiveDeployment) -> None:
            nonlocal looked
            if time.monotonic() - looked < LOOK_SECONDS:
                return
            for reason in self.waiting_pods(live["metadata"]["id"]):
                if reason not in told:
                    log.warning("deployment %r: %s", self.name, reason)
                    told.add(reason)
            looked = time.monotonic()

        return tell

    def new_job(self, before: LiveDeployment) -> Callable[[LiveDeployment], bool]:
        """For `reach`: whether a job other than the one before runs, or that one has gone on for long enough."""
        old_job, start = job_id(before), time.monotonic()

        def settled(live: LiveDeployment) -> bool:
            if old_job is None or job_id(live) != old_job:
                return True
            return time.monotonic() - start > SETTLE_SECONDS

        return settled

    def stop(self, how: str) -> None:
        """End the job: with a savepoint, unless `how` is `cancel` or none runs.

        Raises:
            StateNotReached: It could not be stopped, or no savepoint could be taken.
        """
        live = self.get()
        runs = live["status"]["state"] in ("RUNNING", "TRANSITIONING") and live["spec"].get("state") != "CANCELLED"
        if how == "savepoint" and runs:
            try:
                self.set_state("SUSPENDED")
            except StateNotReached as error:
                hint = 'no savepoint could be taken, so the job was not cancelled (stop="cancel" cancels without one)'
                raise StateNotReached(hint, error.reasons) from error
        if live["status"]["state"] != "CANCELLED" or live["spec"].get("state") != "CANCELLED":
            self.set_state("CANCELLED")

    def latest_savepoint(self, deployment_id: str) -> str | None:
        """Location of the newest completed savepoint; None if there is none."""
        answer = self.api.ask(LIST_SAVEPOINTS, self.namespace, deploymentId=deployment_id)
        done = [item for item in answer.get("items") or [] if item.get("status", {}).get("state") == "COMPLETED"]
        newest = max(done, key=lambda item: item["metadata"].get("createdAt") or "", default=None)
        return newest["spec"].get("savepointLocation") if newest else None

    def add_savepoint(self, deployment_id: str, location: str) -> None:
        """Make a savepoint of another deployment known to this one, which can then start from it."""
        body: Savepoint = {
            "apiVersion": "v1",
            "kind": "Savepoint",
            "metadata": {"deploymentId": deployment_id, "namespace": self.namespace, "origin": "COPIED"},
            "spec": {"savepointLocation": location},
            "status": {"state": "COMPLETED"},
        }
        self.api.send(ADD_SAVEPOINT, body, self.namespace)

    def reasons(self, live: LiveDeployment) -> list[str]:
        """Why the platform is not where it should be: the newest job's failure, waiting pods, conditions, the last
        events."""
        identity = live["metadata"]["id"]
        found = self.waiting_pods(identity)
        running = live["status"].get("running") or {}
        for condition in running.get("conditions") or []:
            message = condition.get("message")
            if message and condition.get("status") != "False":
                found.append(f"{condition.get('reason') or condition.get('type')}: {message}")
        try:
            jobs = self.api.ask(LIST_JOBS, self.namespace, deploymentId=identity).get("items") or []
            events = self.api.ask(LIST_EVENTS, self.namespace, deploymentId=identity).get("items") or []
        except ApiError as error:
            return [*found, f"the platform gives no reasons: {error}"]
        job = max(jobs, key=_age, default=None)
        failure = job.get("status", {}).get("failure") if job else None
        if job and failure:
            found.insert(0, f"job {job['metadata']['id']}: {failure.get('reason')}: {failure.get('message')}")
        for event in sorted(events, key=_age, reverse=True)[:_EVENTS]:
            if message := event.get("spec", {}).get("message"):
                found.append(f"event {event['metadata'].get('name')}: {message}")
        return found


def at_once(_: LiveDeployment) -> bool:
    """For `Lifecycle.reach`: whatever reports the state will do."""
    return True


def job_id(live: LiveDeployment) -> str | None:
    """The id of the job that runs."""
    return (live["status"].get("running") or {}).get("jobId")


def _mutable(live: LiveDeployment) -> Json:
    return {"metadata": dict(live["metadata"]), "spec": dict(live["spec"])}


def _age(item: Job | Event) -> str:
    return item["metadata"].get("createdAt") or ""
