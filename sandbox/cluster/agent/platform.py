"""Ververica Platform: the stand-in's process in place of the three containers of its pod (see `sandbox.platform`)."""

import base64
import json
import os
import sys

from sandbox import layout
from sandbox.cluster import files
from sandbox.cluster.agent import images
from sandbox.cluster.agent.pod_process import Launch, PodProcess, UnsupportedError
from sandbox.cluster.api_client import Api, Object
from sandbox.platform.settings import CONFIGURATION_FILE

LAUNCH = "launch.json"
MAJOR = "2."


class Platform(PodProcess):
    """Runs the platform while the cluster has its pod."""

    def __init__(self, api: Api) -> None:
        super().__init__(api, "platform", files.platform())
        self._port = layout.Sandbox.load().ports["platform"]

    def plays(self, pod: Object) -> bool:
        """Pods with one of the platform's images."""
        return any(images.container(pod, name) for name in ("vvp-gateway", "vvp-appmanager", "vvp-ui"))

    def recognizes(self, argv: list[str]) -> bool:
        """The module."""
        return "sandbox.platform" in argv

    async def launch(self, pod: Object) -> Launch:
        """Takes configuration, environment, account and volume from the pod."""
        gateway = images.container(pod, "vvp-gateway")
        if not gateway:
            raise UnsupportedError(
                "CreateContainerConfigError",
                "the sandbox does not support the platform's containers in pods of their own",
            )
        tag = gateway["image"].partition("@")[0].rpartition(":")[2]
        if not tag.startswith(MAJOR):
            raise UnsupportedError(
                "ErrImagePull", f"the sandbox does not support the image {gateway['image']}: its platform is {MAJOR}x"
            )
        configuration = await self._mounted(pod)
        environment = dict([await self._variable(variable, pod) for variable in gateway.get("env", ())])
        meta = pod["metadata"]
        database = files.platform() / await self._volume(pod) / "vvp.db"
        content = {
            "port": self._port,
            "database": str(database),
            "namespace": meta["namespace"],
            "token_file": str(files.platform() / "token"),
            "configuration": configuration,
        }
        own = {
            "PATH": os.environ.get("PATH", ""),
            "HOME": str(files.platform()),
            "PYTHONPATH": str(layout.CHECKOUT),
            "VVP_SANDBOX_STATE": str(layout.STATE),
        }
        return Launch(
            namespace=meta["namespace"],
            pod=meta["name"],
            uid=meta["uid"],
            node=pod["spec"]["nodeName"],
            account=pod["spec"].get("serviceAccountName", "default"),
            argv=(sys.executable, "-m", "sandbox.platform", str(files.platform() / LAUNCH)),
            environment=tuple(sorted((environment | own).items())),
            probe=f"http://127.0.0.1:{self._port}/actuator/health",
            files=((LAUNCH, json.dumps(content, indent=2) + "\n"),),
        )

    async def _mounted(self, pod: Object) -> str:
        """The configuration from its volume; every volume's source has to be there, as for a kubelet.

        Raises:
            UnsupportedError: one is not.
        """
        namespace, configuration = pod["metadata"]["namespace"], None
        for volume in pod["spec"].get("volumes", ()):
            for key, collection, name in (("configMap", "configmaps", "name"), ("secret", "secrets", "secretName")):
                source = volume.get(key)
                if not source:
                    continue
                found = await self._api.get(f"/api/v1/namespaces/{namespace}/{collection}/{source[name]}")
                if not found and not source.get("optional"):
                    raise UnsupportedError(
                        "ContainerCreating",
                        f'MountVolume.SetUp failed for volume "{volume["name"]}" : '
                        f'{key.lower()} "{source[name]}" not found',
                    )
                if found and key == "configMap":
                    configuration = configuration or found.get("data", {}).get(CONFIGURATION_FILE)
        if configuration is None:
            raise UnsupportedError("CreateContainerConfigError", f"no ConfigMap of the pod has {CONFIGURATION_FILE}")
        return configuration

    async def _volume(self, pod: Object) -> str:
        """The folder of the volume with the database: it is there as long as the claim, or else as the pod."""
        for volume in pod["spec"].get("volumes", ()):
            if volume["name"] == "data" and "persistentVolumeClaim" in volume:
                name = volume["persistentVolumeClaim"]["claimName"]
                claim = await self._api.get(
                    f"/api/v1/namespaces/{pod['metadata']['namespace']}/persistentvolumeclaims/{name}"
                )
                if claim:
                    return f"claim-{claim['metadata']['uid']}"
        return f"pod-{pod['metadata']['uid']}"

    async def _variable(self, variable: Object, pod: Object) -> tuple[str, str]:
        name, source = variable["name"], variable.get("valueFrom")
        if not source:
            return name, variable.get("value", "")
        match source:
            case {"fieldRef": {"fieldPath": "metadata.name" | "metadata.namespace" as path}}:
                return name, pod["metadata"][path.partition(".")[2]]
            case {"secretKeyRef": reference}:
                return name, await self._from(pod, "secret", reference)
            case {"configMapKeyRef": reference}:
                return name, await self._from(pod, "configmap", reference)
        raise UnsupportedError(
            "CreateContainerConfigError", f"the sandbox does not support where the variable {name} comes from: {source}"
        )

    async def _from(self, pod: Object, kind: str, reference: Object) -> str:
        namespace = pod["metadata"]["namespace"]
        found = await self._api.get(f"/api/v1/namespaces/{namespace}/{kind}s/{reference['name']}")
        value = ((found or {}).get("data") or {}).get(reference["key"])
        if value is not None:
            return base64.b64decode(value).decode() if kind == "secret" else value
        if reference.get("optional"):
            return ""
        title = {"secret": "Secret", "configmap": "ConfigMap"}[kind]
        raise UnsupportedError(
            "CreateContainerConfigError",
            f"couldn't find key {reference['key']} in {title} {namespace}/{reference['name']}"
            if found
            else f'{kind} "{reference["name"]}" not found',
        )
