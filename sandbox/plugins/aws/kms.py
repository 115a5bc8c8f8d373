"""KMS keys and aliases."""

from __future__ import annotations

import re
from collections.abc import Iterator

from provider_kit import Properties
from sandbox.plugins.aws import policy_documents
from sandbox.plugins.aws.operation import Job
from sandbox.plugins.aws.resource import AwsResource
from sandbox.plugins.aws.spelling import table, tag_list, tag_map
from sandbox.plugins.sdk_schema import Problem


class Key(AwsResource):
    """https://www.pulumi.com/registry/packages/aws/api-docs/kms/key/"""

    token = "aws:kms/key:Key"
    service = "kms"
    label = "KMS Key"
    supports = (
        "description keyUsage customerMasterKeySpec policy bypassPolicyLockoutSafetyCheck isEnabled enableKeyRotation "
        "rotationPeriodInDays deletionWindowInDays multiRegion tags"
    )
    replaced_by = "keyUsage customerMasterKeySpec multiRegion"
    chosen_by_aws = "description policy rotationPeriodInDays multiRegion"
    defaults = table(keyUsage="ENCRYPT_DECRYPT", customerMasterKeySpec="SYMMETRIC_DEFAULT", isEnabled=True)
    kept = "deletionWindowInDays bypassPolicyLockoutSafetyCheck"
    policies = table(policy=policy_documents.Kind.KEY)
    create_call = "create_key"
    fields = "description keyUsage customerMasterKeySpec=KeySpec policy bypassPolicyLockoutSafetyCheck multiRegion"

    def verify(self, inputs: Properties) -> Iterator[Problem]:
        window = inputs.get("deletionWindowInDays")
        if isinstance(window, int) and not 7 <= window <= 30:
            yield "deletionWindowInDays", f"expected deletionWindowInDays to be in the range (7 - 30), got {window}"
        period = inputs.get("rotationPeriodInDays")
        if isinstance(period, int) and not 90 <= period <= 2560:
            yield "rotationPeriodInDays", f"expected rotationPeriodInDays to be in the range (90 - 2560), got {period}"
        if period is not None and inputs.get("enableKeyRotation") is False:
            yield "rotationPeriodInDays", "all of `enableKeyRotation,rotationPeriodInDays` must be specified"
        policy = inputs.get("policy")
        sound = policy is not None and policy_documents.problem(policy, policy_documents.Kind.KEY) is None
        careful = sound and not inputs.get("bypassPolicyLockoutSafetyCheck")
        if careful and policy_documents.locks_out(policy, self.cloud.account):
            reason = "The new key policy will not allow you to update the key policy in the future."
            yield "policy", f"MalformedPolicyDocumentException: {reason}"

    def params(self, job: Job) -> Properties:
        return {**super().params(job), "Tags": tag_list(job.tags, "TagKey", "TagValue")}

    def identify(self, reply: Properties, job: Job) -> str:
        return reply["KeyMetadata"]["KeyId"]

    def apply(self, job: Job, id: str) -> None:
        made = not job.op.id
        if "description" in job.changed and not made:
            job.client.update_key_description(KeyId=id, Description=job.inputs.get("description", ""))
        if "policy" in job.changed and not made and job.inputs.get("policy"):
            bypass = bool(job.inputs.get("bypassPolicyLockoutSafetyCheck"))
            job.client.put_key_policy(
                KeyId=id, PolicyName="default", Policy=job.inputs["policy"], BypassPolicyLockoutSafetyCheck=bypass
            )
        if "isEnabled" in job.changed and not (made and job.inputs["isEnabled"]):
            (job.client.enable_key if job.inputs["isEnabled"] else job.client.disable_key)(KeyId=id)
        if {"enableKeyRotation", "rotationPeriodInDays"} & job.changed:
            if job.inputs.get("enableKeyRotation"):
                period = job.picked({"rotationPeriodInDays": "RotationPeriodInDays"})
                job.client.enable_key_rotation(KeyId=id, **period)
            elif not made:
                job.client.disable_key_rotation(KeyId=id)

    def retag(self, job: Job, id: str, put: dict[str, str], drop: list[str]) -> None:
        if drop:
            job.client.untag_resource(KeyId=id, TagKeys=drop)
        if put:
            job.client.tag_resource(KeyId=id, Tags=tag_list(put, "TagKey", "TagValue"))

    def describe(self, job: Job, id: str) -> Properties | None:
        meta = job.client.describe_key(KeyId=id)["KeyMetadata"]
        if meta.get("KeyState") in ("PendingDeletion", "PendingReplicaDeletion"):
            return None
        rotation = job.client.get_key_rotation_status(KeyId=id)
        on = rotation.get("KeyRotationEnabled", False)
        return {
            "arn": meta["Arn"],
            "keyId": meta["KeyId"],
            "description": meta.get("Description", ""),
            "keyUsage": meta.get("KeyUsage"),
            "customerMasterKeySpec": meta.get("KeySpec") or meta.get("CustomerMasterKeySpec"),
            "isEnabled": meta.get("Enabled"),
            "multiRegion": meta.get("MultiRegion", False),
            "enableKeyRotation": on,
            "rotationPeriodInDays": rotation.get("RotationPeriodInDays") if on else None,
            "policy": job.client.get_key_policy(KeyId=id, PolicyName="default")["Policy"],
            "tagsAll": tag_map(job.client.list_resource_tags(KeyId=id).get("Tags"), "TagKey", "TagValue"),
        }

    def remove(self, job: Job, id: str) -> None:
        meta = job.client.describe_key(KeyId=id)["KeyMetadata"]
        if meta.get("KeyState") != "PendingDeletion":
            # 30 days is the API's own default, which the real provider leaves to it.
            window = job.get("deletionWindowInDays") or 30
            job.client.schedule_key_deletion(KeyId=id, PendingWindowInDays=window)


