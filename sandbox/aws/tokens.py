"""The token service: AssumeRoleWithWebIdentity, with the checks that ministack leaves out.

ministack evaluates the role's trust policy; whether the token is what it says is checked here, in the order and with
the errors of https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRoleWithWebIdentity.html.
"""

import json
import re
from typing import Any
from urllib.parse import parse_qs
from xml.sax.saxutils import escape

import jwt

from sandbox.aws import emulator, oidc, roles
from sandbox.aws.errors import Refused

ACTION = "AssumeRoleWithWebIdentity"
SHORTEST, LONGEST, USUAL = 900, 43_200, 3600
"""DurationSeconds: what the API takes, and what it means to leave it out."""


def serve(handler: emulator.Handler) -> emulator.Handler:
    """Answers AssumeRoleWithWebIdentity; passes every other action of STS on to ministack."""

    async def sts(
        method: str, path: str, headers: dict[str, str], body: bytes, query: dict[str, list[str]]
    ) -> emulator.Reply:
        in_json = "amz-json" in headers.get("content-type", "")
        parameters = _parameters(headers, body, query)
        if parameters.get("Action") != ACTION:
            return await handler(method, path, headers, body, query)
        try:
            return _reply(_exchange(parameters), in_json)
        except Refused as refused:
            if in_json:
                reply = emulator.core("responses").error_response_json(refused.code, refused.message, refused.status)
            else:
                reply = emulator.service("iam")._error(refused.status, refused.code, escape(refused.message), ns="sts")
            return reply

    return sts


def _parameters(headers: dict[str, str], body: bytes, query: dict[str, list[str]]) -> dict[str, Any]:
    """The parameters of a request in STS's query protocol (in the URL or as a form) or its JSON protocol."""
    if "amz-json" in headers.get("content-type", ""):
        return {**json.loads(body or b"{}"), "Action": headers.get("x-amz-target", "").rpartition(".")[2]}
    given = {**query, **parse_qs(body.decode(errors="replace"))}
    return {name: values[0] for name, values in given.items()}


def _exchange(parameters: dict[str, Any]) -> dict[str, Any]:
    """Checks the request and its token, and makes credentials.

    Raises:
        Refused: as STS would.
    """
    _validate(parameters)
    role_arn = str(parameters["RoleArn"])
    account = role_arn.split(":")[4]
    token = _check_token(str(parameters["WebIdentityToken"]), account)
    role = roles.find(role_arn)
    if role is None or _trust_refuses(role_arn, token):
        raise Refused("AccessDenied", f"Not authorized to perform sts:{ACTION}", 403)
    seconds = int(parameters.get("DurationSeconds") or USUAL)
    if seconds > int(role.get("MaxSessionDuration") or USUAL):
        message = "The requested DurationSeconds exceeds the MaxSessionDuration set for this role."
        raise Refused("ValidationError", message)
    policies, error = emulator.service("sts")._session_policies(parameters, account)
    if error:
        raise Refused("MalformedPolicyDocument", "The session policy is not valid")
    # None is no limit; empty session policies would allow nothing.
    narrowed = policies if any(policies.values()) else None
    credentials = roles.assume(role, str(parameters["RoleSessionName"]), seconds, policies=narrowed)
    return {
        "Credentials": {
            "AccessKeyId": credentials.access_key_id,
            "SecretAccessKey": credentials.secret_access_key,
            "SessionToken": credentials.session_token,
            "Expiration": credentials.expiration,
        },
        "SubjectFromWebIdentityToken": token.subject,
        "AssumedRoleUser": {"AssumedRoleId": credentials.assumed_role_id, "Arn": credentials.arn},
        "Provider": _provider_arn(account, token),
        "Audience": token.audience,
    }


MEMBERS = {
    "RoleArn": (20, 2048, r"[\u0009\u000A\u000D\u0020-\u007E\u0085\u00A0-\uD7FF\uE000-\uFFFD]+"),
    "RoleSessionName": (2, 64, r"[\w+=,.@-]*"),
    "WebIdentityToken": (4, 20_000, r"(?s).*"),
}
"""Shortest, longest and pattern of each required parameter."""


