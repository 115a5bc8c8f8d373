"""Streams on AWS: an encrypted Kinesis data stream."""

import pulumi
import pulumi_aws as aws
from pulumi import Output, ResourceOptions

from components.aws.keys import encryption_key
from settings.aws.sections import StreamSettings


class Stream(pulumi.ComponentResource):
    """A Kinesis data stream with the key that encrypts it.

    Follows https://docs.aws.amazon.com/streams/latest/dev/server-side-encryption.html.

    Args:
        name: The stream's name.
        settings: Its entry in the stack file.
        keeps_data: Whether stream and key are protected from deletion.
        opts: Resource options; `provider` is the AWS provider.

    Attributes:
        stream_name: The stream's name.
        stream_arn: The stream's ARN.
        key_arn: The key's ARN; None for a stream that is not encrypted.
    """

    stream_name: Output[str]
    stream_arn: Output[str]
    key_arn: Output[str] | None

    def __init__(
        self, name: str, settings: StreamSettings, *, keeps_data: bool, opts: ResourceOptions | None = None
    ) -> None:
        super().__init__("vvp:aws:Stream", name, None, opts)
        kept = ResourceOptions(parent=self, protect=keeps_data)
        self.key_arn = None
        if settings.encrypted:
            description = f"Records of the stream {name}"
            self.key_arn = encryption_key(f"{name}-stream", description, keeps_data=keeps_data, parent=self).arn
        on_demand = settings.shards is None
        stream = aws.kinesis.Stream(
            name,
            name=name,
            shard_count=settings.shards,
            stream_mode_details={"stream_mode": "ON_DEMAND" if on_demand else "PROVISIONED"},
            retention_period=settings.retention_hours,
            encryption_type="KMS" if settings.encrypted else "NONE",
            kms_key_id=self.key_arn,
            # A consumer that was registered for enhanced fan-out would otherwise keep the stream from being deleted.
            enforce_consumer_deletion=not keeps_data,
            opts=kept,
        )
        self.stream_name = stream.name
        self.stream_arn = stream.arn
        self.register_outputs({"streamName": self.stream_name, "streamArn": self.stream_arn})
