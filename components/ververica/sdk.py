"""The resources of Ververica Platform as Pulumi resources: the typed face of `provider/`.

Keys inside `DeploymentSpec` and its parts are the API's own (https://docs.ververica.com/vvp/user-guide/application-operations/deployments);
what is left out is left to the platform's defaults and never compared.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Literal, NotRequired, TypedDict

import pulumi
from pulumi import Input, Output, ResourceOptions

State = Literal["RUNNING", "SUSPENDED", "CANCELLED"]
Role = Literal["viewer", "editor", "owner"]
Stop = Literal["savepoint", "cancel"]


class UpgradeStrategy(TypedDict):
    """What happens to a running job when its template changes.

    See https://docs.ververica.com/vvp/user-guide/application-operations/deployments/deployment-upgrades.
    """

    kind: Literal["STATEFUL", "STATELESS", "NONE"]


class RestoreStrategy(TypedDict):
    """What a job starts from: the newest savepoint or retained checkpoint, the newest savepoint, or nothing."""

    kind: Literal["LATEST_STATE", "LATEST_SAVEPOINT", "NONE"]
    allowNonRestoredState: NotRequired[bool]


class Artifact(TypedDict):
    """What runs: `sqlScript` with kind SQLSCRIPT, `jarUri` with kind JAR."""

    kind: Literal["SQLSCRIPT", "JAR"]
    sqlScript: NotRequired[Input[str]]
    jarUri: NotRequired[Input[str]]
    entryClass: NotRequired[Input[str]]
    mainArgs: NotRequired[Input[str]]
    additionalDependencies: NotRequired[Sequence[Input[str]]]
    flinkVersion: NotRequired[Input[str]]
    flinkImageRegistry: NotRequired[Input[str]]
    flinkImageRepository: NotRequired[Input[str]]
    flinkImageTag: NotRequired[Input[str]]


class ResourceSpec(TypedDict):
    """CPU in cores and memory as a quantity, as `1G`."""

    cpu: float
    memory: str


class KubernetesOptions(TypedDict, total=False):
    """Pod settings: `pods`, or the two pod templates; the platform refuses both together."""

    pods: Mapping[str, Any]
    jobManagerPodTemplate: Mapping[str, Any]
    taskManagerPodTemplate: Mapping[str, Any]


class TemplateSpec(TypedDict):
    """The job: artifact, size and settings. `resources` has the keys `jobmanager` and `taskmanager`."""

    artifact: Artifact
    parallelism: NotRequired[int]
    numberOfTaskManagers: NotRequired[int]
    resources: NotRequired[Mapping[str, ResourceSpec]]
    flinkConfiguration: NotRequired[Mapping[str, Input[str]]]
    logging: NotRequired[Mapping[str, Any]]
    kubernetes: NotRequired[KubernetesOptions]


class Template(TypedDict):
    """The job's template; `metadata` may hold annotations."""

    spec: TemplateSpec
    metadata: NotRequired[Mapping[str, Any]]


class DeploymentSpec(TypedDict):
    """A deployment's specification. Defaults: state RUNNING, upgrade STATEFUL, restore LATEST_STATE."""

    template: Template
    deploymentTargetName: NotRequired[Input[str]]
    sessionClusterName: NotRequired[Input[str]]
    state: NotRequired[Input[State]]
    upgradeStrategy: NotRequired[UpgradeStrategy]
    restoreStrategy: NotRequired[RestoreStrategy]
    maxJobCreationAttempts: NotRequired[int]
    maxSavepointCreationAttempts: NotRequired[int]


class RoleBinding(TypedDict):
    """Who has a role in a namespace: members are `user:NAME` and `group:NAME`."""

    role: Role
    members: Sequence[str]


