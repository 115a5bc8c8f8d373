"""Access entries and access policies: who may talk to the cluster's API server, and as whom.

See https://docs.aws.amazon.com/eks/latest/userguide/access-entries.html and
https://docs.aws.amazon.com/eks/latest/userguide/access-policy-permissions.html.
"""

import uuid
from typing import Any

from sandbox.aws import emulator, roles
from sandbox.aws.eks import checks
from sandbox.aws.errors import Refused
from sandbox.aws.rest import Input

POLICY_PREFIX = "arn:aws:eks::aws:cluster-access-policy/"
POLICIES = (
    "AmazonEKSAdminPolicy",
    "AmazonEKSClusterAdminPolicy",
    "AmazonEKSAdminViewPolicy",
    "AmazonEKSEditPolicy",
    "AmazonEKSViewPolicy",
)
"""EKS has more, for its own components; these five are for people and pipelines."""

STANDARD, NODES = "STANDARD", "EC2_LINUX"
NODE_USER, NODE_GROUP = "system:node:{{EC2PrivateDNSName}}", "system:nodes"
RESERVED_USERS = ("system:", "eks:", "aws:", "amazon:", "iam:")


def bootstrap(cluster: str, creator: str) -> None:
    """Gives the principal that creates a cluster its access entry, with all permissions."""
    principal = roles.of_session(creator) or creator
    _add(cluster, {"principalArn": principal})
    _associate(cluster, principal, f"{POLICY_PREFIX}AmazonEKSClusterAdminPolicy", {"type": "cluster", "namespaces": []})


def admit_nodes(cluster: str, role_arn: str) -> bool:
    """Gives a managed node group's role the entry that its nodes join by; False if it has one already."""
    if _key(cluster, role_arn) in checks.store("access_entries"):
        return False
    _add(cluster, {"principalArn": role_arn, "type": NODES})
    return True


def create(request: Input) -> Any:
    """CreateAccessEntry."""
    cluster, principal = request["clusterName"], request["principalArn"]
    _check_mode(cluster)
    if _key(cluster, principal) in checks.store("access_entries"):
        raise Refused(
            "ResourceInUseException", "The specified access entry resource is already in use on this cluster."
        )
    if ":role/aws-service-role/" in principal:
        message = "The specified principalArn is invalid: service-linked roles are not supported"
        raise Refused("InvalidParameterException", message)
    if not _principal_exists(principal):
        raise Refused("InvalidParameterException", "The specified principalArn is invalid: invalid principal.")
    kind = request.get("type", STANDARD)
    if kind not in (STANDARD, NODES):
        raise Refused("InvalidParameterException", f"the sandbox's EKS does not support access entries of type {kind}")
    if kind != STANDARD and (request.get("kubernetesGroups") or request.get("username")):
        raise Refused(
            "InvalidParameterException",
            f"Kubernetes groups and username cannot be set for access entries of type {kind}.",
        )
    _check_identity(request)
    entry = _add(cluster, request)
    return {"accessEntry": show(entry)}


def describe(request: Input) -> Any:
    """DescribeAccessEntry."""
    return {"accessEntry": show(_entry(request))}


def list_entries(request: Input) -> Any:
    """ListAccessEntries."""
    cluster, policy = checks.cluster(request["clusterName"])["name"], request.get("associatedPolicyArn")
    principals = [
        entry["principalArn"]
        for key, entry in checks.store("access_entries").items()
        if key.startswith(f"{cluster}\0")
        and (policy is None or f"{cluster}\0{entry['principalArn']}\0{policy}" in checks.store("access_policies"))
    ]
    return checks.page(principals, request, "accessEntries")


def update(request: Input) -> Any:
    """UpdateAccessEntry."""
    entry = _entry(request)
    if entry["type"] != STANDARD:
        raise Refused("InvalidRequestException", f"Access entries of type {entry['type']} cannot be updated.")
    _check_identity(request)
    if "kubernetesGroups" in request:
        entry["kubernetesGroups"] = request["kubernetesGroups"]
    if "username" in request:
        entry["username"] = request["username"] or _default_user(entry["principalArn"], entry["type"])
    entry["modifiedAt"] = checks.now()
    return {"accessEntry": show(entry)}


def delete(request: Input) -> Any:
    """DeleteAccessEntry."""
    entry = _entry(request)
    remove(request["clusterName"], entry["principalArn"])
    return {}


def remove(cluster: str, principal: str) -> None:
    """Takes an entry away, with its policies."""
    entry = checks.store("access_entries").pop(_key(cluster, principal), None)
    policies = checks.store("access_policies")
    for key in [key for key in policies if key.startswith(f"{cluster}\0{principal}\0")]:
        policies.pop(key)
    if entry:
        checks.store("tags").pop(entry["accessEntryArn"], None)


def associate_policy(request: Input) -> Any:
    """AssociateAccessPolicy."""
    entry = _entry(request)
    if entry["type"] != STANDARD:
        raise Refused(
            "InvalidRequestException",
            f"Access policies cannot be associated with access entries of type {entry['type']}.",
        )
    policy, scope = request["policyArn"], request["accessScope"]
    if policy.removeprefix(POLICY_PREFIX) not in POLICIES:
        raise Refused("InvalidParameterException", "The policyArn parameter format is not valid")
    kind, namespaces = scope.get("type"), scope.get("namespaces", [])
    if kind not in ("cluster", "namespace"):
        raise Refused("InvalidParameterException", "The accessScope type must be cluster or namespace.")
    if (kind == "namespace") != bool(namespaces):
        raise Refused("InvalidParameterException", "Namespaces must be given for the namespace scope, and only for it.")
    association = _associate(
        entry["clusterName"], entry["principalArn"], policy, {"type": kind, "namespaces": namespaces}
    )
    return {
        "clusterName": entry["clusterName"],
        "principalArn": entry["principalArn"],
        "associatedAccessPolicy": association,
    }


