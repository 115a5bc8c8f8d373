"""The Kubernetes objects of a Flink job.

Documented: the JobManager is a Job, the TaskManagers are a Deployment, a Service leads to the JobManager; the labels
app, system, vvpNamespace, deploymentId, deploymentName, jobId; system labels win over the user's; pod templates are
merged with the system's. Not documented, and so only likely: the objects' names, the label `component`, the container
names, and the paths under the blob storage.

https://docs.ververica.com/vvp/platform-operations/deployment-targets (Resource Labels),
https://docs.ververica.com/vvp/user-guide/application-operations/deployments/k8s-resources
"""

from typing import Any, Final, Literal

from sandbox.platform.merging import merged
from sandbox.platform.store import Row

Json = dict[str, Any]
Component = Literal["jobmanager", "taskmanager"]

CONTAINERS: Final[dict[Component, str]] = {"jobmanager": "flink-jobmanager", "taskmanager": "flink-taskmanager"}
TEMPLATES: Final[dict[Component, str]] = {
    "jobmanager": "jobManagerPodTemplate",
    "taskmanager": "taskManagerPodTemplate",
}
REST_PORT = 8081
RPC_PORT = 6123


def name(job: Row, component: Component) -> str:
    """Of a job's Kubernetes object."""
    return f"job-{job.id}-{component}"


def selector(job: Row) -> str:
    """Chooses all objects of a job."""
    return f"jobId={job.id},system=ververica-platform"


def labels(job: Row, component: Component) -> dict[str, str]:
    """What the platform writes on every object and pod of a job."""
    own = {
        "app": "flink-job",
        "system": "ververica-platform",
        "vvpNamespace": job.namespace,
        "deploymentId": job.body["metadata"]["deploymentId"],
        "deploymentName": job.body["metadata"]["deploymentName"],
        "jobId": job.id,
        "component": component,
    }
    return {**(_kubernetes(job).get("labels") or {}), **own}


def service(job: Row) -> Json:
    """Leads to the JobManager."""
    own = labels(job, "jobmanager")
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": name(job, "jobmanager"), "labels": own},
        "spec": {
            "selector": {"jobId": job.id, "component": "jobmanager"},
            "ports": [
                {"name": "ui", "port": REST_PORT, "targetPort": REST_PORT},
                {"name": "rpc", "port": RPC_PORT, "targetPort": RPC_PORT},
            ],
        },
    }


def job_manager(job: Row) -> Json:
    """The JobManager's Job."""
    return {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {"name": name(job, "jobmanager"), "labels": labels(job, "jobmanager")},
        "spec": {"backoffLimit": 1024, "template": pod(job, "jobmanager")},
    }


def task_managers(job: Row) -> Json:
    """The TaskManagers' Deployment."""
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": name(job, "taskmanager"), "labels": labels(job, "taskmanager")},
        "spec": {
            "replicas": job.body["spec"]["numberOfTaskManagers"],
            "selector": {"matchLabels": {"jobId": job.id, "component": "taskmanager"}},
            "template": pod(job, "taskmanager"),
        },
    }


def pod(job: Row, component: Component) -> Json:
    """A pod template: the user's, with the system's container, labels and restart policy in it."""
    kubernetes = _kubernetes(job)
    template: Json = kubernetes.get(TEMPLATES[component]) or {}
    pods: Json = kubernetes.get("pods") or {}
    meta: Json = template.get("metadata") or {}
    spec: Json = dict(template.get("spec") or {})
    for key in ("nodeSelector", "affinity", "tolerations", "securityContext", "imagePullSecrets"):
        if pods.get(key):
            spec[key] = pods[key]
    mounts = pods.get("volumeMounts") or []
    if mounts:
        spec["volumes"] = [{**mount["volume"], "name": mount["name"]} for mount in mounts]
    containers = [dict(container) for container in spec.get("containers") or ()]
    own = next((item for item in containers if item["name"] == CONTAINERS[component]), None)
    system = _container(job, component)
    if mounts:
        system["volumeMounts"] = [{**mount["volumeMount"], "name": mount["name"]} for mount in mounts]
    if pods.get("envVars"):
        system["env"] = [{key: value for key, value in item.items() if value is not None} for item in pods["envVars"]]
    others = [item for item in containers if item is not own]
    spec["containers"] = [merged(system, {**(own or {}), "name": system["name"], "image": system["image"]}), *others]
    spec["restartPolicy"] = "Never" if component == "jobmanager" else "Always"
    return {
        "metadata": {
            "labels": {**(pods.get("labels") or {}), **(meta.get("labels") or {}), **labels(job, component)},
            "annotations": {**(pods.get("annotations") or {}), **(meta.get("annotations") or {})},
        },
        "spec": spec,
    }


def _container(job: Row, component: Component) -> Json:
    artifact = job.body["spec"]["artifact"]
    image = f"{artifact['flinkImageRegistry']}/{artifact['flinkImageRepository']}:{artifact['flinkImageTag']}"
    resources = (job.body["spec"].get("resources") or {}).get(component) or {}
    amounts = {"cpu": str(resources.get("cpu", 1)), "memory": _kubernetes_memory(resources.get("memory") or "1G")}
    ports = [{"name": "ui", "containerPort": REST_PORT}, {"name": "rpc", "containerPort": RPC_PORT}]
    return {
        "name": CONTAINERS[component],
        "image": image,
        "args": [component],
        "resources": {"requests": amounts, "limits": amounts},
        **({"ports": ports} if component == "jobmanager" else {}),
    }


def _kubernetes_memory(text: str) -> str:
    """`1g` and `512m` are Flink's notation; `m` means a thousandth to Kubernetes."""
    return text[:-1] + text[-1].upper() if text[-1:] in ("m", "g", "t") else text


def _kubernetes(job: Row) -> Json:
    return job.body["spec"].get("kubernetes") or {}


def storage(base: str | None, job: Row) -> dict[str, str]:
    """The Flink settings that the platform writes when it has blob storage, below what the user sets."""
    if not base:
        return {}
    jobs = f"{base}/flink-jobs/namespaces/{job.namespace}/jobs/{job.id}"
    deployment = job.body["metadata"]["deploymentId"]
    return {
        "state.checkpoints.dir": f"{jobs}/checkpoints",
        "state.savepoints.dir": f"{base}/flink-savepoints/namespaces/{job.namespace}/deployments/{deployment}",
        "high-availability.storageDir": f"{jobs}/ha",
    }
