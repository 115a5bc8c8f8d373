"""The settings of an S3 bucket that pulumi-aws keeps in resources of their own."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, ClassVar

from provider_kit import Properties
from sandbox.plugins.aws import policy_documents
from sandbox.plugins.aws.operation import Job
from sandbox.plugins.aws.resource import AwsResource
from sandbox.plugins.aws.session import is_gone
from sandbox.plugins.aws.spelling import camel, known, known_items, pascal, recased, table, tag_list, tag_map
from sandbox.plugins.sdk_schema import Problem


class _BucketSetting(AwsResource):
    """A setting of a bucket: put as a whole, and identified by the bucket's name."""

    service = "s3"
    replaced_by = "bucket"
    member: ClassVar[str]
    """The request parameter that holds the setting."""
    get: ClassVar[str]
    unset: ClassVar[str]

    def setting(self, inputs: Properties) -> Any:
        """The setting as the API takes it."""
        raise NotImplementedError(self.token)

    def parsed(self, reply: Properties) -> Properties | None:
        """The outputs besides `bucket` from the get call's answer; None if nothing is set."""
        raise NotImplementedError(self.token)

    def params(self, job: Job) -> Properties:
        return {"Bucket": job.inputs["bucket"], self.member: self.setting(job.inputs)}

    def identify(self, reply: Properties, job: Job) -> str:
        return job.inputs["bucket"]

    def apply(self, job: Job, id: str) -> None:
        if job.op.id:
            getattr(job.client, self.create_call)(**self.params(job))

    def describe(self, job: Job, id: str) -> Properties | None:
        found = self.parsed(getattr(job.client, self.get)(Bucket=id))
        return None if found is None else {"bucket": id, **found}

    def remove(self, job: Job, id: str) -> None:
        getattr(job.client, self.unset)(Bucket=id)


class BucketPolicy(_BucketSetting):
    """https://www.pulumi.com/registry/packages/aws/api-docs/s3/bucketpolicy/"""

    token = "aws:s3/bucketPolicy:BucketPolicy"
    label = "S3 Bucket Policy"
    supports = "bucket policy"
    policies = table(policy=policy_documents.Kind.BUCKET)
    member, create_call, get, unset = "Policy", "put_bucket_policy", "get_bucket_policy", "delete_bucket_policy"

    def setting(self, inputs: Properties) -> Any:
        return inputs["policy"]

    def parsed(self, reply: Properties) -> Properties | None:
        return {"policy": reply["Policy"]}


class BucketPublicAccessBlock(_BucketSetting):
    """https://www.pulumi.com/registry/packages/aws/api-docs/s3/bucketpublicaccessblock/"""

    token = "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock"
    label = "S3 Bucket Public Access Block"
    supports = "bucket blockPublicAcls blockPublicPolicy ignorePublicAcls restrictPublicBuckets skipDestroy"
    defaults = table(
        blockPublicAcls=False, blockPublicPolicy=False, ignorePublicAcls=False, restrictPublicBuckets=False
    )
    kept = "skipDestroy"
    member = "PublicAccessBlockConfiguration"
    create_call, get, unset = "put_public_access_block", "get_public_access_block", "delete_public_access_block"

    def setting(self, inputs: Properties) -> Any:
        return {pascal(name): inputs[name] for name in self.defaults}

    def parsed(self, reply: Properties) -> Properties | None:
        found = reply["PublicAccessBlockConfiguration"]
        return {name: found.get(pascal(name), False) for name in self.defaults}

    def remove(self, job: Job, id: str) -> None:
        if not job.get("skipDestroy"):
            super().remove(job, id)


class BucketOwnershipControls(_BucketSetting):
    """https://www.pulumi.com/registry/packages/aws/api-docs/s3/bucketownershipcontrols/"""

    token = "aws:s3/bucketOwnershipControls:BucketOwnershipControls"
    label = "S3 Bucket Ownership Controls"
    supports = "bucket rule"
    member = "OwnershipControls"
    create_call, get = "put_bucket_ownership_controls", "get_bucket_ownership_controls"
    unset = "delete_bucket_ownership_controls"

    def setting(self, inputs: Properties) -> Any:
        return {"Rules": [recased(inputs["rule"], pascal)]}

    def parsed(self, reply: Properties) -> Properties | None:
        return {"rule": recased(reply["OwnershipControls"]["Rules"][0], camel)}


class BucketVersioning(_BucketSetting):
    """https://www.pulumi.com/registry/packages/aws/api-docs/s3/bucketversioning/"""

    token = "aws:s3/bucketVersioning:BucketVersioning"
    label = "S3 Bucket Versioning"
    supports = "bucket versioningConfiguration"
    chosen_by_aws = "versioningConfiguration.mfaDelete"
    member, create_call, get = "VersioningConfiguration", "put_bucket_versioning", "get_bucket_versioning"

    def setting(self, inputs: Properties) -> Any:
        names = {"status": "Status", "mfaDelete": "MFADelete"}
        return recased(inputs["versioningConfiguration"], lambda name: names.get(name, name))

    def parsed(self, reply: Properties) -> Properties | None:
        if not reply.get("Status"):
            return None
        mfa = {"mfaDelete": reply["MFADelete"]} if reply.get("MFADelete") else {}
        return {"versioningConfiguration": {"status": reply["Status"], **mfa}}

    def remove(self, job: Job, id: str) -> None:
        # Versioning cannot be taken back, only suspended.
        job.client.put_bucket_versioning(Bucket=id, VersioningConfiguration={"Status": "Suspended"})


