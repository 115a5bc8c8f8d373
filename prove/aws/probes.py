"""What the administrator lays out for the calls to find, and takes away again."""

import hashlib
import secrets
from contextlib import suppress
from typing import Any

from botocore.exceptions import ClientError

from prove.aws.client import Aws
from prove.aws.verbs import BUCKET_KEY
from prove.claims import Expected

PREFIX = "vvp-prove-"


def slug(subject: str) -> str:
    """A short name for an account, as pods and consumers can have it."""
    return hashlib.sha256(subject.encode()).hexdigest()[:12]


class Probes:
    """Objects, consumers, tags and uploads with a name of their own.

    Args:
        aws: The cloud.
        expected: The stack file.

    Attributes:
        mark: What every probe's name starts with.
    """

    def __init__(self, aws: Aws, expected: Expected) -> None:
        self.mark = f"{PREFIX}{secrets.token_hex(4)}"
        self.bucket = expected.settings.file.blob_storage.bucket
        self._prefixes = expected.prefixes
        self._streams = list(expected.settings.file.streams)
        self._s3 = aws.client("s3", aws.admin)
        self._kinesis = aws.client("kinesis", aws.admin)
        self._kms = aws.client("kms", aws.admin)
        self.arns: dict[str, str] = {}
        self.shards: dict[str, str] = {}
        self.consumers: dict[str, str] = {}
        self.keys: dict[str, str] = {}
        self.ciphertexts: dict[str, bytes] = {}

    def put(self) -> None:
        """Lays them out.

        Raises:
            ClientError: the stack's bucket or a stream of it is not there.
        """
        for prefix in self._prefixes:
            self._s3.put_object(Bucket=self.bucket, Key=self.shared(prefix), Body=b"probe")
        encryption = self._s3.get_bucket_encryption(Bucket=self.bucket)["ServerSideEncryptionConfiguration"]
        self.keys[BUCKET_KEY] = encryption["Rules"][0]["ApplyServerSideEncryptionByDefault"]["KMSMasterKeyID"]
        for stream in self._streams:
            described = self._kinesis.describe_stream(StreamName=stream)["StreamDescription"]
            self.arns[stream] = described["StreamARN"]
            self.shards[stream] = described["Shards"][0]["ShardId"]
            self.consumers[stream] = self.consumer(stream, f"{self.mark}-shared")
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
        """Registers a consumer; returns its ARN."""
        answer = self._kinesis.register_stream_consumer(StreamARN=self.arns[stream], ConsumerName=name)
        return str(answer["Consumer"]["ConsumerARN"])

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

    def remove(self) -> None:
        """Takes every probe away, whoever made it; the rest of bucket and streams is not touched.

        A stream's records cannot be taken back: they go with its retention.
        """
        for prefix in self._prefixes:
            self._remove_versions(f"{prefix}{self.mark}")
        uploads = self._s3.list_multipart_uploads(Bucket=self.bucket).get("Uploads", [])
        for upload in uploads:
            if self.mark in upload["Key"]:
                self._s3.abort_multipart_upload(Bucket=self.bucket, Key=upload["Key"], UploadId=upload["UploadId"])
        for stream, arn in self.arns.items():
            self._kinesis.remove_tags_from_stream(StreamName=stream, TagKeys=[self.mark])
            for consumer in self._kinesis.list_stream_consumers(StreamARN=arn)["Consumers"]:
                if consumer["ConsumerName"].startswith(self.mark):
                    self.drop_consumer(stream, consumer["ConsumerName"])

    def _remove_versions(self, start: str) -> None:
        pages: Any = self._s3.get_paginator("list_object_versions").paginate(Bucket=self.bucket, Prefix=start)
        found = [
            {"Key": version["Key"], "VersionId": version["VersionId"]}
            for page in pages
            for version in [*page.get("Versions", []), *page.get("DeleteMarkers", [])]
        ]
        for chunk in (found[index : index + 1000] for index in range(0, len(found), 1000)):
            self._s3.delete_objects(Bucket=self.bucket, Delete={"Objects": chunk, "Quiet": True})
