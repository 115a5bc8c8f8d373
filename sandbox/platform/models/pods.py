"""Pod templates of deployments, with the fields of https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/pod-v1/."""

from typing import Required

from typing_extensions import TypedDict

from sandbox.platform.models.kinds import Int32, Int64, IntOrString, Quantity, Texts, Unsupported
from sandbox.platform.models.scheduling import Affinity, Spread, Toleration
from sandbox.platform.models.volumes import (
    LocalObjectReference,
    ObjectFieldSelector,
    ResourceFieldSelector,
    Resources,
    TemplateMeta,
    Volume,
)


class KeySelector(TypedDict, total=False):
    """A key of a ConfigMap or a Secret."""

    key: Required[str]
    name: str
    optional: bool


class VariableSource(TypedDict, total=False):
    """Where a variable's value comes from."""

    configMapKeyRef: KeySelector
    fieldRef: ObjectFieldSelector
    resourceFieldRef: ResourceFieldSelector
    secretKeyRef: KeySelector


class Variable(TypedDict, total=False):
    """An environment variable."""

    name: Required[str]
    value: str
    valueFrom: VariableSource


class VariablesReference(TypedDict, total=False):
    """A ConfigMap or a Secret whose keys become variables."""

    name: str
    optional: bool


class VariablesSource(TypedDict, total=False):
    """Variables from a whole ConfigMap or Secret."""

    configMapRef: VariablesReference
    prefix: str
    secretRef: VariablesReference


class ContainerPort(TypedDict, total=False):
    """A port that a container opens."""

    containerPort: Required[Int32]
    hostIP: str
    hostPort: Int32
    name: str
    protocol: str


class Mount(TypedDict, total=False):
    """Where a container has a volume."""

    mountPath: Required[str]
    name: Required[str]
    mountPropagation: str
    readOnly: bool
    subPath: str
    subPathExpr: str


class Device(TypedDict, total=False):
    """Where a container has a block device."""

    devicePath: Required[str]
    name: Required[str]


class ExecAction(TypedDict, total=False):
    """A command in the container."""

    command: list[str]


class Header(TypedDict, total=False):
    """A header of a request."""

    name: Required[str]
    value: Required[str]


class HttpAction(TypedDict, total=False):
    """A request to the container."""

    host: str
    httpHeaders: list[Header]
    path: str
    port: Required[IntOrString]
    scheme: str


class TcpAction(TypedDict, total=False):
    """A connection to the container."""

    host: str
    port: Required[IntOrString]


class Action(TypedDict, total=False):
    """What is done to a container."""

    exec: ExecAction
    httpGet: HttpAction
    tcpSocket: TcpAction


class Probe(Action, total=False):
    """How a container is found to be well."""

    failureThreshold: Int32
    initialDelaySeconds: Int32
    periodSeconds: Int32
    successThreshold: Int32
    timeoutSeconds: Int32


class Lifecycle(TypedDict, total=False):
    """What is done after a container's start and before its end."""

    postStart: Action
    preStop: Action


class Capabilities(TypedDict, total=False):
    """Linux capabilities."""

    add: list[str]
    drop: list[str]


class SeLinuxOptions(TypedDict, total=False):
    """SELinux labels."""

    level: str
    role: str
    type: str
    user: str


class SeccompProfile(TypedDict, total=False):
    """Which system calls there are."""

    localhostProfile: str
    type: Required[str]


class SecurityContext(TypedDict, total=False):
    """As whom a container runs."""

    allowPrivilegeEscalation: bool
    capabilities: Capabilities
    privileged: bool
    procMount: str
    readOnlyRootFilesystem: bool
    runAsGroup: Int64
    runAsNonRoot: bool
    runAsUser: Int64
    seLinuxOptions: SeLinuxOptions
    seccompProfile: SeccompProfile
    windowsOptions: Unsupported


class Container(TypedDict, total=False):
    """A container."""

    name: Required[str]
    args: list[str]
    command: list[str]
    env: list[Variable]
    envFrom: list[VariablesSource]
    image: str
    imagePullPolicy: str
    lifecycle: Lifecycle
    livenessProbe: Probe
    ports: list[ContainerPort]
    readinessProbe: Probe
    resources: Resources
    securityContext: SecurityContext
    startupProbe: Probe
    stdin: bool
    stdinOnce: bool
    terminationMessagePath: str
    terminationMessagePolicy: str
    tty: bool
    volumeDevices: list[Device]
    volumeMounts: list[Mount]
    workingDir: str


class Sysctl(TypedDict, total=False):
    """A setting of the kernel."""

    name: Required[str]
    value: Required[str]


class PodSecurityContext(TypedDict, total=False):
    """As whom a pod's containers run."""

    fsGroup: Int64
    fsGroupChangePolicy: str
    runAsGroup: Int64
    runAsNonRoot: bool
    runAsUser: Int64
    seLinuxOptions: SeLinuxOptions
    seccompProfile: SeccompProfile
    supplementalGroups: list[Int64]
    sysctls: list[Sysctl]
    windowsOptions: Unsupported


class PodSpec(TypedDict, total=False):
    """What a pod is. The platform sets the restart policy."""

    containers: Required[list[Container]]
    activeDeadlineSeconds: Int64
    affinity: Affinity
    automountServiceAccountToken: bool
    dnsPolicy: str
    enableServiceLinks: bool
    hostIPC: bool
    hostNetwork: bool
    hostPID: bool
    imagePullSecrets: list[LocalObjectReference]
    initContainers: list[Container]
    nodeName: str
    nodeSelector: Texts
    overhead: dict[str, Quantity]
    preemptionPolicy: str
    priority: Int32
    priorityClassName: str
    restartPolicy: str
    runtimeClassName: str
    schedulerName: str
    securityContext: PodSecurityContext
    serviceAccount: str
    serviceAccountName: str
    shareProcessNamespace: bool
    terminationGracePeriodSeconds: Int64
    tolerations: list[Toleration]
    topologySpreadConstraints: list[Spread]
    volumes: list[Volume]
    dnsConfig: Unsupported
    ephemeralContainers: Unsupported
    hostAliases: Unsupported
    hostname: Unsupported
    hostnameAsFQDN: Unsupported
    readinessGates: Unsupported
    setHostnameAsFQDN: Unsupported
    subdomain: Unsupported


class PodTemplate(TypedDict, total=False):
    """A pod template; the platform's own container, labels and restart policy are merged into it."""

    metadata: TemplateMeta
    spec: PodSpec
