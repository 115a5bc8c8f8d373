"""The stacks that tests deploy, as changes of the stack file of `dev`."""

import itertools
from typing import Any

NEW_SDK = "1.12.779"
"""The article's tables can be read with Pod Identity only by a connector that somebody has built with a newer SDK."""
VARIANTS = {
    "kyverno, irsa": {"admission__engine": "kyverno", "identity__kind": "irsa"},
    "admission-policy, pod-identity": {
        "admission__engine": "admission-policy",
        "identity__kind": "pod-identity",
        "runtime__kinesisLegacySdk": NEW_SDK,
    },
}
"""Both engines and both kinds of identity, in as few updates as they take; the first is the repository's `dev`."""

_JOBS = ("jobs__greeting-request-consumer__access__", "jobs__greeting-request-producer__access__")
ACCESSES: dict[str, dict[str, Any]] = {
    "a namespace per job, the whole bucket": {
        "admission__engine": "kyverno",
        "identity__kind": "pod-identity",
        "runtime__kinesisLegacySdk": NEW_SDK,
        "platform__layout": "namespace-per-job",
        "blobStorage__jobAccess": "shared",
        "jobs__greeting-request-consumer__flink": {"high-availability.type": "kubernetes"},
        "jobs__greeting-request-consumer__access__networks": ["10.20.128.0/24"],
    },
    "a namespace per job, further prefixes, connector 5": {
        "admission__engine": "admission-policy",
        "platform__layout": "namespace-per-job",
        "blobStorage__platformAccess": "all-s3-actions",
        f"{_JOBS[0]}streams": {"greeting-request": "read-connector-5"},
        f"{_JOBS[0]}blobs": {"reports/": "read", "jobs/greeting-request-producer/": "read"},
        f"{_JOBS[1]}blobs": {"reports/daily/": "read-write"},
    },
    "the whole bucket, fan-out, a stream in the clear": {
        "admission__engine": "admission-policy",
        "admission__reservedAccounts": ["another-team"],
        "blobStorage__jobAccess": "shared",
        "blobStorage__platformAccess": "all-s3-actions",
        "streams__greeting-request__encrypted": False,
        f"{_JOBS[0]}streams": {"greeting-request": "read-fan-out"},
        "jobs__greeting-request-consumer__tables": ["tests/sandbox/workloads/fan-out-tables.sql"],
    },
}
"""Layouts and grants beside those of `dev`, as changes of its stack file."""

_FACTORS = {
    "platform__layout": ("shared-namespace", "namespace-per-job"),
    "admission__engine": ("kyverno", "admission-policy"),
    "identity__kind": ("irsa", "pod-identity"),
    "blobStorage__jobAccess": ("scoped", "shared"),
}
COMBINATIONS: dict[str, dict[str, Any]] = {
    ", ".join(values): {"runtime__kinesisLegacySdk": NEW_SDK, **dict(zip(_FACTORS, values, strict=True))}
    for values in itertools.product(*_FACTORS.values())
}
"""Every layout with every engine, kind of identity and way to the bucket; `make test-matrix` tries them all."""
