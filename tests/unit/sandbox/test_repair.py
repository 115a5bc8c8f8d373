"""Finding what interrupted creates made: on recorded answers of AWS, Kubernetes and Helm."""

from types import SimpleNamespace
from typing import Any

import pytest
from botocore.exceptions import ClientError, WaiterError

from sandbox import repair as adopt
from sandbox.plugins.aws.provider import TYPES
from sandbox.repair import aws, kubernetes
from sandbox.repair.search import Search


class Client:
    """Answers calls from a table, and remembers them."""

    def __init__(self, answers: dict[str, Any]) -> None:
        self.answers, self.calls = answers, list[tuple[str, dict[str, Any]]]()

    def __getattr__(self, operation: str) -> Any:
        def call(**arguments: Any) -> Any:
            self.calls.append((operation, arguments))
            answer = self.answers[operation]
            if isinstance(answer, Exception):
                raise answer
            return answer

        return call

    def get_paginator(self, operation: str) -> Any:
        return SimpleNamespace(paginate=lambda **arguments: [getattr(self, operation)(**arguments)])  # pyright: ignore[reportUnknownLambdaType]

    def get_waiter(self, name: str) -> Any:
        operation = {"cluster_active": "DescribeCluster", "nat_gateway_available": "DescribeNatGateways"}[name]
        config = SimpleNamespace(operation=operation, max_attempts=40, delay=30)
        return SimpleNamespace(config=config, wait=getattr(self, name))


class FakeSearch(Search):
    """A search whose AWS is a table."""

    def __init__(self, answers: dict[str, Any]) -> None:
        super().__init__({"KUBECONFIG": "/nowhere"}, "123456789012")
        object.__setattr__(self, "aws", Client(answers))

    def client(self, service: str) -> Any:
        return self.aws  # pyright: ignore[reportAttributeAccessIssue, reportUnknownMemberType, reportUnknownVariableType]


NOT_FOUND = ClientError({"Error": {"Code": "ResourceNotFoundException", "Message": "none"}}, "DescribeCluster")


def test_every_type_of_the_aws_stand_in_is_looked_for_or_can_be_repeated() -> None:
    assert {*TYPES} == {*aws.FINDERS} | aws.REPEATABLE
    assert not {*aws.FINDERS} & aws.REPEATABLE


@pytest.mark.parametrize(
    ("kind", "inputs", "id"),
    [
        ("aws:iam/role:Role", {"name": "vvp"}, "vvp"),
        ("aws:iam/policy:Policy", {"name": "p"}, "arn:aws:iam::123456789012:policy/p"),
        ("aws:iam/policy:Policy", {"name": "p", "path": "/vvp/"}, "arn:aws:iam::123456789012:policy/vvp/p"),
        ("aws:iam/openIdConnectProvider:OpenIdConnectProvider", {"url": "https://oidc.example/id/A"},
         "arn:aws:iam::123456789012:oidc-provider/oidc.example/id/A"),
        ("aws:eks/accessEntry:AccessEntry", {"clusterName": "c", "principalArn": "arn:aws:iam::1:role/r"},
         "c:arn:aws:iam::1:role/r"),
        ("aws:s3/bucketPolicy:BucketPolicy", {"bucket": "b"}, None),
        ("pulumi:providers:aws", {}, None),
    ],
)  # fmt: skip
def test_ids_of_names(kind: str, inputs: dict[str, Any], id: str | None) -> None:
    assert adopt.find(kind, inputs, FakeSearch({})) == id


def test_what_another_resource_has_is_not_taken() -> None:
    search = FakeSearch({"describe_addresses": {"Addresses": [{"AllocationId": "eip-1"}, {"AllocationId": "eip-2"}]}})
    inputs = {"tagsAll": {"vvp:stack": "dev"}}
    assert adopt.find("aws:ec2/eip:Eip", inputs, search, frozenset({"eip-1"})) == "eip-2"
    with pytest.raises(LookupError, match="any of eip-1, eip-2"):
        adopt.find("aws:ec2/eip:Eip", inputs, search)


def test_ec2_is_asked_by_what_is_fixed_and_by_all_tags() -> None:
    subnets = [{"SubnetId": "subnet-1", "State": "available"}]
    search = FakeSearch({"describe_subnets": {"Subnets": subnets}})
    inputs = {"vpcId": "vpc-1", "cidrBlock": "10.0.0.0/24", "tagsAll": {"Name": "a"}}
    assert adopt.find("aws:ec2/subnet:Subnet", inputs, search) == "subnet-1"
    ((_, asked),) = search.aws.calls  # pyright: ignore[reportAttributeAccessIssue, reportUnknownMemberType, reportUnknownVariableType]
    assert {each["Name"]: each["Values"] for each in asked["Filters"]} == {  # pyright: ignore[reportUnknownVariableType]
        "vpc-id": ["vpc-1"],
        "cidr-block": ["10.0.0.0/24"],
        "tag:Name": ["a"],
    }


