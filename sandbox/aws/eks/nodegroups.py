"""Managed node groups. The sandbox's agent makes the nodes that a group asks for (see `GET /_sandbox/cluster`).

See https://docs.aws.amazon.com/eks/latest/APIReference/API_CreateNodegroup.html and, for what a launch template
excludes, https://docs.aws.amazon.com/eks/latest/userguide/launch-templates.html.
"""

import re
import uuid
from typing import Any

from sandbox.aws import emulator
from sandbox.aws.eks import access, checks, interfaces, updates
from sandbox.aws.errors import Refused
from sandbox.aws.rest import Input

INSTANCE_TYPE = re.compile(r"[a-z][a-z0-9-]*\.(nano|micro|small|medium|large|(\d+)?xlarge|metal(-\d+xl)?)")
UNSUPPORTED = ("remoteAccess", "nodeRepairConfig", "warmPoolConfig")


def create(request: Input) -> Any:
    """CreateNodegroup."""
    cluster, name = checks.active_cluster(request["clusterName"]), request["nodegroupName"]
    key = f"{cluster['name']}/{name}"
    if key in checks.store("nodegroups"):
        message = f"NodeGroup already exists with name {name} and cluster name {cluster['name']}"
        raise Refused("ResourceInUseException", message)
    for member in UNSUPPORTED:
        if request.get(member):
            raise Refused("InvalidParameterException", f"the sandbox's EKS does not support {member}")
    checks.node_role(request["nodeRole"])
    vpc_id = checks.subnets(request["subnets"])[0]["VpcId"]
    if vpc_id != cluster["resourcesVpcConfig"]["vpcId"]:
        raise Refused("InvalidParameterException", "Subnets must be in the VPC of the cluster.")
    if request.get("version", cluster["version"]) != cluster["version"]:
        message = f"Requested Nodegroup version {request['version']} is not the cluster's {cluster['version']}"
        raise Refused("InvalidParameterException", message)
    template, machine = _launch_template(request.get("launchTemplate"))
    group = {
        "nodegroupName": name,
        "nodegroupArn": f"arn:aws:eks:{emulator.region()}:{emulator.account_id()}:nodegroup/{key}/{uuid.uuid4()}",
        "clusterName": cluster["name"],
        "version": cluster["version"],
        "releaseVersion": request.get("releaseVersion", f"{cluster['version']}.0-{checks.now()}"),
        "createdAt": checks.now(),
        "modifiedAt": checks.now(),
        "status": "ACTIVE",
        "capacityType": request.get("capacityType", "ON_DEMAND"),
        "scalingConfig": _scaling(request.get("scalingConfig", {}), {"minSize": 1, "maxSize": 2, "desiredSize": 2}),
        "subnets": request["subnets"],
        "nodeRole": request["nodeRole"],
        "labels": request.get("labels", {}),
        "taints": request.get("taints", []),
        "tags": {},
        "health": {"issues": []},
        "updateConfig": request.get("updateConfig", {"maxUnavailable": 1}),
        "resources": {"autoScalingGroups": [{"name": f"eks-{name}-{uuid.uuid4()}"}]},
        **_machines(request, machine),
    }
    if template:
        group["launchTemplate"] = template
    group["_admitted"] = access.admit_nodes(cluster["name"], request["nodeRole"])
    checks.store("nodegroups")[key] = group
    interfaces.of_nodes(cluster, group)
    if request.get("tags"):
        checks.store("tags")[group["nodegroupArn"]] = dict(request["tags"])
    return {"nodegroup": show(group) | {"status": "CREATING"}}


def describe(request: Input) -> Any:
    """DescribeNodegroup."""
    return {"nodegroup": show(_get(request))}


def list_names(request: Input) -> Any:
    """ListNodegroups."""
    cluster = checks.cluster(request["clusterName"])["name"]
    return checks.page([group["nodegroupName"] for group in of_cluster(cluster)], request, "nodegroups")


