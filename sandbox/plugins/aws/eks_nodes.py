"""EKS managed node groups and add-ons: what runs on a cluster from the start."""

from __future__ import annotations

from collections.abc import Iterator

from provider_kit import Properties
from sandbox.plugins.aws.eks_base import EksResource
from sandbox.plugins.aws.operation import Job
from sandbox.plugins.aws.spelling import without_empty
from sandbox.plugins.sdk_schema import Problem


class NodeGroup(EksResource):
    """https://www.pulumi.com/registry/packages/aws/api-docs/eks/nodegroup/"""

    token = "aws:eks/nodeGroup:NodeGroup"
    label = "EKS Node Group"
    supports = (
        "clusterName nodeRoleArn scalingConfig subnetIds amiType capacityType diskSize forceUpdateVersion "
        "instanceTypes "
        "labels launchTemplate nodeGroupName releaseVersion tags taints updateConfig version"
    )
    named = ("nodeGroupName", 63)
    replaced_by = (
        "clusterName nodeRoleArn subnetIds amiType capacityType diskSize instanceTypes nodeGroupName "
        "launchTemplate.id launchTemplate.name"
    )
    chosen_by_aws = (
        "amiType capacityType diskSize instanceTypes releaseVersion version updateConfig updateConfig.* "
        "launchTemplate.id launchTemplate.name"
    )
    kept = "forceUpdateVersion"
    unordered = "subnetIds taints"
    create_call = "create_nodegroup"
    fields = (
        "clusterName=clusterName nodeGroupName=nodegroupName nodeRoleArn=nodeRole scalingConfig=scalingConfig "
        "subnetIds=subnets amiType=amiType capacityType=capacityType diskSize=diskSize instanceTypes=instanceTypes "
        "labels=labels launchTemplate=launchTemplate releaseVersion=releaseVersion taints=taints "
        "updateConfig=updateConfig version=version"
    )

    def verify(self, inputs: Properties) -> Iterator[Problem]:
        scaling = inputs.get("scalingConfig")
        if isinstance(scaling, dict):
            low, wanted, high = (scaling.get(name) for name in ("minSize", "desiredSize", "maxSize"))
            if isinstance(low, int) and isinstance(wanted, int) and isinstance(high, int) and not low <= wanted <= high:
                reason = f"desired capacity {wanted} must be between minimum {low} and maximum {high}"
                yield "scalingConfig.desiredSize", reason
        template = inputs.get("launchTemplate")
        if isinstance(template, dict) and len({"id", "name"} & template.keys()) != 1:
            yield "launchTemplate", "exactly one of `id,name` must be specified"
        if template and inputs.get("diskSize"):
            yield "diskSize", "InvalidParameterException: disk size must be specified within the launch template"

    def identify(self, reply: Properties, job: Job) -> str:
        return f"{job.inputs['clusterName']}:{reply['nodegroup']['nodegroupName']}"

    def apply(self, job: Job, id: str) -> None:
        if not job.op.id:
            return
        cluster, _, name = id.partition(":")
        old, new, changed = job.op.state, job.inputs, job.changed
        if changed & {"launchTemplate", "releaseVersion", "version"}:
            request = job.picked({n: n for n in ("releaseVersion", "version", "launchTemplate") if n in changed})
            force = bool(new.get("forceUpdateVersion"))
            reply = job.client.update_nodegroup_version(clusterName=cluster, nodegroupName=name, force=force, **request)
            self.finish(job, cluster, reply, nodegroupName=name)
        request = {n: new[n] for n in ("scalingConfig", "updateConfig") if n in changed and new.get(n)}
        if "labels" in changed:
            request["labels"] = _moved(old.get("labels") or {}, new.get("labels") or {})
        if "taints" in changed:
            put, gone = (
                new.get("taints") or [],
                [t for t in old.get("taints") or [] if t not in (new.get("taints") or [])],
            )
            request["taints"] = without_empty({"addOrUpdateTaints": put, "removeTaints": gone})
        if request:
            reply = job.client.update_nodegroup_config(clusterName=cluster, nodegroupName=name, **request)
            self.finish(job, cluster, reply, nodegroupName=name)

    def found(self, job: Job, id: str) -> Properties:
        cluster, _, name = id.partition(":")
        return job.client.describe_nodegroup(clusterName=cluster, nodegroupName=name)["nodegroup"]

    def describe(self, job: Job, id: str) -> Properties | None:
        found = self.found(job, id)
        resources = found.get("resources") or {}
        groups = [{"name": group["name"]} for group in resources.get("autoScalingGroups", [])]
        outputs = {name: found.get(api) for name, api in self.api_names.items()}
        return {
            **outputs,
            "arn": found["nodegroupArn"],
            "status": found["status"],
            "resources": [
                {
                    "autoscalingGroups": groups,
                    "remoteAccessSecurityGroupId": resources.get("remoteAccessSecurityGroup", ""),
                }
            ],
            "tagsAll": self.tags(job, found["nodegroupArn"]),
        }

    def remove(self, job: Job, id: str) -> None:
        cluster, _, name = id.partition(":")
        job.client.delete_nodegroup(clusterName=cluster, nodegroupName=name)


