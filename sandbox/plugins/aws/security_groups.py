"""Security groups and the three kinds of resource that hold their rules."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from provider_kit import PluginError, Properties
from sandbox.plugins.aws.ec2_base import Ec2Resource, cidr_problem
from sandbox.plugins.aws.operation import Job
from sandbox.plugins.aws.resource import AwsResource
from sandbox.plugins.aws.security_rules import Rule, modification, port_problems, rule_of, rules_id, rules_in, rules_of
from sandbox.plugins.aws.spelling import known, known_items, table, tag_list
from sandbox.plugins.sdk_schema import Problem


class SecurityGroup(Ec2Resource):
    """https://www.pulumi.com/registry/packages/aws/api-docs/ec2/securitygroup/"""

    token = "aws:ec2/securityGroup:SecurityGroup"
    label, kind = "Security Group", "security-group"
    supports = "description egress ingress name revokeRulesOnDelete tags vpcId"
    named = ("name", 255)
    replaced_by = "description name vpcId"
    chosen_by_aws = "egress ingress vpcId"
    defaults = table(description="Managed by Pulumi")
    unordered = "egress ingress"
    kept = "revokeRulesOnDelete"
    create_call, fields = "create_security_group", "name=GroupName description vpcId"
    list_call, ids, items = "describe_security_groups", "GroupIds", "SecurityGroups"
    delete_call, id_name = "delete_security_group", "GroupId"

    def verify(self, inputs: Properties) -> Iterator[Problem]:
        name = inputs.get("name")
        if isinstance(name, str) and name.startswith("sg-"):
            yield "name", "invalid value for name (cannot begin with sg-)"
        for direction in ("ingress", "egress"):
            for index, block in enumerate(map(known, known_items(inputs.get(direction)))):
                yield from port_problems(block, f"{direction}[{index}].", str(block.get("protocol")).lower())
                for each in known_items(block.get("cidrBlocks")):
                    yield from cidr_problem(f"{direction}[{index}].cidrBlocks", each)

    def identify(self, reply: Properties, job: Job) -> str:
        return reply["GroupId"]

    def apply(self, job: Job, id: str) -> None:
        if not job.op.id:
            # AWS lets everything out of a new group; Terraform's groups, and so Pulumi's, start with nothing allowed.
            self._set(job, id, set(), egress=True)
        for direction in ("ingress", "egress"):
            if direction in job.changed:
                wanted = {rule for block in job.inputs.get(direction) or () for rule in rules_of(block, id)}
                self._set(job, id, wanted, egress=direction == "egress")

    def _set(self, job: Job, id: str, wanted: set[Rule], *, egress: bool) -> None:
        now, suffix = rules_in(job.client, id, egress=egress), "egress" if egress else "ingress"
        surplus, missing = sorted(now.keys() - wanted), sorted(wanted - now.keys())
        if surplus:
            revoke = getattr(job.client, f"revoke_security_group_{suffix}")
            revoke(GroupId=id, IpPermissions=[rule.permission for rule in surplus])
        if missing:
            authorize = getattr(job.client, f"authorize_security_group_{suffix}")
            authorize(GroupId=id, IpPermissions=[rule.permission for rule in missing])

    def parsed(self, job: Job, item: Properties) -> Properties:
        id = item["GroupId"]
        return {
            "name": item["GroupName"],
            "description": item["Description"],
            "vpcId": item.get("VpcId"),
            "ingress": self._blocks(job, id, "ingress"),
            "egress": self._blocks(job, id, "egress"),
        }

    def _blocks(self, job: Job, id: str, direction: str) -> list[Properties]:
        """The rules in the program's own grouping if that is what is there, else one block for each."""
        now = set(rules_in(job.client, id, egress=direction == "egress"))
        said: list[Properties] = job.get(direction) or []
        if {rule for block in said for rule in rules_of(block, id)} == now:
            return said
        names = {"CidrIpv4": "cidrBlocks", "CidrIpv6": "ipv6CidrBlocks", "PrefixListId": "prefixListIds"}
        return [
            {
                "protocol": rule.protocol,
                "fromPort": max(rule.low, 0),
                "toPort": max(rule.high, 0),
                **({"description": rule.description} if rule.description else {}),
                **({"self": True} if rule.source == id else {names.get(rule.kind, "securityGroups"): [rule.source]}),
            }
            for rule in sorted(now)
        ]

    def remove(self, job: Job, id: str) -> None:
        if job.get("revokeRulesOnDelete"):
            self._set(job, id, set(), egress=False)
            self._set(job, id, set(), egress=True)
        super().remove(job, id)


