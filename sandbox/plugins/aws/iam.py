"""IAM roles, policies, their attachments, and OpenID Connect providers."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import unquote, urlsplit

from provider_kit import PluginError, Properties
from sandbox.plugins.aws import policy_documents
from sandbox.plugins.aws.operation import Job
from sandbox.plugins.aws.resource import AwsResource
from sandbox.plugins.aws.spelling import table, tag_list, tag_map
from sandbox.plugins.sdk_schema import Problem

_NAME = re.compile(r"[\w+=,.@-]+", re.ASCII)


def _name_problems(prop: str, value: Any, most: int) -> Iterator[Problem]:
    if not isinstance(value, str):
        return
    if not 1 <= len(value) <= most:
        yield prop, f"expected length of {prop} to be in the range (1 - {most}), got {value}"
    if not _NAME.fullmatch(value):
        yield prop, f"invalid value for {prop} (must match [\\w+=,.@-])"


def _document(value: Any) -> str:
    """A document as IAM's API gives it: URL-encoded text, or already parsed by botocore."""
    return json.dumps(value, separators=(",", ":")) if isinstance(value, dict) else unquote(value)


class Role(AwsResource):
    """https://www.pulumi.com/registry/packages/aws/api-docs/iam/role/"""

    token = "aws:iam/role:Role"
    service = "iam"
    label = "IAM Role"
    supports = "assumeRolePolicy description forceDetachPolicies maxSessionDuration name path permissionsBoundary tags"
    named = ("name", 64)
    replaced_by = "name path"
    defaults = table(maxSessionDuration=3600, path="/")
    kept = "forceDetachPolicies"
    policies = table(assumeRolePolicy=policy_documents.Kind.TRUST)
    create_call = "create_role"
    fields = (
        "name=RoleName path description maxSessionDuration permissionsBoundary "
        "assumeRolePolicy=AssumeRolePolicyDocument"
    )

    def verify(self, inputs: Properties) -> Iterator[Problem]:
        yield from _name_problems("name", inputs.get("name"), 64)

    def params(self, job: Job) -> Properties:
        return {**super().params(job), "Tags": tag_list(job.tags)}

    def identify(self, reply: Properties, job: Job) -> str:
        return reply["Role"]["RoleName"]

    def apply(self, job: Job, id: str) -> None:
        if not job.op.id:
            return
        if "assumeRolePolicy" in job.changed:
            job.client.update_assume_role_policy(RoleName=id, PolicyDocument=job.inputs["assumeRolePolicy"])
        if {"description", "maxSessionDuration"} & job.changed:
            duration = job.inputs["maxSessionDuration"]
            description = job.inputs.get("description", "")
            job.client.update_role(RoleName=id, Description=description, MaxSessionDuration=duration)
        if "permissionsBoundary" in job.changed:
            boundary = job.inputs.get("permissionsBoundary")
            if boundary:
                job.client.put_role_permissions_boundary(RoleName=id, PermissionsBoundary=boundary)
            else:
                job.client.delete_role_permissions_boundary(RoleName=id)

    def retag(self, job: Job, id: str, put: dict[str, str], drop: list[str]) -> None:
        if drop:
            job.client.untag_role(RoleName=id, TagKeys=drop)
        if put:
            job.client.tag_role(RoleName=id, Tags=tag_list(put))

    def describe(self, job: Job, id: str) -> Properties | None:
        role = job.client.get_role(RoleName=id)["Role"]
        attached = job.client.list_attached_role_policies(RoleName=id)["AttachedPolicies"]
        inline = job.client.list_role_policies(RoleName=id)["PolicyNames"]
        return {
            "arn": role["Arn"],
            "uniqueId": role["RoleId"],
            "name": role["RoleName"],
            "path": role.get("Path"),
            "description": role.get("Description", ""),
            "createDate": role["CreateDate"].strftime("%Y-%m-%dT%H:%M:%SZ"),
            "maxSessionDuration": role.get("MaxSessionDuration", 3600),
            "permissionsBoundary": role.get("PermissionsBoundary", {}).get("PermissionsBoundaryArn"),
            "assumeRolePolicy": _document(role["AssumeRolePolicyDocument"]),
            "managedPolicyArns": [policy["PolicyArn"] for policy in attached],
            "inlinePolicies": [{"name": name} for name in inline],
            "tagsAll": tag_map(job.client.list_role_tags(RoleName=id).get("Tags")),
        }

    def remove(self, job: Job, id: str) -> None:
        attached = job.client.list_attached_role_policies(RoleName=id)["AttachedPolicies"]
        inline = job.client.list_role_policies(RoleName=id)["PolicyNames"]
        if job.get("forceDetachPolicies"):
            for policy in attached:
                job.client.detach_role_policy(RoleName=id, PolicyArn=policy["PolicyArn"])
            for name in inline:
                job.client.delete_role_policy(RoleName=id, PolicyName=name)
        elif attached or inline:
            what = "detach all" if attached else "delete"
            raise PluginError(f"api error DeleteConflict: Cannot delete entity, must {what} policies first.")
        job.client.delete_role(RoleName=id)


