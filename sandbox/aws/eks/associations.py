"""Pod Identity associations: which role the pods of a service account get.

See https://docs.aws.amazon.com/eks/latest/userguide/pod-identities.html.
"""

import secrets
import string
from typing import Any

from sandbox.aws import emulator
from sandbox.aws.eks import checks
from sandbox.aws.errors import Refused
from sandbox.aws.rest import Input

SUMMARY = ("clusterName", "namespace", "serviceAccount", "associationArn", "associationId", "ownerArn")


def create(request: Input) -> Any:
    """CreatePodIdentityAssociation."""
    checks.active_cluster(request["clusterName"])
    return {"association": show(add(request))}


def add(request: Input, owner: str | None = None) -> checks.Record:
    """Makes an association; `owner` is the ARN of the add-on that it belongs to."""
    cluster, namespace, account = request["clusterName"], request["namespace"], request["serviceAccount"]
    _refuse_unsupported(request)
    if find(cluster, namespace, account):
        message = f"Association already exists: {cluster}, {namespace}, {account}"
        raise Refused("ResourceInUseException", message)
    checks.role_exists(request["roleArn"])
    association_id = "a-" + "".join(secrets.choice(string.ascii_lowercase + string.digits) for _ in range(17))
    owner_of_all = f"{emulator.region()}:{emulator.account_id()}"
    association = {
        "clusterName": cluster,
        "namespace": namespace,
        "serviceAccount": account,
        "roleArn": request["roleArn"],
        "associationArn": f"arn:aws:eks:{owner_of_all}:podidentityassociation/{cluster}/{association_id}",
        "associationId": association_id,
        "tags": {},
        "createdAt": checks.now(),
        "modifiedAt": checks.now(),
        "disableSessionTags": request.get("disableSessionTags", False),
    }
    if owner:
        association["ownerArn"] = owner
    checks.store("pod_identity_associations")[f"{cluster}\0{association_id}"] = association
    if request.get("tags"):
        checks.store("tags")[association["associationArn"]] = dict(request["tags"])
    return association


def describe(request: Input) -> Any:
    """DescribePodIdentityAssociation."""
    return {"association": show(_get(request))}


def list_all(request: Input) -> Any:
    """ListPodIdentityAssociations."""
    cluster = checks.cluster(request["clusterName"])["name"]
    found = [
        {name: association[name] for name in SUMMARY if name in association}
        for association in of_cluster(cluster)
        if request.get("namespace", association["namespace"]) == association["namespace"]
        and request.get("serviceAccount", association["serviceAccount"]) == association["serviceAccount"]
    ]
    return checks.page(found, request, "associations")


def update(request: Input) -> Any:
    """UpdatePodIdentityAssociation."""
    association = _get(request)
    _refuse_unsupported(request)
    if "roleArn" in request:
        checks.role_exists(request["roleArn"])
        association["roleArn"] = request["roleArn"]
    if "disableSessionTags" in request:
        association["disableSessionTags"] = request["disableSessionTags"]
    association["modifiedAt"] = checks.now()
    return {"association": show(association)}


def delete(request: Input) -> Any:
    """DeletePodIdentityAssociation."""
    association = _get(request)
    if association.get("ownerArn"):
        raise Refused(
            "InvalidRequestException", f"The association is owned by {association['ownerArn']} and is removed with it."
        )
    shown = show(association)
    remove(association)
    return {"association": shown}


def remove(association: checks.Record) -> None:
    """Takes an association away."""
    checks.store("pod_identity_associations").pop(f"{association['clusterName']}\0{association['associationId']}", None)
    checks.store("tags").pop(association["associationArn"], None)


def of_cluster(cluster: str) -> list[checks.Record]:
    """All associations of a cluster."""
    rows = checks.store("pod_identity_associations").items()
    return [association for key, association in rows if key.startswith(f"{cluster}\0")]


def find(cluster: str, namespace: str, account: str) -> checks.Record | None:
    """The association of one service account."""
    for association in of_cluster(cluster):
        if (association["namespace"], association["serviceAccount"]) == (namespace, account):
            return association
    return None


def show(association: checks.Record) -> checks.Record:
    """An association as DescribePodIdentityAssociation gives it."""
    return association | {"tags": dict(checks.store("tags").get(association["associationArn"], {}))}


def _get(request: Input) -> checks.Record:
    cluster, association_id = checks.cluster(request["clusterName"])["name"], request["associationId"]
    association: checks.Record | None = checks.store("pod_identity_associations").get(f"{cluster}\0{association_id}")
    if association is None:
        raise Refused(
            "ResourceNotFoundException",
            f"The association ID provided in the request does not exist. ({association_id})",
        )
    return association


def _refuse_unsupported(request: Input) -> None:
    for member in ("targetRoleArn", "policy"):
        if request.get(member):
            raise Refused(
                "InvalidParameterException", f"the sandbox's EKS does not support {member} of Pod Identity associations"
            )
