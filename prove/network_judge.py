"""Asks the network judge, which we did not write, what NetworkPolicies let through."""

import json
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

NAME = "network-judge"
"""The command. It is built from Go, around `github.com/mattfenwick/cyclonus/pkg/matcher`."""
SECONDS = 60


class JudgeError(Exception):
    """The judge gives no answers; the text says why."""


@dataclass(frozen=True)
class Peer:
    """An end of a connection.

    Attributes:
        namespace: Of a pod; "" for an address that is no pod's.
        labels: The pod's.
        ip: The address.
    """

    namespace: str = ""
    labels: Mapping[str, str] = field(default_factory=dict[str, str])
    ip: str = ""


@dataclass(frozen=True)
class Question:
    """Whether one may open a connection to another.

    Attributes:
        source: Who opens it.
        target: To whom.
        port: The target's port.
        protocol: As Kubernetes writes it.
        port_name: The port's name in the target's pod, which a policy may say instead of the number.
    """

    source: Peer
    target: Peer
    port: int
    protocol: str = "TCP"
    port_name: str = ""


@dataclass(frozen=True)
class Answer:
    """What the policies say.

    Attributes:
        allowed: Whether both directions are open.
        refusing: The policies that close one, each as `<direction> by <namespace>/<name>`.
    """

    allowed: bool
    refusing: Sequence[str]


def judge(
    command: Path,
    policies: Sequence[Mapping[str, Any]],
    namespaces: Mapping[str, Mapping[str, str]],
    questions: Sequence[Question],
) -> list[Answer]:
    """Asks all questions at once.

    Args:
        command: The judge.
        policies: The NetworkPolicies of the whole cluster, as the API server gives them.
        namespaces: Labels of each namespace.
        questions: The questions.

    Raises:
        JudgeError: It cannot be run, or its answers are none.
    """
    asked = {
        "policies": policies,
        "namespaces": namespaces,
        "questions": [
            {
                "from": asdict(question.source),
                "to": asdict(question.target),
                "port": question.port,
                "portName": question.port_name,
                "protocol": question.protocol,
            }
            for question in questions
        ],
    }
    try:
        result = subprocess.run(
            [command], input=json.dumps(asked), capture_output=True, text=True, check=False, timeout=SECONDS
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise JudgeError(f"the network judge cannot be run: {error}") from None
    if result.returncode:
        raise JudgeError(f"the network judge gave up: {result.stderr.strip()}")
    try:
        found = [Answer(bool(one["allowed"]), list(one["refusing"])) for one in json.loads(result.stdout)]
    except (ValueError, KeyError, TypeError):
        raise JudgeError("the network judge's answers cannot be read") from None
    if len(found) != len(questions):
        raise JudgeError(f"the network judge gave {len(found)} answers to {len(questions)} questions")
    return found
