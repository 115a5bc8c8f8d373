"""The EBS CSI driver: persistent volumes for the claims that wait for it, while its add-on is there with an identity.

The volumes are entries in the API and in EC2; nothing is mounted. See https://github.com/kubernetes-sigs/aws-ebs-csi-driver.
"""

import logging
import time

from sandbox import layout
from sandbox.cluster.agent.cloud import Cloud, Cluster
from sandbox.cluster.agent.nodes import GROUP_LABEL, NODES
from sandbox.cluster.api_client import Api, Object

ADD_ON = "aws-ebs-csi-driver"
DRIVER = "ebs.csi.aws.com"
STORAGE = "/apis/storage.k8s.io/v1"
VOLUMES = "/api/v1/persistentvolumes"
CLAIMS = "/api/v1/persistentvolumeclaims"
STORAGE_CLASSES = f"{STORAGE}/storageclasses"

ZONE = "topology.kubernetes.io/zone"
FS_TYPE = "csi.storage.k8s.io/fstype"

TYPES = ("gp2", "gp3", "io1", "io2", "sc1", "st1", "standard")
FILE_SYSTEMS = ("ext3", "ext4", "xfs")
PARAMETERS = (FS_TYPE, "type", "iops", "iopspergb", "throughput", "encrypted", "kmskeyid")
"""Those of a storage class that the stand-in knows, in lower case, as the driver compares them; also tags.
https://github.com/kubernetes-sigs/aws-ebs-csi-driver/blob/master/docs/parameters.md"""
TAGS = "tagspecification_"

DETACHING = 5.0
"""Seconds from a volume's release to its deletion: it is detached in between."""
KIB, UNITS = 1024, ("Ki", "Mi", "Gi", "Ti")

ACCESS_MODES = {"ReadWriteOnce", "ReadWriteOncePod"}

log = logging.getLogger(__name__)


class ProvisioningError(Exception):
    """The driver refuses a claim; the text is the event's."""


