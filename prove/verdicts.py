"""What is claimed about one action of one account on one thing, and what was seen."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any


@dataclass(frozen=True)
class Kind:
    """What an action is tried on; the picture groups its columns by it.

    Attributes:
        heading: Its name in the table, the picture and the rows.
        words: How the name of a thing of this kind begins in a row; under the heading it need not be said again.
    """

    heading: str
    words: str = ""

    def __str__(self) -> str:
        return self.heading


NAMESPACE = Kind("namespaces", "namespace ")
ACCOUNT = Kind("service accounts", "account ")
POD = Kind("pods at admission", "a pod ")
POSING = Kind("pods that pose as others")
NODE = Kind("pods and their node")
CONFIG = Kind("ConfigMaps", "ConfigMaps of ")
SECRET = Kind("Secrets and volumes")
GUARD = Kind("what guards them", "the ")
NETWORK = Kind("network", "pods of ")
IN_CLUSTER = frozenset({NAMESPACE, ACCOUNT, POD, POSING, NODE, CONFIG, SECRET, GUARD})
"""What the API server answers for."""


class Verdict(StrEnum):
    """Whether what was seen is what the stack file says."""

    ALLOWED = "allowed as expected"
    REFUSED = "refused as expected"
    HOLE = "hole"
    LOST = "lost"
    UNCLEAR = "unclear"
    NOT_TRIED = "not tried"


AGREED = frozenset({Verdict.ALLOWED, Verdict.REFUSED})
WRONG = frozenset({Verdict.HOLE, Verdict.LOST, Verdict.UNCLEAR})
"""What is not tried is in neither: it has not been shown, and nothing speaks against it."""
WORST_FIRST = (
    *(verdict for verdict in Verdict if verdict in WRONG),
    Verdict.NOT_TRIED,
    Verdict.ALLOWED,
    Verdict.REFUSED,
)
"""A group of rows is shown by its worst."""


@dataclass(frozen=True)
class Claim:
    """One action that the stack file allows, or does not.

    Attributes:
        subject: The service account as `<namespace>/<name>`, or a description of an intruder.
        action: The call, as the API names it.
        kind: What it is tried on.
        target: Which of them; what it means is up to `kind`.
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
        allowed: None where the call failed for a reason that is neither permission nor its lack, or was not made.
        detail: The refusal's code or message, or why the call was not made.
        tried: Whether the call was made.
    """

    allowed: bool | None
    detail: str = ""
    tried: bool = True

    @classmethod
    def not_tried(cls, why: str) -> "Outcome":
        """No call was made."""
        return cls(None, why, tried=False)

    def __str__(self) -> str:
        if not self.tried:
            return "not tried"
        return {True: "allowed", False: "refused", None: "failed"}[self.allowed]


@dataclass(frozen=True)
class Row:
    """A claim beside what was seen."""

    claim: Claim
    outcome: Outcome

    @property
    def verdict(self) -> Verdict:
        """Whether the two agree, and if not, how."""
        if not self.outcome.tried:
            return Verdict.NOT_TRIED
        if self.outcome.allowed is None:
            return Verdict.UNCLEAR
        if self.outcome.allowed == self.claim.allowed:
            return Verdict.ALLOWED if self.claim.allowed else Verdict.REFUSED
        return Verdict.HOLE if self.outcome.allowed else Verdict.LOST

    @property
    def agrees(self) -> bool:
        """Whether expected and observed are the same."""
        return self.verdict in AGREED

    @property
    def is_wrong(self) -> bool:
        """Whether the row speaks against the stack file, or says nothing although it was tried."""
        return self.verdict in WRONG

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
            case Verdict.NOT_TRIED:
                return f"NOT TRIED: {claim.subject}, {what}{why}"
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
