"""Security groups and the three kinds of resource that hold their rules."""

from collections.abc import Iterable, Iterator
from typing import Any, ClassVar

from provider_kit import PluginError, Properties
from sandbox.plugins.aws.ec2_base import Ec2Resource
from sandbox.plugins.aws.input_checks import among, cidr, one_of, ports
from sandbox.plugins.aws.operation import Job
from sandbox.plugins.aws.resource import AwsResource
from sandbox.plugins.aws.security_rules import LISTS, SINGLE, Rule, rule_of, rules_id, rules_in, rules_of, single_rule
from sandbox.plugins.aws.service_model import tagging
from sandbox.plugins.aws.spelling import known, known_items, table
from sandbox.plugins.sdk_schema import Problem


def _rule_call(job: Job, verb: str, direction: str, group: str, rules: Iterable[Rule], **more: Any) -> Properties:
    """Authorize or revoke rules of a group, if there are any."""
    permissions = [rule.permission for rule in sorted(rules)]
    call = getattr(job.client, f"{verb}_security_group_{direction}")
    return call(GroupId=group, IpPermissions=permissions, **more) if permissions else {}


def _modify(job: Job, group: str, id: str, rule: Rule, description: str) -> None:
    update = {"SecurityGroupRuleId": id, "SecurityGroupRule": rule.modification(description)}
    job.client.modify_security_group_rules(GroupId=group, SecurityGroupRules=[update])


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

    def apply(self, job: Job, id: str) -> None:
        if job.made:
            # AWS lets everything out of a new group; Terraform's groups, and so Pulumi's, start with nothing allowed.
            self._set(job, id, "egress", set())
        for direction in ("ingress", "egress"):
            if job.touches(direction):
                wanted = {rule for block in job.inputs.get(direction) or () for rule in rules_of(block, id)}
                self._set(job, id, direction, wanted)

    def _set(self, job: Job, id: str, direction: str, wanted: set[Rule]) -> None:
        now = rules_in(job.client, id, egress=direction == "egress").keys()
        _rule_call(job, "revoke", direction, id, now - wanted)
        _rule_call(job, "authorize", direction, id, wanted - now)

    def more(self, job: Job, found: Properties) -> Properties:
        blocks = {direction: self._blocks(job, found["GroupId"], direction) for direction in ("ingress", "egress")}
        return {**super().more(job, found), **blocks}

    def _blocks(self, job: Job, id: str, direction: str) -> list[Properties]:
        """The rules in the program's own grouping if that is what is there, else one block for each."""
        now = set(rules_in(job.client, id, egress=direction == "egress"))
        said: list[Properties] = job.get(direction) or []
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

    def remove(self, job: Job, id: str) -> None:
        if job.get("revokeRulesOnDelete"):
            self._set(job, id, "ingress", set())
            self._set(job, id, "egress", set())
        super().remove(job, id)


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

    def make(self, job: Job) -> str:
        group, direction = job.inputs["securityGroupId"], job.inputs["type"]
        rules = rules_of(job.inputs, group)
        _rule_call(job, "authorize", direction, group, rules)
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
        if not job.made and job.touches("description"):
            for rule, rule_id in self._here(job).items():
                _modify(job, job.inputs["securityGroupId"], rule_id, rule, job.inputs.get("description") or "")

    def describe(self, job: Job, id: str) -> Properties | None:
        said, here = {**job.op.state, **job.inputs}, self._here(job)
        if not here:
            return None
        present = {(rule.kind, rule.source) for rule in here}
        lists = {name: [s for s in said.get(name) or () if (kind, s) in present] for name, kind in LISTS.items()}
        only = next(iter(here.values())) if len(here) == 1 else ""
        description = next(iter(here)).description
        plain = {name: said.get(name) for name in self.replaced_by.split()}
        return {**plain, **lists, "description": description, "securityGroupRuleId": only}

    def remove(self, job: Job, id: str) -> None:
        _rule_call(job, "revoke", job.get("type"), job.get("securityGroupId"), self._here(job))


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

    def make(self, job: Job) -> str:
        tags = tagging(job.client, f"authorize_security_group_{self.direction}", job.tags, self.kind)
        group, rules = job.inputs["securityGroupId"], [single_rule(job.inputs)]
        answer = _rule_call(job, "authorize", self.direction, group, rules, **tags)
        return answer["SecurityGroupRules"][0]["SecurityGroupRuleId"]

    def apply(self, job: Job, id: str) -> None:
        if not job.made and job.touches("ipProtocol", "description", "fromPort", "toPort", *SINGLE):
            rule = single_rule(job.inputs)
            _modify(job, job.inputs["securityGroupId"], id, rule, rule.description)

    def more(self, job: Job, found: Properties) -> Properties:
        rule = rule_of(found)
        everything = rule.protocol == "-1"
        return {
            **super().more(job, found),
            "securityGroupRuleId": found["SecurityGroupRuleId"],
            "securityGroupId": found["GroupId"],
            "ipProtocol": rule.protocol,
            "fromPort": job.get("fromPort") if everything else rule.low,
            "toPort": job.get("toPort") if everything else rule.high,
            "description": rule.description,
            next(name for name, api in SINGLE.items() if api == rule.kind): rule.source,
        }

    def remove(self, job: Job, id: str) -> None:
        revoke = getattr(job.client, f"revoke_security_group_{self.direction}")
        revoke(GroupId=job.get("securityGroupId"), SecurityGroupRuleIds=[id])


class SecurityGroupIngressRule(_SingleRule):
    token = "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule"
    label, direction = "VPC Security Group Ingress Rule", "ingress"


class SecurityGroupEgressRule(_SingleRule):
    token = "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule"
    label, direction = "VPC Security Group Egress Rule", "egress"
