"""Who may use an EKS cluster: access entries, their policies, and pod identities."""

from __future__ import annotations

from provider_kit import PluginError, Properties
from sandbox.plugins.aws.eks_base import EksResource
from sandbox.plugins.aws.operation import Job
from sandbox.plugins.aws.spelling import table


class AccessEntry(EksResource):
    """https://www.pulumi.com/registry/packages/aws/api-docs/eks/accessentry/"""

    token = "aws:eks/accessEntry:AccessEntry"
    label, arn_name = "EKS Access Entry", "accessEntryArn"
    supports = "clusterName principalArn kubernetesGroups tags type userName"
    replaced_by = "clusterName principalArn type"
    chosen_by_aws = "kubernetesGroups userName"
    defaults = table(type="STANDARD")
    unordered = "kubernetesGroups"
    delete_before_replace = True
    create_call = "create_access_entry"
    fields = (
        "clusterName=clusterName principalArn=principalArn kubernetesGroups=kubernetesGroups type=type "
        "userName=username"
    )

    def identify(self, reply: Properties, job: Job) -> str:
        return f"{job.inputs['clusterName']}:{job.inputs['principalArn']}"

    def _key(self, id: str) -> Properties:
        cluster, _, principal = id.partition(":")
        return {"clusterName": cluster, "principalArn": principal}

    def ready(self, job: Job, id: str) -> None:
        """An access entry works at once."""

    def apply(self, job: Job, id: str) -> None:
        if job.op.id and job.changed & {"kubernetesGroups", "userName"}:
            groups = job.inputs.get("kubernetesGroups") or []
            name = job.picked({"userName": "username"})
            job.client.update_access_entry(**self._key(id), kubernetesGroups=groups, **name)

    def describe(self, job: Job, id: str) -> Properties | None:
        found = job.client.describe_access_entry(**self._key(id))["accessEntry"]
        return {
            **self._key(id),
            "accessEntryArn": found["accessEntryArn"],
            "kubernetesGroups": found.get("kubernetesGroups") or [],
            "type": found["type"],
            "userName": found.get("username"),
            "createdAt": found["createdAt"].strftime("%Y-%m-%dT%H:%M:%SZ"),
            "modifiedAt": found["modifiedAt"].strftime("%Y-%m-%dT%H:%M:%SZ"),
            "tagsAll": self.tags(job, found["accessEntryArn"]),
        }

    def remove(self, job: Job, id: str) -> None:
        job.client.delete_access_entry(**self._key(id))

    def removed(self, job: Job, id: str) -> None:
        """An access entry is gone at once."""


class AccessPolicyAssociation(EksResource):
    """https://www.pulumi.com/registry/packages/aws/api-docs/eks/accesspolicyassociation/"""

    token = "aws:eks/accessPolicyAssociation:AccessPolicyAssociation"
    label = "EKS Access Policy Association"
    supports = "accessScope clusterName policyArn principalArn"
    replaced_by = "accessScope clusterName policyArn principalArn"
    unordered = "accessScope.namespaces"
    delete_before_replace = True
    create_call = "associate_access_policy"
    fields = "accessScope=accessScope clusterName=clusterName policyArn=policyArn principalArn=principalArn"

    def params(self, job: Job) -> Properties:
        return job.picked(self.api_names)

    def identify(self, reply: Properties, job: Job) -> str:
        return "#".join(job.inputs[name] for name in ("clusterName", "principalArn", "policyArn"))

    def _key(self, id: str) -> Properties:
        parts = id.split("#")
        if len(parts) != 3:
            raise PluginError(f'unexpected format for ID ("{id}"), expected cluster-name#principal-arn#policy-arn')
        return dict(zip(("clusterName", "principalArn", "policyArn"), parts, strict=True))

    def ready(self, job: Job, id: str) -> None:
        """An association works at once."""

    def describe(self, job: Job, id: str) -> Properties | None:
        key = self._key(id)
        policy = key.pop("policyArn")
        found = job.client.list_associated_access_policies(**key)["associatedAccessPolicies"]
        one = next((each for each in found if each["policyArn"] == policy), None)
        return one and {
            **self._key(id),
            "accessScope": one["accessScope"],
            "associatedAt": one["associatedAt"].strftime("%Y-%m-%dT%H:%M:%SZ"),
            "modifiedAt": one["modifiedAt"].strftime("%Y-%m-%dT%H:%M:%SZ"),
        }

    def remove(self, job: Job, id: str) -> None:
        job.client.disassociate_access_policy(**self._key(id))

    def removed(self, job: Job, id: str) -> None:
        """An association is gone at once."""


class PodIdentityAssociation(EksResource):
    """https://www.pulumi.com/registry/packages/aws/api-docs/eks/podidentityassociation/"""

    token = "aws:eks/podIdentityAssociation:PodIdentityAssociation"
    label, arn_name = "EKS Pod Identity Association", "associationArn"
    supports = "clusterName namespace roleArn serviceAccount disableSessionTags tags targetRoleArn"
    replaced_by = "clusterName namespace serviceAccount"
    delete_before_replace = True
    create_call = "create_pod_identity_association"
    fields = (
        "clusterName=clusterName namespace=namespace roleArn=roleArn serviceAccount=serviceAccount "
        "disableSessionTags=disableSessionTags targetRoleArn=targetRoleArn"
    )

    def identify(self, reply: Properties, job: Job) -> str:
        return reply["association"]["associationId"]

    def _key(self, job: Job, id: str) -> Properties:
        """From the state, or from the `<cluster>,<association>` of an import."""
        cluster, comma, association = id.partition(",")
        if comma:
            return {"clusterName": cluster, "associationId": association}
        return {"clusterName": job.get("clusterName"), "associationId": id}

    def ready(self, job: Job, id: str) -> None:
        """An association works at once."""

    def apply(self, job: Job, id: str) -> None:
        names = ("roleArn", "disableSessionTags", "targetRoleArn")
        if job.op.id and job.changed & {*names}:
            request = job.picked({name: name for name in names})
            job.client.update_pod_identity_association(**self._key(job, id), **request)

    def describe(self, job: Job, id: str) -> Properties | None:
        found = job.client.describe_pod_identity_association(**self._key(job, id))["association"]
        return {
            "id": found["associationId"],
            **{name: found.get(api) for name, api in self.api_names.items()},
            "associationArn": found["associationArn"],
            "associationId": found["associationId"],
            "externalId": found.get("externalId"),
            "tagsAll": found.get("tags") or {},
        }

    def remove(self, job: Job, id: str) -> None:
        job.client.delete_pod_identity_association(**self._key(job, id))

    def removed(self, job: Job, id: str) -> None:
        """An association is gone at once."""


RESOURCES = (AccessEntry, AccessPolicyAssociation, PodIdentityAssociation)