class SecurityGroupRule(AwsResource):
    """https://www.pulumi.com/registry/packages/aws/api-docs/ec2/securitygrouprule/"""

    token = "aws:ec2/securityGroupRule:SecurityGroupRule"
    service, label = "ec2", "Security Group Rule"
    supports = (
        "type fromPort toPort protocol securityGroupId cidrBlocks ipv6CidrBlocks prefixListIds self "
        "sourceSecurityGroupId description"
    )
    replaced_by = (
        "type fromPort toPort protocol securityGroupId cidrBlocks ipv6CidrBlocks prefixListIds self "
        "sourceSecurityGroupId"
    )
    # The API refuses a second rule that equals the first, so the old one has to go before its replacement.
    delete_before_replace = True
    _sources = ("cidrBlocks", "ipv6CidrBlocks", "prefixListIds", "self", "sourceSecurityGroupId")

    def verify(self, inputs: Properties) -> Iterator[Problem]:
        if isinstance(inputs.get("type"), str) and inputs["type"] not in ("ingress", "egress"):
            yield "type", f"expected type to be one of [ingress egress], got {inputs['type']}"
        if not any(inputs.get(name) for name in self._sources):
            yield "", f"one of `{','.join(self._sources)}` must be specified"
        yield from port_problems(inputs, "", str(inputs.get("protocol")).lower())
        for index, each in enumerate(known_items(inputs.get("cidrBlocks"))):
            yield from cidr_problem(f"cidrBlocks[{index}]", each)

    def make(self, job: Job) -> str:
        group, direction = job.inputs["securityGroupId"], job.inputs["type"]
        rules = sorted(rules_of(job.inputs, group))
        authorize = getattr(job.client, f"authorize_security_group_{direction}")
        authorize(GroupId=group, IpPermissions=[rule.permission for rule in rules])
        return rules_id(group, direction, rules)

    def _here(self, job: Job) -> dict[Rule, str]:
        """Those of this resource's rules that the group has, whatever their description."""
        said = {**job.op.state, **job.inputs}
        group = said.get("securityGroupId")
        if group is None:
            raise PluginError("the sandbox does not support the import of a SecurityGroupRule; see docs/sandbox.md")
        wanted = {rule[:5] for rule in rules_of(said, group)}
        now = rules_in(job.client, group, egress=said["type"] == "egress")
        return {rule: id for rule, id in now.items() if rule[:5] in wanted}

    def apply(self, job: Job, id: str) -> None:
        if job.op.id and "description" in job.changed:
            description = job.inputs.get("description") or ""
            for rule, rule_id in self._here(job).items():
                update = {"SecurityGroupRuleId": rule_id, "SecurityGroupRule": modification(rule, description)}
                group = job.inputs["securityGroupId"]
                job.client.modify_security_group_rules(GroupId=group, SecurityGroupRules=[update])

    def describe(self, job: Job, id: str) -> Properties | None:
        said, here = {**job.op.state, **job.inputs}, self._here(job)
        if not here:
            return None
        present = {(rule.kind, rule.source) for rule in here}
        lists = {"cidrBlocks": "CidrIpv4", "ipv6CidrBlocks": "CidrIpv6", "prefixListIds": "PrefixListId"}
        kept = {name: [s for s in said.get(name) or () if (kind, s) in present] for name, kind in lists.items()}
        scalar = ("type", "fromPort", "toPort", "protocol", "securityGroupId", "self", "sourceSecurityGroupId")
        only = next(iter(here.values())) if len(here) == 1 else ""
        description = next(iter(here)).description
        return {**{n: said.get(n) for n in scalar}, **kept, "description": description, "securityGroupRuleId": only}

    def remove(self, job: Job, id: str) -> None:
        here = sorted(self._here(job))
        if here:
            revoke = getattr(job.client, f"revoke_security_group_{job.get('type')}")
            revoke(GroupId=job.get("securityGroupId"), IpPermissions=[rule.permission for rule in here])


