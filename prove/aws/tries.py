"""Real calls to AWS with an account's own credentials. None of them destroys anything if it succeeds."""

import json
import time
from collections.abc import Callable, Mapping
from typing import Any

from prove.accounts import Account
from prove.aws.claims import BUCKET, INTRUDERS, KEY, PREFIX, ROLE, STREAM, AwsClaims
from prove.aws.client import Aws, Credentials, tried
from prove.aws.exchange import Exchange
from prove.aws.probes import Probes
from prove.marks import slug
from prove.verdicts import Claim, Outcome

Call = Callable[[], Any]


BETWEEN_SUBSCRIPTIONS = 5
"""Seconds for which Kinesis lets nobody else subscribe to the same consumer's shard."""
SUBSCRIPTIONS = 4
"""Times that a subscription is tried while another one is in its way."""

Own = tuple[Outcome, Credentials | None]
"""What came of becoming one's own role."""


class AwsTries:
    """Tries claims about streams, keys, the bucket, the account and its roles.

    Args:
        aws: The cloud.
        claims: The stack file.
        probes: What the calls find.
        exchange: Who becomes whom.
        accounts: The accounts by subject, each with its own credentials.
    """

    def __init__(
        self,
        aws: Aws,
        claims: AwsClaims,
        probes: Probes,
        exchange: Exchange,
        accounts: Mapping[str, tuple[Account, Own]],
    ) -> None:
        self._aws, self._probes, self._exchange, self._accounts = aws, probes, exchange, accounts
        self._owners = {claims.role_of(owner): owner for owner in claims.owners}

    def observe(self, claim: Claim) -> Outcome:
        """What comes of a claim's call.

        Raises:
            Exception: What the call was to find could not be laid out.
        """
        if claim.subject not in self._accounts:
            intruder = next(intruder for intruder in INTRUDERS if claim.subject.startswith(f"{intruder} ("))
            return self._exchange.intrude(intruder, self._owners[claim.target])
        account, (became, credentials) = self._accounts[claim.subject]
        if claim.kind == ROLE:
            return self._exchange.into(account, credentials, claim.action, claim.target)
        if became.allowed is None:
            return became
        if credentials is None:
            return Outcome(False, f"no credentials: {became.detail}")
        return self._on_thing(claim, credentials)

    def _on_thing(self, claim: Claim, own: Credentials) -> Outcome:
        service, _, call = claim.action.partition(":")
        client = self._aws.client(service, own)
        if claim.kind == STREAM:
            return self._on_stream(client, claim, call)
        if claim.kind == KEY:
            return tried(self._on_key(client, claim.target)[call])
        if claim.kind == BUCKET:
            return tried(self._on_bucket(client, call))
        if claim.kind == PREFIX:
            return tried(self._on_prefix(client, claim, call))
        calls = {"ListRoles": "list_roles", "ListStreams": "list_streams", "ListBuckets": "list_buckets"}
        return tried(getattr(client, calls[call]))

    def _on_stream(self, client: Any, claim: Claim, call: str) -> Outcome:
        probes, stream = self._probes, claim.target
        arn = probes.arns[stream]
        record = {"Data": json.dumps({"probe": probes.mark}).encode(), "PartitionKey": probes.mark}
        consumer = f"{probes.mark}-{call}-{slug(claim.subject)}"

        calls: Mapping[str, Call] = {
            "ListShards": lambda: client.list_shards(StreamName=stream),
            "GetShardIterator": lambda: client.get_shard_iterator(
                StreamName=stream, ShardId=probes.shards[stream], ShardIteratorType="LATEST"
            ),
            "GetRecords": lambda: client.get_records(ShardIterator=iterator, Limit=1),
            "PutRecord": lambda: client.put_record(StreamName=stream, **record),
            "PutRecords": lambda: client.put_records(StreamName=stream, Records=[record]),
            "DescribeStream": lambda: client.describe_stream(StreamName=stream),
            "DescribeStreamSummary": lambda: client.describe_stream_summary(StreamName=stream),
            "RegisterStreamConsumer": lambda: client.register_stream_consumer(StreamARN=arn, ConsumerName=consumer),
            "DeregisterStreamConsumer": lambda: client.deregister_stream_consumer(StreamARN=arn, ConsumerName=consumer),
            "DescribeStreamConsumer": lambda: client.describe_stream_consumer(ConsumerARN=probes.consumers[stream]),
            "SubscribeToShard": lambda: self._subscribe(client, stream),
            "AddTagsToStream": lambda: client.add_tags_to_stream(StreamName=stream, Tags={probes.mark: "probe"}),
            "RemoveTagsFromStream": lambda: client.remove_tags_from_stream(StreamName=stream, TagKeys=[probes.mark]),
        }
        iterator = probes.iterator(stream) if call == "GetRecords" else ""
        if call not in ("RegisterStreamConsumer", "DeregisterStreamConsumer"):
            return tried(calls[call])
        with probes.one_consumer[stream]:
            try:
                if call == "DeregisterStreamConsumer":
                    probes.consumer(stream, consumer)
                return tried(calls[call])
            finally:
                probes.drop_consumer(stream, consumer)

    def _subscribe(self, client: Any, stream: str) -> None:
        shared = {"ConsumerARN": self._probes.consumers[stream], "ShardId": self._probes.shards[stream]}
        with self._probes.one_consumer[stream]:
            for left in reversed(range(SUBSCRIPTIONS)):
                try:
                    answer = client.subscribe_to_shard(**shared, StartingPosition={"Type": "LATEST"})
                except client.exceptions.ResourceInUseException:
                    if not left:
                        raise
                    time.sleep(BETWEEN_SUBSCRIPTIONS)
                else:
                    answer["EventStream"].close()
                    return

    def _on_key(self, client: Any, name: str) -> Mapping[str, Call]:
        key, ciphertext = self._probes.keys[name], self._probes.ciphertexts[name]
        return {
            "Decrypt": lambda: client.decrypt(CiphertextBlob=ciphertext, KeyId=key),
            "GenerateDataKey": lambda: client.generate_data_key(KeyId=key, KeySpec="AES_256"),
        }

    def _on_bucket(self, client: Any, call: str) -> Call:
        bucket = self._probes.bucket
        if call == "PutBucketTagging":
            # Read as late as can be: what somebody else writes in between is undone.
            tags = self._probes.bucket_tags()
            return lambda: client.put_bucket_tagging(Bucket=bucket, Tagging={"TagSet": tags})
        calls: Mapping[str, Call] = {
            "GetBucketLocation": lambda: client.get_bucket_location(Bucket=bucket),
            "GetBucketPolicy": lambda: client.get_bucket_policy(Bucket=bucket),
            "GetBucketVersioning": lambda: client.get_bucket_versioning(Bucket=bucket),
            "ListMultipartUploads": lambda: client.list_multipart_uploads(Bucket=bucket, MaxUploads=1),
        }
        return calls[call]

    def _on_prefix(self, client: Any, claim: Claim, call: str) -> Call:
        probes, prefix, who = self._probes, claim.target, claim.subject
        bucket, own = probes.bucket, probes.own(prefix, who)
        match call:
            case "GetObject":
                return lambda: client.get_object(Bucket=bucket, Key=probes.shared(prefix))
            case "PutObject":
                return lambda: client.put_object(Bucket=bucket, Key=own, Body=b"probe")
            case "DeleteObject":
                key = probes.victim(prefix, who)
                return lambda: client.delete_object(Bucket=bucket, Key=key)
            case "CreateMultipartUpload":
                return lambda: client.create_multipart_upload(Bucket=bucket, Key=own)
            case "AbortMultipartUpload":
                key, upload = probes.upload(prefix, who)
                return lambda: client.abort_multipart_upload(Bucket=bucket, Key=key, UploadId=upload)
            case _:
                return lambda: client.list_objects_v2(Bucket=bucket, Prefix=prefix, MaxKeys=1)
