"""`eks:index:Cluster`: the control plane and what belongs to it.

One difference from the real component: it would fetch the thumbprint of the OIDC issuer's certificate from the
internet, in every preview. Here the field is left to IAM, which finds the thumbprint out when none is given
(https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateOpenIDConnectProvider.html).
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import pulumi
import pulumi_aws as aws
import pulumi_kubernetes as kubernetes

from sandbox.plugins.eks.inputs import Inputs
from sandbox.plugins.eks.kubeconfig import as_json, default_credentials, kubeconfig_of, wait_until_ready
from sandbox.plugins.eks.rules import check_cluster
from sandbox.plugins.eks.security_groups import cluster_security_group, merged_tags, node_security_group
from sandbox.plugins.eks.service_role import ServiceRole

_EMPTY = ("defaultNodeGroupAsgName", "fargateProfileId", "fargateProfileStatus", "autoModeNodeRoleName")
"""Outputs about things that the sandbox's cluster never has; the real component gives empty strings then."""


class Cluster(pulumi.ComponentResource):
    """The component of https://www.pulumi.com/registry/packages/eks/api-docs/cluster/.

    Attributes:
        state: the outputs by their names in the package's schema.
    """

    state: Inputs

    def __init__(self, name: str, inputs: Inputs, opts: pulumi.ResourceOptions | None) -> None:
        """Registers the component and its children.

        Args:
            name: of the component in the program; every child's name begins with it.
            inputs: of the right types; the rules between them are checked here.
            opts: of the component.

        Raises:
            pulumi.InputPropertiesError: inputs that do not fit together, or that the sandbox does not support.
            pulumi.RunError: there is no usable AWS CLI.
        """
        super().__init__("eks:index:Cluster", name, None, opts)
        self._name = name
        self._inputs = inputs = check_cluster(name, inputs)
        self._below = pulumi.ResourceOptions(parent=self)
        # Inside, so that the providers given to the component serve the call as well.
        within = pulumi.InvokeOutputOptions(parent=self)

        role, ready = self._service_role(within)
        cluster_group: aws.ec2.SecurityGroup | None = inputs.get("clusterSecurityGroup")
        own_groups = not inputs.get("skipDefaultSecurityGroups")
        if cluster_group is None and own_groups:
            cluster_group = cluster_security_group(name, inputs, self._below)
        subnets = self._subnets()
        encryption = self._encryption()
        cluster = self._cluster(role, ready, cluster_group, subnets, encryption)
        self._addon("kube-proxy", inputs.get("kubeProxyAddonOptions", {}), cluster, wanted_by_default=True)

        endpoint: pulumi.Output[str] = cluster.endpoint
        if not pulumi.runtime.is_dry_run() and "endpointPublicAccess" in inputs:
            endpoint = pulumi.Output.all(endpoint, inputs["endpointPublicAccess"]).apply(
                lambda found: wait_until_ready(found[0], cluster) if found[1] else found[0]
            )
        credentials = default_credentials(inputs.get("providerCredentialOpts"))
        provider = kubernetes.Provider(
            f"{name}-eks-k8s",
            kubeconfig=as_json(kubeconfig_of(cluster, endpoint, credentials, with_profile=True)),
            enable_config_map_mutable=inputs.get("enableConfigMapMutable"),
            opts=self._below,
        )
        self._access_entries(cluster)
        # Without a node group of its own the component leaves CoreDNS out, unless it is asked for by name.
        self._addon("coredns", inputs.get("corednsAddonOptions", {}), cluster, wanted_by_default=False)
        oidc = self._oidc_provider(cluster)

        node_group_options = _present(
            {
                "nodeAssociatePublicIpAddress": inputs.get("nodeAssociatePublicIpAddress"),
                "version": inputs.get("version"),
            }
        )
        node_group: aws.ec2.SecurityGroup | None = None
        ingress: aws.ec2.SecurityGroupRule | None = None
        if own_groups and cluster_group is not None:
            node_group, ingress = node_security_group(name, inputs, cluster, cluster_group, self._below)
            node_group_options |= {"nodeSecurityGroup": node_group, "clusterIngressRule": ingress}

        kubeconfig = kubeconfig_of(cluster, endpoint, credentials, with_profile=False)
        core = _present(
            {
                "vpcId": inputs["vpcId"],
                "subnetIds": subnets,
                "publicSubnetIds": inputs.get("publicSubnetIds"),
                "privateSubnetIds": inputs.get("privateSubnetIds"),
                "clusterSecurityGroup": cluster_group,
                "cluster": cluster,
                "endpoint": endpoint,
                "nodeGroupOptions": node_group_options,
                "kubeconfig": kubeconfig,
                "provider": provider,
                "instanceRoles": [],
                "tags": inputs.get("tags"),
                "nodeSecurityGroupTags": inputs.get("nodeSecurityGroupTags"),
                "storageClasses": {},
                "oidcProvider": oidc,
                "encryptionConfig": encryption,
                "clusterIamRole": role,
                "accessEntries": list(inputs.get("accessEntries", {}).values()),
                "autoModeNodeRoleName": "",
            }
        )
        made_by_eks = cluster.vpc_config.apply(lambda config: config.cluster_security_group_id)
        issuer = cluster.identities.apply(_issuer)
        self.state = dict.fromkeys(_EMPTY, "") | _present(
            {
                "kubeconfig": kubeconfig,
                "kubeconfigJson": as_json(kubeconfig),
                "clusterSecurityGroup": cluster_group,
                "instanceRoles": [],
                "nodeSecurityGroup": node_group,
                "eksClusterIngressRule": ingress,
                "eksCluster": cluster,
                # One unknown part makes all of it unknown, as in the real component.
                "core": pulumi.Output.from_input(core),
                "clusterSecurityGroupId": made_by_eks if cluster_group is None else cluster_group.id,
                "nodeSecurityGroupId": made_by_eks if node_group is None else node_group.id,
                "clusterIngressRuleId": "" if ingress is None else ingress.security_group_rule_id,
                "oidcProviderArn": "" if oidc is None else oidc.arn,
                "oidcProviderUrl": issuer,
                "oidcIssuer": issuer.apply(lambda url: url.removeprefix("https://")),
            }
        )
        self.register_outputs(self.state)

    def _service_role(self, within: pulumi.InvokeOutputOptions) -> tuple[Any, list[pulumi.Resource]]:
        """The role of the control plane, and what has to exist before the cluster because of it."""
        if "serviceRole" in self._inputs:
            return self._inputs["serviceRole"], []
        made = ServiceRole(
            f"{self._name}-eksRole",
            service="eks.amazonaws.com",
            description="Allows EKS to manage clusters on your behalf.",
            actions=["sts:AssumeRole", "sts:TagSession"],
            policies=["AmazonEKSClusterPolicy"],
            partition=aws.get_partition_output(opts=within).partition,
            tags=self._inputs.get("tags"),
            opts=self._below,
        )
        return made.role, made.ready

    def _subnets(self) -> pulumi.Output[list[str]]:
        if "subnetIds" in self._inputs:
            return pulumi.Output.from_input(self._inputs["subnetIds"])
        public, private = self._inputs.get("publicSubnetIds", []), self._inputs.get("privateSubnetIds", [])
        return pulumi.Output.all(public, private).apply(lambda both: [*both[0], *both[1]])

    def _encryption(self) -> pulumi.Output[dict[str, Any]] | None:
        if not self._inputs.get("encryptionConfigKeyArn"):
            return None
        key = pulumi.Output.from_input(self._inputs["encryptionConfigKeyArn"])
        return key.apply(lambda arn: {"provider": {"keyArn": arn}, "resources": ["secrets"]})

    def _cluster(
        self,
        role: Any,
        ready: list[pulumi.Resource],
        group: aws.ec2.SecurityGroup | None,
        subnets: pulumi.Output[list[str]],
        encryption: pulumi.Output[Any] | None,
    ) -> aws.eks.Cluster:
        inputs = self._inputs
        network: pulumi.Output[Any] | None = None
        if inputs.get("kubernetesServiceIpAddressRange") or inputs.get("ipFamily"):
            network = pulumi.Output.all(
                inputs.get("kubernetesServiceIpAddressRange"), inputs.get("ipFamily", "ipv4")
            ).apply(_network)
        endpoints = {
            key: inputs.get(key) for key in ("endpointPrivateAccess", "endpointPublicAccess", "publicAccessCidrs")
        }
        # Plain maps by the schema's names: the SDK passes them on as they are.
        networking: Any = _present(
            {"securityGroupIds": [group.id] if group is not None else None, "subnetIds": subnets, **endpoints}
        )
        access: Any = {
            "authenticationMode": inputs["authenticationMode"],
            "bootstrapClusterCreatorAdminPermissions": True,
        }
        return aws.eks.Cluster(
            f"{self._name}-eksCluster",
            name=inputs.get("name"),
            role_arn=pulumi.Output.from_input(role).apply(lambda found: found.arn),
            kubernetes_network_config=network,
            bootstrap_self_managed_addons=inputs.get("bootstrapSelfManagedAddons", True),
            vpc_config=networking,
            version=inputs.get("version"),
            enabled_cluster_log_types=inputs.get("enabledClusterLogTypes"),
            tags=merged_tags({"Name": f"{self._name}-eksCluster"}, inputs.get("clusterTags"), inputs.get("tags")),
            encryption_config=encryption,
            access_config=access,
            upgrade_policy=inputs.get("upgradePolicy"),
            deletion_protection=inputs.get("deletionProtection"),
            opts=pulumi.ResourceOptions(
                parent=self,
                # Both are read by EKS at creation only.
                ignore_changes=[
                    "accessConfig.bootstrapClusterCreatorAdminPermissions",
                    "bootstrapSelfManagedAddons",
                ],
                depends_on=ready,
            ),
        )

    def _addon(self, addon: str, options: Inputs, cluster: aws.eks.Cluster, *, wanted_by_default: bool) -> None:
        asked = options.get("enabled", wanted_by_default) or (addon == "coredns" and options.get("configurationValues"))
        if not asked:
            return
        version = options.get("version")
        if not version:
            version = aws.eks.get_addon_version_output(
                addon_name=addon,
                kubernetes_version=cluster.version,
                most_recent=True,
                opts=pulumi.InvokeOutputOptions(parent=self),
            ).version
        values = options.get("configurationValues")
        if values:
            values = pulumi.Output.from_input(values).apply(
                lambda found: json.dumps(found, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
            )
        aws.eks.Addon(
            f"{self._name}-{addon}",
            cluster_name=cluster.name,
            addon_name=addon,
            preserve=True,
            tags=self._inputs.get("tags"),
            addon_version=version,
            resolve_conflicts_on_create=options.get("resolveConflictsOnCreate", "OVERWRITE"),
            resolve_conflicts_on_update=options.get("resolveConflictsOnUpdate", "OVERWRITE"),
            configuration_values=values,
            opts=self._below,
        )

    def _access_entries(self, cluster: aws.eks.Cluster) -> None:
        for key, given in self._inputs.get("accessEntries", {}).items():
            entry = aws.eks.AccessEntry(
                f"{self._name}-{key}",
                cluster_name=cluster.name,
                principal_arn=given["principalArn"],
                kubernetes_groups=given.get("kubernetesGroups"),
                user_name=given.get("username"),
                type=given.get("type"),
                tags=given.get("tags"),
                opts=pulumi.ResourceOptions(parent=self, depends_on=[cluster]),
            )
            for association, policy in given.get("accessPolicies", {}).items():
                resolved: pulumi.Output[Any] = pulumi.Output.from_input(policy)
                aws.eks.AccessPolicyAssociation(
                    f"{self._name}-{key}-{association}",
                    cluster_name=cluster.name,
                    principal_arn=given["principalArn"],
                    policy_arn=resolved.apply(lambda found: found["policyArn"]),
                    access_scope=resolved.apply(lambda found: found["accessScope"]),
                    opts=pulumi.ResourceOptions(parent=entry, depends_on=[entry]),
                )

    def _oidc_provider(self, cluster: aws.eks.Cluster) -> aws.iam.OpenIdConnectProvider | None:
        if not self._inputs.get("createOidcProvider"):
            return None
        return aws.iam.OpenIdConnectProvider(
            f"{self._name}-oidcProvider",
            client_id_lists=["sts.amazonaws.com"],
            url=cluster.identities.apply(_issuer),
            opts=self._below,
        )


def _present(values: Inputs) -> Inputs:
    return {key: value for key, value in values.items() if value is not None}


def _issuer(identities: Sequence[Any] | None) -> str:
    """The issuer's URL in `identities` of an `aws.eks.Cluster`, or nothing while there is none."""
    oidcs = identities[0].oidcs if identities else None
    return oidcs[0].issuer or "" if oidcs else ""


def _network(given: list[Any]) -> Inputs:
    cidr, family = given
    # EKS chooses the range itself for IPv6.
    return _present({"ipFamily": family, "serviceIpv4Cidr": cidr if family == "ipv4" else None})
