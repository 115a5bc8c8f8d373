"""Changes to a running cluster: UpdateClusterConfig and UpdateClusterVersion.

See https://docs.aws.amazon.com/eks/latest/APIReference/API_UpdateClusterConfig.html.
"""

from typing import Any

from sandbox.aws.eks import checks, cluster_config, clusters, control_plane_logs, interfaces, updates
from sandbox.aws.errors import Refused
from sandbox.aws.rest import Input

SETTINGS = ("resourcesVpcConfig", "logging", "accessConfig", "upgradePolicy", "deletionProtection")
NEXT_MODE = {"CONFIG_MAP": "API_AND_CONFIG_MAP", "API_AND_CONFIG_MAP": "API"}
"""Authentication modes can only be widened, and only step by step."""


def update_config(request: Input) -> Any:
    """UpdateClusterConfig."""
    cluster = checks.active_cluster(request["name"])
    for member in (*clusters.UNSUPPORTED, "kubernetesNetworkConfig"):
        if request.get(member):
            raise Refused("InvalidParameterException", f"the sandbox's EKS does not support changing {member}")
    given = [name for name in SETTINGS if request.get(name) is not None]
    if not given:
        raise Refused("InvalidParameterException", "No changes were requested.")
    if len(given) > 1:
        raise Refused("InvalidParameterException", "Only one type of update can be allowed.")
    change = {
        "resourcesVpcConfig": _network,
        "logging": _logging,
        "accessConfig": _access,
        "upgradePolicy": _upgrade_policy,
        "deletionProtection": _deletion_protection,
    }[given[0]]
    return {"update": change(cluster, request[given[0]])}


def _network(cluster: checks.Record, given: dict[str, Any]) -> dict[str, Any]:
    current = cluster["resourcesVpcConfig"]
    wanted = cluster_config.vpc(given, current)
    if wanted == current:
        shown = ", ".join(
            f"{name}: {current[name]}"
            for name in ("endpointPublicAccess", "endpointPrivateAccess", "publicAccessCidrs")
        )
        raise Refused("InvalidParameterException", f"Cluster is already at the desired configuration with {shown}")
    placement = {"subnetIds", "securityGroupIds"} & given.keys()
    if placement and given.keys() - placement:
        raise Refused(
            "InvalidParameterException",
            "Endpoint access and subnets or security groups cannot be changed in one update.",
        )
    cluster["resourcesVpcConfig"] = wanted
    if placement:
        interfaces.end_control_plane(cluster)
        interfaces.of_control_plane(cluster)
        changes = {"Subnets": wanted["subnetIds"], "SecurityGroups": wanted["securityGroupIds"]}
        return updates.record(cluster, "VpcConfigUpdate", changes)
    changes = {
        "EndpointPublicAccess": wanted["endpointPublicAccess"],
        "EndpointPrivateAccess": wanted["endpointPrivateAccess"],
        "PublicAccessCidrs": wanted["publicAccessCidrs"],
    }
    return updates.record(cluster, "EndpointAccessUpdate", changes)


def _logging(cluster: checks.Record, given: dict[str, Any]) -> dict[str, Any]:
    current = cluster["logging"]
    enabled = tuple(kind for group in current["clusterLogging"] if group["enabled"] for kind in group["types"])
    wanted = cluster_config.logs(given, enabled)
    if wanted == current:
        raise Refused("InvalidParameterException", "No changes needed for the logging config provided")
    cluster["logging"] = wanted
    control_plane_logs.write(cluster)
    return updates.record(cluster, "LoggingUpdate", {"ClusterLogging": wanted})


def _access(cluster: checks.Record, given: dict[str, Any]) -> dict[str, Any]:
    current, wanted = cluster["accessConfig"]["authenticationMode"], given.get("authenticationMode")
    if wanted == current:
        raise Refused(
            "InvalidParameterException",
            f"Cluster is already at the desired configuration with authenticationMode: {current}",
        )
    if wanted != NEXT_MODE.get(current):
        raise Refused("InvalidParameterException", f"Unsupported authentication mode update from {current} to {wanted}")
    cluster["accessConfig"] = {"authenticationMode": wanted}
    return updates.record(cluster, "AccessConfigUpdate", {"AuthenticationMode": wanted})


def _upgrade_policy(cluster: checks.Record, given: dict[str, Any]) -> dict[str, Any]:
    cluster["upgradePolicy"] = {"supportType": given["supportType"]}
    return updates.record(cluster, "UpgradePolicyUpdate", {"UpgradePolicy": given})


def _deletion_protection(cluster: checks.Record, given: bool) -> dict[str, Any]:
    cluster["deletionProtection"] = given
    return updates.record(cluster, "DeletionProtectionUpdate", {"DeletionProtection": given})


def update_version(request: Input) -> Any:
    """UpdateClusterVersion. The version is a label here: the processes go on running the sandbox's own."""
    cluster = checks.active_cluster(request["name"])
    current, wanted = cluster["version"], request["version"]
    if wanted not in clusters.VERSIONS:
        raise Refused("InvalidParameterException", f"unsupported Kubernetes version {wanted}")
    if clusters.VERSIONS.index(wanted) != clusters.VERSIONS.index(current) + 1:
        raise Refused(
            "InvalidParameterException", f"Unsupported Kubernetes minor version update from {current} to {wanted}"
        )
    cluster["version"] = wanted
    return {
        "update": updates.record(
            cluster, "VersionUpdate", {"Version": wanted, "PlatformVersion": cluster["platformVersion"]}
        )
    }
