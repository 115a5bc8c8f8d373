"""All that AWS asks IAM about one request; ministack asks one question, about one resource.

An EC2 call is about what it makes and what it puts that into, tags need a permission of their own, and who hands a role
to EKS must be allowed to pass it. Which action is about what: https://docs.aws.amazon.com/service-authorization/latest/reference/.
"""

import contextvars
import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from sandbox.aws import emulator

Context = dict[str, Any]


@dataclass(frozen=True)
class Question:
    """Whether somebody may do something to a resource."""

    action: str
    arn: str
    context: Context = field(default_factory=dict[str, Any])
    """What conditions may ask for."""


@dataclass(frozen=True)
class Request:
    """A request, as far as IAM looks at it."""

    service: str
    action: str
    """Without the service's prefix; empty where it is not one."""
    parameters: dict[str, Any]
    """Of the query or the JSON body."""
    arn: str
    """The resource that ministack sees it to be about."""

    def value(self, name: str) -> str:
        """A parameter, empty if it is not there."""
        found = self.parameters.get(name, "")
        return str(found[0] if isinstance(found, list) and found else found or "")

    def values(self, name: str) -> list[str]:
        """A parameter and, in the query's way, its numbered ones."""
        numbered = re.compile(rf"{name}(\.(member\.)?\d+)?")
        return [self.value(key) for key in self.parameters if numbered.fullmatch(key)]


EC2_TYPES = {
    "eipalloc": "elastic-ip",
    "eni": "network-interface",
    "igw": "internet-gateway",
    "lt": "launch-template",
    "nat": "natgateway",
    "rtb": "route-table",
    "sg": "security-group",
    "sgr": "security-group-rule",
    "subnet": "subnet",
    "vpc": "vpc",
    "vpce": "vpc-endpoint",
}
"""EC2's kinds of resource by how their ids begin."""

EC2_CALLS = """
    AllocateAddress +elastic-ip
    AssociateRouteTable RouteTableId SubnetId
    AttachInternetGateway InternetGatewayId VpcId
    AuthorizeSecurityGroupEgress GroupId
    AuthorizeSecurityGroupIngress GroupId +security-group-rule
    CreateInternetGateway +internet-gateway
    CreateLaunchTemplate +launch-template
    CreateLaunchTemplateVersion LaunchTemplateId
    CreateNatGateway +natgateway AllocationId SubnetId
    CreateRoute RouteTableId
    CreateRouteTable +route-table VpcId
    CreateSecurityGroup +security-group VpcId
    CreateSubnet +subnet VpcId
    CreateTags ResourceId
    CreateVpc +vpc
    CreateVpcEndpoint +vpc-endpoint VpcId RouteTableId SubnetId SecurityGroupId
    DeleteInternetGateway InternetGatewayId
    DeleteLaunchTemplate LaunchTemplateId
    DeleteNatGateway NatGatewayId
    DeleteRoute RouteTableId
    DeleteRouteTable RouteTableId
    DeleteSecurityGroup GroupId
    DeleteSubnet SubnetId
    DeleteTags ResourceId
    DeleteVpc VpcId
    DeleteVpcEndpoints VpcEndpointId
    DetachInternetGateway InternetGatewayId VpcId
    ModifyLaunchTemplate LaunchTemplateId
    ModifySecurityGroupRules GroupId
    ModifySubnetAttribute SubnetId
    ModifyVpcAttribute VpcId
    ModifyVpcEndpoint VpcEndpointId
    ReleaseAddress AllocationId
    ReplaceRoute RouteTableId
    RevokeSecurityGroupEgress GroupId
    RevokeSecurityGroupIngress GroupId
"""
"""Of each call the parameters that name what IAM is asked about, and with a `+` what is made."""

CALLS = {words[0]: words[1:] for words in map(str.split, EC2_CALLS.strip().splitlines())}


def of_request(request: Request) -> list[Question]:
    """The questions, of which the first is ministack's own if the service has no part here."""
    find = _PARTS.get(request.service)
    return list(find(request)) if find and request.action else []


def _ec2(request: Request) -> Iterator[Question]:
    action = f"ec2:{request.action}"
    if request.action.startswith("Describe"):
        yield Question(action, "*")
        return
    # An association is no resource: it is about the table that it is of.
    named = _of_association(request.value("AssociationId")) if "AssociationId" in request.parameters else []
    specified = _specified_tags(request)
    for word in CALLS.get(request.action, ()):
        if word.startswith("+"):
            new = _arn("ec2", f"{word[1:]}/*")
            tags = _request_tags(specified.get(word[1:], {}))
            yield Question(action, new, tags)
            if tags:
                yield Question("ec2:CreateTags", new, {**tags, "ec2:CreateAction": request.action})
        else:
            named += request.values(word)
    given = _request_tags(_query_tags(request, "Tag")) if "ResourceId.1" in request.parameters else {}
    for id in named:
        yield Question(action, _ec2_arn(id), {**_ec2_tags(id), **given})


def _of_association(id: str) -> list[str]:
    tables: list[Any] = list(emulator.service("ec2")._route_tables.values())
    return [
        table["RouteTableId"]
        for table in tables
        if any(each.get("RouteTableAssociationId") == id for each in table.get("Associations", []))
    ]


def _specified_tags(request: Request) -> dict[str, dict[str, str]]:
    kinds = {key: request.value(key) for key in request.parameters if key.endswith(".ResourceType")}
    return {kind: _query_tags(request, f"{key.removesuffix('ResourceType')}Tag") for key, kind in kinds.items()}


def _query_tags(request: Request, prefix: str) -> dict[str, str]:
    names = {
        key: request.value(key) for key in request.parameters if re.fullmatch(rf"{re.escape(prefix)}\.\d+\.Key", key)
    }
    return {name: request.value(f"{key.removesuffix('Key')}Value") for key, name in names.items()}


