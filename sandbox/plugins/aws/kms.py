"""KMS keys and aliases."""

import re
from collections.abc import Iterator

from provider_kit import Properties
from sandbox.plugins.aws import policy_documents
from sandbox.plugins.aws.input_checks import within
from sandbox.plugins.aws.operation import Step
from sandbox.plugins.aws.resource import AwsResource
from sandbox.plugins.aws.spelling import table
from sandbox.plugins.sdk_schema import Problem


class Key(AwsResource):
    token, service, label = "aws:kms/key:Key", "kms", "KMS Key"
    inputs = """
        description? keyUsage! customerMasterKeySpec!=KeySpec policy? bypassPolicyLockoutSafetyCheck-
        multiRegion!? +isEnabled +enableKeyRotation +rotationPeriodInDays? +deletionWindowInDays- +tags
    """
    defaults = table(keyUsage="ENCRYPT_DECRYPT", customerMasterKeySpec="SYMMETRIC_DEFAULT", isEnabled=True)
    policies = table(policy=policy_documents.Kind.KEY)
    checks = ((within, "deletionWindowInDays", 7, 30), (within, "rotationPeriodInDays", 90, 2560))
    thing, key, made = "key", "KeyId", "KeyMetadata.KeyId"
    reads = "describe_key get_key_rotation_status get_key_policy list_resource_tags"
    item = "[KeyMetadata] | [?KeyState!='PendingDeletion' && KeyState!='PendingReplicaDeletion'] | [0]"
    outputs = """{arn: Arn, keyId: KeyId, customerMasterKeySpec: KeySpec || CustomerMasterKeySpec, isEnabled: Enabled,
                  description: Description || '', multiRegion: MultiRegion || `false`,
                  enableKeyRotation: KeyRotationEnabled || `false`,
                  rotationPeriodInDays: KeyRotationEnabled && RotationPeriodInDays || `null`}"""
    changes = """
        description: update_key_description {Description: description || ''}
        policy: put_key_policy / nothing
            {PolicyName: 'default', Policy: policy,
             BypassPolicyLockoutSafetyCheck: bypassPolicyLockoutSafetyCheck || `false`}
        isEnabled, made: enable_key / disable_key {KeyId: id}
        enableKeyRotation rotationPeriodInDays, made: enable_key_rotation / disable_key_rotation
            {RotationPeriodInDays: rotationPeriodInDays}
    """
    # 30 days is the API's own default, which the real provider leaves to it.
    delete_call, delete_params = "schedule_key_deletion", "{PendingWindowInDays: deletionWindowInDays || `30`}"

    def verify(self, inputs: Properties) -> Iterator[Problem]:
        if inputs.get("rotationPeriodInDays") is not None and inputs.get("enableKeyRotation") is False:
            yield "rotationPeriodInDays", "all of `enableKeyRotation,rotationPeriodInDays` must be specified"
        policy = inputs.get("policy")
        sound = policy is not None and policy_documents.problem(policy, policy_documents.Kind.KEY) is None
        careful = sound and not inputs.get("bypassPolicyLockoutSafetyCheck")
        if careful and policy_documents.locks_out(policy, self.cloud.account):
            reason = "The new key policy will not allow you to update the key policy in the future."
            yield "policy", f"MalformedPolicyDocumentException: {reason}"

    def remove(self, step: Step, id: str) -> None:
        if self.look(step, id):
            super().remove(step, id)


class Alias(AwsResource):
    token, service, label = "aws:kms/alias:Alias", "kms", "KMS Alias"
    inputs = "name!=AliasName targetKeyId"
    named, name_prefix = ("name", 256), "alias/"
    thing, key, reads = "alias", "AliasName", "list_aliases"
    item = "Aliases[?AliasName=='$AliasName' && TargetKeyId] | [0]"
    outputs = "{arn: AliasArn}"
    changes = "targetKeyId: update_alias"

    def verify(self, inputs: Properties) -> Iterator[Problem]:
        name = inputs.get("name")
        if isinstance(name, str) and not re.fullmatch(r"alias/[A-Za-z0-9/_-]+", name):
            yield "name", 'must begin with "alias/" and be comprised of only [a-zA-Z0-9/_-]'
        elif isinstance(name, str) and name.startswith("alias/aws/"):
            yield "name", 'must not begin with reserved word "alias/aws/"'

    def more(self, step: Step, found: Properties) -> Properties:
        arn = step.client.describe_key(KeyId=found["TargetKeyId"])["KeyMetadata"]["Arn"]
        # The API gives the bare key id; a program may have said the key's ARN.
        return {"targetKeyArn": arn, "targetKeyId": arn if step.get("targetKeyId") == arn else found["TargetKeyId"]}
