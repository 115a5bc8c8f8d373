"""EKS clusters."""

import dataclasses
from collections.abc import Iterator
from typing import Any

from provider_kit import UNKNOWN, Diff, Operation, PluginError, Properties, has_unknown
from sandbox.plugins.aws.eks_base import EksResource
from sandbox.plugins.aws.operation import Step
from sandbox.plugins.aws.spelling import known, known_items, pruned, table
from sandbox.plugins.sdk_schema import Problem

_LOG_TYPES = ("api", "audit", "authenticator", "controllerManager", "scheduler")


class Cluster(EksResource):
    token, label = "aws:eks/cluster:Cluster", "EKS Cluster"
    inputs = """
        name! roleArn! version? accessConfig? upgradePolicy? kubernetesNetworkConfig? deletionProtection
        bootstrapSelfManagedAddons!- +defaultAddonsToRemoves- +vpcConfig +enabledClusterLogTypes~ +encryptionConfig
        +tags accessConfig.bootstrapClusterCreatorAdminPermissions! kubernetesNetworkConfig.ipFamily!
        kubernetesNetworkConfig.serviceIpv4Cidr! accessConfig.*? kubernetesNetworkConfig.*? upgradePolicy.*?
        vpcConfig.clusterSecurityGroupId? vpcConfig.vpcId? vpcConfig.publicAccessCidrs?~ vpcConfig.subnetIds~
        vpcConfig.securityGroupIds~ encryptionConfig.resources~
    """
    create_params = """{encryptionConfig: encryptionConfig && [encryptionConfig] || `null`,
                        resourcesVpcConfig: network, logging: enabledClusterLogTypes && logging || `null`}"""
    named = ("name", 100)
    defaults = table(bootstrapSelfManagedAddons=True)
    thing, key, item = "cluster", "name", "cluster"
    ready_state, minutes, gone_minutes = "ACTIVE", 30, 60
    outputs = """{arn: arn, platformVersion: platformVersion, status: status, endpoint: endpoint, createdAt: createdAt,
                  certificateAuthority: {data: certificateAuthority.data || ''}, vpcConfig: resourcesVpcConfig,
                  identities: [identity.oidc][?issuer].{oidcs: [{issuer: issuer}]},
                  deletionProtection: deletionProtection || `false`, encryptionConfig: encryptionConfig[0],
                  enabledClusterLogTypes: sort(logging.clusterLogging[?enabled].types[] || `[]`)}"""
    # EKS takes one kind of change at a time.
    changes = """
        version: update_cluster_version / nothing
        encryptionConfig: associate_encryption_config / nothing {encryptionConfig: [encryptionConfig]}
        enabledClusterLogTypes: update_cluster_config {logging: logging}
        accessConfig.authenticationMode: update_cluster_config / nothing
            {accessConfig: {authenticationMode: accessConfig.authenticationMode}}
        vpcConfig.endpointPublicAccess vpcConfig.endpointPrivateAccess vpcConfig.publicAccessCidrs:
            update_cluster_config
            {resourcesVpcConfig: {endpointPublicAccess: not_null(vpcConfig.endpointPublicAccess, `true`),
                                  endpointPrivateAccess: vpcConfig.endpointPrivateAccess || `false`,
                                  publicAccessCidrs: vpcConfig.publicAccessCidrs || ['0.0.0.0/0']}}
        vpcConfig.subnetIds vpcConfig.securityGroupIds: update_cluster_config
            {resourcesVpcConfig: {subnetIds: vpcConfig.subnetIds,
                                  securityGroupIds: vpcConfig.securityGroupIds || `[]`}}
        upgradePolicy: update_cluster_config / nothing {upgradePolicy: upgradePolicy}
        deletionProtection: update_cluster_config {deletionProtection: deletionProtection || `false`}
    """

    def verify(self, inputs: Properties) -> Iterator[Problem]:
        for index, each in enumerate(known_items(inputs.get("enabledClusterLogTypes"))):
            if isinstance(each, str) and each not in _LOG_TYPES:
                yield f"enabledClusterLogTypes[{index}]", f"expected one of {', '.join(_LOG_TYPES)}, got {each!r}"
        resources = known(inputs.get("encryptionConfig")).get("resources", ["secrets"])
        if resources != ["secrets"] and not has_unknown(resources):
            yield "encryptionConfig.resources", 'expected resources to be ["secrets"]'

    def diff(self, op: Operation) -> Diff:
        # The endpoint's default lies one level deeper than `defaults` goes.
        network = op.inputs.get("vpcConfig")
        if isinstance(network, dict):
            completed = {**op.inputs, "vpcConfig": {"endpointPublicAccess": True, **network}}
            op = dataclasses.replace(op, inputs=completed)
        return super().diff(op)

    def key_of(self, step: Step, id: str) -> Properties:
        # The calls that are about a part of the cluster name it otherwise.
        return {"name": id, "clusterName": id}

    def derived(self, step: Step) -> Properties:
        said, types = step.inputs.get("vpcConfig"), step.inputs.get("enabledClusterLogTypes") or []
        network: Any = {**said, "vpcId": None, "clusterSecurityGroupId": None} if isinstance(said, dict) else said
        off = [each for each in _LOG_TYPES if each not in known_items(types)]
        groups = [{"types": types, "enabled": True}, {"types": off, "enabled": False}]
        logging = UNKNOWN if has_unknown(types) else [group for group in groups if group["types"]]
        return {"network": network, "logging": {"clusterLogging": logging}}

    def make(self, step: Step) -> str:
        subnets = step.inputs["vpcConfig"]["subnetIds"]
        found = step.cloud.client("ec2", step.region).describe_subnets(SubnetIds=subnets)["Subnets"]
        if len({subnet["AvailabilityZone"] for subnet in found}) < 2:
            problem = "Subnets specified must be in at least two different AZs"
            raise PluginError(f"api error InvalidParameterException: {problem}")
        return super().make(step)

    def more(self, step: Step, found: Properties) -> Properties:
        # EKS reads it at the creation and does not give it back: the program's word stays, as in the real provider.
        name = "bootstrapClusterCreatorAdminPermissions"
        return {"accessConfig": pruned({**found["accessConfig"], name: known(step.get("accessConfig")).get(name)})}
