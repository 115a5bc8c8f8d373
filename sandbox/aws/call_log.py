"""Who asked the cloud for what, and whether IAM let them: `.sandbox/logs/cloud-calls.jsonl`, as CloudTrail tells it.

One line of JSON for each question that IAM was asked, with `time`, `caller`, `action`, `resource` and `allowed`.
"""

import json
import logging
import logging.handlers
import time
from typing import Any

from sandbox import layout
from sandbox.aws.authorization import Question

LONGEST = 20_000_000
"""Bytes after which the log begins anew; the one before is kept beside it."""

_log = logging.getLogger("sandbox.calls")


def write(caller: dict[str, Any] | None, question: Question, *, allowed: bool) -> None:
    """Writes one line.

    Args:
        caller: as ministack knows it; None for nobody.
        question: what IAM was asked.
        allowed: its answer.
    """
    if not _log.handlers:
        layout.logs().mkdir(parents=True, exist_ok=True)
        file = layout.logs() / "cloud-calls.jsonl"
        _log.addHandler(logging.handlers.RotatingFileHandler(file, maxBytes=LONGEST, backupCount=1, delay=True))
        _log.setLevel(logging.INFO)
        _log.propagate = False
    line = {
        "time": round(time.time(), 3),
        "caller": (caller or {}).get("userArn", ""),
        "action": question.action,
        "resource": question.arn,
        "allowed": allowed,
    }
    _log.info("%s", json.dumps(line))
