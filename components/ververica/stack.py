"""The platform, and all that a stack has on it."""

from pulumi import ResourceOptions

from components.cloud import Cloud
from components.kubernetes.stack import InCluster
from components.ververica.jobs import Job
from components.ververica.namespaces import JobNamespaces
from components.ververica.platform import Platform
from components.ververica.tables import Tables
from settings.check import Settings
from settings.sections import LocalPersistence, PlatformSettings
from settings.stack_file import StackFile
from vvp_provider.sdk.connection import Provider
from vvp_provider.sdk.volumes import ReclaimedVolumes


class OnPlatform:
    """Ververica Platform by its chart; on it the jobs with their namespaces, deployment targets and tables.

    Args:
        settings: The stack's settings.
        cloud: The cloud.
        cluster: What there is in the cluster.

    Attributes:
        platform: The platform.
    """

    platform: Platform

    def __init__(self, settings: Settings[StackFile], cloud: Cloud, cluster: InCluster) -> None:
        file = settings.file
        ready = list(cluster.ready)
        if isinstance(file.platform.persistence, LocalPersistence):
            ready.append(_volume(file.platform, cloud, cluster))
        self.platform = Platform(
            "vvp",
            file.platform,
            settings.secrets,
            namespace=cluster.namespace,
            service_account=cluster.account,
            base_uri=cloud.base_uri,
            identity_values=cloud.platform.chart_values,
            depends_on=ready,
            opts=ResourceOptions(provider=cluster.provider),
        )
        provider = Provider(
            "vvp",
            kubeconfig=cloud.kubeconfig,
            namespace=file.platform.namespace,
            service=file.platform.service_name,
            token=settings.secrets.api_token,
            opts=ResourceOptions(depends_on=[self.platform]),
        )
        namespaces = JobNamespaces(
            "jobs",
            file.platform,
            [job.name for job in settings.jobs],
            namespace=cluster.namespace,
            in_cluster=cluster.provider,
            on_platform=provider,
        )
        for jobs in settings.namespaces:
            place = namespaces.of(jobs[0].name)
            tables = Tables(
                place.name,
                [table for job in jobs for table in job.tables],
                namespace=place.vvp_namespace,
                variables=cloud.variables,
                opts=ResourceOptions(provider=provider),
            )
            for job in jobs:
                Job(
                    job.name,
                    job.settings,
                    place=place,
                    tables=tables,
                    uses=job.uses,
                    script=job.script,
                    identity=cloud.jobs[job.name],
                    platform_namespace=cluster.namespace,
                    variables=cloud.variables,
                    depends_on=cluster.guards,
                )


def _volume(platform: PlatformSettings, cloud: Cloud, cluster: InCluster) -> ReclaimedVolumes:
    """Has the storage driver stay until it has deleted the platform's disk."""
    provider = Provider(
        "vvp-volumes",
        kubeconfig=cloud.kubeconfig,
        namespace=platform.namespace,
        service=platform.service_name,
        opts=ResourceOptions(depends_on=cluster.ready),
    )
    return ReclaimedVolumes("platform", namespace=platform.namespace, opts=ResourceOptions(provider=provider))
