"""Who may use an EKS cluster: access entries, their policies, and pod identities."""

from provider_kit import PluginError, Properties
from sandbox.plugins.aws.eks_base import EksResource
from sandbox.plugins.aws.operation import Step
from sandbox.plugins.aws.spelling import table


class AccessEntry(EksResource):
    token, label = "aws:eks/accessEntry:AccessEntry", "EKS Access Entry"
    inputs = "clusterName! principalArn! kubernetesGroups?~ type! userName?=username +tags"
    defaults = table(type="STANDARD")
    delete_before_replace = True
    thing, key, item, arn = "access_entry", "clusterName:principalArn", "accessEntry", "accessEntryArn"
    outputs = """{accessEntryArn: accessEntryArn, kubernetesGroups: kubernetesGroups || `[]`,
                  createdAt: createdAt, modifiedAt: modifiedAt}"""
    changes = """
        kubernetesGroups userName: update_access_entry {kubernetesGroups: kubernetesGroups || `[]`, username: userName}
    """


class AccessPolicyAssociation(EksResource):
    token, label = "aws:eks/accessPolicyAssociation:AccessPolicyAssociation", "EKS Access Policy Association"
    inputs = "accessScope! clusterName! policyArn! principalArn! accessScope.namespaces~"
    delete_before_replace = True
    key = "clusterName#principalArn#policyArn"
    create_call, delete_call = "associate_access_policy", "disassociate_access_policy"
    reads = "list_associated_access_policies"
    item = "associatedAccessPolicies[?policyArn=='$policyArn'] | [0]"
    outputs = "{associatedAt: associatedAt, modifiedAt: modifiedAt}"


class PodIdentityAssociation(EksResource):
    token, label = "aws:eks/podIdentityAssociation:PodIdentityAssociation", "EKS Pod Identity Association"
    inputs = "clusterName! namespace! roleArn serviceAccount! disableSessionTags targetRoleArn +tags"
    delete_before_replace = True
    thing, made = "pod_identity_association", "association.associationId"
    item, arn = "association", "associationArn"
    outputs = (
        "{id: associationId, associationArn: associationArn, associationId: associationId, externalId: externalId}"
    )
    changes = "roleArn disableSessionTags targetRoleArn: update_pod_identity_association"

    def key_of(self, step: Step, id: str) -> Properties:
        """From the state, or from the `<cluster>,<association>` of an import."""
        said, _, association = id.rpartition(",")
        cluster = said or step.get("clusterName")
        if not cluster:
            raise PluginError(f'unexpected format for ID ("{id}"), expected clusterName,associationId')
        return {"clusterName": cluster, "associationId": association}
