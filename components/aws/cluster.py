"""The EKS cluster: control plane, OIDC provider, nodes and add-ons."""

import json
from collections.abc import Mapping
from typing import Any

import pulumi
import pulumi_aws as aws
import pulumi_eks as eks
from pulumi import Output, Resource, ResourceOptions

from components.aws.access_entries import access_entries
from components.aws.identity import Issuer, WorkloadIdentity
from components.aws.keys import encryption_key
from components.aws.kubeconfig import Deployer
from components.aws.network import Network
from components.aws.nodes import Nodes
from grants.iam_documents import IRSA_AUDIENCE
from settings.aws.sections import (
    ADDON_ROLES,
    NODE_ROLE,
    AddonName,
    ClusterSettings,
    IdentityKind,
    IdentitySettings,
)

_LOG_TYPES = ("api", "audit", "authenticator", "controllerManager", "scheduler")
_NETWORK_POLICIES = {"enableNetworkPolicy": "true"}
"""Without it the network plugin takes NetworkPolicies for decoration: https://docs.aws.amazon.com/eks/latest/userguide/cni-network-policy-configure.html."""
_HTTPS = 443


class Cluster(pulumi.ComponentResource):
    """An EKS cluster, built on the component of `pulumi_eks`, ready for workloads that need volumes and identities.

    Follows https://docs.aws.amazon.com/eks/latest/best-practices/security.html.

    Args:
        name: Logical name.
        settings: The stack's cluster section.
        identity: The stack's identity section.
        network: Where the cluster lives.
        logs: Where EKS writes the control plane's logs.
        deployer: Who deploys, where the stack file says so.
        tags: Tags of what EKS and EC2 make on the cluster's behalf, where the provider's own do not reach.
        keeps_data: Whether the cluster, which may hold the platform's volume, is protected from deletion.
        opts: Resource options; `provider` is the AWS provider.

    Attributes:
        cluster_name: The EKS cluster's name.
        issuer: What an identity must know of this cluster.
        kubeconfig: JSON; authenticates by `aws eks get-token`; a secret.
        ready: What must exist before a pod with a volume or an identity can run.
    """

    cluster_name: Output[str]
    issuer: Issuer
    kubeconfig: Output[str]
    ready: list[Resource]

    def __init__(
        self,
        name: str,
        *,
        settings: ClusterSettings,
        identity: IdentitySettings,
        network: Network,
        logs: aws.cloudwatch.LogGroup,
        deployer: Deployer,
        tags: Mapping[str, str],
        keeps_data: bool,
        opts: ResourceOptions | None = None,
    ) -> None:
        super().__init__("vvp:aws:Cluster", name, None, opts)
        self._name = name
        self._settings = settings
        self._identity = identity
        self._tags = tags
        self._partition = aws.get_partition_output(opts=pulumi.InvokeOptions(parent=self)).partition
        self._cluster = self._control_plane(network, logs, keeps_data)
        control_plane = self._cluster.eks_cluster
        self.cluster_name = control_plane.apply(lambda cluster: cluster.name)
        # pulumi_eks can make it, but reads a certificate over TLS on every preview to pin it. For EKS issuers IAM needs
        # no pin: https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_providers_create_oidc.html
        provider = aws.iam.OpenIdConnectProvider(
            name,
            url=self._cluster.oidc_provider_url,
            client_id_lists=[IRSA_AUDIENCE],
            opts=ResourceOptions(parent=self),
        )
        self.issuer = Issuer(
            cluster_name=self.cluster_name,
            cluster_arn=control_plane.apply(lambda cluster: cluster.arn),
            provider_arn=provider.arn,
            issuer=self._cluster.oidc_issuer,
        )
        self.kubeconfig = Output.secret(self._cluster.kubeconfig_json.apply(deployer.identify))
        self.ready = [*self._private_access(), *self._workers(network)]
        self.register_outputs({"clusterName": self.cluster_name, "kubeconfig": self.kubeconfig})

    def _control_plane(self, network: Network, logs: aws.cloudwatch.LogGroup, keeps_data: bool) -> eks.Cluster:
        name, settings = self._name, self._settings
        child = ResourceOptions(parent=self)
        description = f"Kubernetes secrets of the cluster {settings.name}"
        key = encryption_key(f"{name}-secrets", description, keeps_data=keeps_data, parent=self)
        public = bool(settings.public_access_cidrs)
        return eks.Cluster(
            name,
            name=settings.name,
            version=settings.version,
            vpc_id=network.vpc_id,
            private_subnet_ids=network.private_subnet_ids,
            public_subnet_ids=network.public_subnet_ids,
            kubernetes_service_ip_address_range=settings.service_cidr,
            authentication_mode=eks.AuthenticationMode.API,
            access_entries=access_entries(settings, self._partition, self),
            upgrade_policy=aws.eks.ClusterUpgradePolicyArgs(support_type=settings.upgrade_policy.upper()),
            endpoint_private_access=True,
            endpoint_public_access=public,
            public_access_cidrs=list(settings.public_access_cidrs) if public else None,
            encryption_config_key_arn=key.arn,
            enabled_cluster_log_types=list(_LOG_TYPES),
            deletion_protection=keeps_data,
            skip_default_node_group=True,
            # Managed nodes are in the security group that EKS makes for the cluster; more would only open more.
            skip_default_security_groups=True,
            bootstrap_self_managed_addons=False,
            use_default_vpc_cni=True,
            coredns_addon_options=eks.CoreDnsAddonOptionsArgs(enabled=False),
            kube_proxy_addon_options=eks.KubeProxyAddonOptionsArgs(enabled=False),
            create_oidc_provider=False,
            opts=ResourceOptions.merge(child, ResourceOptions(depends_on=[logs], protect=keeps_data)),
        )

    def _private_access(self) -> list[Resource]:
        """Who reaches the private endpoint: the group that EKS makes admits only its own members.

        See https://docs.aws.amazon.com/eks/latest/userguide/cluster-endpoint.html.
        """
        settings, control_plane = self._settings, self._cluster.eks_cluster

        def admit(source: str, *, cidr: str | None = None, member: str | None = None) -> Resource:
            return aws.vpc.SecurityGroupIngressRule(
                f"{self._name}-api-{source}",
                security_group_id=control_plane.apply(lambda made: made.vpc_config.cluster_security_group_id),
                description="The private endpoint of the Kubernetes API",
                ip_protocol="tcp",
                from_port=_HTTPS,
                to_port=_HTTPS,
                cidr_ipv4=cidr,
                referenced_security_group_id=member,
                opts=ResourceOptions(parent=self),
            )

        networks = [admit(cidr.replace("/", "-"), cidr=cidr) for cidr in settings.private_access_cidrs]
        return networks + [admit(member, member=member) for member in settings.private_access_groups]

    def _workers(self, network: Network) -> list[Resource]:
        """Nodes and add-ons, in the order in which a cluster without any can take them."""
        name = self._name
        cni = self._addon_identity("vpc-cni", "aws-node", "AmazonEKS_CNI_Policy")
        driver = self._addon_identity(
            "aws-ebs-csi-driver", "ebs-csi-controller-sa", "service-role/AmazonEBSCSIDriverPolicy"
        )
        # A node is not ready without its network plugin; CoreDNS and the storage driver are not ready without nodes.
        before: list[Resource] = [
            network,  # without its routes a node cannot reach the control plane, and never joins
            self._addon("vpc-cni", identity=cni, configuration=_NETWORK_POLICIES),
            self._addon("kube-proxy"),
        ]
        if self._identity.kind is IdentityKind.POD_IDENTITY:
            before.append(self._addon("eks-pod-identity-agent"))
        nodes = Nodes(
            f"{name}-nodes",
            cluster=self._cluster,
            settings=self._settings.nodes,
            role_name=self._identity.role_name(NODE_ROLE),
            version=self._settings.version,
            tags=self._tags,
            subnet_ids=network.private_subnet_ids,
            before=before,
            opts=ResourceOptions(parent=self),
        )
        return [
            nodes,
            self._addon("coredns", after=[nodes]),
            self._addon("aws-ebs-csi-driver", identity=driver, after=[nodes]),
        ]

    def _addon_identity(self, addon: AddonName, service_account: str, policy: str) -> WorkloadIdentity:
        name = ADDON_ROLES[addon]
        # Always IRSA: the network plugin runs before the agent of Pod Identity can.
        return WorkloadIdentity(
            f"{self._name}-{name}",
            issuer=self.issuer,
            kind=IdentityKind.IRSA,
            namespace="kube-system",
            service_account=service_account,
            role_name=self._identity.role_name(name),
            managed_policies=[policy],
            opts=ResourceOptions(parent=self),
        )

    def _addon(
        self,
        addon: AddonName,
        *,
        identity: WorkloadIdentity | None = None,
        configuration: Mapping[str, Any] | None = None,
        after: list[Resource] | None = None,
    ) -> aws.eks.Addon:
        given = self._settings.addon_versions.get(addon)
        # Asked for by the cluster's version, so that an upgrade of the cluster moves the add-on in the same update:
        # https://docs.aws.amazon.com/eks/latest/userguide/updating-an-add-on.html.
        default = aws.eks.get_addon_version_output(
            addon_name=addon, kubernetes_version=self._settings.version, opts=pulumi.InvokeOptions(parent=self)
        )
        configured = {**(configuration or {}), **self._settings.addon_configuration.get(addon, {})}
        return aws.eks.Addon(
            f"{self._name}-{addon}",
            # After the control plane: an add-on's version is of the cluster's new version, which it must have by then.
            cluster_name=self.cluster_name,
            addon_name=addon,
            addon_version=given or default.version,
            configuration_values=json.dumps(configured, sort_keys=True) if configured else None,
            service_account_role_arn=identity.role_arn if identity else None,
            resolve_conflicts_on_create="OVERWRITE",
            resolve_conflicts_on_update="OVERWRITE",
            opts=ResourceOptions(parent=self, depends_on=[*(after or []), *(identity.ready if identity else [])]),
        )
