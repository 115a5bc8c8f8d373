"""A deployment's states: reaching one, and saying in the platform's words why it was not reached.

See https://docs.ververica.com/vvp/user-guide/application-operations/deployments/deployment-lifecycle.
"""

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from provider_kit.server import PluginError
from vvp_provider.api import Api, ApiError, Conflict, Json
from vvp_provider.matching import changed, project
from vvp_provider.waiting import NotInTime, wait_until

log = logging.getLogger("vvp_provider")

SETTLE_SECONDS = 30.0
"""How long after a change a job that goes on unchanged is given to be stopped; the platform acts on a change soon, but
not at once, and not every change needs another job."""
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
    """

    api: Api
    namespace: str
    name: str
    seconds: float

    @property
    def path(self) -> str:
        """Its place in the API."""
        return f"/api/v1/namespaces/{self.namespace}/deployments/{self.name}"

    def find(self) -> Json | None:
        """The deployment; None if it is gone."""
        return self.api.find(self.path)

    def get(self) -> Json:
        """The deployment. Raises: NotFound."""
        return self.api.get(self.path)

    def change(self, old: Json, new: Json) -> Json:
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
                return self.api.request("PUT", self.path, body={"apiVersion": "v1", "kind": "Deployment", **wanted})
            except Conflict:
                newer = self.get()
                if attempt == _ATTEMPTS - 1 or project(new, _mutable(newer)) != project(new, _mutable(live)):
                    raise
                live = newer
        raise AssertionError("the last attempt returns or raises")

    def set_state(self, state: str) -> Json:
        """Change the desired state only, and wait for it."""
        before = self.get()
        self.change({}, {"metadata": {}, "spec": {"state": state}})
        return self.reach(state, at_once, failed_counts=before["status"]["state"] != "FAILED")

    def reach(self, state: str, settled: Callable[[Json], bool], *, failed_counts: bool = True) -> Json:
        """Wait until the platform reports a state.

        Args:
            state: The desired state; a job that FINISHED counts as RUNNING.
            settled: Whether what is reported belongs to the latest change.
            failed_counts: Whether FAILED ends the wait: not while it is the state that is being left.

        Raises:
            StateNotReached: FAILED, or not in time, or interrupted.
        """
        live: Json = {}
        accepted = (state, "FINISHED") if state == "RUNNING" else (state,)

        def done() -> bool:
            nonlocal live
            live = self.get()
            actual = live["status"]["state"]
            return (actual in accepted and settled(live)) or (actual == "FAILED" and failed_counts)

        what = f"deployment {self.name!r} to become {state}"
        try:
            wait_until(done, seconds=self.seconds, cancelled=self.api.cancelled, what=what)
        except NotInTime as error:
            summary = f"{error}; it is {live['status']['state']}"
            raise StateNotReached(summary, self.reasons(live)) from error
        if live["status"]["state"] == "FAILED":
            raise StateNotReached(f"deployment {self.name!r} is FAILED instead of {state}", self.reasons(live))
        return live

    def new_job(self, before: Json) -> Callable[[Json], bool]:
        """For `reach`: whether a job other than the one before runs, or that one has gone on for long enough."""
        old_job, start = job_id(before), time.monotonic()

        def settled(live: Json) -> bool:
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
        answer = self.api.get(f"/api/v1/namespaces/{self.namespace}/savepoints", {"deploymentId": deployment_id})
        items: list[Json] = answer.get("items") or []
        done = [item for item in items if item.get("status", {}).get("state") == "COMPLETED"]
        newest = max(done, key=lambda item: item["metadata"].get("createdAt") or "", default=None)
        return newest["spec"].get("savepointLocation") if newest else None

    def add_savepoint(self, deployment_id: str, location: str) -> None:
        """Make a savepoint of another deployment known to this one, which can then start from it."""
        body = {
            "apiVersion": "v1",
            "kind": "Savepoint",
            "metadata": {"deploymentId": deployment_id, "namespace": self.namespace, "origin": "COPIED"},
            "spec": {"savepointLocation": location},
            "status": {"state": "COMPLETED"},
        }
        self.api.request("POST", f"/api/v1/namespaces/{self.namespace}/savepoints", body=body)

    def reasons(self, live: Json) -> list[str]:
        """Why the platform is not where it should be: the newest job's failure, conditions, the last events."""
        found: list[str] = []
        identity = {"deploymentId": live["metadata"]["id"]}
        running: Json = live["status"].get("running") or {}
        conditions: list[Json] = running.get("conditions") or []
        for condition in conditions:
            if condition.get("message") and condition.get("status") != "False":
                found.append(f"{condition.get('reason') or condition.get('type')}: {condition['message']}")
        try:
            jobs = _newest(self.api.get(f"/api/v1/namespaces/{self.namespace}/jobs", identity))
            events = _newest(self.api.get(f"/api/v1/namespaces/{self.namespace}/events", identity))
        except ApiError as error:
            return [*found, f"the platform gives no reasons: {error}"]
        failure: Json = (jobs[0].get("status", {}).get("failure") or {}) if jobs else {}
        if failure:
            found.insert(0, f"job {jobs[0]['metadata']['id']}: {failure.get('reason')}: {failure.get('message')}")
        for event in events[:_EVENTS]:
            if message := event.get("spec", {}).get("message"):
                found.append(f"event {event['metadata'].get('name')}: {message}")
        return found


def at_once(_: Json) -> bool:
    """For `Lifecycle.reach`: whatever reports the state will do."""
    return True


def job_id(live: Json) -> str | None:
    """The id of the job that runs."""
    running: Json = live.get("status", {}).get("running") or {}
    return running.get("jobId")


def _mutable(live: Json) -> Json:
    return {"metadata": dict(live["metadata"]), "spec": dict(live["spec"])}


def _newest(answer: Json) -> list[Any]:
    items: list[Json] = answer.get("items") or []
    return sorted(items, key=lambda item: item["metadata"].get("createdAt") or "", reverse=True)
