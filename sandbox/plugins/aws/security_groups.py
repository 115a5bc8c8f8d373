"""Security groups and the three kinds of resource that hold their rules."""

from collections.abc import Iterable, Iterator
from typing import Any, ClassVar

from provider_kit import PluginError, Properties
from sandbox.plugins.aws.ec2_base import Ec2Resource
from sandbox.plugins.aws.input_checks import among, cidr, one_of, ports
from sandbox.plugins.aws.operation import Step
from sandbox.plugins.aws.resource import AwsResource
from sandbox.plugins.aws.security_rules import LISTS, SINGLE, Rule, rule_of, rules_id, rules_in, rules_of, single_rule
from sandbox.plugins.aws.service_model import tagging
from sandbox.plugins.aws.spelling import known, known_items, table
from sandbox.plugins.sdk_schema import Problem


def _rule_call(step: Step, verb: str, direction: str, group: str, rules: Iterable[Rule], **more: Any) -> Properties:
    """Authorize or revoke rules of a group, if there are any."""
    permissions = [rule.permission for rule in sorted(rules)]
    call = getattr(step.client, f"{verb}_security_group_{direction}")
    return call(GroupId=group, IpPermissions=permissions, **more) if permissions else {}


def _modify(step: Step, group: str, id: str, rule: Rule, description: str) -> None:
    update = {"SecurityGroupRuleId": id, "SecurityGroupRule": rule.modification(description)}
    step.client.modify_security_group_rules(GroupId=group, SecurityGroupRules=[update])


class SecurityGroup(Ec2Resource):
    token, label, thing = "aws:ec2/securityGroup:SecurityGroup", "Security Group", "security_group"
    inputs = "name!=GroupName description! vpcId!? +egress?~ +ingress?~ +revokeRulesOnDelete- +tags"
    key = made = "GroupId"
    ids = "GroupIds"
    named = ("name", 255)
    defaults = table(description="Managed by Pulumi")

    def verify(self, inputs: Properties) -> Iterator[Problem]:
        name = inputs.get("name")
        if isinstance(name, str) and name.startswith("sg-"):
            yield "name", "invalid value for name (cannot begin with sg-)"
        for direction in ("ingress", "egress"):
            for index, block in enumerate(map(known, known_items(inputs.get(direction)))):
                for at, why in (*ports(block, "protocol"), *cidr(block, "cidrBlocks")):
                    yield f"{direction}[{index}].{at}", why

    def apply(self, step: Step, id: str) -> None:
        if step.made:
            # AWS lets everything out of a new group; Terraform's groups, and so Pulumi's, start with nothing allowed.
            self._set(step, id, "egress", set())
        for direction in ("ingress", "egress"):
            if step.touches(direction):
                wanted = {rule for block in step.inputs.get(direction) or () for rule in rules_of(block, id)}
                self._set(step, id, direction, wanted)

    def _set(self, step: Step, id: str, direction: str, wanted: set[Rule]) -> None:
        now = rules_in(step.client, id, egress=direction == "egress").keys()
        _rule_call(step, "revoke", direction, id, now - wanted)
        _rule_call(step, "authorize", direction, id, wanted - now)

    def more(self, step: Step, found: Properties) -> Properties:
        blocks = {direction: self._blocks(step, found["GroupId"], direction) for direction in ("ingress", "egress")}
        return {**super().more(step, found), **blocks}

    def _blocks(self, step: Step, id: str, direction: str) -> list[Properties]:
        """The rules in the program's own grouping if that is what is there, else one block for each."""
        now = set(rules_in(step.client, id, egress=direction == "egress"))
        said: list[Properties] = step.get(direction) or []
        if {rule for block in said for rule in rules_of(block, id)} == now:
            return said
        names = {kind: name for name, kind in LISTS.items()}
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

    def remove(self, step: Step, id: str) -> None:
        if step.get("revokeRulesOnDelete"):
            self._set(step, id, "ingress", set())
            self._set(step, id, "egress", set())
        super().remove(step, id)