class Alias(AwsResource):
    """https://www.pulumi.com/registry/packages/aws/api-docs/kms/alias/"""

    token = "aws:kms/alias:Alias"
    service = "kms"
    label = "KMS Alias"
    supports = "name targetKeyId"
    replaced_by = "name"
    named = ("name", 256)
    name_prefix = "alias/"
    create_call = "create_alias"
    fields = "name=AliasName targetKeyId"

    def verify(self, inputs: Properties) -> Iterator[Problem]:
        name = inputs.get("name")
        if isinstance(name, str) and not re.fullmatch(r"alias/[A-Za-z0-9/_-]+", name):
            yield "name", 'must begin with "alias/" and be comprised of only [a-zA-Z0-9/_-]'
        elif isinstance(name, str) and name.startswith("alias/aws/"):
            yield "name", 'must not begin with reserved word "alias/aws/"'

    def identify(self, reply: Properties, job: Job) -> str:
        return job.inputs["name"]

    def apply(self, job: Job, id: str) -> None:
        if job.op.id and "targetKeyId" in job.changed:
            job.client.update_alias(AliasName=id, TargetKeyId=job.inputs["targetKeyId"])

    def describe(self, job: Job, id: str) -> Properties | None:
        pages = job.client.get_paginator("list_aliases").paginate()
        alias = next((a for page in pages for a in page["Aliases"] if a["AliasName"] == id), None)
        if alias is None or not alias.get("TargetKeyId"):
            return None
        key = alias["TargetKeyId"]
        key_arn = job.client.describe_key(KeyId=key)["KeyMetadata"]["Arn"]
        # The API gives the bare key id; a program may have said the key's ARN.
        said = job.get("targetKeyId")
        return {
            "name": id,
            "arn": alias["AliasArn"],
            "targetKeyId": said if said == key_arn else key,
            "targetKeyArn": key_arn,
        }

    def remove(self, job: Job, id: str) -> None:
        job.client.delete_alias(AliasName=id)


RESOURCES = (Key, Alias)
