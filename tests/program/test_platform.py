"""The platform that the program registers: its namespaces, identity, admission policy and Helm releases."""

import json
from typing import Any

from tests.program.recorder import ACCOUNT, ISSUER, RELEASE, ROLE, Program, stack

ATTACHMENT = "aws:iam/rolePolicyAttachment:RolePolicyAttachment"


def licensed(**changes: Any) -> Program:
    return stack(
        "vvp:license",
        "vvp:apiToken",
        "vvp:databasePassword",
        **{
            "platform__acceptCommunityEditionLicense": False,
            "license": "vvp: {license: {data: geheim-l}}",
            "apiToken": "geheim-t",
            "databasePassword": "geheim-p",
            "platform__persistence": {"type": "jdbc", "url": "jdbc:postgresql://db:5432/vvp", "username": "vvp"},
            **changes,
        },
    )


def test_seed_kubectl_create_namespace_vvp_and_kyverno(dev: Program) -> None:
    names = {resource.inputs["metadata"]["name"] for resource in dev.of("kubernetes:core/v1:Namespace")}
    assert names == {"vvp", "kyverno"}


def test_seed_aws_iam_create_role_vvp_ververica_platform(dev: Program) -> None:
    role = dev.one(ROLE, "ververica-platform").inputs
    assert role["name"] == "vvp-ververica-platform"
    (statement,) = json.loads(role["assumeRolePolicy"])["Statement"]
    assert statement["Condition"]["StringEquals"][f"{ISSUER}:sub"] == "system:serviceaccount:vvp:ververica-platform"


def test_seed_aws_iam_attach_role_policy(dev: Program) -> None:
    attachment = dev.one(ATTACHMENT, "ververica-platform-vvp-blob-storage")
    assert attachment.inputs["role"] == "vvp-ververica-platform"
    assert attachment.inputs["policyArn"] == f"arn:aws:iam::{ACCOUNT}:policy/vvp-blob-storage"
    # Whoever uses the role waits for its policies.
    assert attachment.urn in dev.one(RELEASE, "vvp").depends_on


def test_seed_kubectl_apply_vvp_rbac_ververica_platform_yaml(dev: Program) -> None:
    account = dev.one("kubernetes:core/v1:ServiceAccount", "ververica-platform").inputs["metadata"]
    assert account == {
        "name": "ververica-platform",
        "namespace": "vvp",
        "annotations": {"eks.amazonaws.com/role-arn": f"arn:aws:iam::{ACCOUNT}:role/vvp-ververica-platform"},
    }
    binding = dev.one("kubernetes:rbac.authorization.k8s.io/v1:RoleBinding", "ververica-platform").inputs
    assert binding["subjects"] == [{"kind": "ServiceAccount", "name": "ververica-platform", "namespace": "vvp"}]
    assert binding["roleRef"]["name"] == "ververica-platform"


def test_pod_identity_takes_the_place_of_irsa_for_workloads() -> None:
    program = stack(identity__kind="pod-identity", runtime__kinesisLegacySdk="1.12.779")
    association = program.one("aws:eks/podIdentityAssociation:PodIdentityAssociation", "ververica-platform").inputs
    assert (association["namespace"], association["serviceAccount"]) == ("vvp", "ververica-platform")
    assert (
        not program.one("kubernetes:core/v1:ServiceAccount", "ververica-platform").inputs["metadata"].get("annotations")
    )
    trust = program.one(ROLE, "ververica-platform").inputs["assumeRolePolicy"]
    assert "pods.eks.amazonaws.com" in trust
    assert "sts:AssumeRoleWithWebIdentity" not in trust
    assert "eks-pod-identity-agent" in {r.inputs["addonName"] for r in program.of("aws:eks/addon:Addon")}


def test_seed_helm_install_kyverno(dev: Program) -> None:
    release = dev.one(RELEASE, "kyverno").inputs
    assert release["repositoryOpts"] == {"repo": "https://kyverno.github.io/kyverno"}
    assert (release["chart"], release["version"], release["namespace"]) == ("kyverno", "3.9.1", "kyverno")


def test_seed_kubectl_apply_vvp_policy_deployments_yaml(dev: Program) -> None:
    policy = dev.one("kubernetes:policies.kyverno.io/v1:ValidatingPolicy")
    assert policy.inputs["spec"]["validationActions"] == ["Deny"]
    assert policy.urn in dev.one(RELEASE, "vvp").depends_on
    assert dev.one(RELEASE, "kyverno").urn in policy.depends_on


def test_both_engines_get_the_same_rule(dev: Program) -> None:
    program = stack(admission={"engine": "admission-policy"})
    native = "kubernetes:admissionregistration.k8s.io/v1:ValidatingAdmissionPolicy"
    own = program.one(native, "deployments").inputs["spec"]
    kyverno = dev.one("kubernetes:policies.kyverno.io/v1:ValidatingPolicy").inputs["spec"]
    assert {key: kyverno[key] for key in own} == own
    binding = program.one(f"{native}Binding", "deployments").inputs["spec"]
    assert binding == {"policyName": "deployments", "validationActions": ["Deny"]}
    assert not [r for r in program.of(RELEASE) if r.name == "kyverno"]


def test_seed_helm_install_vvp_with_its_four_values_files(dev: Program) -> None:
    release = dev.one(RELEASE, "vvp").inputs
    assert release["repositoryOpts"] == {"repo": "https://charts.ververica.com"}
    assert (release["chart"], release["name"], release["namespace"]) == ("ververica-platform", "vvp", "vvp")
    values = release["values"]
    assert values["vvp"] == {
        "persistence": {"type": "local"},
        "blobStorage": {"baseUri": "s3://vvp-blob-storage"},
    }
    assert values["rbac"] == {"create": False, "serviceAccountName": "ververica-platform"}
    assert values["acceptCommunityEditionLicense"] is True


def test_licence_password_and_token_reach_the_platform_by_name_only() -> None:
    program = licensed()
    release = program.one(RELEASE, "vvp").inputs
    assert "geheim" not in json.dumps(release)
    assert "acceptCommunityEditionLicense" not in release["values"]
    assert release["values"]["vvp"]["auth"]["enabled"] is True
    assert release["values"]["vvp"]["persistence"]["datasource"] == {"url": "jdbc:postgresql://db:5432/vvp"}
    names = {e["name"]: e["valueFrom"]["secretKeyRef"] for e in release["values"]["env"]}
    assert names["SPRING_DATASOURCE_PASSWORD"] == {"name": "vvp-database", "key": "password"}
    for secret in program.of("kubernetes:core/v1:Secret"):
        assert "stringData" in secret.secrets
        assert secret.urn in program.one(RELEASE, "vvp").depends_on
