"""Pods as the proof makes them, and the ways in which one would get at what is not its own."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from prove import cluster_probes
from prove.api_server import Object

DEPLOYMENT, VVP_NAMESPACE = "deploymentName", "vvpNamespace"
"""What the platform labels the pods of a deployment with."""


def deployment_labels(name: str, vvp_namespace: str) -> dict[str, str]:
    """The labels of a deployment's pods.

    Args:
        name: The deployment.
        vvp_namespace: Its namespace on the platform.
    """
    return {DEPLOYMENT: name, VVP_NAMESPACE: vvp_namespace}


def pod(mark: str, name: str, account: str | None, label: str | None, vvp_namespace: str = "") -> Object:
    """A pod that asks for almost nothing, and that no node is ever given: nothing of it runs.

    Args:
        mark: The run's mark.
        name: Its name.
        account: Its account; None names none.
        label: Its deployment; None is of none.
        vvp_namespace: The platform's namespace of that deployment.
    """
    labels = {cluster_probes.LABEL: mark} | ({} if label is None else deployment_labels(label, vvp_namespace))
    container = {"name": "probe", "image": "registry.example/probe:1", "resources": {"requests": {"cpu": "1m"}}}
    spec: Object = {
        "containers": [container],
        "schedulingGates": [{"name": "ververica.com/prove"}],
        "terminationGracePeriodSeconds": 0,
    }
    if account is not None:
        spec["serviceAccountName"] = account
    return {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name, "labels": labels}, "spec": spec}


@dataclass(frozen=True)
class Surroundings:
    """What a pod would pose with.

    Attributes:
        platform_labels: Labels of the platform's own pod.
        replica_set: The name that its ReplicaSet has, or might have.
    """

    platform_labels: Mapping[str, str]
    replica_set: str


Way = Callable[[Object, Surroundings], None]
"""Changes a pod to what an attacker would have."""


def _node_files(made: Object, _: Surroundings) -> None:
    made["spec"] |= {"hostPID": True}
    _mount(made, {"hostPath": {"path": "/var/lib/kubelet"}})


def _host_path(made: Object, _: Surroundings) -> None:
    _mount(made, {"hostPath": {"path": "/var/lib/kubelet"}})


def _host_network(made: Object, _: Surroundings) -> None:
    made["spec"] |= {"hostNetwork": True}


def _host_ipc(made: Object, _: Surroundings) -> None:
    made["spec"] |= {"hostIPC": True}


def _host_port(made: Object, _: Surroundings) -> None:
    _container(made)["ports"] = [{"containerPort": 8081, "hostPort": 8081}]


def _privileged(made: Object, _: Surroundings) -> None:
    _container(made)["securityContext"] = {"privileged": True}


def _capability(made: Object, _: Surroundings) -> None:
    _container(made)["securityContext"] = {"capabilities": {"add": ["NET_ADMIN"]}}


NODE_WAYS: Mapping[str, Way] = {
    "hostPID and a hostPath": _node_files,
    "a hostPath": _host_path,
    "hostNetwork": _host_network,
    "hostIPC": _host_ipc,
    "a hostPort": _host_port,
    "privileges": _privileged,
    "the capability NET_ADMIN": _capability,
}
"""Out of the pod, into its node: what Pod Security's level `baseline` refuses."""


def _deleted(made: Object, _: Surroundings) -> None:
    # Apply, unlike create, does not wipe it.
    made["metadata"] |= {"deletionTimestamp": "2030-01-02T03:04:05Z", "deletionGracePeriodSeconds": 0}


def _owned(made: Object, surroundings: Surroundings) -> None:
    owner = {
        "apiVersion": "apps/v1",
        "kind": "ReplicaSet",
        "name": surroundings.replica_set,
        "uid": "1",
        "controller": True,
    }
    made["metadata"]["ownerReferences"] = [owner]


def _as_platform(made: Object, surroundings: Surroundings) -> None:
    made["metadata"]["labels"] |= surroundings.platform_labels


def _as_platforms_own(made: Object, surroundings: Surroundings) -> None:
    _as_platform(made, surroundings)
    _owned(made, surroundings)


PLATFORM_WAYS: Mapping[str, Way] = {
    "the labels of the platform's pods": _as_platform,
    "labels and owner of the platform's pods": _as_platforms_own,
}
"""Metadata by which a pod would pass for one of the platform's own."""
POSING_WAYS: Mapping[str, Way] = {
    "a time of deletion": _deleted,
    "the platform's ReplicaSet as its owner": _owned,
    **PLATFORM_WAYS,
}
"""Metadata by which a pod without `deploymentName` would pass for one that the rule leaves out."""


def _namesake(made: Object, _: Surroundings) -> None:
    made["metadata"]["labels"][VVP_NAMESPACE] = "another"


def _of_no_namespace(made: Object, _: Surroundings) -> None:
    del made["metadata"]["labels"][VVP_NAMESPACE]


NAMESAKE_WAYS: Mapping[str, Way] = {
    "the label of a namesake in another namespace of the platform": _namesake,
    "no label of the platform's namespace": _of_no_namespace,
}
"""A deployment of the same name is another deployment; its pods carry the account's name as `deploymentName`."""


Taking = Callable[[Object, str], None]
"""Has a pod take something of its namespace, by its name."""


def _volume(made: Object, name: str) -> None:
    _mount(made, {"secret": {"secretName": name}})


def _projected(made: Object, name: str) -> None:
    _mount(made, {"projected": {"sources": [{"secret": {"name": name}}]}})


def _variable(made: Object, name: str) -> None:
    reference = {"secretKeyRef": {"name": name, "key": "any", "optional": True}}
    _container(made)["env"] = [{"name": "STOLEN", "valueFrom": reference}]


def _variables(made: Object, name: str) -> None:
    _container(made)["envFrom"] = [{"secretRef": {"name": name, "optional": True}}]


def _pulling(made: Object, name: str) -> None:
    made["spec"]["imagePullSecrets"] = [{"name": name}]


def _before(made: Object, name: str) -> None:
    first: Object = {"name": "first", "image": "registry.example/probe:1"}
    first["envFrom"] = [{"secretRef": {"name": name, "optional": True}}]
    made["spec"]["initContainers"] = [first]


def _claim(made: Object, name: str) -> None:
    _mount(made, {"persistentVolumeClaim": {"claimName": name}})


SECRET_WAYS: Mapping[str, Taking] = {
    "mount": _volume,
    "mount, projected,": _projected,
    "read as a variable": _variable,
    "read as variables": _variables,
    "read before it starts": _before,
    "pull images with": _pulling,
}
VOLUME_WAYS: Mapping[str, Taking] = {"mount the volume of": _claim}


def _container(made: Object) -> dict[str, Any]:
    return made["spec"]["containers"][0]


def _mount(made: Object, source: Object) -> None:
    made["spec"]["volumes"] = [{"name": "taken", **source}]
    _container(made)["volumeMounts"] = [{"name": "taken", "mountPath": "/taken"}]
