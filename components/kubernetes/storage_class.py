"""The cluster's default storage class."""

import pulumi_kubernetes as k8s
from pulumi import ResourceOptions

from components.cloud import VolumeClass

DEFAULT_CLASS = "storageclass.kubernetes.io/is-default-class"


def default_storage_class(
    volumes: VolumeClass, *, keeps_data: bool, opts: ResourceOptions
) -> k8s.storage.v1.StorageClass:
    """The class of every claim that names none, as the platform's.

    Without it such a claim waits for ever. See https://kubernetes.io/docs/concepts/storage/storage-classes/.

    Args:
        volumes: The cloud's kind of volume.
        keeps_data: Whether a volume outlives its claim.
        opts: Resource options; `provider` is the Kubernetes provider.
    """
    return k8s.storage.v1.StorageClass(
        volumes.name,
        metadata={"name": volumes.name, "annotations": {DEFAULT_CLASS: "true"}},
        provisioner=volumes.provisioner,
        parameters=dict(volumes.parameters),
        reclaim_policy="Retain" if keeps_data else "Delete",
        # A volume lives in one zone: it is made where the pod is placed.
        volume_binding_mode="WaitForFirstConsumer",
        allow_volume_expansion=True,
        opts=opts,
    )