def disassociate_policy(request: Input) -> Any:
    """DisassociateAccessPolicy."""
    entry = _entry(request)
    key = f"{entry['clusterName']}\0{entry['principalArn']}\0{request['policyArn']}"
    if checks.store("access_policies").pop(key, None) is None:
        raise Refused("ResourceNotFoundException", "The specified policyArn is not associated with the access entry.")
    return {}


def list_associated(request: Input) -> Any:
    """ListAssociatedAccessPolicies."""
    entry = _entry(request)
    found = associations(entry["clusterName"], entry["principalArn"])
    answer = checks.page(found, request, "associatedAccessPolicies")
    return answer | {"clusterName": entry["clusterName"], "principalArn": entry["principalArn"]}


def list_policies(request: Input) -> Any:
    """ListAccessPolicies."""
    policies = [{"name": name, "arn": f"{POLICY_PREFIX}{name}"} for name in POLICIES]
    return checks.page(policies, request, "accessPolicies")


def entries(cluster: str) -> list[checks.Record]:
    """All access entries of a cluster."""
    return [entry for key, entry in checks.store("access_entries").items() if key.startswith(f"{cluster}\0")]


def associations(cluster: str, principal: str) -> list[checks.Record]:
    """The access policies of one entry: policyArn and accessScope."""
    prefix = f"{cluster}\0{principal}\0"
    return [policy for key, policy in checks.store("access_policies").items() if key.startswith(prefix)]


def show(entry: checks.Record) -> checks.Record:
    """An entry as DescribeAccessEntry gives it."""
    return entry | {"tags": dict(checks.store("tags").get(entry["accessEntryArn"], {}))}


def _key(cluster: str, principal: str) -> str:
    return f"{cluster}\0{principal}"


def _check_mode(cluster: str) -> None:
    mode = checks.cluster(cluster)["accessConfig"]["authenticationMode"]
    if mode == "CONFIG_MAP":
        modes = "[API, API_AND_CONFIG_MAP]"
        raise Refused(
            "InvalidRequestException",
            f"The cluster's authentication mode must be set to one of {modes} to perform this operation.",
        )


def _check_identity(request: Input) -> None:
    for group in request.get("kubernetesGroups", []):
        if group.startswith("system:"):
            raise Refused(
                "InvalidParameterException",
                f"The kubernetes group name {group} is invalid, it cannot start with system:",
            )
    user = request.get("username") or ""
    if user.startswith(RESERVED_USERS):
        raise Refused(
            "InvalidParameterException",
            f"The username {user} is invalid, it cannot start with {', '.join(RESERVED_USERS)}",
        )
    if "{{SessionName" in user and ":{{SessionName" not in user:
        raise Refused("InvalidParameterException", "The username must have a colon before {{SessionName}}.")


def _principal_exists(arn: str) -> bool:
    if roles.find(arn) or arn.endswith(f"::{emulator.account_id()}:root"):
        return True
    user = emulator.service("iam")._users.get(arn.rpartition("/")[2])
    return bool(user and user["Arn"] == arn)


def _default_user(principal: str, kind: str) -> str:
    if kind == NODES:
        return NODE_USER
    if ":role/" in principal:
        account, name = principal.split(":")[4], principal.rpartition("/")[2]
        return f"arn:aws:sts::{account}:assumed-role/{name}/{{{{SessionName}}}}"
    return principal


def _entry(request: Input) -> checks.Record:
    cluster = checks.cluster(request["clusterName"])["name"]
    entry: checks.Record | None = checks.store("access_entries").get(_key(cluster, request["principalArn"]))
    if entry is None:
        message = f"The specified principalArn could not be found: {request['principalArn']}"
        raise Refused("ResourceNotFoundException", message)
    return entry


def _add(cluster: str, given: Input) -> checks.Record:
    principal, kind = given["principalArn"], given.get("type", STANDARD)
    owner, _, name = principal.split(":", 5)[5].partition("/")
    account = emulator.account_id()
    entry = {
        "clusterName": cluster,
        "principalArn": principal,
        "kubernetesGroups": [NODE_GROUP] if kind == NODES else given.get("kubernetesGroups", []),
        "accessEntryArn": (
            f"arn:aws:eks:{emulator.region()}:{account}:access-entry/{cluster}/{owner}/{account}/{name.rpartition('/')[2]}/{uuid.uuid4()}"
        ),
        "createdAt": checks.now(),
        "modifiedAt": checks.now(),
        "tags": {},
        "username": given.get("username") or _default_user(principal, kind),
        "type": kind,
    }
    checks.store("access_entries")[_key(cluster, principal)] = entry
    if given.get("tags"):
        checks.store("tags")[entry["accessEntryArn"]] = dict(given["tags"])
    return entry


def _associate(cluster: str, principal: str, policy: str, scope: dict[str, Any]) -> checks.Record:
    key = f"{cluster}\0{principal}\0{policy}"
    known: checks.Record = checks.store("access_policies").get(key) or {"associatedAt": checks.now()}
    association = {
        "policyArn": policy,
        "accessScope": scope,
        "associatedAt": known["associatedAt"],
        "modifiedAt": checks.now(),
    }
    checks.store("access_policies")[key] = association
    return association
