"""The record of each change to a cluster, node group or add-on, which clients wait for by its id."""

import json
import uuid
from typing import Any

from sandbox.aws.eks import checks
from sandbox.aws.errors import Refused
from sandbox.aws.rest import Input

# A record is kept in its cluster's, under a name with an underscore: those are not shown (see `clusters.show`).
KEPT = "_updates"


def record(cluster: checks.Record, kind: str, changes: dict[str, Any], owner: str = "") -> dict[str, Any]:
    """Notes a change that has been made; here they are made at once.

    Args:
        cluster: the cluster's record.
        kind: one of EKS's UpdateType.
        changes: what was set, by EKS's UpdateParamType.
        owner: node group or add-on that was changed; empty for the cluster itself.
    """
    update = {
        "id": str(uuid.uuid4()),
        "status": "Successful",
        "type": kind,
        "params": [
            {"type": name, "value": value if isinstance(value, str) else json.dumps(value)}
            for name, value in changes.items()
        ],
        "createdAt": checks.now(),
        "errors": [],
    }
    cluster.setdefault(KEPT, []).append({"owner": owner, "update": update})
    return update


def describe(request: Input) -> Any:
    """DescribeUpdate."""
    owner = request.get("nodegroupName") or request.get("addonName") or ""
    for kept in checks.cluster(request["name"]).get(KEPT, []):
        if kept["update"]["id"] == request["updateId"] and kept["owner"] == owner:
            return {"update": kept["update"]}
    raise Refused("ResourceNotFoundException", f"No update found for ID: {request['updateId']}")


def list_ids(request: Input) -> Any:
    """ListUpdates."""
    owner = request.get("nodegroupName") or request.get("addonName") or ""
    kept = checks.cluster(request["name"]).get(KEPT, [])
    return checks.page([item["update"]["id"] for item in kept if item["owner"] == owner], request, "updateIds")
