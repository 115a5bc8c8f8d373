"""The controller: one pass looks at every deployment and takes the next step towards its desired state.

https://docs.ververica.com/vvp/user-guide/application-operations/deployments/deployment-lifecycle and
https://docs.ververica.com/vvp/user-guide/application-operations/deployments/deployment-upgrades
"""

import asyncio
import contextlib
import logging
import time
from typing import Final

import httpx

from sandbox.cluster.api_client import Refused
from sandbox.platform.calls import ACTIVE, Platform
from sandbox.platform.controller import jobs, savepoints
from sandbox.platform.controller.cluster import Cluster
from sandbox.platform.controller.events import event, show
from sandbox.platform.store import Row

START_SECONDS: Final = 300.0
"""How long pods may take to be ready before the job fails."""

IDLE_SECONDS: Final = 2.0
BUSY_SECONDS: Final = 0.25

log = logging.getLogger(__name__)


class Controller:
    """Brings every deployment to its desired state."""

    def __init__(self, platform: Platform, cluster: Cluster) -> None:
        self._platform = platform
        self._store = platform.store
        self._cluster = cluster

    async def run(self) -> None:
        """Passes for ever. What was interrupted goes on from what the database and Kubernetes say."""
        while True:
            self._platform.changed.clear()
            busy = True
            try:
                busy = await self.pass_once()
            except (httpx.TransportError, Refused, OSError) as error:
                log.warning("controller: %s", str(error) or type(error).__name__)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._platform.changed.wait(), BUSY_SECONDS if busy else IDLE_SECONDS)

    async def pass_once(self) -> bool:
        """Takes the next step of every deployment.

        Returns:
            Whether something is on its way.
        """
        with self._store.transaction():
            busy = savepoints.progress(self._store)
        for row in self._store.all("Namespace"):
            if row.body["lifecyclePhase"] != ACTIVE:
                self._empty(row)
                busy = True
        for deployment in self._store.all("Deployment"):
            try:
                busy = await self._step(deployment) or busy
            except (httpx.TransportError, Refused) as error:
                # One deployment's trouble is not another's.
                log.warning("deployment %s: %s", deployment.name, str(error) or type(error).__name__)
                busy = True
        return busy

    def _empty(self, namespace: Row) -> None:
        """Ends what runs in a namespace that goes; without jobs, all that it holds goes, and it itself."""
        deployments = self._store.all("Deployment", namespace.name)
        with self._store.transaction():
            for deployment in deployments:
                if deployment.body["spec"]["state"] != "CANCELLED":
                    deployment.body["spec"]["state"] = "CANCELLED"
                    self._store.update(deployment)
            if not any(deployment.hidden.get("jobId") for deployment in deployments):
                self._store.clear(namespace.name)
                self._store.delete(namespace)

    async def _step(self, listed: Row) -> bool:
        deployment = self._store.by_id("Deployment", listed.namespace, listed.id)
        if not deployment:
            return True
        desired, state = deployment.body["spec"]["state"], deployment.body["status"]["state"]
        job = jobs.active(self._store, deployment)
        if not job:
            return self._without_job(deployment, desired, state)
        match job.body["status"]["state"]:
            case "STARTING":
                return await self._starting(deployment, job)
            case "STARTED":
                return await self._started(deployment, job)
            case _:
                return await self._terminating(deployment, job)

    def _without_job(self, deployment: Row, desired: str, state: str) -> bool:
        # A failed deployment is started again only after it has been cancelled or suspended.
        if desired == state or (state == "FAILED" and desired == "RUNNING"):
            return False
        with self._store.transaction():
            if desired == "RUNNING":
                event(self._store, deployment, "STATE_TRANSITION_IS_NEEDED", f"Transition from {state} to RUNNING.")
                show(self._store, deployment, "TRANSITIONING")
                jobs.create(self._store, self._platform.settings, deployment)
                return True
            if desired == "SUSPENDED":
                event(self._store, deployment, "COULD_NOT_FIND_A_JOB_TO_SUSPEND", "There is no job to suspend.")
            show(self._store, deployment, desired)
        return False

    async def _starting(self, deployment: Row, job: Row) -> bool:
        reason = self._outdated(deployment, job)
        if reason:
            return self._terminate(deployment, job, reason)
        if job.hidden["failure"]:
            return self._failed(deployment, job, *job.hidden["failure"])
        namespace = job.hidden["namespace"]
        try:
            await self._cluster.start(job, namespace)
            seen = await self._cluster.look(job, namespace)
        except Refused as refused:
            if refused.status >= 500 or refused.status == 429:
                raise
            return self._failed(deployment, job, "ClusterCreationFailed", str(refused))
        late = time.time() - job.hidden["since"] > START_SECONDS
        if seen.failure and (late or not _passing(seen.failure)):
            return self._failed(deployment, job, "ClusterCreationFailed", seen.failure)
        if late:
            return self._failed(
                deployment, job, "JobStartTimeout", f"The job's pods are not ready after {START_SECONDS:.0f} seconds."
            )
        if seen.ready:
            with self._store.transaction():
                jobs.started(self._store, job)
                deployment = self._fresh(deployment)
                event(self._store, deployment, "JOB_SUCCESSFULLY_STARTED", "The job runs.", job)
                if deployment.body["spec"]["state"] == "RUNNING":
                    show(self._store, deployment, "RUNNING")
        return True

    async def _started(self, deployment: Row, job: Row) -> bool:
        reason = self._outdated(deployment, job)
        if reason:
            return self._shut_down(deployment, job, reason)
        seen = await self._cluster.look(job, job.hidden["namespace"])
        if seen.failure and not _passing(seen.failure):
            return self._failed(deployment, job, "ClusterFailed", seen.failure)
        with self._store.transaction():
            show(self._store, self._fresh(deployment), "RUNNING", ready=seen.ready)
        return not seen.ready

    async def _terminating(self, deployment: Row, job: Row) -> bool:
        if not await self._cluster.stop(job, job.hidden["namespace"]):
            return True
        with self._store.transaction():
            jobs.ended(self._store, job)
            deployment = self._fresh(deployment)
            deployment.hidden["jobId"] = None
            self._store.update(deployment)
            desired = deployment.body["spec"]["state"]
            if desired != "RUNNING":
                show(self._store, deployment, desired)
                event(self._store, deployment, "STATE_TRANSITION_IS_COMPLETED", f"Transition to {desired}.", job)
            elif job.hidden["failure"]:
                show(self._store, deployment, "FAILED")
        return True

    def _outdated(self, deployment: Row, job: Row) -> str | None:
        """Why a job has to end: the desired state, or `UPGRADE` for another template."""
        desired = deployment.body["spec"]["state"]
        if desired != "RUNNING":
            return desired
        changed = jobs.template(deployment) != job.hidden["template"]
        return "UPGRADE" if changed and deployment.body["spec"]["upgradeStrategy"]["kind"] != "NONE" else None

    def _shut_down(self, deployment: Row, job: Row, reason: str) -> bool:
        """Ends a running job, after its savepoint if it is to have one."""
        stateful = reason == "SUSPENDED" or (
            reason == "UPGRADE" and deployment.body["spec"]["upgradeStrategy"]["kind"] == "STATEFUL"
        )
        if not stateful:
            return self._terminate(deployment, job, reason)
        origin = "SUSPEND" if reason == "SUSPENDED" else "SUSPEND_AND_UPGRADE"
        taken = savepoints.of_job(self._store, job, origin)
        last = taken[-1].body["status"]["state"] if taken else None
        if last == "COMPLETED":
            return self._terminate(deployment, job, reason)
        failures = sum(row.body["status"]["state"] == "FAILED" for row in taken)
        with self._store.transaction():
            if last != "STARTED" and failures >= deployment.body["spec"]["maxSavepointCreationAttempts"]:
                if deployment.body["status"]["state"] != "FAILED":
                    message = taken[-1].body["status"]["failure"]["message"]
                    event(self._store, deployment, "TOO_MANY_FAILED_SUSPENSION_ATTEMPTS", message, job)
                    show(self._store, deployment, "FAILED")
                return False
            if deployment.body["status"]["state"] != "TRANSITIONING":
                name = "USING_AN_UPGRADE_STRATEGY" if reason == "UPGRADE" else "STATE_TRANSITION_IS_NEEDED"
                event(self._store, deployment, name, f"The job has to end: {reason}.", job)
                show(self._store, deployment, "TRANSITIONING")
            if last != "STARTED":
                savepoints.request(self._store, deployment, job, origin)
        return True

    def _terminate(self, deployment: Row, job: Row, reason: str) -> bool:
        with self._store.transaction():
            event(self._store, deployment, "FOUND_A_JOB_TO_TERMINATE", f"Terminating the job: {reason}.", job)
            show(self._store, deployment, "TRANSITIONING")
            if reason == "CANCELLED" and job.body["status"]["state"] == "STARTED":
                savepoints.retain_checkpoint(self._store, deployment, job)
            job.hidden["failure"] = None
            job.body["status"]["state"] = "TERMINATING"
            self._store.update(job)
        return True

    def _failed(self, deployment: Row, job: Row, reason: str, message: str) -> bool:
        with self._store.transaction():
            deployment = self._fresh(deployment)
            event(self._store, deployment, "FAILED_TO_CREATE_CLUSTER_FOR_JOB", f"{reason}: {message}", job)
            show(self._store, deployment, "TRANSITIONING")
            jobs.fail(self._store, job, reason, message)
        return True

    def _fresh(self, deployment: Row) -> Row:
        """The deployment as it is now: a client may have changed it while Kubernetes was asked."""
        return self._store.by_id("Deployment", deployment.namespace, deployment.id) or deployment


def _passing(message: str) -> bool:
    """Whether a refusal may go by itself: the admission webhook did not answer, as while Kyverno restarts."""
    return "failed calling webhook" in message
