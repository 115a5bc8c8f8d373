"""Volumes of pod templates, with the fields of https://kubernetes.io/docs/reference/kubernetes-api/config-and-storage-resources/volume/.

In-tree drivers of other clouds and of retired systems are refused by name.
"""

from typing import Required

from typing_extensions import TypedDict

from sandbox.platform.models.kinds import Int32, Int64, Quantity, Texts, Unsupported
from sandbox.platform.models.scheduling import LabelSelector


class LocalObjectReference(TypedDict, total=False):
    """An object of the pod's namespace."""

    name: str


class KeyToPath(TypedDict, total=False):
    """Where a key's content is put."""

    key: Required[str]
    path: Required[str]
    mode: Int32


class ObjectFieldSelector(TypedDict, total=False):
    """A field of the pod."""

    apiVersion: str
    fieldPath: Required[str]


class ResourceFieldSelector(TypedDict, total=False):
    """A container's request or limit."""

    containerName: str
    divisor: Quantity
    resource: Required[str]


class DownwardFile(TypedDict, total=False):
    """A file with what the pod knows of itself."""

    path: Required[str]
    fieldRef: ObjectFieldSelector
    resourceFieldRef: ResourceFieldSelector
    mode: Int32


class DownwardProjection(TypedDict, total=False):
    """Such files in a projected volume."""

    items: list[DownwardFile]


class DownwardSource(DownwardProjection, total=False):
    """A volume of such files."""

    defaultMode: Int32


class Projection(TypedDict, total=False):
    """A ConfigMap or a Secret in a projected volume."""

    name: str
    items: list[KeyToPath]
    optional: bool


class ConfigMapSource(Projection, total=False):
    """A volume with a ConfigMap's content."""

    defaultMode: Int32


class SecretSource(TypedDict, total=False):
    """A volume with a Secret's content."""

    secretName: str
    items: list[KeyToPath]
    optional: bool
    defaultMode: Int32


class TokenProjection(TypedDict, total=False):
    """A token of the pod's service account."""

    audience: str
    expirationSeconds: Int64
    path: Required[str]


class VolumeProjection(TypedDict, total=False):
    """One part of a projected volume."""

    configMap: Projection
    downwardAPI: DownwardProjection
    secret: Projection
    serviceAccountToken: TokenProjection


class ProjectedSource(TypedDict, total=False):
    """Several sources in one folder."""

    sources: Required[list[VolumeProjection]]
    defaultMode: Int32


class EmptyDirSource(TypedDict, total=False):
    """A folder that lives as long as the pod."""

    medium: str
    sizeLimit: Quantity


class HostPathSource(TypedDict, total=False):
    """A folder of the node."""

    path: Required[str]
    type: str


class ClaimSource(TypedDict, total=False):
    """A volume claim of the pod's namespace."""

    claimName: Required[str]
    readOnly: bool


class CsiSource(TypedDict, total=False):
    """A volume that a CSI driver makes for the pod."""

    driver: Required[str]
    fsType: str
    nodePublishSecretRef: LocalObjectReference
    readOnly: bool
    volumeAttributes: Texts


class NfsSource(TypedDict, total=False):
    """A folder of a file server."""

    path: Required[str]
    server: Required[str]
    readOnly: bool


class Resources(TypedDict, total=False):
    """What a container or a claim asks for and may have at most."""

    limits: dict[str, Quantity]
    requests: dict[str, Quantity]


class ClaimSpec(TypedDict, total=False):
    """A volume claim."""

    accessModes: list[str]
    dataSource: Unsupported
    resources: Resources
    selector: LabelSelector
    storageClassName: str
    volumeMode: str
    volumeName: str


class TemplateMeta(TypedDict, total=False):
    """Metadata of a template. Kubernetes itself sets the rest, or ignores it here."""

    annotations: Texts
    labels: Texts
    clusterName: Unsupported
    creationTimestamp: Unsupported
    deletionGracePeriodSeconds: Unsupported
    deletionTimestamp: Unsupported
    finalizers: Unsupported
    generateName: Unsupported
    generation: Unsupported
    managedFields: Unsupported
    name: Unsupported
    namespace: Unsupported
    ownerReferences: Unsupported
    resourceVersion: Unsupported
    selfLink: Unsupported
    uid: Unsupported


class ClaimTemplate(TypedDict, total=False):
    """A claim that is made with the pod."""

    metadata: TemplateMeta
    spec: Required[ClaimSpec]


class EphemeralSource(TypedDict, total=False):
    """A volume whose claim lives as long as the pod."""

    readOnly: bool
    volumeClaimTemplate: ClaimTemplate


class Volume(TypedDict, total=False):
    """A volume of a pod."""

    name: Required[str]
    configMap: ConfigMapSource
    csi: CsiSource
    downwardAPI: DownwardSource
    emptyDir: EmptyDirSource
    ephemeral: EphemeralSource
    hostPath: HostPathSource
    nfs: NfsSource
    persistentVolumeClaim: ClaimSource
    projected: ProjectedSource
    secret: SecretSource
    awsElasticBlockStore: Unsupported
    azureDisk: Unsupported
    azureFile: Unsupported
    cephfs: Unsupported
    cinder: Unsupported
    fc: Unsupported
    flexVolume: Unsupported
    flocker: Unsupported
    gcePersistentDisk: Unsupported
    gitRepo: Unsupported
    glusterfs: Unsupported
    iscsi: Unsupported
    photonPersistentDisk: Unsupported
    portworxVolume: Unsupported
    quobyte: Unsupported
    rbd: Unsupported
    scaleIO: Unsupported
    storageos: Unsupported
    vsphereVolume: Unsupported
