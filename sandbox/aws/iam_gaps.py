"""What ministack's IAM lacks: changes to OIDC providers, and refusals of trust policies and providers.

See https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateOpenIDConnectProvider.html and
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html.
"""

import json
import re
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit
from xml.sax.saxutils import escape

from sandbox.aws import emulator, roles
from sandbox.aws.errors import Refused

Parameters = dict[str, Any]
Action = Callable[[Parameters], emulator.Reply]

MOST_CLIENT_IDS = 100
ACTION = re.compile(r"\*|[A-Za-z0-9-]+:[A-Za-z0-9*?]+")
TRUST_MEMBERS = {"Sid", "Effect", "Principal", "NotPrincipal", "Action", "NotAction", "Condition"}


def fill() -> None:
    """Adds the actions and checks to ministack's table of IAM actions."""
    table: dict[str, Action] = emulator.service("iam")._IAM_HANDLERS
    table["CreateRole"] = _checked(table["CreateRole"], _check_trust("AssumeRolePolicyDocument"))
    table["UpdateAssumeRolePolicy"] = _checked(table["UpdateAssumeRolePolicy"], _check_trust("PolicyDocument"))
    table["CreateOpenIDConnectProvider"] = _checked(table["CreateOpenIDConnectProvider"], _check_provider)
    for name, change in {
        "AddClientIDToOpenIDConnectProvider": _add_client_id,
        "RemoveClientIDFromOpenIDConnectProvider": _remove_client_id,
        "UpdateOpenIDConnectProviderThumbprint": _set_thumbprints,
        "TagOpenIDConnectProvider": _tag,
        "UntagOpenIDConnectProvider": _untag,
    }.items():
        table[name] = _on_provider(name, change)
    table["ListOpenIDConnectProviderTags"] = _on_provider("ListOpenIDConnectProviderTags", _show_tags)


def _checked(action: Action, check: Callable[[Parameters], None]) -> Action:
    def strict(parameters: Parameters) -> emulator.Reply:
        try:
            check(parameters)
        except Refused as refused:
            return _reply(refused)
        return action(parameters)

    return strict


def _reply(refused: Refused) -> emulator.Reply:
    reply: emulator.Reply = emulator.service("iam")._error(
        refused.status, refused.code, escape(refused.message), ns="iam"
    )
    return reply


def _value(parameters: Parameters, name: str) -> str:
    return str(emulator.service("iam")._p(parameters, name) or "")


def _members(parameters: Parameters, name: str) -> list[str]:
    found: list[str] = []
    while value := _value(parameters, f"{name}.member.{len(found) + 1}"):
        found.append(value)
    return found


def _check_provider(parameters: Parameters) -> None:
    url = urlsplit(_value(parameters, "Url"))
    if url.scheme != "https" or not url.hostname or url.query or url.port:
        raise Refused("ValidationError", "Invalid Open ID Connect Provider URL")
    if len(_members(parameters, "ClientIDList")) > MOST_CLIENT_IDS:
        raise Refused(
            "LimitExceeded", f"Cannot exceed quota for ClientIdsPerOpenIdConnectProvider: {MOST_CLIENT_IDS}", 409
        )


def _on_provider(name: str, change: Callable[[dict[str, Any], Parameters], str | None]) -> Action:
    def act(parameters: Parameters) -> emulator.Reply:
        iam = emulator.service("iam")
        arn = _value(parameters, "OpenIDConnectProviderArn")
        provider = iam._oidc_providers.get(arn)
        if provider is None:
            return _reply(Refused("NoSuchEntity", f"OpenIDConnect Provider not found for arn {arn}", 404))
        result = change(provider, parameters) or ""
        reply: emulator.Reply = iam._xml(200, f"{name}Response", result, ns="iam")
        return reply

    return act


def _add_client_id(provider: dict[str, Any], parameters: Parameters) -> None:
    # IAM takes a client id that is there already.
    client = _value(parameters, "ClientID")
    if client not in provider["ClientIDList"]:
        provider["ClientIDList"].append(client)