class Policy(AwsResource):
    """https://www.pulumi.com/registry/packages/aws/api-docs/iam/policy/"""

    token = "aws:iam/policy:Policy"
    service = "iam"
    label = "IAM Policy"
    supports = "description name path policy tags"
    named = ("name", 128)
    replaced_by = "description name path"
    defaults = table(path="/")
    policies = table(policy=policy_documents.Kind.MANAGED)
    create_call = "create_policy"
    fields = "name=PolicyName path description policy=PolicyDocument"

    def verify(self, inputs: Properties) -> Iterator[Problem]:
        yield from _name_problems("name", inputs.get("name"), 128)

    def params(self, job: Job) -> Properties:
        return {**super().params(job), "Tags": tag_list(job.tags)}

    def identify(self, reply: Properties, job: Job) -> str:
        return reply["Policy"]["Arn"]

    def apply(self, job: Job, id: str) -> None:
        if job.op.id and "policy" in job.changed:
            # IAM keeps five versions; the oldest one that is not in use makes room, as in the real provider.
            versions = job.client.list_policy_versions(PolicyArn=id)["Versions"]
            spare = sorted((v for v in versions if not v["IsDefaultVersion"]), key=lambda v: v["CreateDate"])
            if len(versions) >= 5:
                job.client.delete_policy_version(PolicyArn=id, VersionId=spare[0]["VersionId"])
            job.client.create_policy_version(PolicyArn=id, PolicyDocument=job.inputs["policy"], SetAsDefault=True)

    def retag(self, job: Job, id: str, put: dict[str, str], drop: list[str]) -> None:
        if drop:
            job.client.untag_policy(PolicyArn=id, TagKeys=drop)
        if put:
            job.client.tag_policy(PolicyArn=id, Tags=tag_list(put))

    def describe(self, job: Job, id: str) -> Properties | None:
        policy = job.client.get_policy(PolicyArn=id)["Policy"]
        version = job.client.get_policy_version(PolicyArn=id, VersionId=policy["DefaultVersionId"])["PolicyVersion"]
        return {
            "arn": policy["Arn"],
            "policyId": policy["PolicyId"],
            "name": policy["PolicyName"],
            "path": policy.get("Path"),
            "description": policy.get("Description", ""),
            "attachmentCount": policy.get("AttachmentCount", 0),
            "policy": _document(version["Document"]),
            "tagsAll": tag_map(job.client.list_policy_tags(PolicyArn=id).get("Tags")),
        }

    def remove(self, job: Job, id: str) -> None:
        for version in job.client.list_policy_versions(PolicyArn=id)["Versions"]:
            if not version["IsDefaultVersion"]:
                job.client.delete_policy_version(PolicyArn=id, VersionId=version["VersionId"])
        job.client.delete_policy(PolicyArn=id)


class RolePolicy(AwsResource):
    """https://www.pulumi.com/registry/packages/aws/api-docs/iam/rolepolicy/"""

    token = "aws:iam/rolePolicy:RolePolicy"
    service = "iam"
    label = "IAM Role Policy"
    supports = "name policy role"
    named = ("name", 128)
    replaced_by = "name role"
    policies = table(policy=policy_documents.Kind.INLINE)
    create_call = "put_role_policy"
    fields = "role=RoleName name=PolicyName policy=PolicyDocument"

    def verify(self, inputs: Properties) -> Iterator[Problem]:
        yield from _name_problems("name", inputs.get("name"), 128)

    def identify(self, reply: Properties, job: Job) -> str:
        return f"{job.inputs['role']}:{job.inputs['name']}"

    def apply(self, job: Job, id: str) -> None:
        if job.op.id and "policy" in job.changed:
            job.client.put_role_policy(**self.params(job))

    def describe(self, job: Job, id: str) -> Properties | None:
        role, _, name = id.partition(":")
        found = job.client.get_role_policy(RoleName=role, PolicyName=name)
        return {"role": role, "name": name, "policy": _document(found["PolicyDocument"])}

    def remove(self, job: Job, id: str) -> None:
        role, _, name = id.partition(":")
        job.client.delete_role_policy(RoleName=role, PolicyName=name)


