"""All that a stack has on AWS."""

from collections.abc import Mapping, Sequence
from typing import Any

import pulumi
import pulumi_aws as aws
from pulumi import Output, Resource, ResourceOptions

from components.aws.cluster import Cluster
from components.aws.identity import WorkloadIdentity
from components.aws.job_access import JobIdentity
from components.aws.kubeconfig import Deployer
from components.aws.logs import STACK_TAG, control_plane_logs
from components.aws.network import Network
from components.aws.storage import BlobStorage
from components.aws.streams import Stream
from components.cloud import Identity, VolumeClass
from grants.verbs import CHECKPOINTS, own_prefix
from settings.aws.stack_file import ACCOUNT, AwsStackFile
from settings.check import Settings
from settings.sections import JobBlobScope


class AwsStack:
    """A network, an EKS cluster, a bucket, streams, and a role for each account. See `components.cloud.Cloud`.

    Args:
        settings: The stack's settings.
    """

    volumes = VolumeClass("gp3", "ebs.csi.aws.com", {"type": "gp3", "encrypted": "true"})
    """See https://github.com/kubernetes-sigs/aws-ebs-csi-driver/blob/master/docs/parameters.md."""

    kubeconfig: Output[str]
    ready: Sequence[Resource]
    base_uri: Output[str]
    platform: Identity
    jobs: Mapping[str, Identity]
    variables: Mapping[str, Output[str]]
    outputs: Mapping[str, Output[Any]]

    def __init__(self, settings: Settings[AwsStackFile]) -> None:
        file = settings.file
        keeps_data = file.environment.keeps_data
        tags = {**file.default_tags.tags, STACK_TAG: pulumi.get_stack()}
        cloud = aws.Provider(
            "aws",
            region=file.region,
            profile=file.profile,
            # Typed arguments: a plain object inside the provider's JSON would keep this language's names.
            assume_roles=[
                aws.ProviderAssumeRoleArgs(role_arn=role.role_arn, session_name=role.session_name)
                for role in file.assume_roles
            ]
            or None,
            allowed_account_ids=list(file.allowed_account_ids) or None,
            forbidden_account_ids=list(file.forbidden_account_ids) or None,
            default_tags={"tags": tags},
        )
        on_aws = ResourceOptions(provider=cloud)
        logs = control_plane_logs(
            file.cluster.name, logical_name="vvp", retention_days=file.cluster.log_retention_days, cloud=cloud
        )
        network = Network("vvp", file.network, file.cluster.name, before=[logs], opts=on_aws)
        cluster = Cluster(
            "vvp",
            settings=file.cluster,
            identity=file.identity,
            network=network,
            logs=logs,
            deployer=Deployer(file.profile, file.assume_roles[0].role_arn if file.assume_roles else None),
            tags=tags,
            keeps_data=keeps_data,
            # A dictionary, because pulumi_eks' component runs in another process and looks providers up by package.
            opts=ResourceOptions(providers={"aws": cloud}),
        )
        scoped = file.blob_storage.job_access is JobBlobScope.SCOPED
        storage = BlobStorage(
            "blob-storage",
            file.blob_storage,
            keeps_data=keeps_data,
            short_lived=[f"{own_prefix(job.name)}{CHECKPOINTS}/" for job in settings.jobs] if scoped else [],
            opts=on_aws,
        )
        account = file.platform.service_account
        identity = WorkloadIdentity(
            account,
            issuer=cluster.issuer,
            kind=file.identity.kind,
            namespace=file.platform.namespace,
            service_account=account,
            role_name=file.identity.role_name(account),
            opts=on_aws,
        )
        storage.grant_shared(identity)
        streams = {
            name: Stream(name, stream, keeps_data=keeps_data, opts=on_aws) for name, stream in file.streams.items()
        }
        self.jobs = {
            job.name: JobIdentity(
                job.name,
                job.settings.access,
                jar=file.blob_storage.key_of(job.settings.jar.uri) if job.settings.jar else None,
                issuer=cluster.issuer,
                identity=file.identity,
                namespace=file.platform.namespace_of(job.name),
                storage=storage,
                scope=file.blob_storage.job_access,
                streams=streams,
                opts=on_aws,
            ).identity
            for job in settings.jobs
        }
        self.kubeconfig, self.ready, self.base_uri = cluster.kubeconfig, cluster.ready, storage.base_uri
        self.platform = Identity(identity.role_arn, identity.account_annotations, [storage, *identity.ready])
        # Asked of the provider, so that it is the account of what is deployed; a preview knows it too.
        caller = aws.get_caller_identity_output(opts=pulumi.InvokeOutputOptions(provider=cloud))
        self.variables = {ACCOUNT: caller.account_id}
        self.outputs = {
            "cluster": cluster.cluster_name,
            "bucket": storage.bucket_name,
            "issuer": cluster.issuer.issuer,
        }