def _validate(parameters: dict[str, Any]) -> None:
    faults: list[str] = []
    for name, (shortest, longest, pattern) in MEMBERS.items():
        fault = _fault(parameters.get(name), shortest, longest, pattern)
        if fault:
            faults.append(f"Value at '{name[0].lower()}{name[1:]}' failed to satisfy constraint: Member must {fault}")
    duration = str(parameters.get("DurationSeconds") or USUAL)
    if not duration.isdigit() or not SHORTEST <= int(duration) <= LONGEST:
        bounds = f"have value between {SHORTEST} and {LONGEST}"
        faults.append(f"Value '{duration}' at 'durationSeconds' failed to satisfy constraint: Member must {bounds}")
    if faults:
        plural = "s" if len(faults) > 1 else ""
        raise Refused("ValidationError", f"{len(faults)} validation error{plural} detected: {'; '.join(faults)}")
    if not re.fullmatch(r"arn:aws:iam::\d{12}:role/.+", str(parameters["RoleArn"])):
        raise Refused("ValidationError", f"{parameters['RoleArn']} is invalid")


def _fault(value: object, shortest: int, longest: int, pattern: str) -> str | None:
    if value is None:
        return "not be null"
    if len(str(value)) < shortest:
        return f"have length greater than or equal to {shortest}"
    if len(str(value)) > longest:
        return f"have length less than or equal to {longest}"
    return None if re.fullmatch(pattern, str(value)) else f"satisfy regular expression pattern: {pattern}"


def _check_token(text: str, account: str) -> oidc.Token:
    try:
        token = oidc.Token.parse(text)
        provider = emulator.service("iam")._oidc_providers.get_scoped(account, None, _provider_arn(account, token))
        if provider is None:
            raise Refused("InvalidIdentityToken", f"No OpenIDConnect provider found in your account for {token.issuer}")
        oidc.verify(token)
    except oidc.Expired as error:
        raise Refused("ExpiredTokenException", str(error)) from error
    except oidc.Invalid as error:
        raise Refused("InvalidIdentityToken", str(error)) from error
    if token.audience is None or token.audience not in provider["ClientIDList"]:
        raise Refused("InvalidIdentityToken", "Incorrect token audience")
    return token


def _provider_arn(account: str, token: oidc.Token) -> str:
    return f"arn:aws:iam::{account}:oidc-provider/{token.issuer.removeprefix('https://').rstrip('/')}"


def _trust_refuses(role_arn: str, token: oidc.Token) -> bool:
    # ministack compares `aud` as it stands, and the API server writes a list of one: its evaluator is given the plain
    # string. It does not look at the signature of this copy, which the original's has been checked for.
    plain = jwt.encode(token.claims | {"aud": token.audience}, "", algorithm="none")
    refusal: Any = emulator.service("sts")._web_identity_trust_denied(role_arn, {"WebIdentityToken": [plain]}, False)
    return refusal is not None


def _reply(result: dict[str, Any], in_json: bool) -> emulator.Reply:
    if in_json:
        result["Credentials"]["Expiration"] = int(result["Credentials"]["Expiration"].timestamp())
        return 200, {"Content-Type": "application/x-amz-json-1.1"}, json.dumps(result).encode()
    result["Credentials"]["Expiration"] = result["Credentials"]["Expiration"].strftime("%Y-%m-%dT%H:%M:%SZ")
    reply: emulator.Reply = emulator.service("iam")._xml(
        200, f"{ACTION}Response", _xml({f"{ACTION}Result": result}), ns="sts"
    )
    return reply


def _xml(value: Any) -> str:
    if isinstance(value, dict):
        return "".join(f"<{name}>{_xml(inner)}</{name}>" for name, inner in value.items())  # pyright: ignore[reportUnknownVariableType]
    return escape(str(value))