def _request_tags(tags: dict[str, str]) -> Context:
    return {
        **{f"aws:RequestTag/{key}": value for key, value in tags.items()},
        **({"aws:TagKeys": list(tags)} if tags else {}),
    }


def _ec2_arn(id: str) -> str:
    kind = EC2_TYPES.get(id.rpartition("-")[0])
    return _arn("ec2", f"{kind}/{id}") if kind else "*"


def _ec2_tags(id: str) -> Context:
    tags = emulator.service("ec2")._tags.get(id) or []
    return {f"{prefix}:ResourceTag/{tag['Key']}": tag["Value"] for tag in tags for prefix in ("aws", "ec2")}


def _iam(request: Request) -> Iterator[Question]:
    account, arn, context = emulator.account_id(), request.arn, {}
    if "PolicyArn" in request.parameters and "RoleName" in request.parameters:
        context = {"iam:PolicyARN": request.value("PolicyArn")}
    if name := request.value("PolicyName") if request.action == "CreatePolicy" else "":
        arn = f"arn:aws:iam::{account}:policy{request.value('Path') or '/'}{name}"
    elif provider := request.value("OpenIDConnectProviderArn"):
        arn = provider
    elif request.action == "CreateOpenIDConnectProvider":
        url = urlsplit(request.value("Url"))
        arn = f"arn:aws:iam::{account}:oidc-provider/{url.netloc}{url.path}"
    tags = _request_tags(_query_tags(request, "Tags.member"))
    yield Question(f"iam:{request.action}", arn, {**context, **tags})


def _kms(request: Request) -> Iterator[Question]:
    action = f"kms:{request.action}"
    if request.action.endswith("Alias") and (alias := request.value("AliasName")):
        yield Question(action, _arn("kms", alias))
        kms = emulator.service("kms")
        key = kms._resolve_key(request.value("TargetKeyId") or alias)
        if key:
            yield Question(action, key["Arn"])
        return
    given: list[Any] = request.parameters.get("Tags") or []
    tags = _request_tags({str(tag.get("TagKey")): str(tag.get("TagValue")) for tag in given if isinstance(tag, dict)})
    yield Question(action, request.arn, tags)
    if request.action == "CreateKey" and tags:
        yield Question("kms:TagResource", "*", tags)


def _kinesis(request: Request) -> Iterator[Question]:
    yield Question(f"kinesis:{request.action}", request.arn)
    if request.action in ("StartStreamEncryption", "StopStreamEncryption"):
        key = emulator.service("kms")._resolve_key(request.value("KeyId"))
        if key:
            yield Question(f"kinesis:{request.action}", key["Arn"])


def _eks(request: Request) -> Iterator[Question]:
    """What EKS does in the caller's name, and the roles that it is handed."""
    given = request.parameters
    tags = given.get("tags")
    yield Question(f"eks:{request.action}", request.arn, _request_tags(tags if isinstance(tags, dict) else {}))
    match request.action:
        case "CreateCluster":
            yield _pass(given.get("roleArn"))
            for config in given.get("encryptionConfig") or ():
                key = config.get("provider", {}).get("keyArn", "")
                # https://docs.aws.amazon.com/eks/latest/userguide/enable-kms.html
                yield from (Question(f"kms:{action}", key) for action in ("DescribeKey", "CreateGrant"))
        case "CreateNodegroup":
            yield _pass(given.get("nodeRole"))
            if template := (given.get("launchTemplate") or {}).get("id"):
                # https://docs.aws.amazon.com/eks/latest/userguide/launch-templates.html
                yield Question(
                    "ec2:RunInstances", _arn("ec2", "instance/*"), {"ec2:LaunchTemplate": _ec2_arn(template)}
                )
        case "CreateAddon" | "UpdateAddon":
            if role := given.get("serviceAccountRoleArn"):
                yield _pass(role)
            for association in given.get("podIdentityAssociations") or ():
                yield _pass(association.get("roleArn"), "pods.eks.amazonaws.com")
        case "CreatePodIdentityAssociation" | "UpdatePodIdentityAssociation":
            if role := given.get("roleArn"):
                yield _pass(role, "pods.eks.amazonaws.com")
                # https://docs.aws.amazon.com/eks/latest/userguide/pod-id-association.html
                yield Question("iam:GetRole", str(role))
        case _:
            pass


def _pass(role: Any, service: str = "eks.amazonaws.com") -> Question:
    """https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_use_passrole.html."""
    return Question("iam:PassRole", str(role), {"iam:PassedToService": service})


def _arn(service: str, resource: str) -> str:
    return f"arn:aws:{service}:{emulator.region()}:{emulator.account_id()}:{resource}"


_PARTS: dict[str, Callable[[Request], Iterator[Question]]] = {
    "ec2": _ec2,
    "eks": _eks,
    "iam": _iam,
    "kinesis": _kinesis,
    "kms": _kms,
}

_current: contextvars.ContextVar[Request | None] = contextvars.ContextVar("request", default=None)


def seen(service: str, action: str, body: bytes, query: dict[str, Any], arn: str) -> None:
    """Remembers the request that ministack is about to ask IAM about.

    Args:
        service: ministack's name of it.
        action: without the service's prefix; empty where it is not one.
        body: as it came.
        query: parameters of the query, or of the form in the body.
        arn: the resource that ministack sees it to be about.
    """
    try:
        content: Any = json.loads(body) if body[:1] == b"{" else {}
    except ValueError:
        content = {}
    _current.set(Request(service, action, {**query, **(content if isinstance(content, dict) else {})}, arn))


def current() -> Request | None:
    """The request that ministack asks IAM about, once."""
    request = _current.get()
    _current.set(None)
    return request
