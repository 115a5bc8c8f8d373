"""The eks stand-in: which children the components register, what is sent to them, and what is refused."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from typing import Any

import httpx
import pulumi
import pulumi_aws as aws
import pytest
from pulumi.runtime import mocks, stack
from pulumi.runtime.settings import SETTINGS

from sandbox.plugins.eks import rules
from sandbox.plugins.eks.kubeconfig import kubeconfig, region_of, wait_until_ready
from sandbox.plugins.eks.provider import EksProvider

CLUSTER_ARN = "arn:aws:eks:eu-central-1:123456789012:cluster/vvp"
ISSUER = "https://oidc.eks.eu-central-1.amazonaws.com/id/0123456789ABCDEF"
ADMIN_POLICY = "arn:aws:eks::aws:cluster-access-policy/AmazonEKSClusterAdminPolicy"
NODE_ROLE = "arn:aws:iam::123456789012:role/node"

Registered = dict[str, tuple[str, dict[str, Any]]]


class _Cloud(mocks.Mocks):
    """Remembers every resource by its name and gives a cluster the outputs that EKS would."""

    def __init__(self) -> None:
        self.registered: Registered = {}

    def call(self, args: mocks.MockCallArgs) -> tuple[dict[str, Any], list[tuple[str, str]]]:
        assert args.token == "aws:index/getPartition:getPartition", args.token
        return {"partition": "aws", "dnsSuffix": "amazonaws.com"}, []

    def new_resource(self, args: mocks.MockResourceArgs) -> tuple[str, dict[str, Any]]:
        self.registered[args.name] = (args.typ, dict(args.inputs))
        outputs: dict[str, Any] = {"name": args.name, "arn": f"arn:aws:test:::{args.name}", **args.inputs}
        if args.typ == "aws:eks/cluster:Cluster":
            outputs |= {
                "arn": CLUSTER_ARN,
                "endpoint": "https://api.example",
                "certificateAuthority": {"data": "Q0E="},
                "identities": [{"oidcs": [{"issuer": ISSUER}]}],
                "vpcConfig": {**args.inputs["vpcConfig"], "clusterSecurityGroupId": "sg-of-eks"},
            }
        return f"{args.name}-id", outputs


@pytest.fixture
def cloud(monkeypatch: pytest.MonkeyPatch) -> _Cloud:
    """Pulumi mocks; an AWS CLI counts as present."""
    monkeypatch.setattr(rules, "require_aws_cli", lambda: None)
    monkeypatch.delenv("AWS_PROFILE", raising=False)
    return _Cloud()


def _run(cloud: _Cloud, body: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    """Runs a program on the mocks to its end and gives back its values, with the Outputs resolved."""

    async def program() -> dict[str, Any]:
        # When one Output fails, all that depend on it fail with it; the first is raised, the others need no log.
        asyncio.get_running_loop().set_exception_handler(lambda _loop, _context: None)
        # A program that was refused leaves Outputs behind, which belong to a loop that is gone.
        settings: Any = SETTINGS
        settings.rpc_manager.clear()
        settings.outputs.clear()
        mocks.set_mocks(cloud, project="vvp", stack="test", preview=False)
        found: dict[str, Any] = {}
        await stack.run_pulumi_func(lambda: found.update(body()))
        return {key: await pulumi.Output.from_input(value).future() for key, value in found.items()}

    return asyncio.run(program())


def _cluster_inputs(**changes: Any) -> dict[str, Any]:
    policy = {"policyArn": ADMIN_POLICY, "accessScope": {"type": "cluster"}}
    inputs: dict[str, Any] = {
        "name": "vvp",
        "version": "1.33",
        "vpcId": "vpc-1",
        "privateSubnetIds": ["subnet-a", "subnet-b"],
        "publicSubnetIds": ["subnet-p"],
        "authenticationMode": "API",
        "accessEntries": {"admins": {"principalArn": NODE_ROLE, "accessPolicies": {"admin": policy}}},
        "skipDefaultNodeGroup": True,
        "skipDefaultSecurityGroups": True,
        "useDefaultVpcCni": True,
        "corednsAddonOptions": {"enabled": False},
        "kubeProxyAddonOptions": {"enabled": False},
        "encryptionConfigKeyArn": "arn:aws:kms:eu-central-1:123456789012:key/1",
        "endpointPrivateAccess": True,
        "tags": {"owner": "platform"},
    }
    return {key: value for key, value in (inputs | changes).items() if value is not None}


def _construct(cloud: _Cloud, kind: str, inputs: dict[str, Any], name: str = "vvp") -> dict[str, Any]:
    return dict(_run(cloud, lambda: dict(EksProvider().construct(name, f"eks:index:{kind}", inputs).state)))


def _faults(cloud: _Cloud, kind: str, inputs: dict[str, Any]) -> dict[str, str]:
    with pytest.raises(pulumi.InputPropertiesError) as caught:
        _construct(cloud, kind, inputs)
    return {fault["property_path"]: fault["reason"] for fault in caught.value.errors or []}


def test_the_cluster_registers_the_real_components_children(cloud: _Cloud) -> None:
    _construct(cloud, "Cluster", _cluster_inputs())
    assert {name: kind for name, (kind, _) in cloud.registered.items()} == {
        "vvp": "eks:index:Cluster",
        "vvp-eksRole": "eks:index:ServiceRole",
        "vvp-eksRole-role": "aws:iam/role:Role",
        "vvp-eksRole-4b490823": "aws:iam/rolePolicyAttachment:RolePolicyAttachment",
        "vvp-eksCluster": "aws:eks/cluster:Cluster",
        "vvp-eks-k8s": "pulumi:providers:kubernetes",
        "vvp-admins": "aws:eks/accessEntry:AccessEntry",
        "vvp-admins-admin": "aws:eks/accessPolicyAssociation:AccessPolicyAssociation",
    }


def test_what_is_sent_for_the_cluster(cloud: _Cloud) -> None:
    _construct(cloud, "Cluster", _cluster_inputs())
    assert cloud.registered["vvp-eksCluster"][1] == {
        "name": "vvp",
        "version": "1.33",
        "roleArn": "arn:aws:test:::vvp-eksRole-role",
        "bootstrapSelfManagedAddons": True,
        "accessConfig": {"authenticationMode": "API", "bootstrapClusterCreatorAdminPermissions": True},
        "encryptionConfig": {
            "provider": {"keyArn": "arn:aws:kms:eu-central-1:123456789012:key/1"},
            "resources": ["secrets"],
        },
        "vpcConfig": {"subnetIds": ["subnet-p", "subnet-a", "subnet-b"], "endpointPrivateAccess": True},
        "tags": {"Name": "vvp-eksCluster", "owner": "platform"},
    }
    trust = json.loads(cloud.registered["vvp-eksRole-role"][1]["assumeRolePolicy"])
    assert trust["Statement"] == [
        {
            "Action": ["sts:AssumeRole", "sts:TagSession"],
            "Effect": "Allow",
            "Principal": {"Service": ["eks.amazonaws.com"]},
        }
    ]


def test_the_outputs_of_a_cluster_without_own_security_groups(cloud: _Cloud) -> None:
    state = _construct(cloud, "Cluster", _cluster_inputs())
    assert (state["oidcProviderUrl"], state["oidcIssuer"]) == (ISSUER, ISSUER.removeprefix("https://"))
    assert state["oidcProviderArn"] == ""
    assert state["clusterSecurityGroupId"] == state["nodeSecurityGroupId"] == "sg-of-eks"
    expected = kubeconfig("vvp", "https://api.example", "eu-central-1", "Q0E=")
    assert state["kubeconfig"] == json.loads(state["kubeconfigJson"]) == expected
    assert state["core"]["subnetIds"] == ["subnet-p", "subnet-a", "subnet-b"]


def test_default_security_groups(cloud: _Cloud) -> None:
    state = _construct(cloud, "Cluster", _cluster_inputs(skipDefaultSecurityGroups=None))
    rules_made = {name for name, (kind, _) in cloud.registered.items() if kind.endswith(":SecurityGroupRule")}
    assert rules_made == {
        "vvp-eksClusterInternetEgressRule",
        "vvp-eksNodeIngressRule",
        "vvp-eksNodeClusterIngressRule",
        "vvp-eksExtApiServerClusterIngressRule",
        "vvp-eksNodeInternetEgressRule",
        "vvp-eksClusterIngressRule",
    }
    assert state["clusterSecurityGroupId"] == "vvp-eksClusterSecurityGroup-id"
    assert cloud.registered["vvp-nodeSecurityGroup"][1]["tags"]["kubernetes.io/cluster/vvp"] == "owned"


def test_an_oidc_provider_on_request(cloud: _Cloud) -> None:
    state = _construct(cloud, "Cluster", _cluster_inputs(createOidcProvider=True))
    assert cloud.registered["vvp-oidcProvider"][1] == {"clientIdLists": ["sts.amazonaws.com"], "url": ISSUER}
    assert state["oidcProviderArn"] == "arn:aws:test:::vvp-oidcProvider"


def test_a_profile_is_for_the_components_own_provider_only(cloud: _Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_PROFILE", "ops")
    state = _construct(cloud, "Cluster", _cluster_inputs())
    inner = json.loads(cloud.registered["vvp-eks-k8s"][1]["kubeconfig"])
    assert inner["users"][0]["user"]["exec"]["args"][-2:] == ["--profile", "ops"]
    assert "ops" not in state["kubeconfigJson"]


@pytest.mark.parametrize(
    ("changes", "path", "words"),
    [
        ({"publicKey": "x"}, "publicKey", "unsupported argument"),
        ({"version": 1.33}, "version", "expected string type"),
        ({"authenticationMode": "IAM"}, "authenticationMode", "expected one of CONFIG_MAP, API, API_AND_CONFIG_MAP"),
        ({"accessEntries": {"a": {"type": "STANDARD"}}}, "accessEntries.a.principalArn", "missing required argument"),
        ({"authenticationMode": None}, "accessEntries", "is not supported when 'authenticationMode' is not set"),
        ({"roleMappings": [{"roleArn": "a", "username": "b", "groups": []}]}, "roleMappings", "non-empty values"),
        ({"subnetIds": ["subnet-x"]}, "subnetIds", "mutually exclusive"),
        ({"nodeGroupOptions": {"gpu": True}, "gpu": True}, "nodeGroupOptions", "mutually exclusive"),
        ({"endpointPublicAccess": False, "publicAccessCidrs": ["10.0.0.0/8"]}, "publicAccessCidrs", "can only be set"),
        ({"serviceRole": "arn:aws:iam::1:role/x"}, "serviceRole", "expected a resource aws:iam/role:Role, got str"),
        ({"fargate": True}, "fargate", "the sandbox's eks does not support fargate"),
        ({"autoMode": {"enabled": True}}, "autoMode", "does not support autoMode"),
        ({"skipDefaultNodeGroup": False}, "skipDefaultNodeGroup", "does not support the default node group"),
        ({"useDefaultVpcCni": None}, "useDefaultVpcCni", "does not support the VpcCniAddon"),
        (
            {"authenticationMode": "API_AND_CONFIG_MAP"},
            "authenticationMode",
            "does not support authenticationMode API_AND_CONFIG_MAP",
        ),
    ],
)
def test_refused_clusters(cloud: _Cloud, changes: dict[str, Any], path: str, words: str) -> None:
    assert words in _faults(cloud, "Cluster", _cluster_inputs(**changes))[path]


def test_all_faults_are_told_at_once(cloud: _Cloud) -> None:
    assert set(_faults(cloud, "Cluster", _cluster_inputs(fargate=True, gpu=True))) == {"fargate", "gpu"}


def test_an_output_is_checked_when_its_value_is_there(cloud: _Cloud) -> None:
    def body() -> dict[str, Any]:
        inputs = _cluster_inputs(tags={"owner": pulumi.Output.from_input(7)})
        return dict(EksProvider().construct("vvp", "eks:index:Cluster", inputs).state)

    with pytest.raises(pulumi.InputPropertiesError) as caught:
        _run(cloud, body)
    assert [fault["property_path"] for fault in caught.value.errors or []] == ["tags.owner"]


def _core(**access: Any) -> dict[str, Any]:
    cluster = aws.eks.Cluster(
        "c",
        name="vvp",
        version="1.33",
        role_arn=NODE_ROLE,
        vpc_config={"subnet_ids": []},
        access_config=aws.eks.ClusterAccessConfigArgs(**access) if access else None,
    )
    return {
        "cluster": cluster,
        "clusterIamRole": aws.iam.Role("r", assume_role_policy="{}"),
        "endpoint": "https://api.example",
        "instanceRoles": [],
        "nodeGroupOptions": {},
        "provider": None,
        "subnetIds": ["subnet-a"],
        "vpcId": "vpc-1",
    }


def _node_group(cloud: _Cloud, core: dict[str, str], inputs: dict[str, Any]) -> dict[str, Any]:
    def body() -> dict[str, Any]:
        given = {"cluster": _core(**core), **inputs}
        return dict(EksProvider().construct("system", "eks:index:ManagedNodeGroup", given).state)

    return _run(cloud, body)


def test_a_node_group_takes_subnets_version_and_sizes_from_the_cluster(cloud: _Cloud) -> None:
    state = _node_group(
        cloud, {"authentication_mode": "API"}, {"nodeRoleArn": NODE_ROLE, "amiType": "AL2023_x86_64_STANDARD"}
    )
    assert state["placementGroupName"] == ""
    assert isinstance(state["nodeGroup"], aws.eks.NodeGroup)
    kind = cloud.registered["system"][0]
    assert kind == "aws:eks/nodeGroup:NodeGroup"
    assert cloud.registered["system"][1] == {
        "clusterName": "vvp",
        "version": "1.33",
        "nodeRoleArn": NODE_ROLE,
        "subnetIds": ["subnet-a"],
        "amiType": "AL2023_x86_64_STANDARD",
        "scalingConfig": {"desiredSize": 2, "minSize": 1, "maxSize": 2},
    }


def test_a_launch_template_leaves_the_version_to_the_program(cloud: _Cloud) -> None:
    template = {"id": "lt-1", "version": "3"}
    _node_group(cloud, {"authentication_mode": "API"}, {"nodeRoleArn": NODE_ROLE, "launchTemplate": template})
    sent = cloud.registered["system"][1]
    assert sent["launchTemplate"] == template
    assert "version" not in sent


def test_without_access_entries_the_role_must_be_an_instance_role(cloud: _Cloud) -> None:
    with pytest.raises(pulumi.InputPropertiesError) as caught:
        _node_group(cloud, {}, {"nodeRoleArn": NODE_ROLE})
    assert [fault["property_path"] for fault in caught.value.errors or []] == ["nodeRole"]


@pytest.mark.parametrize(
    ("inputs", "path", "words"),
    [
        ({}, "nodeRole", "An IAM role, or role ARN must be provided"),
        ({"nodeRoleArn": NODE_ROLE, "enableIMDSv2": True}, "enableIMDSv2", "does not support enableIMDSv2"),
        (
            {"nodeRoleArn": NODE_ROLE, "enableIMDSv2": True, "launchTemplate": {"id": "lt-1", "version": "1"}},
            "launchTemplate",
            "If you provide a custom launch template",
        ),
        ({"nodeRoleArn": NODE_ROLE, "launchTemplate": {"id": "lt-1"}}, "launchTemplate.version", "missing required"),
        ({"nodeRoleArn": NODE_ROLE, "operatingSystem": "AL2023"}, "operatingSystem", "does not support"),
    ],
)
def test_refused_node_groups(cloud: _Cloud, inputs: dict[str, Any], path: str, words: str) -> None:
    with pytest.raises(pulumi.InputPropertiesError) as caught:
        _node_group(cloud, {"authentication_mode": "API"}, inputs)
    faults = {fault["property_path"]: fault["reason"] for fault in caught.value.errors or []}
    assert words in faults[path]


def test_other_components_and_methods_are_refused(cloud: _Cloud) -> None:
    with pytest.raises(pulumi.RunError, match="does not support eks:index:NodeGroupV2"):
        _construct(cloud, "NodeGroupV2", {})
    with pytest.raises(pulumi.RunError, match="does not support the method"):
        EksProvider().call("eks:index:Cluster/getKubeconfig", {})


def test_the_wait_goes_on_until_the_api_server_is_healthy(monkeypatch: pytest.MonkeyPatch) -> None:
    answers = [503, 200]
    asked: list[str] = []

    async def get(_client: httpx.AsyncClient, url: str) -> httpx.Response:
        asked.append(url)
        return httpx.Response(answers[len(asked) - 1])

    monkeypatch.setattr(httpx.AsyncClient, "get", get)
    monkeypatch.setattr("sandbox.plugins.eks.kubeconfig._PAUSE_SECONDS", 0)
    monkeypatch.setattr("pulumi.log.info", lambda *_args, **_options: None)
    resource: Any = None
    assert asyncio.run(wait_until_ready("https://api.example", resource)) == "https://api.example"
    assert asked == ["https://api.example/healthz"] * 2


def test_region_of_an_arn() -> None:
    assert region_of(CLUSTER_ARN) == "eu-central-1"
    with pytest.raises(ValueError, match="Invalid ARN"):
        region_of("vvp")


@pytest.mark.parametrize(
    ("version", "message"), [("aws-cli/1.23.9", "At least v1.24.0"), ("aws-cli/2.6.9", "At least v2.7.0")]
)
def test_an_old_aws_cli_is_refused(monkeypatch: pytest.MonkeyPatch, version: str, message: str) -> None:
    rules.require_aws_cli.cache_clear()
    monkeypatch.setattr("shutil.which", lambda name: f"/bin/{name}")  # pyright: ignore[reportUnknownLambdaType, reportUnknownArgumentType]
    monkeypatch.setattr("subprocess.run", lambda *a, **k: _Answer(f"{version} Python/3.11"))  # pyright: ignore[reportUnknownLambdaType]
    with pytest.raises(pulumi.RunError, match=message):
        rules.require_aws_cli()


class _Answer:
    """What `aws --version` prints."""

    def __init__(self, stdout: str) -> None:
        self.stdout = stdout