def update_config(request: Input) -> Any:
    """UpdateNodegroupConfig."""
    cluster, group = checks.active_cluster(request["clusterName"]), _get(request)
    for member in UNSUPPORTED:
        if request.get(member):
            raise Refused("InvalidParameterException", f"the sandbox's EKS does not support {member}")
    changes: dict[str, Any] = {}
    if "scalingConfig" in request:
        group["scalingConfig"] = _scaling(request["scalingConfig"], group["scalingConfig"])
        interfaces.of_nodes(cluster, group)
        changes |= {name[0].upper() + name[1:]: str(size) for name, size in group["scalingConfig"].items()}
    labels = request.get("labels", {})
    if labels:
        removed = labels.get("removeLabels", [])
        kept = {name: value for name, value in group["labels"].items() if name not in removed}
        group["labels"] = kept | labels.get("addOrUpdateLabels", {})
        changes |= {"LabelsToAdd": labels.get("addOrUpdateLabels", {}), "LabelsToRemove": removed}
    taints = request.get("taints", {})
    if taints:
        added = taints.get("addOrUpdateTaints", [])
        gone = {(taint["key"], taint["effect"]) for taint in [*added, *taints.get("removeTaints", [])]}
        group["taints"] = [taint for taint in group["taints"] if (taint["key"], taint["effect"]) not in gone] + added
        changes |= {"TaintsToAdd": added, "TaintsToRemove": taints.get("removeTaints", [])}
    if "updateConfig" in request:
        group["updateConfig"] = request["updateConfig"]
        changes |= {name[0].upper() + name[1:]: value for name, value in request["updateConfig"].items()}
    if not changes:
        raise Refused("InvalidParameterException", "No changes were requested.")
    group["modifiedAt"] = checks.now()
    return {"update": updates.record(cluster, "ConfigUpdate", changes, group["nodegroupName"])}


def update_version(request: Input) -> Any:
    """UpdateNodegroupVersion: the cluster's Kubernetes version, or another version of the launch template."""
    cluster, group = checks.active_cluster(request["clusterName"]), _get(request)
    wanted = request.get("version", cluster["version"])
    if wanted != cluster["version"]:
        raise Refused(
            "InvalidParameterException",
            f"Requested Nodegroup version {wanted} is not the cluster's {cluster['version']}",
        )
    changes: dict[str, Any] = {"Version": wanted}
    if "launchTemplate" in request:
        template, machine = _launch_template(request["launchTemplate"])
        if template.get("id") != group.get("launchTemplate", {}).get("id"):
            message = "Node group must be updated with a version of the launch template that it was created with."
            raise Refused("InvalidParameterException", message)
        given = {name: group[name] for name in ("instanceTypes", "diskSize") if name in group}
        group |= _machines(given | {"amiType": group["amiType"]}, machine)
        group["launchTemplate"] = template
        changes |= {"LaunchTemplateVersion": template["version"]}
    group["version"], group["modifiedAt"] = wanted, checks.now()
    group["releaseVersion"] = request.get("releaseVersion", group["releaseVersion"])
    return {"update": updates.record(cluster, "VersionUpdate", changes, group["nodegroupName"])}


def delete(request: Input) -> Any:
    """DeleteNodegroup; the access entry of its role goes with the last group that has the role, if EKS had made it."""
    group = _get(request)
    cluster, role = group["clusterName"], group["nodeRole"]
    shown = show(group) | {"status": "DELETING"}
    checks.store("nodegroups").pop(f"{cluster}/{group['nodegroupName']}")
    interfaces.end_nodes(checks.cluster(cluster), group)
    checks.store("tags").pop(group["nodegroupArn"], None)
    sharing = [other for other in of_cluster(cluster) if other["nodeRole"] == role]
    if group.get("_admitted"):
        if sharing:
            sharing[0]["_admitted"] = True
        else:
            access.remove(cluster, role)
    return {"nodegroup": shown}


def of_cluster(cluster: str) -> list[checks.Record]:
    """All node groups of a cluster."""
    return [group for key, group in checks.store("nodegroups").items() if key.startswith(f"{cluster}/")]


def show(group: checks.Record) -> checks.Record:
    """A node group as DescribeNodegroup gives it."""
    shown = {name: value for name, value in group.items() if not name.startswith("_")}
    return shown | {"tags": dict(checks.store("tags").get(group["nodegroupArn"], {}))}


def launch_template_data(group: checks.Record) -> dict[str, Any]:
    """What the group's launch template says of its instances, in EC2's words; {} without a template."""
    return _launch_template(group.get("launchTemplate"))[1]


def _get(request: Input) -> checks.Record:
    cluster, name = checks.cluster(request["clusterName"])["name"], request["nodegroupName"]
    group: checks.Record | None = checks.store("nodegroups").get(f"{cluster}/{name}")
    if group is None:
        raise Refused("ResourceNotFoundException", f"No node group found for name: {name}.")
    return group


def _is_arm(instance_type: str) -> bool:
    """Whether a type has one of AWS' own processors: a `g` after the generation's number, and the first of them, a1."""
    family = instance_type.partition(".")[0]
    return family == "a1" or "g" in re.sub(r"^[a-z]+[0-9]+", "", family)


