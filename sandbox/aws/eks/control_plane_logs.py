"""The log group that EKS writes a control plane's logs to, and makes where it is missing.

EKS delivers what it has gathered some time after it was written: also after the cluster is gone. A log group that was
deleted by then comes back, without a retention and without tags: https://github.com/terraform-aws-modules/terraform-aws-eks/issues/2763.
"""

import contextvars
import threading
from collections.abc import Callable

from sandbox.aws import emulator
from sandbox.aws.eks import checks

LATE = 3.0
"""Seconds after a cluster is gone in which its last logs arrive; EKS takes minutes."""


def write(cluster: checks.Record) -> None:
    """Delivers logs, if the cluster has any."""
    name = f"/aws/eks/{cluster['name']}/cluster"
    logs = emulator.service("cloudwatch_logs")
    if any(group["enabled"] for group in cluster["logging"]["clusterLogging"]) and name not in logs._log_groups:
        logs._create_log_group({"logGroupName": name})


def write_late(cluster: checks.Record, changed: Callable[[str], None]) -> None:
    """Delivers a deleted cluster's last logs.

    Args:
        cluster: its record.
        changed: is told which service's state changed.
    """

    def deliver() -> None:
        write(cluster)
        changed("logs")

    timer = threading.Timer(LATE, contextvars.copy_context().run, args=(deliver,))
    timer.daemon = True
    timer.start()
