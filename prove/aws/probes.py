"""What the administrator lays out in AWS for the calls to find, how it is found again, and how it is taken away."""

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from threading import Lock
from typing import Any

from botocore.exceptions import ClientError

from prove.aws.claims import AwsClaims
from prove.aws.client import Aws
from prove.aws.verbs import BUCKET_KEY
from prove.clean_up import CleanUp, Step
from prove.cloud import CloudError
from prove.marks import PREFIX, mark_in, slug

ACTIVE_WITHIN = 60
"""Seconds that a new consumer may take; AWS needs a few."""


class Probes:
    """Objects, uploads, consumers and tags with a name of their own.

    Args:
        aws: The cloud.
        claims: The stack file.
    """

    def __init__(self, aws: Aws, claims: AwsClaims) -> None:
        self.bucket = claims.settings.file.blob_storage.bucket
        self._prefixes, self._streams = claims.prefixes, list(claims.settings.file.streams)
        self._s3, self._kinesis, self._kms = aws.admin("s3"), aws.admin("kinesis"), aws.admin("kms")
        self.mark = ""
        self.arns: dict[str, str] = {}
        self.shards: dict[str, str] = {}
        self.consumers: dict[str, str] = {}
        self.keys: dict[str, str] = {}
        self.ciphertexts: dict[str, bytes] = {}
        self.one_consumer = {stream: Lock() for stream in self._streams}
        """A stream takes few new consumers at once, and has room for twenty."""

    def put(self, mark: str, clean_up: CleanUp) -> None:
        """Lays them out.

        Args:
            mark: What every probe's name starts with.
            clean_up: What is taken away at the end.

        Raises:
            ClientError: the stack's bucket or a stream of it is not there.
            CloudError: a consumer does not become active.
        """
        self.mark = mark
        for step in self.removal(mark):
            clean_up.later(*step)
        for prefix in self._prefixes:
            self._s3.put_object(Bucket=self.bucket, Key=self.shared(prefix), Body=b"probe")
        encryption = self._s3.get_bucket_encryption(Bucket=self.bucket)["ServerSideEncryptionConfiguration"]
        self.keys[BUCKET_KEY] = encryption["Rules"][0]["ApplyServerSideEncryptionByDefault"]["KMSMasterKeyID"]
        for stream in self._streams:
            described = self._kinesis.describe_stream(StreamName=stream)["StreamDescription"]
            self.arns[stream] = described["StreamARN"]
            self.shards[stream] = described["Shards"][0]["ShardId"]
            self.consumers[stream] = self.consumer(stream, f"{mark}-shared")
            if described.get("EncryptionType") == "KMS":
                self.keys[stream] = described["KeyId"]
        for name, key in self.keys.items():
            self.ciphertexts[name] = self._kms.encrypt(KeyId=key, Plaintext=b"probe")["CiphertextBlob"]

    def shared(self, prefix: str) -> str:
        """Key of the object under a prefix that everybody tries to read, and nobody to delete."""
        return f"{prefix}{self.mark}"

    def own(self, prefix: str, subject: str) -> str:
        """Key of an object under a prefix for one account's writing."""
        return f"{prefix}{self.mark}-{slug(subject)}"

    def victim(self, prefix: str, subject: str) -> str:
        """Key of an object that is there for one account to delete."""
        key = f"{self.own(prefix, subject)}-delete"
        self._s3.put_object(Bucket=self.bucket, Key=key, Body=b"probe")
        return key

    def upload(self, prefix: str, subject: str) -> tuple[str, str]:
        """Key and id of an upload that is there for one account to abort."""
        key = f"{self.own(prefix, subject)}-upload"
        return key, self._s3.create_multipart_upload(Bucket=self.bucket, Key=key)["UploadId"]

    def iterator(self, stream: str) -> str:
        """A fresh shard iterator."""
        answer = self._kinesis.get_shard_iterator(
            StreamName=stream, ShardId=self.shards[stream], ShardIteratorType="TRIM_HORIZON"
        )
        return str(answer["ShardIterator"])

    def consumer(self, stream: str, name: str) -> str:
        """Registers a consumer and waits until it is active; returns its ARN."""
        made = self._kinesis.register_stream_consumer(StreamARN=self.arns[stream], ConsumerName=name)["Consumer"]
        arn, status, end = str(made["ConsumerARN"]), str(made["ConsumerStatus"]), time.monotonic() + ACTIVE_WITHIN
        while status != "ACTIVE":
            if time.monotonic() > end:
                raise CloudError(f"the consumer {name} of stream {stream} is {status} after {ACTIVE_WITHIN} s")
            time.sleep(1)
            described = self._kinesis.describe_stream_consumer(ConsumerARN=arn)["ConsumerDescription"]
            status = str(described["ConsumerStatus"])
        return arn

    def drop_consumer(self, stream: str, name: str) -> None:
        """Takes a consumer away if it is there."""
        with suppress(self._kinesis.exceptions.ResourceNotFoundException):
            self._kinesis.deregister_stream_consumer(StreamARN=self.arns[stream], ConsumerName=name)

    def bucket_tags(self) -> list[dict[str, str]]:
        """The bucket's tags, which writing back changes nothing."""
        try:
            return list(self._s3.get_bucket_tagging(Bucket=self.bucket)["TagSet"])
        except ClientError as error:
            if error.response.get("Error", {}).get("Code") == "NoSuchTagSet":
                return []
            raise

    def left_behind(self) -> Mapping[str, Sequence[str]]:
        """Probes of all runs, as words for each, by mark."""
        found: dict[str, list[str]] = {}

        def note(name: str, words: str) -> None:
            mark = mark_in(name)
            if mark:
                found.setdefault(mark, []).append(f"{words}{name}")

        for prefix in self._prefixes:
            for key in sorted({version["Key"] for version in self._versions(f"{prefix}{PREFIX}")}):
                note(key, f"object s3://{self.bucket}/")
            for upload in self._uploads(f"{prefix}{PREFIX}"):
                note(upload["Key"], f"upload s3://{self.bucket}/")
        for stream in self._streams:
            for name in self._consumers(stream):
                note(name, f"consumer of stream {stream} ")
            for name in self._tags(stream):
                note(name, f"tag of stream {stream} ")
        return found

    def removal(self, mark: str) -> Iterator[Step]:
        """Takes a run's probes away, whoever made them; the rest of bucket and streams is not touched.

        A stream's records cannot be taken back: they go with its retention.
        """
        for prefix in self._prefixes:
            start = f"{prefix}{mark}"
            yield f"objects s3://{self.bucket}/{start}*", lambda start=start: self._remove_versions(start)
            yield f"uploads s3://{self.bucket}/{start}*", lambda start=start: self._remove_uploads(start)
        for stream in self._streams:
            yield f"consumers {mark}* of stream {stream}", lambda stream=stream: self._remove_consumers(stream, mark)
            yield f"tags {mark}* of stream {stream}", lambda stream=stream: self._remove_tags(stream, mark)

    def _remove_versions(self, start: str) -> None:
        found = [{"Key": version["Key"], "VersionId": version["VersionId"]} for version in self._versions(start)]
        for chunk in (found[index : index + 1000] for index in range(0, len(found), 1000)):
            answer = self._s3.delete_objects(Bucket=self.bucket, Delete={"Objects": chunk, "Quiet": True})
            for error in answer.get("Errors", ()):
                # The call itself succeeds whatever became of the objects.
                raise CloudError(f"{error['Key']}: {error['Code']} {error['Message']}")

    def _remove_uploads(self, start: str) -> None:
        for upload in self._uploads(start):
            self._s3.abort_multipart_upload(Bucket=self.bucket, Key=upload["Key"], UploadId=upload["UploadId"])

    def _remove_consumers(self, stream: str, mark: str) -> None:
        for name in self._consumers(stream):
            if name.startswith(mark):
                self.drop_consumer(stream, name)

    def _remove_tags(self, stream: str, mark: str) -> None:
        names = [name for name in self._tags(stream) if name.startswith(mark)]
        if names:
            self._kinesis.remove_tags_from_stream(StreamName=stream, TagKeys=names)

    def _versions(self, start: str) -> Iterator[dict[str, Any]]:
        for page in self._s3.get_paginator("list_object_versions").paginate(Bucket=self.bucket, Prefix=start):
            yield from page.get("Versions", [])
            yield from page.get("DeleteMarkers", [])

    def _uploads(self, start: str) -> Iterator[dict[str, Any]]:
        for page in self._s3.get_paginator("list_multipart_uploads").paginate(Bucket=self.bucket, Prefix=start):
            yield from page.get("Uploads", [])

    def _consumers(self, stream: str) -> Iterator[str]:
        if stream not in self.arns:
            described = self._kinesis.describe_stream_summary(StreamName=stream)
            self.arns[stream] = described["StreamDescriptionSummary"]["StreamARN"]
        pages = self._kinesis.get_paginator("list_stream_consumers").paginate(StreamARN=self.arns[stream])
        for page in pages:
            yield from (str(consumer["ConsumerName"]) for consumer in page["Consumers"])

    def _tags(self, stream: str) -> Iterator[str]:
        # botocore has no paginator for it; a stream has fifty tags at most.
        start: dict[str, str] = {}
        more = True
        while more:
            answer = self._kinesis.list_tags_for_stream(StreamName=stream, **start)
            names = [str(tag["Key"]) for tag in answer["Tags"]]
            yield from names
            more = bool(answer["HasMoreTags"] and names)
            start = {"ExclusiveStartTagKey": names[-1]} if names else {}