class Volumes:
    """Provisions and deletes persistent volumes."""

    def __init__(self, api: Api, cloud: Cloud) -> None:
        self._api = api
        self._cloud = cloud
        self._released: dict[str, float] = {}

    async def reconcile(self) -> None:
        """Registers the driver, or takes it away; serves the claims that wait; deletes released volumes."""
        cluster = await self._cloud.cluster()
        add_on = cluster.add_on(ADD_ON) if cluster else None
        if not cluster or not add_on or add_on.status != "ACTIVE" or not add_on.identity:
            await self._unregister()
            return
        nodes = {node["metadata"]["name"]: node for node in await self._api.list(NODES, labelSelector=GROUP_LABEL)}
        await self._register(nodes)
        classes = {
            storage_class["metadata"]["name"]: storage_class
            for storage_class in await self._api.list(STORAGE_CLASSES)
            if storage_class["provisioner"] == DRIVER
        }
        for claim in await self._api.list(CLAIMS):
            if _waits(claim) and (storage_class := classes.get(claim["spec"].get("storageClassName", ""))):
                await self._provision(cluster, claim, storage_class, nodes)
        for volume in await self._api.list(VOLUMES):
            if _is_released(volume):
                await self._reclaim(cluster, volume)

    async def _reclaim(self, cluster: Cluster, volume: Object) -> None:
        name = volume["metadata"]["name"]
        if time.monotonic() - self._released.setdefault(name, time.monotonic()) < DETACHING:
            return
        await self._cloud.volume("DELETE", _in_ec2(cluster, volume))
        await self._api.delete(f"{VOLUMES}/{name}")
        self._released.pop(name)
        log.info("volume %s is deleted", name)

    async def _register(self, nodes: dict[str, Object]) -> None:
        driver = {
            "apiVersion": "storage.k8s.io/v1",
            "kind": "CSIDriver",
            "metadata": {"name": DRIVER},
            "spec": {"attachRequired": True, "podInfoOnMount": False},
        }
        if not await self._api.get(f"{STORAGE}/csidrivers/{DRIVER}"):
            await self._api.apply(f"{STORAGE}/csidrivers/{DRIVER}", driver)
        present = {node["metadata"]["name"] for node in await self._api.list(f"{STORAGE}/csinodes")}
        for name in nodes.keys() - present:
            await self._api.apply(f"{STORAGE}/csinodes/{name}", _csi_node(nodes[name]))

    async def _unregister(self) -> None:
        if await self._api.get(f"{STORAGE}/csidrivers/{DRIVER}"):
            await self._api.delete(f"{STORAGE}/csidrivers/{DRIVER}")
            await self._api.delete(f"{STORAGE}/csinodes")

    async def _provision(
        self, cluster: Cluster, claim: Object, storage_class: Object, nodes: dict[str, Object]
    ) -> None:
        waits_for_pod = storage_class.get("volumeBindingMode") == "WaitForFirstConsumer"
        selected = claim["metadata"]["annotations"].get("volume.kubernetes.io/selected-node")
        if waits_for_pod and selected not in nodes:
            return
        zones = sorted(node["metadata"]["labels"][ZONE] for node in nodes.values())
        try:
            _check(claim, storage_class)
            if not zones:
                raise ProvisioningError("error generating accessibility requirements: no available topology found")
        except ProvisioningError as error:
            message = f'failed to provision volume with StorageClass "{storage_class["metadata"]["name"]}": {error}'
            await self._api.event(claim, "PersistentVolumeClaim", "ProvisioningFailed", message)
            return
        zone = nodes[selected]["metadata"]["labels"][ZONE] if selected in nodes else zones[0]
        volume = _volume(claim, storage_class, zone)
        await self._cloud.volume("POST", _in_ec2(cluster, volume) | _disk(cluster, volume, storage_class, zone))
        await self._api.apply(f"{VOLUMES}/{volume['metadata']['name']}", volume)
        log.info("volume %s is made for %s", volume["metadata"]["name"], claim["metadata"]["name"])


def _waits(claim: Object) -> bool:
    annotations = claim["metadata"].get("annotations", {})
    return (
        claim["status"]["phase"] == "Pending"
        and not claim["spec"].get("volumeName")
        and "deletionTimestamp" not in claim["metadata"]
        and annotations.get("volume.kubernetes.io/storage-provisioner") == DRIVER
    )


def _is_released(volume: Object) -> bool:
    return (
        volume["metadata"].get("annotations", {}).get("pv.kubernetes.io/provisioned-by") == DRIVER
        and volume["status"]["phase"] == "Released"
        and volume["spec"]["persistentVolumeReclaimPolicy"] == "Delete"
        and "deletionTimestamp" not in volume["metadata"]
    )


def _check(claim: Object, storage_class: Object) -> None:
    parameters = {key.lower(): (key, value) for key, value in storage_class.get("parameters", {}).items()}
    for lower, (key, _) in parameters.items():
        if lower not in PARAMETERS and not lower.startswith(TAGS):
            raise ProvisioningError(
                f"rpc error: code = InvalidArgument desc = Invalid parameter key {key} for CreateVolume"
            )
    allowed = {"type": TYPES, FS_TYPE: FILE_SYSTEMS, "encrypted": ("true", "false")}
    for lower, values in allowed.items():
        if lower in parameters and parameters[lower][1] not in values:
            key, value = parameters[lower]
            raise ProvisioningError(
                f"rpc error: code = InvalidArgument desc = Could not create volume: invalid {key} {value!r}, "
                f"expected one of {', '.join(values)}"
            )
    if unsupported := set(claim["spec"]["accessModes"]) - ACCESS_MODES:
        raise ProvisioningError(
            f"rpc error: code = InvalidArgument desc = Volume capabilities {', '.join(sorted(unsupported))} not "
            "supported. Only AccessModes[ReadWriteOnce] supported."
        )


