"""Jobs: from one entry of the stack file come identity, grants, account, tables and deployment."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

import pulumi
from pulumi import Input, Output, Resource, ResourceOptions

from components.cloud import Identity
from components.kubernetes import network
from components.kubernetes.service_account import LEADER_RULES, ServiceAccount
from components.variables import filled
from components.ververica.tables import Tables
from settings.jobs import JobResources, JobSettings
from vvp_provider.sdk.deployments import Deployment, State, TemplateSpec

STATES: Mapping[str, State] = {"running": "RUNNING", "suspended": "SUSPENDED", "cancelled": "CANCELLED"}
CHECKSUM = "checksum/tables"
"""The pods' annotation that changes with the job's tables, as Helm charts have it for a ConfigMap."""


@dataclass(frozen=True)
class Place:
    """Where a job runs.

    Attributes:
        name: Logical name of the platform's namespace: the job's, where each has its own.
        kubernetes_namespace: Namespace of its pods and of its account.
        alone: Whether that namespace is the job's own.
        vvp_namespace: The platform's namespace of its deployment.
        target: The platform's deployment target.
        in_cluster: The Kubernetes provider.
        on_platform: The platform's provider.
    """

    name: str
    kubernetes_namespace: Input[str]
    alone: bool
    vvp_namespace: Input[str]
    target: Input[str]
    in_cluster: pulumi.ProviderResource
    on_platform: pulumi.ProviderResource


class Job(pulumi.ComponentResource):
    """A Flink job with its own service account.

    Follows https://docs.ververica.com/vvp/user-guide/application-operations/deployments. Both pod templates name the
    job's account, as in the article; pods never get another one.

    Args:
        name: The job's name; its account and its deployment have it too.
        settings: Its entry in the stack file.
        place: Where it runs.
        tables: The tables of its catalog.
        uses: Full names of those that it is compiled from; when one changes, the platform starts the job anew.
        script: Its INSERT statement; empty for a jar.
        identity: What the cloud gives for its account; the entry's own Flink settings win over the identity's.
        variables: Values of the variables that its texts still have.
        platform_namespace: The platform's Kubernetes namespace.
        depends_on: What else must exist before its account and its first pod: the admission rules.
        opts: Resource options.
    """

    def __init__(
        self,
        name: str,
        settings: JobSettings,
        *,
        place: Place,
        tables: Tables,
        uses: Collection[str],
        script: str,
        identity: Identity,
        platform_namespace: Input[str],
        variables: Mapping[str, Output[str]],
        depends_on: list[Resource],
        opts: ResourceOptions | None = None,
    ) -> None:
        super().__init__("vvp:ververica:Job", name, None, opts)
        account = ServiceAccount(
            name,
            namespace=place.kubernetes_namespace,
            account_name=name,
            annotations=identity.account_annotations,
            rules=LEADER_RULES if settings.elects_by_kubernetes else (),
            opts=ResourceOptions(parent=self, provider=place.in_cluster, depends_on=depends_on),
        )
        reaches = network.job(
            name,
            place.kubernetes_namespace,
            platform_namespace=platform_namespace,
            alone=place.alone,
            networks=[*settings.access.networks, *identity.networks],
            elects=settings.elects_by_kubernetes,
            opts=ResourceOptions(parent=self, provider=place.in_cluster),
        )
        template = _template(
            settings,
            account.account_name,
            tables.checksum(uses),
            artifact=_artifact(settings, script, variables),
            flink={key: filled(value, variables) for key, value in settings.flink.items()},
            identity=identity,
        )
        self.deployment = Deployment(
            name,
            name=name,
            namespace=place.vvp_namespace,
            spec={
                "deploymentTargetName": place.target,
                "state": STATES[settings.state],
                "template": {"spec": template},
            },
            stop="savepoint" if settings.stop_with_savepoint else "cancel",
            opts=ResourceOptions(
                parent=self,
                provider=place.on_platform,
                depends_on=[*account.ready, reaches, *tables.of(uses), *identity.ready, *depends_on],
            ),
        )
        self.register_outputs({"state": self.deployment.actual_state})


def _template(
    settings: JobSettings,
    account: Output[str],
    checksum: str,
    *,
    artifact: Any,
    flink: Mapping[str, Input[str]],
    identity: Identity,
) -> TemplateSpec:
    labels = dict(identity.pod_labels)
    pod: dict[str, Any] = {
        # A job goes on with the tables that it was compiled from, until its template changes.
        "metadata": {"annotations": {CHECKSUM: checksum}, **({"labels": labels} if labels else {})},
        "spec": {"containers": [], "serviceAccountName": account},
    }
    return {
        "artifact": artifact,
        "parallelism": settings.parallelism,
        "resources": {
            "jobmanager": _size(settings.job_manager),
            "taskmanager": _size(settings.task_manager),
        },
        "flinkConfiguration": {**identity.flink, **flink},
        "kubernetes": {"jobManagerPodTemplate": pod, "taskManagerPodTemplate": pod},
    }


def _artifact(settings: JobSettings, script: str, variables: Mapping[str, Output[str]]) -> Any:
    if settings.jar is None:
        return {"kind": "SQLSCRIPT", "sqlScript": filled(script, variables)}
    jar = {"jarUri": settings.jar.uri, "entryClass": settings.jar.entry_class, "mainArgs": settings.jar.arguments}
    return {"kind": "JAR", **{key: filled(value, variables) for key, value in jar.items() if value is not None}}


def _size(resources: JobResources) -> Any:
    return {"cpu": resources.cpu, "memory": resources.memory}