def test_a_thing_without_name_or_tag_is_not_guessed() -> None:
    assert adopt.find("aws:ec2/eip:Eip", {}, FakeSearch({})) is None


def test_a_route_counts_if_its_destination_is_there() -> None:
    local = {"DestinationCidrBlock": "10.0.0.0/16", "Origin": "CreateRouteTable"}
    routes = [local, {"DestinationCidrBlock": "0.0.0.0/0", "Origin": "CreateRoute"}]
    search = FakeSearch({"describe_route_tables": {"RouteTables": [{"Routes": routes}]}})
    inputs = {"routeTableId": "rtb-1", "destinationCidrBlock": "0.0.0.0/0"}
    assert adopt.find("aws:ec2/route:Route", inputs, search) == "r-rtb-11080289494"
    assert adopt.find("aws:ec2/route:Route", {**inputs, "destinationCidrBlock": "10.0.0.0/16"}, search) is None


EVERYTHING = {
    "SecurityGroupRuleId": "sgr-1", "IsEgress": True, "IpProtocol": "-1", "CidrIpv4": "0.0.0.0/0",
}  # fmt: skip


def test_a_group_that_still_has_aws_own_rule_is_half_made_and_removed() -> None:
    answers: dict[str, Any] = {
        "describe_security_groups": {"SecurityGroups": [{"GroupId": "sg-1"}]},
        "describe_security_group_rules": {"SecurityGroupRules": [EVERYTHING]},
        "delete_security_group": {},
    }
    search, kind = FakeSearch(answers), "aws:ec2/securityGroup:SecurityGroup"
    assert adopt.find(kind, {"name": "g", "vpcId": "vpc-1"}, search) is None
    assert search.aws.calls[-1] == ("delete_security_group", {"GroupId": "sg-1"})  # pyright: ignore[reportAttributeAccessIssue, reportUnknownMemberType]
    asked = {"protocol": "-1", "fromPort": 0, "toPort": 0, "cidrBlocks": ["0.0.0.0/0"]}
    assert adopt.find(kind, {"name": "g", "vpcId": "vpc-1", "egress": [asked]}, FakeSearch(answers)) == "sg-1"
    whole = {**answers, "describe_security_group_rules": {"SecurityGroupRules": []}}
    assert adopt.find(kind, {"name": "g", "vpcId": "vpc-1"}, FakeSearch(whole)) == "sg-1"


def test_rules_of_a_group_are_told_apart_by_all_they_say() -> None:
    answers = {"describe_security_group_rules": {"SecurityGroupRules": [EVERYTHING]}}
    kind = "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule"
    inputs = {"securityGroupId": "sg-1", "ipProtocol": "-1", "cidrIpv4": "0.0.0.0/0"}
    assert adopt.find(kind, inputs, FakeSearch(answers)) == "sgr-1"
    assert (
        adopt.find(kind, {**inputs, "ipProtocol": "tcp", "fromPort": 443, "toPort": 443}, FakeSearch(answers)) is None
    )
    assert (
        adopt.find(kind.replace("Egress", "Ingress").replace("egress", "ingress"), inputs, FakeSearch(answers)) is None
    )
    older = {
        "securityGroupId": "sg-1", "type": "egress", "protocol": "-1", "fromPort": 0, "toPort": 0,
        "cidrBlocks": ["0.0.0.0/0"],
    }  # fmt: skip
    found = adopt.find("aws:ec2/securityGroupRule:SecurityGroupRule", older, FakeSearch(answers))
    assert found is not None
    assert found.startswith("sgrule-")
    more = {**older, "cidrBlocks": ["0.0.0.0/0", "10.0.0.0/8"]}
    assert adopt.find("aws:ec2/securityGroupRule:SecurityGroupRule", more, FakeSearch(answers)) is None


def test_a_cluster_is_taken_over_when_it_is_active() -> None:
    answers: dict[str, Any] = {"describe_cluster": {"cluster": {"status": "CREATING"}}, "cluster_active": None}
    search = FakeSearch(answers)
    assert adopt.find("aws:eks/cluster:Cluster", {"name": "vvp"}, search) == "vvp"
    operations = [operation for operation, _ in search.aws.calls]  # pyright: ignore[reportAttributeAccessIssue, reportUnknownMemberType, reportUnknownVariableType]
    assert operations == ["describe_cluster", "cluster_active"]
    assert adopt.find("aws:eks/cluster:Cluster", {"name": "vvp"}, FakeSearch({"describe_cluster": NOT_FOUND})) is None


def test_a_cluster_that_never_becomes_active_is_for_a_person() -> None:
    failed = WaiterError("ClusterActive", "terminal failure", {})
    search = FakeSearch({"describe_cluster": {"cluster": {"status": "CREATING"}}, "cluster_active": failed})
    with pytest.raises(LookupError, match="does not come to its end"):
        adopt.find("aws:eks/cluster:Cluster", {"name": "vvp"}, search)


