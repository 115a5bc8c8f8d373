"""What jobs get on AWS: an identity each, with the sum of their grants as one policy."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

import pulumi
import pulumi_aws as aws
from pulumi import Output, ResourceOptions

from components.aws.identity import Issuer, WorkloadIdentity
from components.aws.storage import BlobStorage
from components.aws.streams import Stream
from components.cloud import Identity
from grants.aws import StreamGrant, job_policy
from grants.verbs import CHECKPOINTS, HIGH_AVAILABILITY, SAVEPOINTS, BlobVerb, StreamVerb, own_prefix
from settings.aws.sections import IdentitySettings
from settings.jobs import JobAccess
from settings.sections import JobBlobScope


class JobIdentity(pulumi.ComponentResource):
    """The identity of a job and what it may touch.

    Args:
        name: The job's name, which is its account's too.
        access: What the entry of the stack file grants.
        jar: Key of its jar in the bucket, if it has one there; it may read that object and no other beside its own.
        issuer: The cluster.
        identity: The stack's identity section.
        namespace: Kubernetes namespace of the job's account.
        storage: The bucket.
        scope: Whether the job has its own prefix or, as every other, the whole bucket.
        streams: The stack's streams by name.
        opts: Resource options; `provider` is the AWS provider.

    Attributes:
        identity: The job's identity.
    """

    identity: Identity

    def __init__(
        self,
        name: str,
        access: JobAccess,
        *,
        jar: str | None,
        issuer: Issuer,
        identity: IdentitySettings,
        namespace: str,
        storage: BlobStorage,
        scope: JobBlobScope,
        streams: Mapping[str, Stream],
        opts: ResourceOptions | None = None,
    ) -> None:
        super().__init__("vvp:aws:JobAccessGrants", name, None, opts)
        own = WorkloadIdentity(
            name,
            issuer=issuer,
            kind=identity.kind,
            namespace=namespace,
            service_account=name,
            role_name=identity.role_name(name),
            opts=ResourceOptions(parent=self),
        )
        scoped = scope is JobBlobScope.SCOPED
        blobs = {**access.blobs, **({own_prefix(name): BlobVerb.READ_WRITE} if scoped else {})}
        if not scoped:
            storage.grant_shared(own)
        read = [jar] if jar and scoped else []
        if access.streams or blobs or read:
            policy = aws.iam.Policy(
                name,
                name=identity.role_name(name),
                description=f"What the job {name} may touch",
                policy=_policy(access.streams, blobs, read, storage, streams),
                opts=ResourceOptions(parent=self),
            )
            own.attach(identity.role_name(name), policy.arn)
        self.identity = Identity(
            own.role_arn,
            own.account_annotations,
            own.ready,
            flink=_state(name, storage) if scoped else {},
            networks=own.networks,
        )
        self.register_outputs({"roleArn": own.role_arn})


def _policy(
    granted: Mapping[str, StreamVerb],
    blobs: Mapping[str, BlobVerb],
    read: Sequence[str],
    storage: BlobStorage,
    streams: Mapping[str, Stream],
) -> Output[str]:
    verbs = sorted(granted.items())
    known = Output.all(
        bucket=storage.bucket_arn,
        bucket_key=storage.key_arn,
        streams=[streams[name].stream_arn for name, _ in verbs],
        keys=[streams[name].key_arn for name, _ in verbs],
    )

    def document(arns: Mapping[str, Any]) -> str:
        each = zip(verbs, arns["streams"], arns["keys"], strict=True)
        on_streams = [StreamGrant(verb, arn, key) for (_, verb), arn, key in each]
        return json.dumps(job_policy(on_streams, blobs, arns["bucket"], arns["bucket_key"], read))

    return known.apply(document)


def _state(name: str, storage: BlobStorage) -> Mapping[str, Output[str]]:
    """See https://nightlies.apache.org/flink/flink-docs-stable/docs/deployment/config/#checkpointing."""
    own = Output.concat(storage.base_uri, "/", own_prefix(name))
    return {
        "state.checkpoints.dir": Output.concat(own, CHECKPOINTS),
        "state.savepoints.dir": Output.concat(own, SAVEPOINTS),
        "high-availability.storageDir": Output.concat(own, HIGH_AVAILABILITY),
    }
