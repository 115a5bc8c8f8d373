"""IAM policy documents: what AWS would refuse, and when two of them mean the same.

The grammar is https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html.
"""

import json
import re
from collections.abc import Iterator
from enum import Enum
from typing import Any, cast

from provider_kit import Properties, Unknown, has_unknown


class Kind(Enum):
    """What a policy is attached to; the value is the greatest length, in characters without white space."""

    MANAGED = 6144
    INLINE = 10240
    TRUST = 2048
    BUCKET = 20480
    KEY = 32768
    ENDPOINT = 20481

    @property
    def has_principal(self) -> bool:
        """Whether its statements say who; an identity's own policies must not."""
        return self not in (Kind.MANAGED, Kind.INLINE)


_STATEMENT = frozenset(
    ("Sid", "Effect", "Principal", "NotPrincipal", "Action", "NotAction", "Resource", "NotResource", "Condition")
)
_OPERATOR = re.compile(
    r"(ForAllValues:|ForAnyValue:)?(String(Not)?(Equals|EqualsIgnoreCase|Like)|Numeric(Not)?Equals|Numeric(Less|Greater)Than(Equals)?"
    r"|Date(Not)?Equals|Date(Less|Greater)Than(Equals)?|Bool|BinaryEquals|(Not)?IpAddress|Arn(Not)?(Equals|Like))(IfExists)?|Null"
)
_ACTION = re.compile(r"\*|[a-zA-Z0-9-]+:[a-zA-Z0-9*?-]+")


def text(document: Any) -> Any:
    """A document given as an object, as JSON text; text stays as it is, and what is not all known is unknown."""
    if isinstance(document, dict):
        return Unknown.UNKNOWN if has_unknown(document) else json.dumps(document, separators=(",", ":"))
    return document


def problem(document: Any, kind: Kind) -> str | None:
    """Why AWS would refuse a policy document, or None.

    Args:
        document: JSON text, or unknown, which is taken as good.
        kind: what it is attached to.
    """
    if isinstance(document, Unknown):
        return None
    try:
        parsed = json.loads(document)
    except (TypeError, ValueError) as error:
        return f"contains an invalid JSON policy: {error}"
    reason = next(_faults(parsed, kind), None)
    size = len(re.sub(r"\s", "", document))
    if reason is None and size > kind.value:
        return f"LimitExceeded: the policy is {size} characters long, {kind.value} are allowed"
    return f"MalformedPolicyDocument: {reason}" if reason else None


def _faults(parsed: Any, kind: Kind) -> Iterator[str]:
    if not isinstance(parsed, dict):
        yield "the document must be a JSON object"
        return
    policy = cast("Properties", parsed)
    if unknown := policy.keys() - {"Version", "Id", "Statement"}:
        yield f"syntax errors in policy: unknown element {sorted(unknown)[0]}"
    if policy.get("Version", "2008-10-17") not in ("2012-10-17", "2008-10-17"):
        yield "the policy must contain a valid version string"
    statements = _listed(policy.get("Statement"))
    if not statements:
        yield "the policy must have at least one statement"
    for statement in statements:
        if not isinstance(statement, dict):
            yield "a statement must be a JSON object"
            return
        yield from _statement_faults(cast("Properties", statement), kind)
    sids = [s["Sid"] for s in statements if s.get("Sid")]
    if len(sids) != len(set(sids)):
        yield "statement IDs (SID) in a single policy must be unique"


