"""Rules of security groups, in the one form in which they can be compared."""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from provider_kit import Properties
from sandbox.plugins.sdk_schema import Problem


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
        name, key = {
            "CidrIpv4": ("IpRanges", "CidrIp"),
            "CidrIpv6": ("Ipv6Ranges", "CidrIpv6"),
            "PrefixListId": ("PrefixListIds", "PrefixListId"),
            "ReferencedGroupId": ("UserIdGroupPairs", "GroupId"),
        }[self.kind]
        return {"IpProtocol": self.protocol, **ports, name: [{key: self.source, **text}]}


AWS_DEFAULT_EGRESS = Rule("-1", -1, -1, "CidrIpv4", "0.0.0.0/0", "")
"""What AWS gives every new group."""


def rules_of(said: Properties, group: str) -> set[Rule]:
    """The single rules of a block with `cidrBlocks`, `self` and so on, for the security group `group`."""
    protocol = str(said.get("protocol") or "").lower()
    protocol = "-1" if protocol == "all" else protocol
    low, high = (-1, -1) if protocol == "-1" else (said["fromPort"], said["toPort"])
    referenced = [*said.get("securityGroups", ()), *filter(None, [said.get("sourceSecurityGroupId")])]
    sources = [
        *(("CidrIpv4", each) for each in said.get("cidrBlocks") or ()),
        *(("CidrIpv6", each) for each in said.get("ipv6CidrBlocks") or ()),
        *(("PrefixListId", each) for each in said.get("prefixListIds") or ()),
        *(("ReferencedGroupId", each) for each in referenced),
        *([("ReferencedGroupId", group)] if said.get("self") else ()),
    ]
    return {Rule(protocol, low, high, kind, each, said.get("description") or "") for kind, each in sources}


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


def port_problems(said: Properties, where: str, protocol: str) -> Iterator[Problem]:
    """Port numbers that AWS refuses."""
    low, high = said.get("fromPort"), said.get("toPort")
    if not isinstance(low, int) or not isinstance(high, int):
        return
    if protocol in ("tcp", "udp") and not (0 <= low <= 65535 and 0 <= high <= 65535 and low <= high):
        yield f"{where}fromPort", f"invalid ports: {low} to {high}; expected 0 to 65535, the lower one first"
    if protocol in ("-1", "all") and (low, high) not in ((0, 0), (-1, -1)):
        yield f"{where}fromPort", 'from_port and to_port must both be 0 to use the protocol "-1"'


def modification(rule: Rule, description: str) -> Properties:
    """A rule with another description, as the modify call takes it."""
    ports = {"FromPort": rule.low, "ToPort": rule.high}
    return {"IpProtocol": rule.protocol, **ports, rule.kind: rule.source, "Description": description}
