"""From the pod of Kyverno's admission controller to the command line of the real process."""

from pathlib import Path

from sandbox import layout
from sandbox.build.modules import KYVERNO_VERSION
from sandbox.cluster import files
from sandbox.cluster.agent import images
from sandbox.cluster.agent.pod_process import Launch, UnsupportedError
from sandbox.cluster.api_client import Object


def overrides() -> dict[str, str]:
    """Flags that are set, whatever the pod says."""
    ports = layout.Sandbox.load().ports
    port = ports["kyverno"]
    return {
        "kubeconfig": str(files.kyverno() / "kubeconfig"),
        # Makes Kyverno register https://127.0.0.1:<port>/… instead of its Service, whose pods nobody can reach.
        "serverIP": f"127.0.0.1:{port}",
        "webhookServerHost": "127.0.0.1",
        "webhookServerPort": str(port),
        # No other process of Kyverno's runs: nobody would collect reports, or read metrics.
        "admissionReports": "false",
        "disableMetrics": "true",
        # It listens for readers of metrics all the same, and another sandbox's Kyverno may have the usual port.
        "metricsHost": "127.0.0.1",
        "metricsPort": str(ports["kyverno_metrics"]),
        "controllerRuntimeMetricsAddress": "0",
        # Sigstore's keys come from the internet.
        "enableTuf": "false",
    }


def launch(pod: Object, kubeconfig: str) -> Launch:
    """How to start Kyverno for a pod.

    Args:
        pod: of the official chart's admission controller.
        kubeconfig: content of the file that the flag `--kubeconfig` names.

    Raises:
        UnsupportedError: another version than the sandbox has, or an environment that it cannot give.
    """
    container = images.container(pod, "kyverno")
    if not container:
        raise ValueError(f"pod {pod['metadata']['name']} has no container of Kyverno's")
    _check_version(container["image"])
    flags = overrides()
    given = [arg for arg in container.get("args", ()) if arg.lstrip("-").split("=")[0] not in flags]
    environment = {variable["name"]: _value(variable, pod) for variable in container.get("env", ())}
    environment["TUF_ROOT"] = str(files.kyverno() / "sigstore")
    environment["HOME"] = str(files.kyverno())
    probe = container.get("readinessProbe", {}).get("httpGet", {})
    return Launch(
        namespace=pod["metadata"]["namespace"],
        pod=pod["metadata"]["name"],
        uid=pod["metadata"]["uid"],
        node=pod["spec"]["nodeName"],
        account=pod["spec"]["serviceAccountName"],
        argv=(
            str(Path(layout.Sandbox.load().bin) / "kyverno"),
            *given,
            *(f"--{name}={value}" for name, value in flags.items()),
        ),
        environment=tuple(sorted(environment.items())),
        probe=f"https://127.0.0.1:{flags['webhookServerPort']}{probe.get('path', '/health/readiness')}",
        files=(("kubeconfig", kubeconfig), ("sigstore/.keep", "")),
        own_variables=frozenset({"KYVERNO_POD_NAME"}),
    )


def _check_version(image: str) -> None:
    tag = image.partition("@")[0].rpartition(":")[2]
    if tag != f"v{KYVERNO_VERSION}":
        raise UnsupportedError(
            "ErrImagePull", f"the sandbox does not support the image {image}: its Kyverno is v{KYVERNO_VERSION}"
        )


def _value(variable: Object, pod: Object) -> str:
    if "valueFrom" not in variable:
        return variable.get("value", "")
    match variable["valueFrom"]:
        case {"fieldRef": {"fieldPath": "metadata.name"}}:
            return pod["metadata"]["name"]
        case {"fieldRef": {"fieldPath": "metadata.namespace"}}:
            return pod["metadata"]["namespace"]
        case source:
            raise UnsupportedError(
                "CreateContainerConfigError",
                f"the sandbox does not support where the variable {variable['name']} comes from: {source}",
            )
