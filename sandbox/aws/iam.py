"""Closes ministack's ways around IAM, and tells its evaluator of resources that it leaves unnamed.

ministack lets anybody in who says `test`, a twelve-digit number or nothing, because it is made for tests without
credentials. Here nobody is root: the sandbox's people are IAM users and roles, as in an account whose root user is
locked away.
"""

import contextvars
import json
from typing import Any
from urllib.parse import unquote

import cbor2  # pyright: ignore[reportMissingImports]  # in the cloud's own environment

from sandbox.aws import authorization, call_log, emulator


def harden() -> None:
    """Changes ministack's evaluator for this process; call it once, before serving."""
    evaluator = emulator.core("iam_evaluator")
    evaluator.is_root_access_key = _nobody_is_root
    emulator.service("sts").is_root_access_key = _nobody_is_root
    _ask_all(evaluator)
    _refuse_unsigned_requests(evaluator)
    _name_resources(emulator.core("iam_actions"))
    _name_what_was_refused(emulator.core("iam_actions"))
    _register_eks_auth()


def _nobody_is_root(access_key_id: str) -> bool:
    del access_key_id
    return False


_refused: contextvars.ContextVar[authorization.Question | None] = contextvars.ContextVar("refused", default=None)


def _ask_all(evaluator: Any) -> None:
    """Asks everything that AWS asks about a request, and writes down who asked for what."""
    enforce = evaluator.enforce

    def asking(  # noqa: PLR0917 (ministack's own)
        access_key_id: str,
        action: str,
        service: str,
        region: str,
        resource_arn: str = "*",
        service_context: dict[str, Any] | None = None,
    ) -> Any:
        request = authorization.current()
        asked = authorization.of_request(request) if request and request.action == action.partition(":")[2] else []
        for question in asked or [authorization.Question(action, resource_arn)]:
            context = {**(service_context or {}), **question.context}
            denied = enforce(access_key_id, question.action, service, region, question.arn, context)
            if isinstance(denied, evaluator.AuthError):
                return denied
            call_log.write(evaluator.resolve_caller_identity(access_key_id), question, allowed=denied is None)
            if denied is not None:
                _refused.set(question)
                return denied
        return None

    evaluator.enforce = asking


def _name_what_was_refused(actions: Any) -> None:
    """Has the refusal of a request name the question that IAM said no to, as `iam:PassRole` of a role."""
    respond = actions.access_denied_response

    def naming(service: str, action: str, principal_arn: str, request_id: str, **more: Any) -> Any:
        question = _refused.get()
        _refused.set(None)
        if question and not more.get("resource_policy_arn") and not more.get("message"):
            action, more["resource_arn"] = question.action, question.arn
            more["message"] = actions.identity_denial_message(
                question.action, principal_arn, question.arn, more.get("explicit_deny", False)
            )
        return respond(service, action, principal_arn, request_id, **more)

    actions.access_denied_response = naming


def _refuse_unsigned_requests(evaluator: Any) -> None:
    enforce = evaluator.enforce

    def strict(access_key_id: str, action: str, service: str, region: str, **more: Any) -> Any:
        if not access_key_id and evaluator._anonymous.get():
            if action == "sts:AssumeRoleWithWebIdentity":
                return None  # the token in it is the credential
            if service == "s3":
                # S3 is the one service that AWS itself serves to strangers, where a bucket's owner wants it so.
                return evaluator.AuthError("AccessDenied", "Access Denied")
        return enforce(access_key_id, action, service, region, **more)

    evaluator.enforce = strict


