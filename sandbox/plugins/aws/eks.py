"""EKS clusters."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from provider_kit import UNKNOWN, PluginError, Properties, has_unknown
from sandbox.plugins.aws.eks_base import EksResource
from sandbox.plugins.aws.operation import Job
from sandbox.plugins.aws.spelling import known_items, table
from sandbox.plugins.sdk_schema import Problem

_LOG_TYPES = ("api", "audit", "authenticator", "controllerManager", "scheduler")


class Cluster(EksResource):
    """https://www.pulumi.com/registry/packages/aws/api-docs/eks/cluster/"""

    token = "aws:eks/cluster:Cluster"
    label, minutes = "EKS Cluster", 30.0
    supports = (
        "name roleArn vpcConfig version accessConfig bootstrapSelfManagedAddons defaultAddonsToRemoves "
        "deletionProtection "
        "enabledClusterLogTypes encryptionConfig kubernetesNetworkConfig tags upgradePolicy"
    )
    named = ("name", 100)
    replaced_by = (
        "name roleArn bootstrapSelfManagedAddons accessConfig.bootstrapClusterCreatorAdminPermissions "
        "kubernetesNetworkConfig.ipFamily kubernetesNetworkConfig.serviceIpv4Cidr"
    )
    chosen_by_aws = (
        "accessConfig accessConfig.* kubernetesNetworkConfig kubernetesNetworkConfig.* upgradePolicy upgradePolicy.* "
        "version "
        "vpcConfig.clusterSecurityGroupId vpcConfig.vpcId vpcConfig.publicAccessCidrs"
    )
    defaults = table(bootstrapSelfManagedAddons=True)
    kept = "bootstrapSelfManagedAddons defaultAddonsToRemoves"
    unordered = (
        "enabledClusterLogTypes encryptionConfig.resources vpcConfig.subnetIds vpcConfig.securityGroupIds "
        "vpcConfig.publicAccessCidrs"
    )
    create_call = "create_cluster"
    fields = (
        "name=name roleArn=roleArn version=version accessConfig=accessConfig upgradePolicy=upgradePolicy "
        "bootstrapSelfManagedAddons=bootstrapSelfManagedAddons kubernetesNetworkConfig=kubernetesNetworkConfig "
        "deletionProtection=deletionProtection"
    )

    def verify(self, inputs: Properties) -> Iterator[Problem]:
        for index, each in enumerate(known_items(inputs.get("enabledClusterLogTypes"))):
            if isinstance(each, str) and each not in _LOG_TYPES:
                reason = f"expected one of {', '.join(_LOG_TYPES)}, got {each!r}"
                yield f"enabledClusterLogTypes[{index}]", reason
        name = inputs.get("name")
        if isinstance(name, str) and not re.fullmatch(r"[0-9A-Za-z][A-Za-z0-9_-]{0,99}", name):
            yield "name", f"invalid value for name (must match ^[0-9A-Za-z][A-Za-z0-9\\-_]+$), got {name}"
        encryption = inputs.get("encryptionConfig")
        if (
            isinstance(encryption, dict)
            and "resources" in encryption
            and encryption.get("resources") != ["secrets"]
            and not has_unknown(encryption["resources"])
        ):
            yield "encryptionConfig.resources", 'expected resources to be ["secrets"]'

    def params(self, job: Job) -> Properties:
        encryption, types = job.inputs.get("encryptionConfig"), job.inputs.get("enabledClusterLogTypes")
        extra: Properties = {"resourcesVpcConfig": self._network(job.inputs.get("vpcConfig"))}
        if encryption:
            extra["encryptionConfig"] = [encryption]
        if types:
            extra["logging"] = self._logging(types)
        return {**super().params(job), **extra}

    def _network(self, said: Any) -> Any:
        computed = ("vpcId", "clusterSecurityGroupId")
        return {k: v for k, v in said.items() if k not in computed} if isinstance(said, dict) else said

    def _logging(self, types: Any) -> Properties:
        if has_unknown(types):
            return {"clusterLogging": UNKNOWN}
        off = [each for each in _LOG_TYPES if each not in types]
        groups = [{"types": types, "enabled": True}, {"types": off, "enabled": False}]
        return {"clusterLogging": [group for group in groups if group["types"]]}

    def make(self, job: Job) -> str:
        subnets = job.inputs["vpcConfig"]["subnetIds"]
        found = job.cloud.client("ec2", job.region).describe_subnets(SubnetIds=subnets)["Subnets"]
        if len({subnet["AvailabilityZone"] for subnet in found}) < 2:
            problem = "Subnets specified must be in at least two different AZs"
            raise PluginError(f"api error InvalidParameterException: {problem}")
        return super().make(job)

    def identify(self, reply: Properties, job: Job) -> str:
        return reply["cluster"]["name"]

    def apply(self, job: Job, id: str) -> None:
        if not job.op.id:
            return
        old, new, changed = job.op.state, job.inputs, job.changed
        if "version" in changed and new.get("version") and new["version"] != old.get("version"):
            self.finish(job, id, job.client.update_cluster_version(name=id, version=new["version"]))
        if "encryptionConfig" in changed and new.get("encryptionConfig") and not old.get("encryptionConfig"):
            config = [new["encryptionConfig"]]
            self.finish(job, id, job.client.associate_encryption_config(clusterName=id, encryptionConfig=config))
        # EKS takes one kind of change at a time.
        requests: list[Properties] = []
        if "enabledClusterLogTypes" in changed:
            requests.append({"logging": self._logging(new.get("enabledClusterLogTypes") or [])})
        if "accessConfig" in changed:
            mode = (new.get("accessConfig") or {}).get("authenticationMode")
            requests += [{"accessConfig": {"authenticationMode": mode}}] if mode else []
        if "vpcConfig" in changed:
            requests += self._network_changes(new["vpcConfig"], old.get("vpcConfig") or {})
        requests += [
            {name: new[name]}
            for name in ("upgradePolicy", "deletionProtection")
            if name in changed and new.get(name) is not None
        ]
        for request in requests:
            self.finish(job, id, job.client.update_cluster_config(name=id, **request))

    def _network_changes(self, new: Properties, old: Properties) -> list[Properties]:
        access = {"endpointPublicAccess": True, "endpointPrivateAccess": False, "publicAccessCidrs": ["0.0.0.0/0"]}
        found: list[Properties] = []
        for names in (tuple(access), ("subnetIds", "securityGroupIds")):
            wanted = {name: new.get(name, access.get(name, [])) for name in names}
            if any(_loose(value) != _loose(old.get(name)) for name, value in wanted.items()):
                found.append({"resourcesVpcConfig": wanted})
        return found

    def found(self, job: Job, id: str) -> Properties:
        return job.client.describe_cluster(name=id)["cluster"]

    def describe(self, job: Job, id: str) -> Properties | None:
        found = self.found(job, id)
        logging = (found.get("logging") or {}).get("clusterLogging", [])
        issuer = ((found.get("identity") or {}).get("oidc") or {}).get("issuer")
        encryption = found.get("encryptionConfig") or [None]
        created = found["createdAt"]
        return {
            "arn": found["arn"],
            "name": found["name"],
            "roleArn": found["roleArn"],
            "version": found["version"],
            "platformVersion": found.get("platformVersion"),
            "status": found["status"],
            "endpoint": found.get("endpoint"),
            "createdAt": created.strftime("%Y-%m-%dT%H:%M:%SZ"),
            "certificateAuthority": {"data": (found.get("certificateAuthority") or {}).get("data", "")},
            "identities": [{"oidcs": [{"issuer": issuer}]}] if issuer else [],
            "vpcConfig": found["resourcesVpcConfig"],
            "accessConfig": found.get("accessConfig"),
            "upgradePolicy": found.get("upgradePolicy"),
            "deletionProtection": found.get("deletionProtection", False),
            "kubernetesNetworkConfig": found.get("kubernetesNetworkConfig"),
            "encryptionConfig": encryption[0],
            "enabledClusterLogTypes": sorted(t for group in logging if group.get("enabled") for t in group["types"]),
            "tagsAll": self.tags(job, found["arn"]),
        }

    def remove(self, job: Job, id: str) -> None:
        job.client.delete_cluster(name=id)


def _loose(value: Any) -> Any:
    return sorted(value) if isinstance(value, list) else value or False


RESOURCES = (Cluster,)
