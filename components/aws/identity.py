"""Workload identity on AWS: an IAM role that exactly one service account of one cluster can take."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws
from pulumi import Input, Output, Resource, ResourceOptions

from grants.iam_documents import Document, irsa_trust, pod_identity_trust
from settings.aws.names import ROLE_ANNOTATION
from settings.aws.sections import IdentityKind

POD_IDENTITY_AGENT = "169.254.170.23/32"
"""Each node's agent: https://docs.aws.amazon.com/eks/latest/userguide/pod-id-agent-setup.html."""


@dataclass(frozen=True)
class Issuer:
    """What a role must know of the cluster whose accounts it trusts.

    Attributes:
        cluster_name: The EKS cluster's name.
        cluster_arn: Its ARN.
        provider_arn: ARN of its IAM OIDC provider.
        issuer: Its issuer's host and path, without `https://`.
    """

    cluster_name: Output[str]
    cluster_arn: Output[str]
    provider_arn: Output[str]
    issuer: Output[str]


class WorkloadIdentity(pulumi.ComponentResource):
    """An IAM role, its trust in one service account and, with Pod Identity, the association of the two.

    Follows https://docs.aws.amazon.com/eks/latest/userguide/service-accounts.html. The service account itself is made
    elsewhere, with `account_annotations`.

    Args:
        name: Logical name.
        issuer: The cluster.
        kind: IRSA or Pod Identity.
        namespace: The account's Kubernetes namespace.
        service_account: The account's name.
        role_name: The role's name.
        managed_policies: Names of AWS managed policies, with their path, to attach.
        opts: Resource options; `provider` is the AWS provider.

    Attributes:
        role_arn: The role's ARN.
        account_annotations: What the service account must carry.
        networks: Private networks where its pods must ask for it.
        ready: What must exist before a pod may count on its access; `attach` adds to it.
    """

    role_arn: Output[str]
    account_annotations: Mapping[str, Output[str]]
    networks: Sequence[str]
    ready: list[Resource]

    def __init__(
        self,
        name: str,
        *,
        issuer: Issuer,
        kind: IdentityKind,
        namespace: str,
        service_account: str,
        role_name: str,
        managed_policies: Sequence[str] = (),
        opts: ResourceOptions | None = None,
    ) -> None:
        super().__init__("vvp:aws:WorkloadIdentity", name, None, opts)
        self._name = name
        irsa = kind is IdentityKind.IRSA
        self._role = aws.iam.Role(
            name,
            name=role_name,
            description=f"Service account {namespace}/{service_account}",
            assume_role_policy=_trust(issuer, irsa, namespace, service_account),
            opts=ResourceOptions(parent=self),
        )
        self.role_arn = self._role.arn
        self.account_annotations = {ROLE_ANNOTATION: self._role.arn} if irsa else {}
        self.networks = () if irsa else (POD_IDENTITY_AGENT,)
        self.ready = []
        for policy in managed_policies:
            self.attach(policy.rsplit("/", 1)[-1], managed_policy_arn(policy, self))
        if not irsa:
            self.ready.append(
                aws.eks.PodIdentityAssociation(
                    name,
                    cluster_name=issuer.cluster_name,
                    namespace=namespace,
                    service_account=service_account,
                    role_arn=self._role.arn,
                    opts=ResourceOptions(parent=self),
                )
            )
        self.register_outputs({"roleArn": self.role_arn})

    def attach(self, name: str, policy_arn: Input[str]) -> None:
        """Attaches a policy to the role.

        Args:
            name: Tells the attachments of one role apart.
            policy_arn: The policy's ARN.
        """
        attachment = aws.iam.RolePolicyAttachment(
            f"{self._name}-{name}",
            role=self._role.name,
            policy_arn=policy_arn,
            opts=ResourceOptions(parent=self),
        )
        self.ready.append(attachment)


def managed_policy_arn(name: str, parent: Resource) -> Output[str]:
    """The ARN of an AWS managed policy in the partition of the parent's provider.

    Args:
        name: The policy's name with its path, as `service-role/AmazonEBSCSIDriverPolicy`.
        parent: The resource on whose behalf it is looked up.
    """
    partition = aws.get_partition_output(opts=pulumi.InvokeOptions(parent=parent)).partition
    return Output.concat("arn:", partition, ":iam::aws:policy/", name)


def service_principal(service: str, parent: Resource) -> Output[str]:
    """A service as a principal in the partition of the parent's provider, as `ec2.amazonaws.com.cn`.

    Args:
        service: Its name, as `ec2`.
        parent: The resource on whose behalf it is looked up.
    """
    suffix = aws.get_partition_output(opts=pulumi.InvokeOptions(parent=parent)).dns_suffix
    return Output.concat(service, ".", suffix)


def _trust(issuer: Issuer, irsa: bool, namespace: str, service_account: str) -> Output[str]:
    def of(values: dict[str, str]) -> Document:
        if irsa:
            return irsa_trust(values["provider"], values["issuer"], namespace, service_account)
        return pod_identity_trust(values["cluster"], namespace, service_account)

    known = Output.all(provider=issuer.provider_arn, issuer=issuer.issuer, cluster=issuer.cluster_arn)
    return Output.json_dumps(known.apply(of))