def _moved(old: dict[str, str], new: dict[str, str]) -> Properties:
    put = {key: value for key, value in new.items() if old.get(key) != value}
    return without_empty({"addOrUpdateLabels": put, "removeLabels": [key for key in old if key not in new]})


class Addon(EksResource):
    """https://www.pulumi.com/registry/packages/aws/api-docs/eks/addon/"""

    token = "aws:eks/addon:Addon"
    label, minutes = "EKS Add-On", 20.0
    supports = (
        "addonName clusterName addonVersion configurationValues podIdentityAssociations preserve "
        "resolveConflictsOnCreate "
        "resolveConflictsOnUpdate serviceAccountRoleArn tags"
    )
    replaced_by = "addonName clusterName"
    chosen_by_aws = "addonVersion configurationValues"
    kept = "preserve resolveConflictsOnCreate resolveConflictsOnUpdate podIdentityAssociations"
    create_call = "create_addon"
    fields = (
        "addonName=addonName clusterName=clusterName addonVersion=addonVersion configurationValues=configurationValues "
        "podIdentityAssociations=podIdentityAssociations resolveConflictsOnCreate=resolveConflicts "
        "serviceAccountRoleArn=serviceAccountRoleArn"
    )
    delete_before_replace = True

    def identify(self, reply: Properties, job: Job) -> str:
        return f"{job.inputs['clusterName']}:{job.inputs['addonName']}"

    def apply(self, job: Job, id: str) -> None:
        names = ("addonVersion", "configurationValues", "serviceAccountRoleArn", "podIdentityAssociations")
        if job.op.id and job.changed & {*names}:
            cluster, _, name = id.partition(":")
            request = {each: job.inputs.get(each, "") for each in names if each in job.changed}
            conflicts = job.picked({"resolveConflictsOnUpdate": "resolveConflicts"})
            reply = job.client.update_addon(clusterName=cluster, addonName=name, **request, **conflicts)
            self.finish(job, cluster, reply, addonName=name)

    def found(self, job: Job, id: str) -> Properties:
        cluster, _, name = id.partition(":")
        return job.client.describe_addon(clusterName=cluster, addonName=name)["addon"]

    def describe(self, job: Job, id: str) -> Properties | None:
        found = self.found(job, id)
        return {
            "arn": found["addonArn"],
            "addonName": found["addonName"],
            "clusterName": found["clusterName"],
            "addonVersion": found.get("addonVersion"),
            "configurationValues": found.get("configurationValues", ""),
            "serviceAccountRoleArn": found.get("serviceAccountRoleArn", ""),
            "createdAt": found["createdAt"].strftime("%Y-%m-%dT%H:%M:%SZ"),
            "modifiedAt": found["modifiedAt"].strftime("%Y-%m-%dT%H:%M:%SZ"),
            "tagsAll": self.tags(job, found["addonArn"]),
        }

    def remove(self, job: Job, id: str) -> None:
        cluster, _, name = id.partition(":")
        job.client.delete_addon(clusterName=cluster, addonName=name, preserve=bool(job.get("preserve")))


RESOURCES = (NodeGroup, Addon)
