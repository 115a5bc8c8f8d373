"""What the options of a table say of Kinesis.

Two connectors read streams. The legacy one names a stream by `stream`
(https://nightlies.apache.org/flink/flink-docs-release-1.18/docs/connectors/table/kinesis/), the one from version 5 by
`stream.arn` (https://nightlies.apache.org/flink/flink-docs-stable/docs/connectors/table/kinesis/).
"""

from collections.abc import Mapping

from grants.verbs import StreamVerb
from settings.stack_file import StreamUse

IDENTITY_OPTIONS = frozenset(
    f"{place}credentials.{name}"
    for place in ("aws.", "sink.aws.", "source.aws.")
    for name in ("role.arn", "role.sessionName", "role.externalId", "profile.name")
)
"""See https://nightlies.apache.org/flink/flink-docs-stable/docs/connectors/table/kinesis/#authentication."""

_CONNECTORS = ("kinesis", "kinesis-legacy")
_FAN_OUT = ("scan.stream.recordpublisher", "source.reader.type")
_LEGACY = (StreamVerb.READ_POLLING, StreamVerb.READ_POLLING_4_2, StreamVerb.READ_CONNECTOR_5)
"""Which of them depends on the connector's version, which the DDL does not tell."""


def stream_of(options: Mapping[str, str], *, writes: bool) -> StreamUse | None:
    """The stream that a table stands for, and the verbs by which it can be used as the table is.

    Args:
        options: The table's options.
        writes: Whether the job writes the table; else it reads it.
    """
    if options.get("connector") not in _CONNECTORS:
        return None
    arn = options.get("stream.arn")
    name = arn.rpartition("/")[2] if arn else options.get("stream")
    if not name:
        return None
    if writes:
        return StreamUse(name, (StreamVerb.WRITE,))
    if any(options.get(key, "").upper() == "EFO" for key in _FAN_OUT):
        return StreamUse(name, (StreamVerb.READ_FAN_OUT,))
    return StreamUse(name, (StreamVerb.READ_CONNECTOR_5,) if arn else _LEGACY)