def _name_resources(actions: Any) -> None:
    extract = actions.extract_resource_arn

    def named(service: str, method: str, path: str, headers: Any, body: bytes, *rest: Any) -> str:
        arn = known(service, method, path, headers, body, *rest)
        action: str = actions.extract_iam_action(service, method, path, headers, body, rest[0]) or ""
        authorization.seen(service, action.partition(":")[2], body, rest[0], arn)
        return arn

    def known(service: str, method: str, path: str, headers: Any, body: bytes, *rest: Any) -> str:
        if service == "kinesis" and (stream := _stream_arn(headers, body)):
            return stream
        arn: str = extract(service, method, path, headers, body, *rest)
        if service == "s3" and "/" in arn:
            return _object_arn(arn, path)
        if service == "kms" and ":alias/" in arn:
            # A policy names the key that the alias stands for: an alias gives no permission on its key.
            key = emulator.service("kms")._resolve_key(arn)
            return str(key["Arn"]) if key else arn
        if service == "eks":
            return _eks_arn(path) or arn
        if service == "eks-auth":
            name = path.split("/")[2] if path.startswith("/clusters/") else "*"
            return f"arn:aws:eks:{emulator.region()}:{emulator.account_id()}:cluster/{name}"
        return arn

    actions.extract_resource_arn = named


def _object_arn(arn: str, path: str) -> str:
    """An object's ARN with the slashes that its key has: a key may end with one, and have two in a row."""
    bucket = arn.partition("/")[0]
    start = f"/{bucket.rpartition(':')[2]}/"
    key = path.removeprefix(start)
    return f"{bucket}/{key}" if path.startswith(start) and key else arn


EKS_PARTS = {
    "node-groups": ("nodegroups", "/", "nodegroupArn"),
    "addons": ("addons", "/", "addonArn"),
    "access-entries": ("access_entries", "\0", "accessEntryArn"),
    "pod-identity-associations": ("pod_identity_associations", "\0", "associationArn"),
}
"""By the path's third segment: ministack's table, what its keys have after the cluster's name, the ARN's member."""


def _eks_arn(path: str) -> str | None:
    """The ARN of a part of a cluster that a request is about; None where it is about the cluster or something new."""
    if path.startswith("/tags/"):
        return unquote(path.removeprefix("/tags/"))
    _, _, rest = path.partition("/clusters/")
    cluster, _, rest = rest.partition("/")
    kind, _, name = rest.partition("/")
    if kind not in EKS_PARTS:
        return None
    table, separator, member = EKS_PARTS[kind]
    name = name.partition("/access-policies")[0] if kind == "access-entries" else name.partition("/")[0]
    record = getattr(emulator.service("eks"), f"_{table}").get(f"{cluster}{separator}{name}")
    return str(record[member]) if record else None


def kinesis_request(headers: dict[str, str], body: bytes) -> dict[str, Any]:
    """The parameters of a Kinesis request, in JSON or in the AWS SDK for Java's CBOR; {} if they are neither."""
    try:
        data: Any = cbor2.loads(body) if "cbor" in headers.get("content-type", "") else json.loads(body or b"{}")
    except (ValueError, cbor2.CBORDecodeError):
        return {}
    return data if isinstance(data, dict) else {}


def _stream_arn(headers: dict[str, str], body: bytes) -> str | None:
    """What a Kinesis request is about, also where only an iterator or a consumer says so."""
    data = kinesis_request(headers, body)
    if data.get("StreamARN") and data.get("ConsumerName"):
        # RegisterStreamConsumer alone is about the stream: its consumer is not there yet.
        consumer = emulator.service("kinesis")._consumer_by_stream_and_name(data["StreamARN"], data["ConsumerName"])
        if consumer:
            return str(consumer["ConsumerARN"])
    for parameter in ("ResourceARN", "ConsumerARN", "StreamARN"):
        if data.get(parameter):
            return str(data[parameter])
    if name := data.get("StreamName"):
        return f"arn:aws:kinesis:{emulator.region()}:{emulator.account_id()}:stream/{name}"
    if iterator := data.get("ShardIterator"):
        state = emulator.service("kinesis")._shard_iterators.get(iterator)
        return str(state["stream_arn"]) if state else None
    return None


def _register_eks_auth() -> None:
    """Makes the EKS Auth API known to ministack's router and evaluator, which know nothing of it."""
    router, actions = emulator.core("router"), emulator.core("iam_actions")
    router.SERVICE_PATTERNS["eks-auth"] = {"host_patterns": [r"eks-auth\."], "credential_scope": "eks-auth"}
    actions.SERVICE_TO_IAM_NAMESPACE["eks-auth"] = "eks-auth"
    actions._BOTOCORE_SERVICE_MAP["eks-auth"] = ["eks-auth"]