class _SingleRule(Ec2Resource):
    """A rule with an id and tags of its own."""

    kind = "security-group-rule"
    supports = (
        "ipProtocol securityGroupId cidrIpv4 cidrIpv6 description fromPort prefixListId referencedSecurityGroupId "
        "tags toPort"
    )
    replaced_by = "securityGroupId"
    list_call, ids, items = "describe_security_group_rules", "SecurityGroupRuleIds", "SecurityGroupRules"
    direction: ClassVar[str]
    _sources = table(
        cidrIpv4="CidrIpv4",
        cidrIpv6="CidrIpv6",
        prefixListId="PrefixListId",
        referencedSecurityGroupId="ReferencedGroupId",
    )

    def verify(self, inputs: Properties) -> Iterator[Problem]:
        if sum(inputs.get(name) is not None for name in self._sources) != 1:
            yield "", f"exactly one of `{','.join(self._sources)}` must be specified"
        yield from port_problems(inputs, "", str(inputs.get("ipProtocol")).lower())
        yield from cidr_problem("cidrIpv4", inputs.get("cidrIpv4"))

    def _rule(self, inputs: Properties) -> Rule:
        kind, source = next((api, inputs[name]) for name, api in self._sources.items() if inputs.get(name))
        everything = inputs["ipProtocol"] == "-1"
        low, high = (-1, -1) if everything else (inputs.get("fromPort", -1), inputs.get("toPort", -1))
        return Rule(inputs["ipProtocol"], low, high, kind, source, inputs.get("description") or "")

    def make(self, job: Job) -> str:
        authorize = getattr(job.client, f"authorize_security_group_{self.direction}")
        permission = self._rule(job.inputs).permission
        tags = [{"ResourceType": self.kind, "Tags": tag_list(job.tags)}] if job.tags else []
        extra = {"TagSpecifications": tags} if tags else {}
        reply = authorize(GroupId=job.inputs["securityGroupId"], IpPermissions=[permission], **extra)
        return reply["SecurityGroupRules"][0]["SecurityGroupRuleId"]

    def apply(self, job: Job, id: str) -> None:
        if job.op.id and job.changed - {"tags", "tagsAll"}:
            rule = self._rule(job.inputs)
            update = {"SecurityGroupRuleId": id, "SecurityGroupRule": modification(rule, rule.description)}
            job.client.modify_security_group_rules(GroupId=job.inputs["securityGroupId"], SecurityGroupRules=[update])

    def parsed(self, job: Job, item: Properties) -> Properties:
        rule = rule_of(item)
        name = next(name for name, api in self._sources.items() if api == rule.kind)
        everything = rule.protocol == "-1"
        return {
            "securityGroupRuleId": item["SecurityGroupRuleId"],
            "securityGroupId": item["GroupId"],
            "ipProtocol": rule.protocol,
            "fromPort": job.get("fromPort") if everything else rule.low,
            "toPort": job.get("toPort") if everything else rule.high,
            "description": rule.description,
            name: rule.source,
        }

    def remove(self, job: Job, id: str) -> None:
        revoke = getattr(job.client, f"revoke_security_group_{self.direction}")
        revoke(GroupId=job.get("securityGroupId"), SecurityGroupRuleIds=[id])


class SecurityGroupIngressRule(_SingleRule):
    """https://www.pulumi.com/registry/packages/aws/api-docs/vpc/securitygroupingressrule/"""

    token = "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule"
    label, direction = "VPC Security Group Ingress Rule", "ingress"


class SecurityGroupEgressRule(_SingleRule):
    """https://www.pulumi.com/registry/packages/aws/api-docs/vpc/securitygroupegressrule/"""

    token = "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule"
    label, direction = "VPC Security Group Egress Rule", "egress"


RESOURCES = (SecurityGroup, SecurityGroupRule, SecurityGroupIngressRule, SecurityGroupEgressRule)
