"""Encrypted buckets and streams need the caller's permission on the KMS key, which ministack does not ask for.

S3 and Kinesis call KMS in the caller's name, so both the caller's policies and the key's must allow it:
https://docs.aws.amazon.com/AmazonS3/latest/userguide/UsingKMSEncryption.html#require-sse-kms and
https://docs.aws.amazon.com/streams/latest/dev/permissions-user-key-KMS.html.
"""

from dataclasses import dataclass
from typing import Any

from sandbox.aws import emulator
from sandbox.aws.errors import Refused
from sandbox.aws.iam import kinesis_request

ALGORITHM = "x-amz-server-side-encryption"
KEY = "x-amz-server-side-encryption-aws-kms-key-id"
READ, WRITE = "kms:Decrypt", "kms:GenerateDataKey"
AWS_MANAGED = "alias/aws/"
"""Keys that AWS keeps for a service; their own policy lets everybody in the account use them through it."""

Query = dict[str, list[str]]


@dataclass(frozen=True)
class ObjectRequest:
    """A request for an object of S3."""

    method: str
    bucket: str
    key: str
    headers: dict[str, str]
    query: Query

    @property
    def caller(self) -> str:
        """The access key that signed it."""
        return str(emulator.core("router").extract_access_key_id(self.headers, self.query))

    @property
    def arn(self) -> str:
        """The object's ARN."""
        return f"arn:aws:s3:::{self.bucket}/{self.key}"


def guard() -> None:
    """Adds the checks to ministack's S3; Kinesis' are in `serve_kinesis`."""
    s3 = emulator.service("s3")
    dispatch = s3._dispatch

    def guarded(method: str, bucket: str, key: str, headers: dict[str, str], *rest: Any) -> emulator.Reply:
        request = ObjectRequest(method, bucket, key, headers, rest[-1])
        about_content = key and not set(request.query) & {"tagging", "acl", "retention", "legal-hold", "attributes"}
        try:
            if about_content:
                _before(s3, request)
            reply: emulator.Reply = dispatch(method, bucket, key, headers, *rest)
            if about_content and method == "GET" and reply[0] < 300 and "uploadId" not in request.query:
                _check_s3(request.caller, READ, request.arn, reply[1])
        except Refused as refused:
            denied = refused.code == "AccessDenied"
            reply = s3._error(
                refused.code if denied else f"KMS.{refused.code}", refused.message, 403 if denied else 400
            )
        return reply

    s3._dispatch = guarded


def _before(s3: Any, request: ObjectRequest) -> None:
    if "uploadId" in request.query:
        upload = s3._multipart_uploads.get(request.query["uploadId"][0])
        if upload and request.method in ("PUT", "POST"):
            # A part is encrypted with the upload's data key, which has to be decrypted for it.
            _check_s3(request.caller, READ, request.arn, upload["preserved_headers"])
    elif request.method == "PUT" or (request.method == "POST" and "uploads" in request.query):
        settings, _ = s3._resolve_sse_write_headers(request.headers, request.bucket)
        _check_s3(request.caller, WRITE, request.arn, settings or {})
    source = emulator.core("iam_actions")._s3_source_object(request.headers) if request.method == "PUT" else None
    if source:
        arn, version = source
        bucket, _, key = str(arn).removeprefix("arn:aws:s3:::").partition("/")
        _, described, _ = s3._head_object(bucket, key, {}, {"versionId": [version]} if version else {})
        _check_s3(request.caller, READ, arn, described)


def _check_s3(caller: str, action: str, arn: str, settings: dict[str, str]) -> None:
    if settings.get(ALGORITHM, "").startswith("aws:kms"):
        _check(caller, action, settings.get(KEY, f"{AWS_MANAGED}s3"), "s3", {"aws:s3:arn": arn})


def serve_kinesis(handler: emulator.Handler) -> emulator.Handler:
    """Asks for the key of an encrypted stream before records are put or read."""
    needed = {"PutRecord": WRITE, "PutRecords": WRITE, "GetRecords": READ, "SubscribeToShard": READ}

    async def kinesis(method: str, path: str, headers: dict[str, str], body: bytes, query: Query) -> emulator.Reply:
        action = headers.get("x-amz-target", "").rpartition(".")[2]
        caller = emulator.core("router").extract_access_key_id(headers, query)
        data = kinesis_request(headers, body)
        try:
            if action in needed and (stream := _stream(data)) and stream.get("EncryptionType") == "KMS":
                _check(caller, needed[action], stream["KeyId"], "kinesis", {"aws:kinesis:arn": stream["StreamARN"]})
            if action == "StartStreamEncryption" and AWS_MANAGED not in str(data.get("KeyId")):
                _key(str(data.get("KeyId")))
        except Refused as refused:
            code = f"KMS{refused.code.removesuffix('Exception')}Exception"
            reply: emulator.Reply = emulator.core("responses").error_response_json(code, refused.message, 400)
            return reply
        return await handler(method, path, headers, body, query)

    return kinesis


def _stream(data: dict[str, Any]) -> dict[str, Any] | None:
    kinesis = emulator.service("kinesis")
    if iterator := data.get("ShardIterator"):
        state = kinesis._shard_iterators.get(iterator)
        return kinesis._streams.get(state["stream"]) if state else None
    if consumer := data.get("ConsumerARN"):
        record = kinesis._consumer_from_arn(consumer)
        return kinesis._resolve_stream_by_arn(record["StreamARN"]) if record else None
    return kinesis._resolve_stream(data)[1]


def _check(caller: str, action: str, key_id: str, service: str, context: dict[str, str]) -> None:
    if AWS_MANAGED in key_id:
        return
    key = _key(key_id)
    evaluator = emulator.core("iam_evaluator")
    conditions = {
        "kms:ViaService": f"{service}.{emulator.region()}.amazonaws.com",
        "kms:CallerAccount": emulator.account_id(),
        "kms:EncryptionContextKeys": list(context),
        **{f"kms:EncryptionContext:{name}": value for name, value in context.items()},
    }
    denied = evaluator.enforce(
        caller, action, "kms", emulator.region(), resource_arn=key["Arn"], service_context=conditions
    )
    if denied is None:
        return
    if isinstance(denied, evaluator.AuthError):
        raise Refused("AccessDenied", denied.message)
    message = emulator.core("iam_actions").identity_denial_message(
        action, denied.principal_arn, key["Arn"], denied.decision == "Deny"
    )
    raise Refused("AccessDenied", message)


def _key(key_id: str) -> dict[str, Any]:
    key: dict[str, Any] | None = emulator.service("kms")._resolve_key(key_id)
    if key is None:
        raise Refused("NotFoundException", f"Key '{key_id}' does not exist")
    if key["KeyState"] == "Disabled":
        raise Refused("DisabledException", f"{key['Arn']} is disabled.")
    if key["KeyState"] != "Enabled":
        raise Refused("InvalidStateException", f"{key['Arn']} is pending deletion.")
    return key
