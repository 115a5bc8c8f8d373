"""What is claimed about one action of one account on one thing, and what was seen."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any


class Kind(StrEnum):
    """What an action is tried on; the picture groups its columns by it."""

    STREAM = "streams"
    KEY = "keys"
    BUCKET = "bucket"
    PREFIX = "prefixes of the bucket"
    CLOUD = "AWS account"
    ROLE = "roles"
    NAMESPACE = "namespaces"
    ACCOUNT = "service accounts"
    POD = "pods at admission"


class Verdict(StrEnum):
    """Whether what was seen is what the stack file says."""

    ALLOWED = "allowed as expected"
    REFUSED = "refused as expected"
    HOLE = "hole"
    LOST = "lost"
    UNCLEAR = "unclear"


@dataclass(frozen=True)
class Claim:
    """One action that the stack file allows, or does not.

    Attributes:
        subject: The service account as `<namespace>/<name>`, or a description of an intruder.
        action: The call, as `s3:GetObject`.
        kind: What it is tried on.
        target: Which of them: a stream, a prefix, a role…; what it means is up to `kind`.
        allowed: What the stack file says.
        resource: `target` as a person would call it.
    """

    subject: str
    action: str
    kind: Kind
    target: str
    allowed: bool
    resource: str


@dataclass(frozen=True)
class Outcome:
    """What came of a real call.

    Attributes:
        allowed: None where the call failed for a reason that is neither permission nor its lack.
        detail: The refusal's code or message.
    """

    allowed: bool | None
    detail: str = ""

    def __str__(self) -> str:
        return {True: "allowed", False: "refused", None: "failed"}[self.allowed]


@dataclass(frozen=True)
class Row:
    """A claim beside what was seen."""

    claim: Claim
    outcome: Outcome

    @property
    def verdict(self) -> Verdict:
        """Whether the two agree, and if not, how."""
        if self.outcome.allowed is None:
            return Verdict.UNCLEAR
        if self.outcome.allowed == self.claim.allowed:
            return Verdict.ALLOWED if self.claim.allowed else Verdict.REFUSED
        return Verdict.HOLE if self.outcome.allowed else Verdict.LOST

    @property
    def agrees(self) -> bool:
        """Whether expected and observed are the same."""
        return self.verdict in (Verdict.ALLOWED, Verdict.REFUSED)

    @property
    def sentence(self) -> str:
        """What is wrong, or right, in words."""
        claim = self.claim
        what = f"{claim.action} {claim.resource}"
        why = f" ({self.outcome.detail})" if self.outcome.detail else ""
        match self.verdict:
            case Verdict.HOLE:
                return f"HOLE: {claim.subject} can {what}; the stack file does not say so"
            case Verdict.LOST:
                return f"LOST: {claim.subject} cannot {what}; the stack file says it can{why}"
            case Verdict.UNCLEAR:
                return f"UNCLEAR: {claim.subject}, {what}: neither allowed nor refused{why}"
            case _:
                return f"{claim.subject}, {what}: {self.verdict}"

    def as_json(self) -> dict[str, Any]:
        """The row as `access.json` has it."""
        return {
            "subject": self.claim.subject,
            "action": self.claim.action,
            "resource": self.claim.resource,
            "expected": "allowed" if self.claim.allowed else "refused",
            "observed": str(self.outcome),
            "detail": self.outcome.detail,
            "kind": str(self.claim.kind),
            "verdict": str(self.verdict),
        }