def _scaling(given: dict[str, int], current: dict[str, int]) -> dict[str, int]:
    scaling = current | given
    if "desiredSize" not in given:
        # Whoever changes the bounds alone does not ask for more or fewer nodes than these allow.
        scaling["desiredSize"] = min(max(scaling["desiredSize"], scaling["minSize"]), scaling["maxSize"])
    least, wanted, most = scaling["minSize"], scaling["desiredSize"], scaling["maxSize"]
    if least > wanted:
        raise Refused(
            "InvalidParameterException", f"Minimum capacity {least} can't be greater than desired size {wanted}"
        )
    if wanted > most:
        raise Refused("InvalidParameterException", f"desired capacity {wanted} can't be greater than max size {most}")
    if most < 1:
        raise Refused("InvalidParameterException", "Maximum capacity must be at least 1")
    return scaling


def _launch_template(given: dict[str, str] | None) -> tuple[dict[str, Any], dict[str, Any]]:
    """A launch template as a node group refers to it, and what it says of instances."""
    if not given:
        return {}, {}
    if ("id" in given) == ("name" in given):
        raise Refused("InvalidParameterException", "Exactly one of the launch template's id and name must be given.")
    templates: list[checks.Record] = list(emulator.service("ec2")._launch_templates.values())
    named = [
        template
        for template in templates
        if template["LaunchTemplateId"] == given.get("id") or template["LaunchTemplateName"] == given.get("name")
    ]
    if not named:
        raise Refused(
            "InvalidParameterException", f"Launch template {given.get('id') or given.get('name')} was not found."
        )
    template = named[0]
    asked = given.get("version", str(template["DefaultVersionNumber"]))
    numbers = {"$Default": template["DefaultVersionNumber"], "$Latest": template["LatestVersionNumber"]}
    number = str(numbers.get(asked, asked))
    for version in template["Versions"]:
        if str(version["VersionNumber"]) == number:
            reference = {"id": template["LaunchTemplateId"], "name": template["LaunchTemplateName"], "version": number}
            return reference, version["LaunchTemplateData"]
    raise Refused(
        "InvalidParameterException", f"Launch template {template['LaunchTemplateId']} has no version {asked}."
    )


def _machines(request: Input, template: dict[str, Any]) -> dict[str, Any]:
    """Instance types, image and disk: from the request or from the launch template, never from both."""
    machines: dict[str, Any] = {}
    if template.get("IamInstanceProfile"):
        raise Refused(
            "InvalidParameterException",
            "Launch template must not specify an instance profile: the node role is the node group's.",
        )
    if template.get("NetworkInterfaces") and any(
        interface.get("SubnetId") for interface in template["NetworkInterfaces"]
    ):
        raise Refused(
            "InvalidParameterException", "Launch template must not specify subnets: they are the node group's."
        )
    if request.get("instanceTypes") and template.get("InstanceType"):
        raise Refused("InvalidParameterException", "Cannot specify instance types in launch template and API request")
    if request.get("diskSize") and template:
        raise Refused("InvalidParameterException", "Disk size must be specified within the launch template.")
    if template.get("ImageId"):
        if request.get("amiType", "CUSTOM") != "CUSTOM":
            raise Refused(
                "InvalidParameterException", "You cannot specify an amiType if the launch template has an image id."
            )
        machines["amiType"] = "CUSTOM"
    else:
        machines["amiType"] = request.get("amiType", "AL2023_x86_64_STANDARD")
    if not template.get("InstanceType"):
        machines["instanceTypes"] = request.get("instanceTypes", ["t3.medium"])
    unknown = [
        kind
        for kind in [*machines.get("instanceTypes", []), template.get("InstanceType")]
        if kind and not INSTANCE_TYPE.fullmatch(kind)
    ]
    if unknown:
        raise Refused(
            "InvalidParameterException", f"The following supplied instance types do not exist: [{', '.join(unknown)}]"
        )
    kinds = [kind for kind in [*machines.get("instanceTypes", []), template.get("InstanceType")] if kind]
    wrong = [
        kind for kind in kinds if machines["amiType"] != "CUSTOM" and _is_arm(kind) != ("ARM" in machines["amiType"])
    ]
    if wrong:
        message = f"[{', '.join(wrong)}] is not a valid instance type for requested amiType {machines['amiType']}"
        raise Refused("InvalidParameterException", message)
    if not template:
        machines["diskSize"] = request.get("diskSize", 20)
    return machines


def instance_type(group: checks.Record) -> str:
    """The first instance type that the group's nodes may be."""
    types: list[str] = group.get("instanceTypes") or []
    return types[0] if types else str(launch_template_data(group).get("InstanceType", "t3.medium"))