class SecurityGroupRule(AwsResource):
    """Several of AWS' rules in one; its id is made up by the provider."""

    token, service, label = "aws:ec2/securityGroupRule:SecurityGroupRule", "ec2", "Security Group Rule"
    inputs = """
        +type! +fromPort! +toPort! +protocol! +securityGroupId! +cidrBlocks! +ipv6CidrBlocks! +prefixListIds!
        +self! +sourceSecurityGroupId! +description
    """
    _sources = (*LISTS, "self", "sourceSecurityGroupId")
    # The API refuses a second rule that equals the first, so the old one has to go before its replacement.
    delete_before_replace = True
    checks = ((among, "type", "ingress", "egress"), (cidr, "cidrBlocks"), (ports, "protocol"))

    def verify(self, inputs: Properties) -> Iterator[Problem]:
        if not any(inputs.get(name) for name in self._sources):
            yield "", f"one of `{','.join(self._sources)}` must be specified"

    def make(self, step: Step) -> str:
        group, direction = step.inputs["securityGroupId"], step.inputs["type"]
        rules = rules_of(step.inputs, group)
        _rule_call(step, "authorize", direction, group, rules)
        return rules_id(group, direction, rules)

    def _here(self, step: Step) -> dict[Rule, str]:
        """Those of this resource's rules that the group has, whatever their description."""
        said = {**step.op.state, **step.inputs}
        group = said.get("securityGroupId")
        if group is None:
            raise PluginError("the sandbox does not support the import of a SecurityGroupRule; see docs/sandbox.md")
        wanted = {rule[:5] for rule in rules_of(said, group)}
        now = rules_in(step.client, group, egress=said["type"] == "egress")
        return {rule: id for rule, id in now.items() if rule[:5] in wanted}

    def apply(self, step: Step, id: str) -> None:
        if not step.made and step.touches("description"):
            for rule, rule_id in self._here(step).items():
                _modify(step, step.inputs["securityGroupId"], rule_id, rule, step.inputs.get("description") or "")

    def describe(self, step: Step, id: str) -> Properties | None:
        said, here = {**step.op.state, **step.inputs}, self._here(step)
        if not here:
            return None
        present = {(rule.kind, rule.source) for rule in here}
        lists = {name: [s for s in said.get(name) or () if (kind, s) in present] for name, kind in LISTS.items()}
        only = next(iter(here.values())) if len(here) == 1 else ""
        description = next(iter(here)).description
        plain = {name: said.get(name) for name in self.replaced_by.split()}
        return {**plain, **lists, "description": description, "securityGroupRuleId": only}

    def remove(self, step: Step, id: str) -> None:
        _rule_call(step, "revoke", step.get("type"), step.get("securityGroupId"), self._here(step))


class _SingleRule(Ec2Resource):
    """A rule with an id and tags of its own."""

    thing = "security_group_rule"
    inputs = """
        +ipProtocol +securityGroupId! +description +fromPort +toPort +tags +cidrIpv4 +cidrIpv6 +prefixListId
        +referencedSecurityGroupId
    """
    direction: ClassVar[str]
    create_call = ""
    checks = ((one_of, "", *SINGLE), (cidr, "cidrIpv4"), (ports, "ipProtocol"))

    def make(self, step: Step) -> str:
        tags = tagging(step.client, f"authorize_security_group_{self.direction}", step.tags, self.kind)
        group, rules = step.inputs["securityGroupId"], [single_rule(step.inputs)]
        answer = _rule_call(step, "authorize", self.direction, group, rules, **tags)
        return answer["SecurityGroupRules"][0]["SecurityGroupRuleId"]

    def apply(self, step: Step, id: str) -> None:
        if not step.made and step.touches("ipProtocol", "description", "fromPort", "toPort", *SINGLE):
            rule = single_rule(step.inputs)
            _modify(step, step.inputs["securityGroupId"], id, rule, rule.description)

    def more(self, step: Step, found: Properties) -> Properties:
        rule = rule_of(found)
        everything = rule.protocol == "-1"
        return {
            **super().more(step, found),
            "securityGroupRuleId": found["SecurityGroupRuleId"],
            "securityGroupId": found["GroupId"],
            "ipProtocol": rule.protocol,
            "fromPort": step.get("fromPort") if everything else rule.low,
            "toPort": step.get("toPort") if everything else rule.high,
            "description": rule.description,
            next(name for name, api in SINGLE.items() if api == rule.kind): rule.source,
        }

    def remove(self, step: Step, id: str) -> None:
        revoke = getattr(step.client, f"revoke_security_group_{self.direction}")
        revoke(GroupId=step.get("securityGroupId"), SecurityGroupRuleIds=[id])


class SecurityGroupIngressRule(_SingleRule):
    token = "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule"
    label, direction = "VPC Security Group Ingress Rule", "ingress"


class SecurityGroupEgressRule(_SingleRule):
    token = "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule"
    label, direction = "VPC Security Group Egress Rule", "egress"
