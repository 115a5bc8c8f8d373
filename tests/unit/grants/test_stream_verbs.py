"""What each verb on a stream allows, held to what real clients called when they ran.

The calls were recorded from Flink 1.20.3 with the connectors of these versions, each with a role of its own, on a
cloud that checks signatures and policies. `DeregisterStreamConsumer` is called when a job closes its source, and is in
no record.
"""

from typing import Any

import pytest

from grants.aws import StreamGrant, job_policy
from grants.verbs import StreamVerb

ARN, KEY = "arn:aws:kinesis:eu-central-1:123456789012:stream/s", "arn:aws:kms:eu-central-1:123456789012:key/1"
POLLING = {"ListShards", "GetShardIterator", "GetRecords"}
FAN_OUT = {
    "DescribeStreamSummary",
    "DescribeStreamConsumer",
    "RegisterStreamConsumer",
    "ListShards",
    "SubscribeToShard",
}
RECORDED: list[tuple[str, StreamVerb, set[str]]] = [
    # tables with `stream`, up to 4.1: the article's three actions
    ("4.0.0, polling", StreamVerb.READ_POLLING, POLLING),
    # tables with `stream`, from 4.2 on: the connector first looks up the stream's ARN, and stops when it may not
    ("4.3.0, polling", StreamVerb.READ_POLLING_4_2, {*POLLING, "DescribeStream"}),
    # tables with `stream.arn`
    ("5.1.0, polling", StreamVerb.READ_CONNECTOR_5, {*POLLING, "DescribeStreamSummary"}),
    # one verb for all of them: 4.3.0 looks up the ARN by DescribeStream, 4.0.0 and 5.0.0 do not
    ("4.3.0, fan-out", StreamVerb.READ_FAN_OUT, {*FAN_OUT, "DescribeStream"}),
    ("4.3.0 and 5.1.0, the sink", StreamVerb.WRITE, {"PutRecords"}),
]


def policy(verb: StreamVerb) -> list[dict[str, Any]]:
    found: Any = job_policy([StreamGrant(verb, ARN, KEY)], {}, "", "")
    return found["Statement"]


@pytest.mark.parametrize(("verb", "called"), [each[1:] for each in RECORDED], ids=[each[0] for each in RECORDED])
def test_a_verb_allows_what_its_client_calls_and_no_more(verb: StreamVerb, called: set[str]) -> None:
    on_stream = [s for s in policy(verb) if ARN in s["Resource"]]
    allowed = {action.removeprefix("kinesis:") for s in on_stream for action in s["Action"]}
    assert allowed - {"DeregisterStreamConsumer"} == called


def test_every_verb_is_held_to_a_recording() -> None:
    assert {verb for _, verb, _ in RECORDED} == set(StreamVerb)


@pytest.mark.parametrize("verb", StreamVerb)
def test_consumers_are_named_only_where_somebody_subscribes(verb: StreamVerb) -> None:
    resources = [resource for s in policy(verb) for resource in s["Resource"]]
    assert (f"{ARN}/consumer/*" in resources) == (verb is StreamVerb.READ_FAN_OUT)


@pytest.mark.parametrize("verb", StreamVerb)
def test_a_key_is_used_to_read_or_to_write(verb: StreamVerb) -> None:
    (on_key,) = [s for s in policy(verb) if KEY in s["Resource"]]
    assert list(on_key["Action"]) == ["kms:GenerateDataKey" if verb is StreamVerb.WRITE else "kms:Decrypt"]
