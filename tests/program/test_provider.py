"""Who the program is to AWS, in which account and in which partition."""

import json
from typing import Any

import pytest

from tests.program.recorder import ACCOUNT, DEV, Program, run, stack
from tests.stacks import changed, own

PROVIDER = "pulumi:providers:aws"


def inputs_of(program: Program) -> dict[str, Any]:
    """The provider's inputs; on the wire all but texts are JSON."""
    inputs = program.one(PROVIDER).inputs
    return {name: json.loads(text) if text[0] in "[{tf" else text for name, text in inputs.items()}


def test_without_such_keys_the_environment_says_who(dev: Program) -> None:
    # The SDK itself fills in what it skips.
    given = {name: value for name, value in inputs_of(dev).items() if not name.startswith("skip")}
    assert given == {"region": "eu-central-1", "defaultTags": {"tags": {"vvp:stack": "test"}}}


@pytest.mark.parametrize("key", ["allowedAccountIds", "forbiddenAccountIds"])
def test_the_provider_refuses_other_accounts(key: str) -> None:
    assert inputs_of(stack(**{f"aws:{key}": [ACCOUNT]}))[key] == [ACCOUNT]


@pytest.mark.parametrize(
    ("region", "partition", "suffix"),
    [("cn-north-1", "aws-cn", "amazonaws.com.cn"), ("us-gov-west-1", "aws-us-gov", "amazonaws.com")],
)
def test_arns_and_principals_are_of_the_regions_partition(
    region: str, partition: str, suffix: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from tests.program import recorder

    answer = {"partition": partition, "dnsSuffix": suffix}
    monkeypatch.setitem(recorder.CALLS, "aws:index/getPartition:getPartition", answer)
    admin = f"arn:{partition}:iam::{ACCOUNT}:role/admin"
    program = run(changed(DEV, **own({"aws:region": region, "cluster__admins": [admin]})))
    entry = program.one("eks:index:Cluster").inputs["accessEntries"].popitem()[1]
    policy = f"arn:{partition}:eks::aws:cluster-access-policy/AmazonEKSClusterAdminPolicy"
    assert entry["accessPolicies"]["cluster"]["policyArn"] == policy
    trust = json.loads(program.one("aws:iam/role:Role", "vvp-nodes").inputs["assumeRolePolicy"])
    assert trust["Statement"][0]["Principal"] == {"Service": f"ec2.{suffix}"}
    attached = [each.inputs["policyArn"] for each in program.of("aws:iam/rolePolicyAttachment:RolePolicyAttachment")]
    managed = [arn for arn in attached if ":aws:policy/" in arn]
    assert managed
    assert all(arn.startswith(f"arn:{partition}:iam::aws:policy/") for arn in managed)
    # The audience is a word and no host: https://github.com/eksctl-io/eksctl/issues/1910.
    provider = program.one("aws:iam/openIdConnectProvider:OpenIdConnectProvider").inputs
    assert provider["clientIdLists"] == ["sts.amazonaws.com"]
