"""Blob storage on AWS: one encrypted, versioned, private bucket, and access to it as grants."""

import json
from collections.abc import Sequence
from typing import TypedDict, Unpack

import pulumi
import pulumi_aws as aws
from pulumi import Output, ResourceOptions

from components.aws.identity import WorkloadIdentity
from components.aws.keys import encryption_key
from grants.iam_documents import bucket_everything, bucket_read_write, tls_only
from settings.aws.sections import BlobStorageSettings, PlatformBlobAccess


class _Actions(TypedDict, total=False):
    abort_incomplete_multipart_upload: aws.s3.BucketLifecycleConfigurationRuleAbortIncompleteMultipartUploadArgsDict
    noncurrent_version_expiration: aws.s3.BucketLifecycleConfigurationRuleNoncurrentVersionExpirationArgsDict
    expiration: aws.s3.BucketLifecycleConfigurationRuleExpirationArgsDict


class BlobStorage(pulumi.ComponentResource):
    """The S3 bucket for artifacts, checkpoints and savepoints, with the key that encrypts it.

    Follows https://docs.aws.amazon.com/AmazonS3/latest/userguide/security-best-practices.html.

    Args:
        name: Logical name.
        settings: The stack's blob storage section.
        keeps_data: Whether bucket and key are protected, and a bucket with objects in it survives.
        short_lived: Prefixes of what Flink writes anew all the time: old versions go after a day.
        opts: Resource options; `provider` is the AWS provider.

    Attributes:
        bucket_name: The bucket's name.
        bucket_arn: The bucket's ARN.
        key_arn: The key's ARN.
        base_uri: Where the platform keeps its blobs, as `s3://<bucket>`.
    """

    bucket_name: Output[str]
    bucket_arn: Output[str]
    key_arn: Output[str]
    base_uri: Output[str]

    def __init__(
        self,
        name: str,
        settings: BlobStorageSettings,
        *,
        keeps_data: bool,
        short_lived: Sequence[str] = (),
        opts: ResourceOptions | None = None,
    ) -> None:
        super().__init__("vvp:aws:BlobStorage", name, None, opts)
        self._settings = settings
        child = ResourceOptions(parent=self)
        kept = ResourceOptions(parent=self, protect=keeps_data)

        key = encryption_key(name, f"Objects of the bucket {settings.bucket}", keeps_data=keeps_data, parent=self)
        aws.kms.Alias(name, name=f"alias/{settings.bucket}", target_key_id=key.key_id, opts=child)
        bucket = aws.s3.Bucket(name, bucket=settings.bucket, force_destroy=not keeps_data, opts=kept)
        public_access = aws.s3.BucketPublicAccessBlock(
            name,
            bucket=bucket.id,
            block_public_acls=True,
            block_public_policy=True,
            ignore_public_acls=True,
            restrict_public_buckets=True,
            opts=child,
        )
        aws.s3.BucketOwnershipControls(
            name, bucket=bucket.id, rule={"object_ownership": "BucketOwnerEnforced"}, opts=child
        )
        aws.s3.BucketServerSideEncryptionConfiguration(
            name,
            bucket=bucket.id,
            rules=[
                {
                    "apply_server_side_encryption_by_default": {
                        "sse_algorithm": "aws:kms",
                        "kms_master_key_id": key.arn,
                    },
                    "bucket_key_enabled": True,
                }
            ],
            opts=child,
        )
        versioning = aws.s3.BucketVersioning(
            name, bucket=bucket.id, versioning_configuration={"status": "Enabled"}, opts=child
        )
        aws.s3.BucketPolicy(
            name,
            bucket=bucket.id,
            policy=Output.json_dumps(bucket.arn.apply(tls_only)),
            # S3 refuses the two calls at the same time on one bucket.
            opts=ResourceOptions.merge(child, ResourceOptions(depends_on=[public_access])),
        )
        aws.s3.BucketLifecycleConfiguration(
            name,
            bucket=bucket.id,
            rules=_lifecycle(settings, short_lived),
            # Rules for noncurrent versions need versioning to be on.
            opts=ResourceOptions.merge(child, ResourceOptions(depends_on=[versioning])),
        )
        if settings.access_log_bucket:
            aws.s3.BucketLogging(
                name,
                bucket=bucket.id,
                target_bucket=settings.access_log_bucket,
                target_prefix=f"{settings.bucket}/",
                opts=child,
            )
        self.bucket_name = bucket.bucket
        self.bucket_arn = bucket.arn
        self.key_arn = key.arn
        self.base_uri = Output.concat("s3://", bucket.bucket)
        wide = settings.platform_access is PlatformBlobAccess.ALL_S3_ACTIONS
        access = bucket_everything if wide else bucket_read_write
        known = Output.all(bucket=self.bucket_arn, key=self.key_arn)
        self._policy = aws.iam.Policy(
            f"{name}-platform",
            name=settings.policy_name,
            description=f"Access to the whole bucket {settings.bucket}",
            policy=known.apply(lambda arns: json.dumps(access(arns["bucket"], arns["key"]))),
            opts=child,
        )
        self.register_outputs({"bucketName": self.bucket_name, "baseUri": self.base_uri})

    def grant_shared(self, identity: WorkloadIdentity) -> None:
        """Gives access to the whole bucket: the least actions, or the article's if the stack asks so.

        Args:
            identity: The platform's, or a job's if jobs share the bucket.
        """
        identity.attach(self._settings.policy_name, self._policy.arn)


def _lifecycle(
    settings: BlobStorageSettings, short_lived: Sequence[str]
) -> list[aws.s3.BucketLifecycleConfigurationRuleArgsDict]:
    """Where two rules apply, the earlier deletion wins:
    https://docs.aws.amazon.com/AmazonS3/latest/userguide/lifecycle-conflicts.html."""

    def rule(
        identifier: str, prefix: str, **actions: Unpack[_Actions]
    ) -> aws.s3.BucketLifecycleConfigurationRuleArgsDict:
        return {"id": identifier, "status": "Enabled", "filter": {"prefix": prefix}, **actions}

    return [
        rule(
            "leftovers",
            "",
            abort_incomplete_multipart_upload={"days_after_initiation": settings.abort_uploads_days},
            noncurrent_version_expiration={"noncurrent_days": settings.noncurrent_days},
            # What is left of a deleted object once its versions are gone; S3 keeps it for ever, and lists it.
            expiration={"expired_object_delete_marker": True},
        ),
        *(
            rule(f"short-lived-{prefix.strip('/')}", prefix, noncurrent_version_expiration={"noncurrent_days": 1})
            for prefix in short_lived
        ),
        *(
            rule(f"expiry-{index}", each.prefix, expiration={"days": each.days})
            for index, each in enumerate(settings.expiry)
        ),
    ]