def _remove_client_id(provider: dict[str, Any], parameters: Parameters) -> None:
    client = _value(parameters, "ClientID")
    provider["ClientIDList"] = [known for known in provider["ClientIDList"] if known != client]


def _set_thumbprints(provider: dict[str, Any], parameters: Parameters) -> None:
    provider["ThumbprintList"] = _members(parameters, "ThumbprintList")


def _tag(provider: dict[str, Any], parameters: Parameters) -> None:
    given = emulator.service("iam")._extract_tags(parameters)
    keys = {tag["Key"] for tag in given}
    provider["Tags"] = [tag for tag in provider.get("Tags", []) if tag["Key"] not in keys] + given


def _untag(provider: dict[str, Any], parameters: Parameters) -> None:
    keys = emulator.service("iam")._extract_tag_keys(parameters)
    provider["Tags"] = [tag for tag in provider.get("Tags", []) if tag["Key"] not in keys]


def _show_tags(provider: dict[str, Any], _: Parameters) -> str:
    tags = "".join(
        f"<member><Key>{escape(tag['Key'])}</Key><Value>{escape(tag['Value'])}</Value></member>"
        for tag in provider.get("Tags", [])
    )
    inner = f"<Tags>{tags}</Tags><IsTruncated>false</IsTruncated>"
    return f"<ListOpenIDConnectProviderTagsResult>{inner}</ListOpenIDConnectProviderTagsResult>"


def _check_trust(parameter: str) -> Callable[[Parameters], None]:
    def check(parameters: Parameters) -> None:
        try:
            document: Any = json.loads(_value(parameters, parameter))
        except ValueError as error:
            raise Refused("MalformedPolicyDocument", "This policy contains invalid Json") from error
        statements: Any = document.get("Statement") if isinstance(document, dict) else None
        for statement in _as_list(statements) or [None]:
            _check_statement(statement)

    return check


def _check_statement(statement: Any) -> None:
    if not isinstance(statement, dict) or statement.get("Effect") not in ("Allow", "Deny"):
        raise Refused("MalformedPolicyDocument", "Syntax errors in policy.")
    if unknown := sorted(statement.keys() - TRUST_MEMBERS):
        raise Refused("MalformedPolicyDocument", f"Has prohibited field {unknown[0]}")
    if not statement.keys() & {"Principal", "NotPrincipal"}:
        raise Refused("MalformedPolicyDocument", "AssumeRolepolicy must contain a principal")
    for action in _as_list(statement.get("Action") or statement.get("NotAction")) or [""]:
        if not ACTION.fullmatch(str(action)):
            raise Refused("MalformedPolicyDocument", "AssumeRole policy may only specify STS AssumeRole actions.")
        if action != "*" and not str(action).startswith("sts:"):
            raise Refused("MalformedPolicyDocument", "AssumeRole policy may only specify STS AssumeRole actions.")
    principal: Any = statement.get("Principal", "*")
    if isinstance(principal, str) and principal != "*":
        raise Refused("MalformedPolicyDocument", f"Invalid principal in policy: {principal}")
    for arn in _as_list(principal.get("AWS")) if isinstance(principal, dict) else []:
        _check_principal(str(arn))


def _check_principal(arn: str) -> None:
    """Users and roles of this account must exist: IAM keeps their ids, not their names."""
    if f":{emulator.account_id()}:" not in arn or not arn.startswith("arn:aws:iam:"):
        return
    kind = arn.split(":", 5)[5].partition("/")[0]
    user = emulator.service("iam")._users.get(arn.rpartition("/")[2])
    exists = {"root": True, "role": roles.find(arn) is not None, "user": bool(user and user["Arn"] == arn)}
    if not exists.get(kind):
        raise Refused("MalformedPolicyDocument", f'Invalid principal in policy: "AWS":"{arn}"')


def _as_list(value: Any) -> list[Any]:
    if value is None:
        return []
    return value if isinstance(value, list) else [value]