def _statement_faults(statement: Properties, kind: Kind) -> Iterator[str]:
    unknown = sorted(statement.keys() - _STATEMENT)
    principal = not {"Principal", "NotPrincipal"}.isdisjoint(statement)
    resource = not {"Resource", "NotResource"}.isdisjoint(statement)
    trust, sid = kind is Kind.TRUST, str(statement.get("Sid", ""))
    faults = {
        f"syntax errors in policy: unknown element {''.join(unknown[:1])}": unknown,
        f"invalid effect: {statement.get('Effect')}": statement.get("Effect") not in ("Allow", "Deny"),
        f"statement IDs (SID) must be alpha-numeric: {sid}": not kind.has_principal
        and not re.fullmatch(r"[A-Za-z0-9]*", sid),
        "policy statement must contain actions": ("Action" in statement) == ("NotAction" in statement),
        "missing required field Principal": kind.has_principal and not principal,
        "policy document should not specify a principal": principal and not kind.has_principal,
        "has prohibited field Resource": resource and trust,
        "policy statement must contain resources": not resource and not trust,
    }
    yield from (text for text, wrong in faults.items() if wrong)
    for action in _listed(statement.get("Action", statement.get("NotAction"))):
        if not isinstance(action, str) or not _ACTION.fullmatch(action):
            yield f"actions/conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc: {action}"
    for target in _listed(statement.get("Resource", statement.get("NotResource"))):
        if not isinstance(target, str) or not (target == "*" or target.startswith("arn:")):
            yield f'resource {target} must be in ARN format or "*"'
    yield from _condition_faults(statement.get("Condition", {}))


def _condition_faults(condition: Any) -> Iterator[str]:
    if not isinstance(condition, dict):
        yield "syntax errors in policy: Condition must be an object"
        return
    for operator, keys in cast("Properties", condition).items():
        if not _OPERATOR.fullmatch(operator):
            yield f"invalid condition operator: {operator}"
        if not isinstance(keys, dict):
            yield f"syntax errors in policy: {operator} must be an object"


def locks_out(document: Any, account: str) -> bool:
    """Whether a key policy would leave nobody of the account able to change it (KMS' lockout safety check).

    See https://docs.aws.amazon.com/kms/latest/APIReference/API_PutKeyPolicy.html.
    """
    if isinstance(document, Unknown):
        return False
    for statement in normal(document)["Statement"]:
        principals: list[str] = statement.get("Principal", {}).get("AWS", [])
        ours = any(p == "*" or f":{account}:" in f"{p}:" for p in principals)
        actions = {action.lower() for action in statement.get("Action", [])}
        if statement["Effect"] == "Allow" and ours and actions & {"*", "kms:*", "kms:put*", "kms:putkeypolicy"}:
            return False
    return True


def same(one: Any, other: Any) -> bool:
    """Whether two documents mean the same: white space, order, and lists of one do not count."""
    try:
        return bool(normal(one) == normal(other))
    except (TypeError, ValueError, AttributeError):
        return bool(one == other)


def normal(document: str | Properties) -> Properties:
    """A document in one form of the many that mean the same."""
    parsed: Properties = json.loads(document) if isinstance(document, str) else document
    statements = [_normal_statement(statement) for statement in _listed(parsed.get("Statement"))]
    return {**parsed, "Version": parsed.get("Version", "2008-10-17"), "Statement": statements}


def _normal_statement(statement: Properties) -> Properties:
    result: Properties = {}
    for key, value in statement.items():
        if key in ("Action", "NotAction", "Resource", "NotResource"):
            result[key] = _sorted(value)
        elif key in ("Principal", "NotPrincipal"):
            who = {"AWS": "*"} if value == "*" else value
            result[key] = {kind: _sorted(_account(each) for each in _listed(names)) for kind, names in who.items()}
        elif key == "Condition":
            result[key] = {
                operator: {name.lower(): _sorted(map(_boolean, _listed(values))) for name, values in keys.items()}
                for operator, keys in value.items()
            }
        elif value:
            result[key] = value
    return result


def _account(principal: str) -> str:
    return f"arn:aws:iam::{principal}:root" if re.fullmatch(r"\d{12}", principal) else principal


def _boolean(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _listed(value: Any) -> list[Any]:
    return [] if value is None else cast("list[Any]", value) if isinstance(value, list) else [value]


def _sorted(values: Any) -> list[str]:
    return sorted(_listed(values if isinstance(values, str) else list(values)))
