"""The whole stack: network, cluster, storage, identities, admission policy, platform and jobs."""

import pulumi
import pulumi_aws as aws
import pulumi_kubernetes as k8s
from pulumi import ResourceOptions

from components.aws.cluster import Cluster
from components.aws.identity import WorkloadIdentity
from components.aws.job_access import JobAccessGrants
from components.aws.network import Network
from components.aws.storage import BlobStorage
from components.aws.streams import Stream
from components.kubernetes.admission import OneToOnePolicy
from components.kubernetes.service_account import PLATFORM_RULES, ServiceAccount
from components.kubernetes.storage_class import default_storage_class
from components.ververica.jobs import Job
from components.ververica.namespaces import Places, job_namespaces
from components.ververica.platform import Platform, full_name
from components.ververica.tables import Tables
from settings.stack_file import load
from vvp_provider.sdk.connection import Provider

settings = load()
keeps_data = settings.environment.keeps_data
platform = settings.platform

cloud = aws.Provider("aws", region=settings.region, default_tags={"tags": {"vvp:stack": pulumi.get_stack()}})
on_aws = ResourceOptions(provider=cloud)
network = Network("vvp", settings.network, settings.cluster.name, opts=on_aws)
cluster = Cluster(
    "vvp",
    settings=settings.cluster,
    identity=settings.identity,
    network=network,
    keeps_data=keeps_data,
    # A dictionary, because the component of pulumi_eks runs in another process and looks its providers up by package.
    opts=ResourceOptions(providers={"aws": cloud}),
)
storage = BlobStorage("blob-storage", settings.blob_storage, keeps_data=keeps_data, opts=on_aws)
identity = WorkloadIdentity(
    platform.service_account,
    issuer=cluster.issuer,
    kind=settings.identity.kind,
    namespace=platform.namespace,
    service_account=platform.service_account,
    role_name=f"{settings.identity.role_prefix}-{platform.service_account}",
    opts=on_aws,
)
storage.grant_shared(identity)
streams = {name: Stream(name, stream, keeps_data=keeps_data, opts=on_aws) for name, stream in settings.streams.items()}
namespaces = job_namespaces(platform, [job.name for job in settings.jobs])
access = {
    job.name: JobAccessGrants(
        job.name,
        job.settings.access,
        issuer=cluster.issuer,
        identity=settings.identity,
        namespace=namespaces[job.name],
        storage=storage,
        blob_access=settings.blob_storage.job_access,
        streams=streams,
        opts=on_aws,
    )
    for job in settings.jobs
}

kubernetes = k8s.Provider("kubernetes", kubeconfig=cluster.kubeconfig, opts=ResourceOptions(depends_on=cluster.ready))
in_cluster = ResourceOptions(provider=kubernetes)
storage_class = default_storage_class("gp3", keeps_data=keeps_data, opts=in_cluster)
namespace = k8s.core.v1.Namespace(platform.namespace, metadata={"name": platform.namespace}, opts=in_cluster)
account = ServiceAccount(
    platform.service_account,
    namespace=namespace.metadata.name,
    account_name=platform.service_account,
    annotations={**platform.service_account_annotations, **identity.account_annotations},
    rules=PLATFORM_RULES,
    opts=in_cluster,
)
policy = OneToOnePolicy(
    "deployments",
    settings.admission,
    namespaces=sorted({platform.namespace, *namespaces.values()}),
    platform_account=platform.service_account,
    reserved_accounts=list(namespaces),
    opts=in_cluster,
)
vvp = Platform(
    "vvp",
    platform,
    settings.secrets,
    namespace=namespace.metadata.name,
    service_account=account.account_name,
    base_uri=storage.base_uri,
    depends_on=[storage, storage_class, policy, *identity.grants],
    opts=in_cluster,
)

on_platform = Provider(
    "vvp",
    kubeconfig=cluster.kubeconfig,
    namespace=platform.namespace,
    service=full_name(platform.release_name),
    token=settings.secrets.api_token,
    opts=ResourceOptions(depends_on=[vvp]),
)
places = Places(
    "jobs",
    platform,
    list(namespaces),
    namespace=namespace.metadata.name,
    in_cluster=kubernetes,
    on_platform=on_platform,
)
for catalog in settings.catalogs:
    place = places.of(catalog[0].name)
    tables = Tables(
        place.name,
        [table for job in catalog for table in job.tables],
        namespace=place.vvp_namespace,
        opts=ResourceOptions(provider=on_platform),
    )
    for job in catalog:
        granted = access[job.name]
        Job(
            job.name,
            job.settings,
            place=place,
            tables=tables,
            uses=job.uses,
            script=job.script,
            account_annotations=granted.identity.account_annotations,
            flink=granted.flink,
            depends_on=[*granted.identity.grants, policy],
        )

pulumi.export("kubeconfig", cluster.kubeconfig)
pulumi.export("cluster", cluster.cluster_name)
pulumi.export("bucket", storage.bucket_name)
pulumi.export("issuer", cluster.issuer.issuer)
pulumi.export(
    "roles",
    {
        f"{platform.namespace}/{platform.service_account}": identity.role_arn,
        **{f"{namespaces[name]}/{name}": granted.identity.role_arn for name, granted in access.items()},
    },
)
pulumi.export("platform", {"url": vvp.url, "portForward": vvp.port_forward})
