"""What jobs get on AWS: an identity each, with the sum of their grants as one policy."""

from collections.abc import Mapping

import pulumi
import pulumi_aws as aws
from pulumi import Output, ResourceOptions

from components.aws.identity import Issuer, WorkloadIdentity
from components.aws.storage import BlobStorage
from components.aws.streams import Stream
from grants import aws as grants
from grants.iam_documents import document
from grants.verbs import JOBS_PREFIX, BlobVerb
from settings.aws.sections import IdentitySettings
from settings.jobs import JobAccess
from settings.sections import JobBlobAccess


class JobAccessGrants(pulumi.ComponentResource):
    """The identity of a job and what it may touch.

    Args:
        name: The job's name, which is its account's too.
        access: What the entry of the stack file grants.
        issuer: The cluster.
        identity: The stack's identity section.
        namespace: Kubernetes namespace of the job's account.
        storage: The bucket.
        blob_access: Whether the job has its own prefix or, as every other, the whole bucket.
        streams: The stack's streams by name.
        opts: Resource options; `provider` is the AWS provider.

    Attributes:
        identity: The job's identity; a pod waits for its `grants`.
        flink: Where Flink keeps the job's state: settings for its configuration.
    """

    identity: WorkloadIdentity
    flink: Mapping[str, Output[str]]

    def __init__(
        self,
        name: str,
        access: JobAccess,
        *,
        issuer: Issuer,
        identity: IdentitySettings,
        namespace: str,
        storage: BlobStorage,
        blob_access: JobBlobAccess,
        streams: Mapping[str, Stream],
        opts: ResourceOptions | None = None,
    ) -> None:
        super().__init__("vvp:aws:JobAccessGrants", name, None, opts)
        self.identity = WorkloadIdentity(
            name,
            issuer=issuer,
            kind=identity.kind,
            namespace=namespace,
            service_account=name,
            role_name=f"{identity.role_prefix}-{name}",
            opts=ResourceOptions(parent=self),
        )
        scoped = blob_access is JobBlobAccess.SCOPED
        prefixes = {**access.blobs, **({f"{JOBS_PREFIX}{name}/": BlobVerb.READ_WRITE} if scoped else {})}
        granted = [
            grants.StreamGrant(verb, streams[stream].stream_arn, streams[stream].key_arn)
            for stream, verb in sorted(access.streams.items())
        ]
        statements = [*grants.streams(granted), *grants.blobs(prefixes, storage.bucket_arn, storage.key_arn)]
        if not scoped:
            storage.grant_shared(self.identity)
        if statements:
            policy = aws.iam.Policy(
                name,
                name=f"{identity.role_prefix}-{name}",
                description=f"What the job {name} may touch",
                policy=Output.json_dumps(document(*statements)),
                opts=ResourceOptions(parent=self),
            )
            self.identity.attach(f"{identity.role_prefix}-{name}", policy.arn)
        self.flink = _state(name, storage) if scoped else {}
        self.register_outputs({"roleArn": self.identity.role_arn})


def _state(name: str, storage: BlobStorage) -> Mapping[str, Output[str]]:
    """See https://nightlies.apache.org/flink/flink-docs-stable/docs/deployment/config/#checkpointing."""
    own = Output.concat(storage.base_uri, f"/{JOBS_PREFIX}{name}")
    return {
        "state.checkpoints.dir": Output.concat(own, "/checkpoints"),
        "state.savepoints.dir": Output.concat(own, "/savepoints"),
        "high-availability.storageDir": Output.concat(own, "/high-availability"),
    }
