"""The eks stand-in's cluster: which children it registers, what is sent for them, and what is refused."""

from __future__ import annotations

import json
from typing import Any

import pulumi
import pulumi_aws as aws
import pytest

from sandbox.plugins.eks.kubeconfig import kubeconfig
from sandbox.plugins.eks.provider import EksProvider
from tests.sandbox.eks_program import ISSUER, NODE_ROLE, MockedCloud, construct, run

ADMIN_POLICY = "arn:aws:eks::aws:cluster-access-policy/AmazonEKSClusterAdminPolicy"


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


def _faults(mocked: MockedCloud, kind: str, inputs: dict[str, Any]) -> dict[str, str]:
    with pytest.raises(pulumi.InputPropertiesError) as caught:
        construct(mocked, kind, inputs)
    return {fault["property_path"]: fault["reason"] for fault in caught.value.errors or []}


def test_the_cluster_registers_the_real_components_children(mocked: MockedCloud) -> None:
    construct(mocked, "Cluster", _cluster_inputs())
    assert {name: kind for name, (kind, _) in mocked.registered.items()} == {
        "vvp": "eks:index:Cluster",
        "vvp-eksRole": "eks:index:ServiceRole",
        "vvp-eksRole-role": "aws:iam/role:Role",
        "vvp-eksRole-4b490823": "aws:iam/rolePolicyAttachment:RolePolicyAttachment",
        "vvp-eksCluster": "aws:eks/cluster:Cluster",
        "vvp-eks-k8s": "pulumi:providers:kubernetes",
        "vvp-admins": "aws:eks/accessEntry:AccessEntry",
        "vvp-admins-admin": "aws:eks/accessPolicyAssociation:AccessPolicyAssociation",
    }


def test_the_components_themselves_have_no_inputs_in_the_state(mocked: MockedCloud) -> None:
    construct(mocked, "Cluster", _cluster_inputs())
    assert mocked.registered["vvp"] == ("eks:index:Cluster", {})
    assert mocked.registered["vvp-eksRole"] == ("eks:index:ServiceRole", {})


def test_the_policy_is_attached_to_the_role_itself(mocked: MockedCloud) -> None:
    construct(mocked, "Cluster", _cluster_inputs())
    # Not its name, which a preview would know: the engine sends the id, which exists when the role does.
    assert isinstance(mocked.registered["vvp-eksRole-4b490823"][1]["role"], aws.iam.Role)


@pytest.mark.parametrize("addon", ["kubeProxy", "coredns"])
@pytest.mark.parametrize("as_output", [False, True], ids=["plain", "output"])
def test_numbers_in_an_addons_configuration_are_written_as_javascript_writes_them(
    mocked: MockedCloud, addon: str, as_output: bool
) -> None:
    def body() -> dict[str, Any]:
        # All numbers come over the wire as floats.
        values: Any = {"replicaCount": 3.0, "resources": {"limits": [0.5, 2.0]}, "on": True}
        options = {"version": "v1", "configurationValues": pulumi.Output.from_input(values) if as_output else values}
        inputs = _cluster_inputs(**{f"{addon}AddonOptions": options})
        return dict(EksProvider().construct("vvp", "eks:index:Cluster", inputs).state)

    run(mocked, body)
    (written,) = (sent["configurationValues"] for kind, sent in mocked.registered.values() if kind.endswith(":Addon"))
    assert written == '{"on":true,"replicaCount":3,"resources":{"limits":[0.5,2]}}'


def test_what_is_sent_for_the_cluster(mocked: MockedCloud) -> None:
    construct(mocked, "Cluster", _cluster_inputs())
    assert mocked.registered["vvp-eksCluster"][1] == {
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
    trust = json.loads(mocked.registered["vvp-eksRole-role"][1]["assumeRolePolicy"])
    assert trust["Statement"] == [
        {
            "Action": ["sts:AssumeRole", "sts:TagSession"],
            "Effect": "Allow",
            "Principal": {"Service": ["eks.amazonaws.com"]},
        }
    ]


def test_the_outputs_of_a_cluster_without_own_security_groups(mocked: MockedCloud) -> None:
    state = construct(mocked, "Cluster", _cluster_inputs())
    assert (state["oidcProviderUrl"], state["oidcIssuer"]) == (ISSUER, ISSUER.removeprefix("https://"))
    assert state["oidcProviderArn"] == ""
    assert state["clusterSecurityGroupId"] == state["nodeSecurityGroupId"] == "sg-of-eks"
    expected = kubeconfig("vvp", "https://api.example", "eu-central-1", "Q0E=")
    assert state["kubeconfig"] == json.loads(state["kubeconfigJson"]) == expected
    assert state["core"]["subnetIds"] == ["subnet-p", "subnet-a", "subnet-b"]


def test_default_security_groups(mocked: MockedCloud) -> None:
    state = construct(mocked, "Cluster", _cluster_inputs(skipDefaultSecurityGroups=None))
    rules_made = {name for name, (kind, _) in mocked.registered.items() if kind.endswith(":SecurityGroupRule")}
    assert rules_made == {
        "vvp-eksClusterInternetEgressRule",
        "vvp-eksNodeIngressRule",
        "vvp-eksNodeClusterIngressRule",
        "vvp-eksExtApiServerClusterIngressRule",
        "vvp-eksNodeInternetEgressRule",
        "vvp-eksClusterIngressRule",
    }
    assert state["clusterSecurityGroupId"] == "vvp-eksClusterSecurityGroup-id"
    assert mocked.registered["vvp-nodeSecurityGroup"][1]["tags"]["kubernetes.io/cluster/vvp"] == "owned"


def test_an_oidc_provider_on_request(mocked: MockedCloud) -> None:
    state = construct(mocked, "Cluster", _cluster_inputs(createOidcProvider=True))
    assert mocked.registered["vvp-oidcProvider"][1] == {"clientIdLists": ["sts.amazonaws.com"], "url": ISSUER}
    assert state["oidcProviderArn"] == "arn:aws:test:::vvp-oidcProvider"


def test_a_profile_is_for_the_components_own_provider_only(
    mocked: MockedCloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_PROFILE", "ops")
    state = construct(mocked, "Cluster", _cluster_inputs())
    inner = json.loads(mocked.registered["vvp-eks-k8s"][1]["kubeconfig"])
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
def test_refused_clusters(mocked: MockedCloud, changes: dict[str, Any], path: str, words: str) -> None:
    assert words in _faults(mocked, "Cluster", _cluster_inputs(**changes))[path]


def test_all_faults_are_told_at_once(mocked: MockedCloud) -> None:
    assert set(_faults(mocked, "Cluster", _cluster_inputs(fargate=True, gpu=True))) == {"fargate", "gpu"}


def test_an_output_is_checked_when_its_value_is_there(mocked: MockedCloud) -> None:
    def body() -> dict[str, Any]:
        inputs = _cluster_inputs(tags={"owner": pulumi.Output.from_input(7)})
        return dict(EksProvider().construct("vvp", "eks:index:Cluster", inputs).state)

    with pytest.raises(pulumi.InputPropertiesError) as caught:
        run(mocked, body)
    assert [fault["property_path"] for fault in caught.value.errors or []] == ["tags.owner"]


def test_other_components_and_methods_are_refused(mocked: MockedCloud) -> None:
    with pytest.raises(pulumi.RunError, match="does not support eks:index:NodeGroupV2"):
        construct(mocked, "NodeGroupV2", {})
    with pytest.raises(pulumi.RunError, match="does not support the method eks:index:Cluster/getSecret"):
        EksProvider().call("eks:index:Cluster/getSecret", {})