class Provider(pulumi.ProviderResource):
    """Where the platform is and who talks to it.

    Either `endpoint`, or a port-forward through the Kubernetes API to the platform's Service. The API server's service
    proxy is not enough: it removes the Authorization header.

    Args:
        name: Logical name.
        endpoint: The platform's address, as `https://vvp.example.com`.
        kubeconfig: Of the cluster that runs the platform, as an object or as YAML or JSON text; kept as a secret. It
            may name a command that fetches credentials, as `aws eks get-token`.
        namespace: The Kubernetes namespace of the platform's Service.
        service: The Service's name.
        port: The Service's port.
        token: API token, sent as bearer; kept as a secret. None while the platform's authentication is off.
        request_timeout: Seconds for one request.
        retry_timeout: Seconds for which a request is tried again while the platform is not reachable.
    """

    def __init__(
        self,
        name: str,
        *,
        endpoint: Input[str] | None = None,
        kubeconfig: Input[Any] | None = None,
        namespace: Input[str] | None = None,
        service: Input[str] | None = None,
        port: int = 80,
        token: Input[str] | None = None,
        request_timeout: int = 30,
        retry_timeout: int = 120,
        opts: ResourceOptions | None = None,
    ) -> None:
        props: dict[str, Any] = {"requestTimeout": str(request_timeout), "retryTimeout": str(retry_timeout)}
        if endpoint is not None:
            props["endpoint"] = endpoint
        if kubeconfig is not None:
            text = Output.from_input(kubeconfig).apply(_as_text)
            props |= {"kubeconfig": Output.secret(text), "namespace": namespace, "service": service, "port": str(port)}
        if token is not None:
            props["token"] = Output.secret(token)
        super().__init__("vvp", name, props, opts)


def _as_text(kubeconfig: Any) -> str:
    return kubeconfig if isinstance(kubeconfig, str) else pulumi.runtime.to_json(kubeconfig)


class Namespace(pulumi.CustomResource):
    """A namespace of the platform (not of Kubernetes), with its role bindings.

    Follows https://docs.ververica.com/vvp/platform-operations/namespaces. Import: `NAME`.

    Args:
        resource_name: Logical name.
        name: The namespace's name.
        role_bindings: Who may do what; with the platform's authentication off it has no effect.
        adopt: Take over a namespace of this name that exists already.
        opts: Resource options.
    """

    def __init__(
        self,
        resource_name: str,
        *,
        name: Input[str],
        role_bindings: Sequence[RoleBinding] = (),
        adopt: bool = False,
        opts: ResourceOptions | None = None,
    ) -> None:
        bindings = [dict(binding) for binding in role_bindings]
        props: dict[str, Any] = {"name": name, "roleBindings": bindings, "adopt": adopt}
        super().__init__("vvp:index:Namespace", resource_name, props, opts)

    @property
    def name(self) -> Output[str]:
        """The namespace's name, known once it exists."""
        return pulumi.get(self, "name")


class DeploymentTarget(pulumi.CustomResource):
    """A Kubernetes namespace that deployments may run in.

    Follows https://docs.ververica.com/vvp/platform-operations/deployment-targets. Its Kubernetes namespace cannot be
    changed, nor can it be deleted while a deployment refers to it: to move jobs, give the target another name too, so
    that the new one is made before the old one goes. Import: `NAMESPACE/NAME`.

    Args:
        resource_name: Logical name.
        name: The target's name: letters, digits, hyphens, underscores.
        kubernetes_namespace: Where the jobs' pods run.
        namespace: The platform's namespace.
        labels: Labels.
        annotations: Annotations.
        adopt: Take over a target of this name that exists already.
        opts: Resource options.
    """

    def __init__(
        self,
        resource_name: str,
        *,
        name: Input[str],
        kubernetes_namespace: Input[str],
        namespace: Input[str] = "default",
        labels: Mapping[str, Input[str]] | None = None,
        annotations: Mapping[str, Input[str]] | None = None,
        adopt: bool = False,
        opts: ResourceOptions | None = None,
    ) -> None:
        props: dict[str, Any] = {
            "name": name,
            "namespace": namespace,
            "kubernetesNamespace": kubernetes_namespace,
            "labels": labels,
            "annotations": annotations,
            "adopt": adopt,
            "targetId": None,
        }
        super().__init__("vvp:index:DeploymentTarget", resource_name, props, opts)

    @property
    def name(self) -> Output[str]:
        """The target's name, known once it exists."""
        return pulumi.get(self, "name")

    @property
    def target_id(self) -> Output[str]:
        """The platform's id of the target."""
        return pulumi.get(self, "targetId")
