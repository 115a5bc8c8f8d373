"""Tags of everything that EKS has."""

from typing import Any

from sandbox.aws.eks import checks
from sandbox.aws.errors import Refused
from sandbox.aws.rest import Input

ARNS = {
    "clusters": "arn",
    "nodegroups": "nodegroupArn",
    "addons": "addonArn",
    "access_entries": "accessEntryArn",
    "pod_identity_associations": "associationArn",
}
"""Which member of each table's rows is the ARN."""

MOST = 50


def tag(request: Input) -> Any:
    """TagResource."""
    arn = _existing(request["resourceArn"])
    tags = dict(checks.store("tags").get(arn, {})) | request["tags"]
    if reserved := [name for name in request["tags"] if name.lower().startswith("aws:")]:
        raise Refused(
            "BadRequestException", f"Tag keys starting with 'aws:' are reserved for system use: {', '.join(reserved)}"
        )
    if len(tags) > MOST:
        raise Refused("BadRequestException", f"A resource may have at most {MOST} tags.")
    checks.store("tags")[arn] = tags
    return {}


def untag(request: Input) -> Any:
    """UntagResource."""
    arn = _existing(request["resourceArn"])
    kept = {name: value for name, value in checks.store("tags").get(arn, {}).items() if name not in request["tagKeys"]}
    checks.store("tags")[arn] = kept
    return {}


def show(request: Input) -> Any:
    """ListTagsForResource."""
    return {"tags": dict(checks.store("tags").get(_existing(request["resourceArn"]), {}))}


def _existing(arn: str) -> str:
    for table, member in ARNS.items():
        if any(row[member] == arn for row in checks.store(table).values()):
            return arn
    raise Refused("NotFoundException", f"The specified resource could not be found: {arn}")
