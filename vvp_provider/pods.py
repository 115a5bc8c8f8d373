"""Why a job's pods wait, in the words of Kubernetes.

The platform itself only says that a deployment is TRANSITIONING. See
https://kubernetes.io/docs/concepts/workloads/pods/pod-lifecycle/#pod-conditions.
"""

import logging
from typing import Any

import yaml

log = logging.getLogger("vvp_provider")

LABEL = "deploymentId"
"""The platform puts it on each pod of a deployment, and a template cannot change it."""
SECONDS = 10
_ON_THEIR_WAY = ("ContainerCreating", "PodInitializing")


def waiting_pods(kubeconfig: str, deployment_id: str) -> list[str]:
    """One line for each pod of a deployment that waits, with what it waits for.

    Args:
        kubeconfig: As YAML or JSON text; may name a command that fetches credentials.
        deployment_id: The platform's id of the deployment.

    Returns:
        Nothing where no pod waits, or where the cluster does not tell: this only explains, and must fail nothing.
    """
    # Imported here: it takes a second, and most operations do without.
    from kubernetes import client
    from kubernetes import config as untyped_config
    from urllib3.exceptions import HTTPError

    # The client has no types for these.
    config: Any = untyped_config
    try:
        api: Any = client.CoreV1Api(config.new_client_from_config_dict(yaml.safe_load(kubeconfig)))
        selector = f"{LABEL}={deployment_id}"
        pods: list[Any] = api.list_pod_for_all_namespaces(label_selector=selector, _request_timeout=SECONDS).items
    except (client.ApiException, config.ConfigException, HTTPError, OSError) as error:
        log.info("the cluster does not tell why pods wait: %s", type(error).__name__)
        return []
    return [f"pod {pod.metadata.name} waits: {reason}" for pod in pods if (reason := reason_of(pod))]


def reason_of(pod: Any) -> str | None:
    """What a pod waits for; None if it runs, or is only being started.

    Args:
        pod: A pod as the Kubernetes client has it.
    """
    conditions: list[Any] = pod.status.conditions or []
    for condition in conditions:
        if condition.type == "PodScheduled" and condition.status == "False":
            return ": ".join(filter(None, (condition.reason, condition.message)))
    containers: list[Any] = [*(pod.status.init_container_statuses or []), *(pod.status.container_statuses or [])]
    for container in containers:
        waits = container.state.waiting if container.state else None
        if waits and waits.reason not in _ON_THEIR_WAY:
            return ": ".join(filter(None, (waits.reason, waits.message)))
    return None