def _volume(claim: Object, storage_class: Object, zone: str) -> Object:
    meta = claim["metadata"]
    name = f"pvc-{meta['uid']}"
    mode = claim["spec"].get("volumeMode", "Filesystem")
    parameters = {key.lower(): value for key, value in storage_class.get("parameters", {}).items()}
    csi: Object = {"driver": DRIVER, "volumeHandle": f"vol-0{layout.stable_number(meta['uid']):016x}"}
    if mode == "Filesystem":
        csi["fsType"] = parameters.get(FS_TYPE, "ext4")
    return {
        "apiVersion": "v1",
        "kind": "PersistentVolume",
        "metadata": {"name": name, "annotations": {"pv.kubernetes.io/provisioned-by": DRIVER}},
        "spec": {
            "accessModes": claim["spec"]["accessModes"],
            "capacity": {"storage": claim["spec"]["resources"]["requests"]["storage"]},
            "claimRef": {
                "apiVersion": "v1",
                "kind": "PersistentVolumeClaim",
                "namespace": meta["namespace"],
                "name": meta["name"],
                "uid": meta["uid"],
            },
            "csi": csi,
            "nodeAffinity": {
                "required": {
                    "nodeSelectorTerms": [{"matchExpressions": [{"key": ZONE, "operator": "In", "values": [zone]}]}]
                }
            },
            "persistentVolumeReclaimPolicy": storage_class.get("reclaimPolicy", "Delete"),
            "storageClassName": storage_class["metadata"]["name"],
            "volumeMode": mode,
        },
    }


def _in_ec2(cluster: Cluster, volume: Object) -> Object:
    """Which volume of EC2 it is."""
    return {"id": volume["spec"]["csi"]["volumeHandle"], "account": cluster.account, "region": cluster.region}


def _disk(cluster: Cluster, volume: Object, storage_class: Object, zone: str) -> Object:
    """What the volume of EC2 is, with the tags that the driver gives it."""
    parameters = {key.lower(): value for key, value in storage_class.get("parameters", {}).items()}
    given = dict(value.split("=", 1) for key, value in parameters.items() if key.startswith(TAGS) and "=" in value)
    claimed = volume["spec"]["claimRef"]
    driver = {
        "KubernetesCluster": cluster.name,
        f"kubernetes.io/cluster/{cluster.name}": "owned",
        "kubernetes.io/created-for/pvc/name": claimed["name"],
        "kubernetes.io/created-for/pvc/namespace": claimed["namespace"],
        "kubernetes.io/created-for/pv/name": volume["metadata"]["name"],
    }
    return {
        "zone": zone,
        "gib": _gib(volume["spec"]["capacity"]["storage"]),
        "type": parameters.get("type", "gp3"),
        "encrypted": parameters.get("encrypted") == "true",
        "tags": given | driver,
    }


def _gib(quantity: str) -> int:
    """A size in GiB, rounded up."""
    number, unit = quantity.rstrip("KMGTi"), quantity.lstrip("0123456789.")
    size = float(number) * (KIB ** (UNITS.index(unit) + 1) if unit in UNITS else 1)
    return max(1, -(-int(size) // KIB**3))


def _csi_node(node: Object) -> Object:
    meta = node["metadata"]
    return {
        "apiVersion": "storage.k8s.io/v1",
        "kind": "CSINode",
        "metadata": {
            "name": meta["name"],
            "ownerReferences": [{"apiVersion": "v1", "kind": "Node", "name": meta["name"], "uid": meta["uid"]}],
        },
        "spec": {
            "drivers": [
                {
                    "name": DRIVER,
                    "nodeID": node["spec"]["providerID"].rsplit("/", 1)[-1],
                    "topologyKeys": ["kubernetes.io/os", ZONE],
                    "allocatable": {"count": 25},
                }
            ]
        },
    }
