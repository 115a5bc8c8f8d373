"""IAM roles: who may assume one, and the temporary credentials of whoever does."""

import datetime
import json
import time
from dataclasses import dataclass
from typing import Any

from sandbox.aws import emulator


@dataclass(frozen=True)
class Credentials:
    """Temporary credentials of a role, and who one is with them."""

    access_key_id: str
    secret_access_key: str
    session_token: str
    expiration: datetime.datetime
    """When they end, in UTC."""
    arn: str
    """arn:aws:sts::<account>:assumed-role/<role>/<session>."""
    assumed_role_id: str
    """<role's id>:<session>."""


def find(arn: str) -> dict[str, Any] | None:
    """The role that an ARN names, with its whole path; None if there is none."""
    parts = arn.split(":", 5)
    if len(parts) != 6 or parts[:3] != ["arn", "aws", "iam"] or not parts[5].startswith("role/"):
        return None
    role: dict[str, Any] | None = emulator.service("iam")._roles.get_scoped(parts[4], None, arn.rpartition("/")[2])
    return role if role and role["Arn"] == arn else None


def of_session(arn: str) -> str | None:
    """The ARN of the role behind an assumed-role ARN; None for anything else."""
    return emulator.service("eks")._role_arn_from_assumed_role(arn) or None


def service_may(role: dict[str, Any], service: str, action: str, **context: Any) -> bool:
    """Whether a role's trust policy lets an AWS service do something, like `sts:AssumeRole`.

    Args:
        role: from `find`.
        service: service principal, like `pods.eks.amazonaws.com`.
        action: IAM action.
        context: what conditions may ask for, as fields of ministack's EvalContext.
    """
    evaluator = emulator.core("iam_evaluator")
    document: dict[str, Any] = json.loads(role.get("AssumeRolePolicyDocument") or "{}")
    statements: Any = document.get("Statement", [])
    # ministack lets a service principal match only its own root user, so this service's statements are picked here and
    # the rest of the decision (effect, actions, conditions) is left to its evaluator.
    named: list[dict[str, Any]] = [
        statement | {"Principal": "*"}
        for statement in ([statements] if isinstance(statements, dict) else statements)
        if _names(statement.get("Principal"), service)
    ]
    account = role["Arn"].split(":")[4]
    evaluation = evaluator.EvalContext(
        principal_arn=service,
        principal_type="Service",
        principal_account=account,
        action=action,
        resource_arn=role["Arn"],
        region=emulator.region(),
        **context,
    )
    return bool(evaluator.evaluate_trust_policy({"Statement": named}, service, evaluation))


def _names(principal: Any, service: str) -> bool:
    if principal == "*":
        return True
    services = principal.get("Service", []) if isinstance(principal, dict) else []  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]
    return service in ([services] if isinstance(services, str) else services)


def assume(
    role: dict[str, Any],
    session_name: str,
    seconds: int,
    tags: dict[str, str] | None = None,
    policies: dict[str, Any] | None = None,
) -> Credentials:
    """Makes temporary credentials of a role for somebody whose right to it has been checked.

    Args:
        role: from `find`.
        session_name: 2 to 64 characters.
        seconds: how long they last.
        tags: session tags, which policies see as aws:PrincipalTag.
        policies: session policies as ministack keeps them; they narrow what the role may do.
    """
    iam, sts = emulator.service("iam"), emulator.service("sts")
    account, name = role["Arn"].split(":")[4], role["RoleName"]
    until = time.time() + seconds
    credentials = Credentials(
        access_key_id=iam._gen_session_access_key(),
        secret_access_key=iam._gen_secret(),
        session_token=iam._gen_session_token(),
        expiration=datetime.datetime.fromtimestamp(until, datetime.UTC).replace(microsecond=0),
        arn=f"arn:aws:sts::{account}:assumed-role/{name}/{session_name}",
        assumed_role_id=f"{role['RoleId']}:{session_name}",
    )
    session = {
        "Arn": credentials.arn,
        "UserId": credentials.assumed_role_id,
        "SecretAccessKey": credentials.secret_access_key,
        "SessionToken": credentials.session_token,
        "Expiration": until,
        "AccountId": account,
        "PrincipalType": "AssumedRole",
        "SessionTags": [{"Key": key, "Value": value} for key, value in (tags or {}).items()],
        "SessionPolicies": policies,
    }
    sts.register_session(credentials.access_key_id, session)
    return credentials
