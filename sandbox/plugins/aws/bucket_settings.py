"""The settings of an S3 bucket that pulumi-aws keeps in resources of their own."""

from collections.abc import Iterator
from typing import Any, ClassVar

import jmespath

from provider_kit import Properties
from sandbox.plugins.aws import policy_documents
from sandbox.plugins.aws.api_table import words
from sandbox.plugins.aws.operation import Step
from sandbox.plugins.aws.resource import AwsResource
from sandbox.plugins.aws.spelling import Spelling, known, known_items, pruned, table
from sandbox.plugins.sdk_schema import Problem


class _BucketSetting(AwsResource):
    """A setting of a bucket: put as a whole, and identified by the bucket's name."""

    service, verbs, key = "s3", "put get delete", "Bucket"
    member: ClassVar[str]
    """The parameter that holds the setting."""
    setting: ClassVar[str]
    """JMESPath over the inputs to the setting, ..."""
    spelling: ClassVar[Spelling] = Spelling()
    """... how the API writes it, ..."""
    shown: ClassVar[str] = "@"
    """... and JMESPath from what it answers, with our names, to the outputs."""
    off: ClassVar[Any] = None
    """What is put in place of a delete call."""

    @classmethod
    def usual(cls) -> dict[str, str]:
        setting = f"{{{cls.member}: {cls.member}}}"
        settings = " ".join(word.name for word in words(cls.inputs) if word.apart)
        return {**super().usual(), "create_params": setting, "changes": f"{settings}: put_{cls.thing} {setting}"}

    def derived(self, step: Step) -> Properties:
        return {self.member: self.spelling.api(pruned(jmespath.search(self.setting, step.inputs)))}

    def more(self, step: Step, found: Properties) -> Properties:
        return pruned(jmespath.search(self.shown, self.spelling.ours(found)))

    def remove(self, step: Step, id: str) -> None:
        if self.off is None:
            super().remove(step, id)
        else:
            self.call(step, id, self.create_call, **{self.member: dict(self.off)})


class BucketPolicy(_BucketSetting):
    token, label = "aws:s3/bucketPolicy:BucketPolicy", "S3 Bucket Policy"
    thing, inputs, member, setting = "bucket_policy", "bucket! +policy", "Policy", "policy"
    policies = table(policy=policy_documents.Kind.BUCKET)


class BucketPublicAccessBlock(_BucketSetting):
    token, label = "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock", "S3 Bucket Public Access Block"
    inputs = "bucket! +blockPublicAcls +blockPublicPolicy +ignorePublicAcls +restrictPublicBuckets +skipDestroy-"
    thing = "public_access_block"
    member = item = "PublicAccessBlockConfiguration"
    defaults = table(
        blockPublicAcls=False, blockPublicPolicy=False, ignorePublicAcls=False, restrictPublicBuckets=False
    )
    setting = """{blockPublicAcls: blockPublicAcls, blockPublicPolicy: blockPublicPolicy,
                  ignorePublicAcls: ignorePublicAcls, restrictPublicBuckets: restrictPublicBuckets}"""


class BucketOwnershipControls(_BucketSetting):
    token, label = "aws:s3/bucketOwnershipControls:BucketOwnershipControls", "S3 Bucket Ownership Controls"
    inputs = "bucket! +rule"
    thing, member, item = "bucket_ownership_controls", "OwnershipControls", "OwnershipControls.Rules[0]"
    setting, shown = "{rules: [rule]}", "{rule: {objectOwnership: objectOwnership}}"


class BucketVersioning(_BucketSetting):
    token, label = "aws:s3/bucketVersioning:BucketVersioning", "S3 Bucket Versioning"
    inputs = "bucket! +versioningConfiguration versioningConfiguration.mfaDelete?"
    thing, member, item = "bucket_versioning", "VersioningConfiguration", "[@][?Status] | [0]"
    setting = "versioningConfiguration"
    spelling = Spelling(mfaDelete="MFADelete")
    shown = "{versioningConfiguration: {status: status, mfaDelete: mfaDelete}}"
    # Versioning cannot be taken back, only suspended.
    off = table(Status="Suspended")


class BucketServerSideEncryptionConfiguration(_BucketSetting):
    token = "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration"
    inputs = "bucket! +rules rules.blockedEncryptionTypes?"
    label = "S3 Bucket Server-side Encryption Configuration"
    thing = "bucket_encryption"
    member = item = "ServerSideEncryptionConfiguration"
    setting = "{rules: rules}"
    spelling = Spelling(sseAlgorithm="SSEAlgorithm", kmsMasterKeyId="KMSMasterKeyID")

    def verify(self, inputs: Properties) -> Iterator[Problem]:
        for index, rule in enumerate(map(known, known_items(inputs.get("rules")))):
            default = known(rule.get("applyServerSideEncryptionByDefault"))
            if default.get("sseAlgorithm") == "AES256" and default.get("kmsMasterKeyId"):
                path = f"rules[{index}].applyServerSideEncryptionByDefault.kmsMasterKeyId"
                yield path, "a KMS key cannot be given with the algorithm AES256"


class BucketLifecycleConfiguration(_BucketSetting):
    token = "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration"
    inputs = "bucket! +rules~ rules.transitions~ rules.noncurrentVersionTransitions~"
    label = "S3 Bucket Lifecycle Configuration"
    thing, member, delete_call = "bucket_lifecycle_configuration", "LifecycleConfiguration", "delete_bucket_lifecycle"
    setting = "{rules: rules}"
    spelling = Spelling(id="ID")

    def verify(self, inputs: Properties) -> Iterator[Problem]:
        rules = [rule for rule in known_items(inputs.get("rules")) if isinstance(rule, dict)]
        for index, rule in enumerate(rules):
            if not rule.keys() - {"id", "status", "filter", "prefix"}:
                yield f"rules[{index}]", "at least one action needs to be specified in a rule"
        ids = [rule["id"] for rule in rules if isinstance(rule.get("id"), str)]
        if len(ids) != len(set(ids)):
            yield "rules", "rule ID must be unique: found same ID for more than one rule"

    def derived(self, step: Step) -> Properties:
        setting = super().derived(step)
        for rule in map(known, known_items(setting[self.member].get("Rules"))):
            # A rule without filter applies to everything, which the API wants said.
            if rule.get("Prefix") is None and not rule.get("Filter"):
                rule["Filter"] = {"Prefix": ""}
        return setting


class BucketLogging(_BucketSetting):
    token, label = "aws:s3/bucketLogging:BucketLogging", "S3 Bucket Logging"
    inputs = "bucket! +targetBucket +targetPrefix"
    thing, member, item = "bucket_logging", "BucketLoggingStatus", "LoggingEnabled"
    setting = "{loggingEnabled: {targetBucket: targetBucket, targetPrefix: targetPrefix || ''}}"
    off = table()
