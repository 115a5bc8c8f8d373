"""EKS add-ons: which there are, in which versions, and which of them a cluster has.

Nothing is installed for an add-on here: the sandbox's agent plays what aws-ebs-csi-driver does, and kwok's nodes need
neither a network plugin nor kube-proxy.
"""

import json
import uuid
from dataclasses import dataclass
from typing import Any

from sandbox.aws import emulator
from sandbox.aws.eks import associations, checks, clusters, updates
from sandbox.aws.errors import Refused
from sandbox.aws.rest import Input


@dataclass(frozen=True)
class Offer:
    """An add-on that EKS offers."""

    kind: str
    version: str
    """Its release, without the build number."""
    namespace: str = "kube-system"
    follows_kubernetes: bool = False
    """Whether it is released with each Kubernetes version."""
    needs_permissions: bool = False

    def versions(self, kubernetes: str) -> list[str]:
        """Versions for a Kubernetes version, newest first."""
        release = f"v{kubernetes}.0" if self.follows_kubernetes else self.version
        return [f"{release}-eksbuild.{build}" for build in (2, 1)]


OFFERS = {
    "vpc-cni": Offer("networking", "v1.20.4", needs_permissions=True),
    "coredns": Offer("networking", "v1.12.4"),
    "kube-proxy": Offer("networking", "", follows_kubernetes=True),
    "aws-ebs-csi-driver": Offer("storage", "v1.50.1", needs_permissions=True),
    "eks-pod-identity-agent": Offer("security", "v1.3.9"),
}


def describe_versions(request: Input) -> Any:
    """DescribeAddonVersions."""
    name, kubernetes = request.get("addonName"), request.get("kubernetesVersion")
    if name and name not in OFFERS:
        raise Refused("InvalidParameterException", f"Addon {name} specified is not supported")
    wanted = [kubernetes] if kubernetes else list(reversed(clusters.VERSIONS))
    found = [_info(addon, wanted) for addon in ([name] if name else OFFERS)]
    types, owners, publishers = (request.get(key) for key in ("types", "owners", "publishers"))
    found = [
        info
        for info in found
        if (not types or info["type"] in types)
        and (not owners or info["owner"] in owners)
        and (not publishers or info["publisher"] in publishers)
    ]
    return checks.page(found, request, "addons")


def _info(addon: str, kubernetes_versions: list[str]) -> dict[str, Any]:
    offer = OFFERS[addon]
    compatible: dict[str, list[str]] = {}
    for kubernetes in kubernetes_versions:
        for version in offer.versions(kubernetes) if kubernetes in clusters.VERSIONS else ():
            compatible.setdefault(version, []).append(kubernetes)
    return {
        "addonName": addon,
        "type": offer.kind,
        "owner": "aws",
        "publisher": "eks",
        "defaultNamespace": offer.namespace,
        "addonVersions": [
            {
                "addonVersion": version,
                "architecture": ["amd64", "arm64"],
                "computeTypes": ["ec2"],
                "compatibilities": [
                    {
                        "clusterVersion": kubernetes,
                        "platformVersions": ["*"],
                        "defaultVersion": version == offer.versions(kubernetes)[0],
                    }
                    for kubernetes in versions
                ],
                "requiresConfiguration": False,
                "requiresIamPermissions": offer.needs_permissions,
            }
            for version, versions in compatible.items()
        ],
    }


def create(request: Input) -> Any:
    """CreateAddon."""
    cluster, name = checks.active_cluster(request["clusterName"]), request["addonName"]
    if name not in OFFERS:
        raise Refused("InvalidParameterException", f"Addon {name} specified is not supported")
    key = f"{cluster['name']}/{name}"
    if key in checks.store("addons"):
        raise Refused("ResourceInUseException", "Addon already exists.")
    if request.get("namespaceConfig"):
        raise Refused("InvalidParameterException", "the sandbox's EKS does not support namespaceConfig of add-ons")
    _check(cluster, name, request)
    region, account = emulator.region(), emulator.account_id()
    addon = {
        "addonName": name,
        "clusterName": cluster["name"],
        "status": "ACTIVE",
        "addonVersion": request.get("addonVersion") or OFFERS[name].versions(cluster["version"])[0],
        "addonArn": f"arn:aws:eks:{region}:{account}:addon/{key}/{uuid.uuid4()}",
        "createdAt": checks.now(),
        "modifiedAt": checks.now(),
        "tags": {},
        "health": {"issues": []},
        "owner": "aws",
        "publisher": "eks",
        "namespaceConfig": {"namespace": OFFERS[name].namespace},
    }
    _apply(addon, request)
    checks.store("addons")[key] = addon
    if request.get("tags"):
        checks.store("tags")[addon["addonArn"]] = dict(request["tags"])
    return {"addon": show(addon) | {"status": "CREATING"}}


