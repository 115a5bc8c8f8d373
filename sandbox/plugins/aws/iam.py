"""IAM roles, policies, their attachments, and OpenID Connect providers."""

from collections.abc import Iterator
from urllib.parse import urlsplit

from provider_kit import PluginError, Properties
from sandbox.plugins.aws import policy_documents
from sandbox.plugins.aws.api_table import Change
from sandbox.plugins.aws.operation import Step
from sandbox.plugins.aws.resource import AwsResource
from sandbox.plugins.aws.spelling import table
from sandbox.plugins.sdk_schema import Problem


class _IamResource(AwsResource):
    service, verbs = "iam", "create get delete"

    @classmethod
    def usual(cls) -> dict[str, str]:
        return {**super().usual(), "tag_calls": f"tag_{cls.thing} untag_{cls.thing}"}


class Role(_IamResource):
    token, label, thing = "aws:iam/role:Role", "IAM Role", "role"
    inputs = """
        name!=RoleName path! description maxSessionDuration permissionsBoundary
        assumeRolePolicy=AssumeRolePolicyDocument +forceDetachPolicies- +tags
    """
    named = ("name", 64)
    defaults = table(maxSessionDuration=3600, path="/")
    policies = table(assumeRolePolicy=policy_documents.Kind.TRUST)
    key, item = "RoleName", "Role"
    reads = "get_role list_attached_role_policies list_role_policies list_role_tags"
    outputs = """{arn: Arn, uniqueId: RoleId, description: Description || '', createDate: CreateDate,
                  permissionsBoundary: PermissionsBoundary.PermissionsBoundaryArn,
                  managedPolicyArns: AttachedPolicies[].PolicyArn, inlinePolicies: PolicyNames[].{name: @}}"""
    changes = """
        assumeRolePolicy: update_assume_role_policy {PolicyDocument: assumeRolePolicy}
        description maxSessionDuration: update_role
            {Description: description || '', MaxSessionDuration: maxSessionDuration}
        permissionsBoundary: put_role_permissions_boundary / delete_role_permissions_boundary
    """

    def remove(self, step: Step, id: str) -> None:
        attached = step.client.list_attached_role_policies(RoleName=id)["AttachedPolicies"]
        inline = step.client.list_role_policies(RoleName=id)["PolicyNames"]
        if step.get("forceDetachPolicies"):
            for policy in attached:
                step.client.detach_role_policy(RoleName=id, PolicyArn=policy["PolicyArn"])
            for name in inline:
                step.client.delete_role_policy(RoleName=id, PolicyName=name)
        elif attached or inline:
            what = "detach all" if attached else "delete"
            raise PluginError(f"api error DeleteConflict: Cannot delete entity, must {what} policies first.")
        super().remove(step, id)


class Policy(_IamResource):
    token, label, thing = "aws:iam/policy:Policy", "IAM Policy", "policy"
    inputs = "name!=PolicyName path! description! policy=PolicyDocument +tags"
    named = ("name", 128)
    defaults = table(path="/")
    policies = table(policy=policy_documents.Kind.MANAGED)
    key, made, reads, item = "PolicyArn", "Policy.Arn", "get_policy list_policy_tags", "Policy"
    outputs = """{arn: Arn, policyId: PolicyId, description: Description || '',
                  attachmentCount: AttachmentCount || `0`}"""
    changes = "policy: create_policy_version {PolicyDocument: policy, SetAsDefault: `true`}"

    def _spare(self, step: Step, id: str, most: int) -> None:
        """Remove versions that are not in use, the oldest first, until at the `most` so many are left."""
        versions = step.client.list_policy_versions(PolicyArn=id)["Versions"]
        unused = sorted((v for v in versions if not v["IsDefaultVersion"]), key=lambda v: v["CreateDate"])
        for version in unused[: max(0, len(versions) - most)]:
            step.client.delete_policy_version(PolicyArn=id, VersionId=version["VersionId"])

    def carry_out(self, step: Step, id: str, change: Change) -> None:
        # IAM keeps five versions; one makes room, as in the real provider.
        self._spare(step, id, 4)
        super().carry_out(step, id, change)

    def more(self, step: Step, found: Properties) -> Properties:
        version = self.call(step, found["Arn"], "get_policy_version", VersionId=found["DefaultVersionId"])
        return {"policy": version["PolicyVersion"]["Document"]}

    def remove(self, step: Step, id: str) -> None:
        self._spare(step, id, 1)
        super().remove(step, id)


class RolePolicy(_IamResource):
    token, label, thing = "aws:iam/rolePolicy:RolePolicy", "IAM Role Policy", "role_policy"
    inputs = "role!=RoleName name!=PolicyName policy=PolicyDocument"
    verbs = "put get delete"
    named = ("name", 128)
    policies = table(policy=policy_documents.Kind.INLINE)
    key = "RoleName:PolicyName"
    changes = "policy: put_role_policy"


class RolePolicyAttachment(_IamResource):
    token, label = "aws:iam/rolePolicyAttachment:RolePolicyAttachment", "IAM Role Managed Policy Attachment"
    inputs = "policyArn! role!=RoleName"
    key, create_call, delete_call = "RoleName/PolicyArn", "attach_role_policy", "detach_role_policy"
    reads, item = "list_attached_role_policies", "AttachedPolicies[?PolicyArn=='$PolicyArn'] | [0]"


class OpenIdConnectProvider(_IamResource):
    token, label = "aws:iam/openIdConnectProvider:OpenIdConnectProvider", "IAM OIDC Provider"
    inputs = "url! clientIdLists~=ClientIDList thumbprintLists?=ThumbprintList +tags"
    thing = "open_id_connect_provider"
    key = made = "OpenIDConnectProviderArn"
    outputs = "{arn: OpenIDConnectProviderArn}"
    changes = "thumbprintLists: update_open_id_connect_provider_thumbprint / nothing"

    def verify(self, inputs: Properties) -> Iterator[Problem]:
        url = inputs.get("url")
        if isinstance(url, str) and (urlsplit(url).scheme != "https" or not urlsplit(url).netloc):
            yield "url", f'expected "url" to have a url with schema of: "https", got {url}'

    def apply(self, step: Step, id: str) -> None:
        super().apply(step, id)
        if not step.made and step.touches("clientIdLists"):
            now, wanted = set((self.look(step, id) or {})["ClientIDList"]), set(step.inputs["clientIdLists"])
            for name in sorted(wanted - now):
                self.call(step, id, "add_client_id_to_open_id_connect_provider", ClientID=name)
            for name in sorted(now - wanted):
                self.call(step, id, "remove_client_id_from_open_id_connect_provider", ClientID=name)

    def more(self, step: Step, found: Properties) -> Properties:
        # The API drops the scheme; the real provider gives back the program's spelling of the same address.
        url, said = found["Url"].removeprefix("https://"), str(step.get("url") or "")
        return {"url": said if said.removeprefix("https://") == url else f"https://{url}"}
