"""Flink's own settings of a job: what the program and the platform decide, and nobody else."""

from collections.abc import Iterator, Mapping

from settings.faults import Fault, show
from settings.jobs import JobSettings

_DECIDED: Mapping[str, str] = {
    "kubernetes.service-account": "the account is the job's",
    "kubernetes.jobmanager.service-account": "the account is the job's",
    "kubernetes.taskmanager.service-account": "the account is the job's",
    "kubernetes.namespace": "the namespace is that of the deployment target",
    "kubernetes.cluster-id": "the platform names the job's pods",
    "kubernetes.pod-template-file.default": "the pod template is the program's",
    "kubernetes.pod-template-file": "the pod template is the program's",
    "kubernetes.pod-template-file.jobmanager": "the pod template is the program's",
    "kubernetes.pod-template-file.taskmanager": "the pod template is the program's",
    "kubernetes.secrets": "a pod mounts no Secrets of others",
    "kubernetes.env.secretKeyRef": "a pod mounts no Secrets of others",
}
"""See https://nightlies.apache.org/flink/flink-docs-stable/docs/deployment/config/#kubernetes."""

STATE_DIRECTORIES = (
    "state.checkpoints.dir",
    "state.savepoints.dir",
    "execution.checkpointing.dir",
    "execution.checkpointing.savepoint-dir",
    "high-availability.storageDir",
    "state.backend.fs.checkpointdir",
    "state.changelog.dstl.dfs.base-path",
    "jobmanager.archive.fs.dir",
)
"""Settings of all supported versions of Flink that say where state goes."""

HIGH_AVAILABILITY = ("high-availability", "high-availability.type")


def faults(jobs: Mapping[str, JobSettings]) -> Iterator[Fault]:
    """Settings that take another account, namespace or pod template.

    Args:
        jobs: The jobs by name.
    """
    for name, job in jobs.items():
        for setting, value in job.flink.items():
            if setting in _DECIDED:
                yield Fault(f"vvp:jobs.{name}.flink.{setting}", show(value), f"nothing: {_DECIDED[setting]}")
