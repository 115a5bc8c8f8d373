"""Rules of security groups, in the one form in which they can be compared."""

import json
import zlib
from collections.abc import Iterable
from typing import Any, NamedTuple

from provider_kit import Properties
from sandbox.plugins.aws.spelling import camel


class Rule(NamedTuple):
    """One rule as AWS counts them: one protocol, port range and source."""

    protocol: str
    low: int
    high: int
    kind: str
    """`CidrIpv4`, `CidrIpv6`, `PrefixListId` or `ReferencedGroupId`."""
    source: str
    description: str

    @property
    def permission(self) -> Properties:
        """As the authorize and revoke calls take it."""
        ports = {} if self.protocol == "-1" else {"FromPort": self.low, "ToPort": self.high}
        text = {"Description": self.description} if self.description else {}
        name, key = _PERMISSION[self.kind]
        return {"IpProtocol": self.protocol, **ports, name: [{key: self.source, **text}]}

    def modification(self, description: str) -> Properties:
        """With another description, as the modify call takes it."""
        ports = {"FromPort": self.low, "ToPort": self.high}
        return {"IpProtocol": self.protocol, **ports, self.kind: self.source, "Description": description}


_PERMISSION = {
    "CidrIpv4": ("IpRanges", "CidrIp"),
    "CidrIpv6": ("Ipv6Ranges", "CidrIpv6"),
    "PrefixListId": ("PrefixListIds", "PrefixListId"),
    "ReferencedGroupId": ("UserIdGroupPairs", "GroupId"),
}
LISTS = {"cidrBlocks": "CidrIpv4", "ipv6CidrBlocks": "CidrIpv6", "prefixListIds": "PrefixListId"}
"""Inputs that list sources, and the kind of these."""
SINGLE = {camel(kind): kind for kind in LISTS.values()} | {"referencedSecurityGroupId": "ReferencedGroupId"}
"""Inputs that are one source, and its kind."""
AWS_DEFAULT_EGRESS = Rule("-1", -1, -1, "CidrIpv4", "0.0.0.0/0", "")
"""What AWS gives every new group."""


def rules_of(said: Properties, group: str) -> set[Rule]:
    """The single rules of a block with `cidrBlocks`, `self` and so on, for the security group `group`."""
    protocol = str(said.get("protocol") or "").lower()
    protocol = "-1" if protocol == "all" else protocol
    low, high = (-1, -1) if protocol == "-1" else (said["fromPort"], said["toPort"])
    referenced = [*said.get("securityGroups", ()), *filter(None, [said.get("sourceSecurityGroupId")])]
    sources = [
        *((kind, each) for name, kind in LISTS.items() for each in said.get(name) or ()),
        *(("ReferencedGroupId", each) for each in referenced),
        *([("ReferencedGroupId", group)] if said.get("self") else ()),
    ]
    return {Rule(protocol, low, high, kind, each, said.get("description") or "") for kind, each in sources}


def single_rule(said: Properties) -> Rule:
    """The rule of a resource that is one rule."""
    kind, source = next((kind, said[name]) for name, kind in SINGLE.items() if said.get(name))
    low, high = (-1, -1) if said["ipProtocol"] == "-1" else (said.get("fromPort", -1), said.get("toPort", -1))
    return Rule(said["ipProtocol"], low, high, kind, source, said.get("description") or "")


def rules_in(client: Any, group: str, *, egress: bool) -> dict[Rule, str]:
    """The rules that a security group has, with their ids."""
    pages = client.get_paginator("describe_security_group_rules").paginate(
        Filters=[{"Name": "group-id", "Values": [group]}]
    )
    found = [rule for page in pages for rule in page["SecurityGroupRules"] if rule["IsEgress"] is egress]
    return {rule_of(rule): rule["SecurityGroupRuleId"] for rule in found}


def rule_of(rule: Properties) -> Rule:
    """A rule as the describe call gives it."""
    referenced = (rule.get("ReferencedGroupInfo") or {}).get("GroupId")
    kinds = {key: rule.get(key) for key in ("CidrIpv4", "CidrIpv6", "PrefixListId")} | {"ReferencedGroupId": referenced}
    kind, source = next((key, value) for key, value in kinds.items() if value)
    low, high = rule.get("FromPort", -1), rule.get("ToPort", -1)
    return Rule(rule["IpProtocol"], low, high, kind, source, rule.get("Description") or "")


def rules_id(group: str, direction: str, rules: Iterable[Rule]) -> str:
    """The id of a SecurityGroupRule: made up by the provider, since it may stand for several of AWS' rules."""
    said = json.dumps([group, direction, *(rule[:5] for rule in sorted(rules))])
    return f"sgrule-{zlib.crc32(said.encode())}"