class RolePolicyAttachment(AwsResource):
    """https://www.pulumi.com/registry/packages/aws/api-docs/iam/rolepolicyattachment/"""

    token = "aws:iam/rolePolicyAttachment:RolePolicyAttachment"
    service = "iam"
    label = "IAM Role Managed Policy Attachment"
    supports = "policyArn role"
    replaced_by = "policyArn role"
    create_call = "attach_role_policy"
    fields = "policyArn role=RoleName"

    def identify(self, reply: Properties, job: Job) -> str:
        return f"{job.inputs['role']}/{job.inputs['policyArn']}"

    def describe(self, job: Job, id: str) -> Properties | None:
        role, slash, arn = id.partition("/")
        if not slash or not arn:
            raise PluginError(f'unexpected format of ID ("{id}"), expected <role-name>/<policy_arn>')
        attached = job.client.list_attached_role_policies(RoleName=role)["AttachedPolicies"]
        here = any(policy["PolicyArn"] == arn for policy in attached)
        return {"role": role, "policyArn": arn} if here else None

    def remove(self, job: Job, id: str) -> None:
        role, _, arn = id.partition("/")
        job.client.detach_role_policy(RoleName=role, PolicyArn=arn)


class OpenIdConnectProvider(AwsResource):
    """https://www.pulumi.com/registry/packages/aws/api-docs/iam/openidconnectprovider/"""

    token = "aws:iam/openIdConnectProvider:OpenIdConnectProvider"
    service = "iam"
    label = "IAM OIDC Provider"
    supports = "clientIdLists thumbprintLists url tags"
    replaced_by = "url"
    chosen_by_aws = "thumbprintLists"
    unordered = "clientIdLists"
    create_call = "create_open_id_connect_provider"
    fields = "url clientIdLists=ClientIDList thumbprintLists=ThumbprintList"

    def verify(self, inputs: Properties) -> Iterator[Problem]:
        url = inputs.get("url")
        if isinstance(url, str) and (urlsplit(url).scheme != "https" or not urlsplit(url).netloc):
            yield "url", f'expected "url" to have a url with schema of: "https", got {url}'

    def params(self, job: Job) -> Properties:
        return {**super().params(job), "Tags": tag_list(job.tags)}

    def identify(self, reply: Properties, job: Job) -> str:
        return reply["OpenIDConnectProviderArn"]

    def apply(self, job: Job, id: str) -> None:
        if not job.op.id:
            return
        if "thumbprintLists" in job.changed and job.inputs.get("thumbprintLists"):
            job.client.update_open_id_connect_provider_thumbprint(
                OpenIDConnectProviderArn=id, ThumbprintList=job.inputs["thumbprintLists"]
            )
        if "clientIdLists" in job.changed:
            now = job.client.get_open_id_connect_provider(OpenIDConnectProviderArn=id)["ClientIDList"]
            wanted = job.inputs["clientIdLists"]
            for name in set(wanted) - set(now):
                job.client.add_client_id_to_open_id_connect_provider(OpenIDConnectProviderArn=id, ClientID=name)
            for name in set(now) - set(wanted):
                job.client.remove_client_id_from_open_id_connect_provider(OpenIDConnectProviderArn=id, ClientID=name)

    def retag(self, job: Job, id: str, put: dict[str, str], drop: list[str]) -> None:
        if drop:
            job.client.untag_open_id_connect_provider(OpenIDConnectProviderArn=id, TagKeys=drop)
        if put:
            job.client.tag_open_id_connect_provider(OpenIDConnectProviderArn=id, Tags=tag_list(put))

    def describe(self, job: Job, id: str) -> Properties | None:
        found = job.client.get_open_id_connect_provider(OpenIDConnectProviderArn=id)
        # The API drops the scheme; the real provider gives back the program's spelling of the same address.
        url, said = found["Url"].removeprefix("https://"), str(job.get("url") or "")
        return {
            "arn": id,
            "url": said if said.removeprefix("https://") == url else f"https://{url}",
            "clientIdLists": found.get("ClientIDList", []),
            "thumbprintLists": found.get("ThumbprintList", []),
            "tagsAll": tag_map(found.get("Tags")),
        }

    def remove(self, job: Job, id: str) -> None:
        job.client.delete_open_id_connect_provider(OpenIDConnectProviderArn=id)


RESOURCES = (Role, Policy, RolePolicy, RolePolicyAttachment, OpenIdConnectProvider)