def describe(request: Input) -> Any:
    """DescribeAddon."""
    return {"addon": show(_get(request))}


def list_names(request: Input) -> Any:
    """ListAddons."""
    return checks.page(
        [addon["addonName"] for addon in of_cluster(checks.cluster(request["clusterName"])["name"])], request, "addons"
    )


def update(request: Input) -> Any:
    """UpdateAddon."""
    cluster, addon = checks.active_cluster(request["clusterName"]), _get(request)
    _check(cluster, addon["addonName"], request)
    _apply(addon, request)
    addon["addonVersion"] = request.get("addonVersion", addon["addonVersion"])
    addon["modifiedAt"] = checks.now()
    names = {
        "addonVersion": "AddonVersion",
        "serviceAccountRoleArn": "ServiceAccountRoleArn",
        "resolveConflicts": "ResolveConflicts",
    }
    names |= {"configurationValues": "ConfigurationValues", "podIdentityAssociations": "PodIdentityAssociations"}
    changes = {label: request[name] for name, label in names.items() if name in request}
    return {"update": updates.record(cluster, "AddonUpdate", changes, addon["addonName"])}


def delete(request: Input) -> Any:
    """DeleteAddon. What the add-on installed stays or goes with `preserve`; nothing is installed here."""
    addon = _get(request)
    shown = show(addon) | {"status": "DELETING"}
    for association in _associations(addon):
        associations.remove(association)
    checks.store("addons").pop(f"{addon['clusterName']}/{addon['addonName']}")
    checks.store("tags").pop(addon["addonArn"], None)
    return {"addon": shown}


def of_cluster(cluster: str) -> list[checks.Record]:
    """All add-ons of a cluster."""
    return [addon for key, addon in checks.store("addons").items() if key.startswith(f"{cluster}/")]


def show(addon: checks.Record) -> checks.Record:
    """An add-on as DescribeAddon gives it."""
    shown = addon | {"tags": dict(checks.store("tags").get(addon["addonArn"], {}))}
    if owned := _associations(addon):
        shown["podIdentityAssociations"] = [association["associationArn"] for association in owned]
    return shown


def _check(cluster: checks.Record, name: str, request: Input) -> None:
    version = request.get("addonVersion")
    if version and version not in OFFERS[name].versions(cluster["version"]):
        raise Refused("InvalidParameterException", "Addon version specified is not supported")
    if request.get("serviceAccountRoleArn"):
        checks.role_exists(request["serviceAccountRoleArn"])
        if request.get("podIdentityAssociations"):
            message = "serviceAccountRoleArn and podIdentityAssociations cannot be set together."
            raise Refused("InvalidParameterException", message)
    if request.get("configurationValues"):
        try:
            values: Any = json.loads(request["configurationValues"])
        except ValueError as error:
            raise Refused(
                "InvalidParameterException", "ConfigurationValue provided in request is not supported: it is not JSON"
            ) from error
        if not isinstance(values, dict):
            raise Refused(
                "InvalidParameterException",
                "ConfigurationValue provided in request is not supported: it is not an object",
            )


def _apply(addon: checks.Record, request: Input) -> None:
    for member in ("serviceAccountRoleArn", "configurationValues"):
        if member in request:
            addon[member] = request[member]
    if "podIdentityAssociations" in request:
        for association in _associations(addon):
            associations.remove(association)
        for given in request["podIdentityAssociations"]:
            wanted = given | {"clusterName": addon["clusterName"], "namespace": OFFERS[addon["addonName"]].namespace}
            associations.add(wanted, owner=addon["addonArn"])


def _associations(addon: checks.Record) -> list[checks.Record]:
    return [
        found for found in associations.of_cluster(addon["clusterName"]) if found.get("ownerArn") == addon["addonArn"]
    ]


def _get(request: Input) -> checks.Record:
    cluster, name = checks.cluster(request["clusterName"])["name"], request["addonName"]
    addon: checks.Record | None = checks.store("addons").get(f"{cluster}/{name}")
    if addon is None:
        raise Refused("ResourceNotFoundException", f"No addon: {name} found in cluster: {cluster}")
    return addon