def test_a_type_that_nobody_knows_is_for_a_person() -> None:
    with pytest.raises(LookupError, match="does not know how to look for azure"):
        adopt.find("azure:storage:Account", {}, FakeSearch({}))


def _live(manager: str, **metadata: Any) -> dict[str, Any]:
    return {"metadata": {"name": "vvp", "managedFields": [{"manager": manager}], **metadata}}


@pytest.mark.parametrize(
    ("live", "id"),
    [
        (_live("pulumi-kubernetes"), "vvp"),
        (_live("pulumi-kubernetes-4f2a", namespace="vvp"), "vvp/vvp"),
        ({"metadata": {"name": "vvp"}}, "vvp"),
        (_live("kubectl-create"), None),
        (_live("pulumi-kubernetes", deletionTimestamp="2026-01-01T00:00:00Z"), None),
        (None, None),
    ],
)
def test_an_object_is_taken_over_if_pulumi_made_it(
    live: dict[str, Any] | None, id: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[tuple[Any, ...]] = []

    def get(*arguments: Any) -> dict[str, Any] | None:
        asked.append(arguments)
        return live

    monkeypatch.setattr(kubernetes, "_get", get)
    search = FakeSearch({})
    assert adopt.find("kubernetes:core/v1:Namespace", {"metadata": {"name": "vvp"}}, search) == id
    assert asked == [("kubernetes:core/v1:Namespace", search, "", "vvp")]


def test_without_a_cluster_there_are_no_objects_and_no_releases() -> None:
    search = FakeSearch({})
    assert adopt.find("kubernetes:core/v1:Namespace", {"metadata": {"name": "vvp"}}, search) is None
    assert adopt.find("kubernetes:helm.sh/v3:Release", {"name": "vvp", "namespace": "vvp"}, search) is None
    adopt.settle("kubernetes:core/v1:Namespace", "vvp", search)
    adopt.settle("kubernetes:helm.sh/v3:Release", "vvp/vvp", search)


@pytest.mark.parametrize(
    ("status", "done", "id"),
    [
        ("deployed", [], "vvp/vvp"),
        ("failed", [], "vvp/vvp"),
        ("pending-install", ["uninstall"], None),
        ("uninstalling", ["uninstall"], None),
        ("pending-upgrade", ["rollback"], "vvp/vvp"),
    ],
)
def test_a_release_that_helm_was_in_the_middle_of_is_put_in_order(
    status: str, done: list[str], id: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    now, calls = [status], list[str]()

    def helm(search: Search, *arguments: str) -> str:
        if arguments[0] == "list":
            return f'[{{"status": "{now[0]}"}}]' if now else "[]"
        calls.append(arguments[0])
        now[:] = [] if arguments[0] == "uninstall" else ["deployed"]
        return ""

    monkeypatch.setattr(kubernetes, "_helm", helm)
    assert adopt.find("kubernetes:helm.sh/v3:Release", {"name": "vvp", "namespace": "vvp"}, FakeSearch({})) == id
    assert calls == done


def test_releases_that_helm_is_in_the_middle_of_are_listed(monkeypatch: pytest.MonkeyPatch) -> None:
    def helm(search: Search, *arguments: str) -> str:
        assert {"--all-namespaces", "--pending", "--uninstalling"} <= set(arguments)
        return '[{"namespace": "kyverno", "name": "kyverno", "status": "pending-upgrade"}]'

    assert adopt.busy_releases(FakeSearch({})) == []
    monkeypatch.setattr(kubernetes, "_helm", helm)
    assert adopt.busy_releases(FakeSearch({})) == ["kyverno/kyverno"]


def test_what_aws_is_deleting_is_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    waited: list[tuple[str, dict[str, Any]]] = []

    def wait(self: Search, service: str, waiter: str, **what: Any) -> None:
        waited.append((waiter, what))

    def waiter(self: Client, name: str) -> Any:
        return SimpleNamespace(config=SimpleNamespace(operation="DescribeNatGateways"))

    monkeypatch.setattr(Search, "wait", wait)
    monkeypatch.setattr(Client, "get_waiter", waiter)
    gateway = {"NatGateways": [{"State": "deleting"}]}
    adopt.settle("aws:ec2/natGateway:NatGateway", "nat-1", FakeSearch({"describe_nat_gateways": gateway}))
    assert waited == [("nat_gateway_deleted", {"NatGatewayIds": ["nat-1"]})]
    gateway["NatGateways"][0]["State"] = "available"
    adopt.settle("aws:ec2/natGateway:NatGateway", "nat-1", FakeSearch({"describe_nat_gateways": gateway}))
    adopt.settle("aws:ec2/vpc:Vpc", "vpc-1", FakeSearch({}))
    assert len(waited) == 1
