"""What the clients in the Flink image can do, and so which verbs and which kind of identity are of use to them.

Versions of the SDKs that know EKS Pod Identity: https://docs.aws.amazon.com/eks/latest/userguide/pod-id-minimum-sdk.html.
"""

from collections.abc import Iterator, Mapping

from grants.verbs import StreamVerb
from settings.aws.names import parts_of
from settings.aws.sections import IdentityKind, RuntimeSettings
from settings.faults import Fault
from settings.jobs import JobSettings

Version = tuple[int, ...]

LOOKS_UP_FROM: Version = (4, 2)
"""From this version the connector looks up the ARN of a table's `stream`, by DescribeStream:
https://issues.apache.org/jira/browse/FLINK-31108."""
CONNECTOR_5: Version = (5, 0)
"""From this version there are tables with `stream.arn`, and sinks have SDK 2.26, which knows Pod Identity (2.21.30)."""
POD_IDENTITY_SDK_1: Version = (1, 12, 746)
S3_IN_1_19, S3_IN_1_20 = (1, 19, 2), (1, 20, 1)
"""From these versions the S3 file systems have SDK 1.12.779: https://issues.apache.org/jira/browse/FLINK-36643."""

VERSIONS: Mapping[StreamVerb, tuple[Version, Version]] = {
    StreamVerb.READ_POLLING: ((0,), LOOKS_UP_FROM),
    StreamVerb.READ_POLLING_4_2: (LOOKS_UP_FROM, (9999,)),
    StreamVerb.READ_CONNECTOR_5: (CONNECTOR_5, (9999,)),
}
"""The connectors that a verb is for: from a version, and below another."""
_LEGACY = (StreamVerb.READ_POLLING, StreamVerb.READ_POLLING_4_2)
"""Reading of tables with `stream`; `read-fan-out` may be of these or of tables with `stream.arn`."""
_CONNECTOR, _FLINK, _SDK = (f"vvp:runtime.{key}" for key in ("kinesisConnector", "flink", "kinesisLegacySdk"))
_KIND = "vvp:identity.kind"


def runtime_faults(jobs: Mapping[str, JobSettings], runtime: RuntimeSettings, kind: IdentityKind) -> Iterator[Fault]:
    """Access that the clients in the image could not use.

    Args:
        jobs: The jobs by name.
        runtime: What the image has.
        kind: How accounts become roles.
    """
    connector = parts_of(runtime.kinesis_connector) if runtime.kinesis_connector else None
    pod_identity = kind is IdentityKind.POD_IDENTITY
    if pod_identity and runtime.flink and not _s3_knows_pod_identity(parts_of(runtime.flink)):
        right = "1.19.2, 1.20.1 or newer, or identity.kind irsa: older S3 file systems know no Pod Identity"
        yield Fault(_FLINK, runtime.flink, right, (_KIND,))
    for name, job in jobs.items():
        for stream, verb in job.access.streams.items():
            key = f"vvp:jobs.{name}.access.streams.{stream}"
            if connector and (right := _other_connector(verb, connector)):
                yield Fault(key, verb, right, (_CONNECTOR,))
            elif pod_identity and (right := _no_pod_identity(verb, connector, parts_of(runtime.kinesis_legacy_sdk))):
                yield Fault(key, verb, right, (_KIND, _CONNECTOR, _SDK))


def runtime_remarks(jobs: Mapping[str, JobSettings], runtime: RuntimeSettings, kind: IdentityKind) -> Iterator[str]:
    """What nobody can check as long as the stack file does not say what the image has.

    Args:
        jobs: The jobs by name.
        runtime: What the image has.
        kind: How accounts become roles.
    """
    if kind is not IdentityKind.POD_IDENTITY or not jobs:
        return
    if runtime.flink is None:
        yield f"{_FLINK} is not given: with Pod Identity, S3 file systems before Flink 1.19.2 and 1.20.1 get no access"
    verbs = {verb for job in jobs.values() for verb in job.access.streams.values()}
    if runtime.kinesis_connector is None and verbs & {StreamVerb.WRITE, StreamVerb.READ_FAN_OUT}:
        yield f"{_CONNECTOR} is not given: with Pod Identity the Kinesis connector before 5.0 gets no access"


def _other_connector(verb: StreamVerb, connector: Version) -> str | None:
    """What would be right, if the verb is for other connectors."""
    first, last = VERSIONS.get(verb, ((0,), (9999,)))
    if first <= connector < last:
        return None
    if connector < first:
        return f"a verb for the connector that vvp:runtime.kinesisConnector names: {verb} is for newer ones"
    return "read-polling-4.2: from that version on the connector looks up the ARN of a table's `stream` first"


def _no_pod_identity(verb: StreamVerb, connector: Version | None, legacy_sdk: Version) -> str | None:
    """What would be right, if the client that the verb is for knows no Pod Identity."""
    if verb in _LEGACY and legacy_sdk < POD_IDENTITY_SDK_1:
        return (
            "read-connector-5, with `stream.arn` in the table, or identity.kind irsa: the source of tables with "
            "`stream` has an AWS SDK that knows no Pod Identity, which 1.12.746 does"
        )
    if connector is not None and connector < CONNECTOR_5:
        return "a Kinesis connector from 5.0, or identity.kind irsa: the SDK of older ones knows no Pod Identity"
    return None


def _s3_knows_pod_identity(flink: Version) -> bool:
    return flink >= S3_IN_1_20 or S3_IN_1_19 <= flink < (1, 20)