class BucketServerSideEncryptionConfiguration(_BucketSetting):
    """https://www.pulumi.com/registry/packages/aws/api-docs/s3/bucketserversideencryptionconfiguration/"""

    token = "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration"
    label = "S3 Bucket Server-side Encryption Configuration"
    supports = "bucket rules"
    chosen_by_aws = "rules.blockedEncryptionTypes"
    member = "ServerSideEncryptionConfiguration"
    create_call, get, unset = "put_bucket_encryption", "get_bucket_encryption", "delete_bucket_encryption"
    _api = table(sseAlgorithm="SSEAlgorithm", kmsMasterKeyId="KMSMasterKeyID")

    def verify(self, inputs: Properties) -> Iterator[Problem]:
        for index, rule in enumerate(map(known, known_items(inputs.get("rules")))):
            default = known(rule.get("applyServerSideEncryptionByDefault"))
            if default.get("sseAlgorithm") == "AES256" and default.get("kmsMasterKeyId"):
                path = f"rules[{index}].applyServerSideEncryptionByDefault.kmsMasterKeyId"
                yield path, "a KMS key cannot be given with the algorithm AES256"

    def setting(self, inputs: Properties) -> Any:
        return {"Rules": recased(inputs["rules"], lambda name: self._api.get(name) or pascal(name))}

    def parsed(self, reply: Properties) -> Properties | None:
        names = {api: name for name, api in self._api.items()}
        rules = reply["ServerSideEncryptionConfiguration"]["Rules"]
        return {"rules": recased(rules, lambda name: names.get(name) or camel(name))}


class BucketLifecycleConfiguration(_BucketSetting):
    """https://www.pulumi.com/registry/packages/aws/api-docs/s3/bucketlifecycleconfiguration/"""

    token = "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration"
    label = "S3 Bucket Lifecycle Configuration"
    supports = "bucket rules"
    chosen_by_aws = "transitionDefaultMinimumObjectSize"
    unordered = "rules rules.transitions rules.noncurrentVersionTransitions"
    member = "LifecycleConfiguration"
    create_call, get = "put_bucket_lifecycle_configuration", "get_bucket_lifecycle_configuration"
    unset = "delete_bucket_lifecycle"

    def verify(self, inputs: Properties) -> Iterator[Problem]:
        rules = [rule for rule in known_items(inputs.get("rules")) if isinstance(rule, dict)]
        for index, rule in enumerate(rules):
            if not rule.keys() - {"id", "status", "filter", "prefix"}:
                yield f"rules[{index}]", "at least one action needs to be specified in a rule"
        ids = [rule["id"] for rule in rules if isinstance(rule.get("id"), str)]
        if len(ids) != len(set(ids)):
            yield "rules", "rule ID must be unique: found same ID for more than one rule"

    def setting(self, inputs: Properties) -> Any:
        def rule(said: Properties) -> Properties:
            both = known(known(said.get("filter")).get("and"))
            if both.get("tags"):
                both = {**both, "tags": tag_list(both["tags"])}
                said = {**said, "filter": {**said["filter"], "and": both}}
            # A rule without filter applies to everything, which the API wants said.
            said = said if said.get("prefix") is not None else {**said, "filter": said.get("filter") or {"prefix": ""}}
            return recased(said, lambda name: "ID" if name == "id" else pascal(name))

        rules = inputs["rules"]
        return {"Rules": [rule(s) if isinstance(s, dict) else s for s in rules] if isinstance(rules, list) else rules}

    def parsed(self, reply: Properties) -> Properties | None:
        def rule(found: Properties) -> Properties:
            plain = recased(found, lambda name: "id" if name == "ID" else camel(name))
            both = (plain.get("filter") or {}).get("and")
            if both and both.get("tags"):
                both["tags"] = tag_map(both["tags"], "key", "value")
            for dated in (plain.get("expiration"), *plain.get("transitions", ())):
                if dated and dated.get("date"):
                    dated["date"] = dated["date"].strftime("%Y-%m-%dT%H:%M:%SZ")
            return plain

        return {"rules": [rule(found) for found in reply["Rules"]]}


class BucketLogging(_BucketSetting):
    """https://www.pulumi.com/registry/packages/aws/api-docs/s3/bucketlogging/"""

    token = "aws:s3/bucketLogging:BucketLogging"
    label = "S3 Bucket Logging"
    supports = "bucket targetBucket targetPrefix"
    member, create_call, get = "BucketLoggingStatus", "put_bucket_logging", "get_bucket_logging"

    def setting(self, inputs: Properties) -> Any:
        return {
            "LoggingEnabled": {
                "TargetBucket": inputs["targetBucket"],
                "TargetPrefix": inputs.get("targetPrefix", ""),
            }
        }

    def parsed(self, reply: Properties) -> Properties | None:
        enabled = reply.get("LoggingEnabled")
        return enabled and {"targetBucket": enabled["TargetBucket"], "targetPrefix": enabled.get("TargetPrefix", "")}

    def remove(self, job: Job, id: str) -> None:
        try:
            job.client.put_bucket_logging(Bucket=id, BucketLoggingStatus={})
        except job.client.exceptions.ClientError as error:
            if not is_gone(error):
                raise


RESOURCES = (
    BucketPolicy,
    BucketPublicAccessBlock,
    BucketOwnershipControls,
    BucketVersioning,
    BucketServerSideEncryptionConfiguration,
    BucketLifecycleConfiguration,
    BucketLogging,
)
