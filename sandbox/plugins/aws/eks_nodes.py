"""EKS managed node groups and add-ons: what runs on a cluster from the start."""

from collections.abc import Iterator

from provider_kit import Properties
from sandbox.plugins.aws.eks_base import EksResource
from sandbox.plugins.aws.operation import Step
from sandbox.plugins.aws.spelling import filled, known
from sandbox.plugins.sdk_schema import Problem


class NodeGroup(EksResource):
    token, label = "aws:eks/nodeGroup:NodeGroup", "EKS Node Group"
    inputs = """
        clusterName! nodeGroupName!=nodegroupName nodeRoleArn!=nodeRole scalingConfig subnetIds!~=subnets
        amiType!? capacityType!? diskSize!? instanceTypes!? labels launchTemplate releaseVersion? taints~
        updateConfig? version? +forceUpdateVersion- +tags launchTemplate.id!? launchTemplate.name!?
        updateConfig.*?
    """
    named = ("nodeGroupName", 63)
    thing, key, item, arn = "nodegroup", "clusterName:nodegroupName", "nodegroup", "nodegroupArn"
    ready_state, gone_minutes = "ACTIVE", 60
    outputs = """{arn: nodegroupArn, status: status,
                  resources: [{autoscalingGroups: resources.autoScalingGroups[].{name: name} || `[]`,
                               remoteAccessSecurityGroupId: resources.remoteAccessSecurityGroup || ''}]}"""
    changes = """
        launchTemplate releaseVersion version: update_nodegroup_version
            {force: forceUpdateVersion || `false`, launchTemplate: changed.launchTemplate,
             releaseVersion: changed.releaseVersion, version: changed.version}
        scalingConfig updateConfig labels taints: update_nodegroup_config
            {scalingConfig: changed.scalingConfig, updateConfig: changed.updateConfig, labels: labelChange,
             taints: taintChange}
    """

    def verify(self, inputs: Properties) -> Iterator[Problem]:
        scaling, template = known(inputs.get("scalingConfig")), inputs.get("launchTemplate")
        low, wanted, high = (scaling.get(name) for name in ("minSize", "desiredSize", "maxSize"))
        if isinstance(low, int) and isinstance(wanted, int) and isinstance(high, int) and not low <= wanted <= high:
            reason = f"desired capacity {wanted} must be between minimum {low} and maximum {high}"
            yield "scalingConfig.desiredSize", reason
        if isinstance(template, dict) and len({"id", "name"} & template.keys()) != 1:
            yield "launchTemplate", "exactly one of `id,name` must be specified"
        if template and inputs.get("diskSize"):
            yield "diskSize", "InvalidParameterException: disk size must be specified within the launch template"

    def derived(self, step: Step) -> Properties:
        """What changes; what is left alone is not named, since AWS may have chosen it."""
        new, old = step.inputs, step.op.state
        changed = {name: value for name, value in new.items() if step.touches(name)}
        labels, labels_before = new.get("labels") or {}, old.get("labels") or {}
        taints, taints_before = new.get("taints") or [], old.get("taints") or []
        moved = {
            "addOrUpdateLabels": {key: value for key, value in labels.items() if labels_before.get(key) != value},
            "removeLabels": [key for key in labels_before if key not in labels],
        }
        swapped = {
            "addOrUpdateTaints": taints,
            "removeTaints": [taint for taint in taints_before if taint not in taints],
        }
        return {"changed": changed, "labelChange": filled(moved), "taintChange": filled(swapped)}


class Addon(EksResource):
    token, label = "aws:eks/addon:Addon", "EKS Add-On"
    inputs = """
        addonName! clusterName! addonVersion? configurationValues? podIdentityAssociations-
        resolveConflictsOnCreate-=resolveConflicts serviceAccountRoleArn +preserve- +resolveConflictsOnUpdate-
        +tags
    """
    delete_before_replace = True
    thing, key, item, arn = "addon", "clusterName:addonName", "addon", "addonArn"
    delete_params = "{preserve: preserve || `false`}"
    ready_state, minutes, gone_minutes = "ACTIVE", 20, 60
    outputs = """{arn: addonArn, configurationValues: configurationValues || '', createdAt: createdAt,
                  serviceAccountRoleArn: serviceAccountRoleArn || '', modifiedAt: modifiedAt}"""
    _updated = "addonVersion configurationValues serviceAccountRoleArn podIdentityAssociations"
    changes = f"""
        {_updated}: update_addon
            {{addonVersion: changed.addonVersion, configurationValues: changed.configurationValues,
              serviceAccountRoleArn: changed.serviceAccountRoleArn,
              podIdentityAssociations: changed.podIdentityAssociations, resolveConflicts: resolveConflictsOnUpdate}}
    """

    def derived(self, step: Step) -> Properties:
        return {"changed": {n: step.inputs.get(n, "") for n in self._updated.split() if step.touches(n)}}
