"""What the program registers against an attacker: Pod Security, networks, and the further admission rules."""

from typing import Any

import pytest

from tests.program.recorder import RELEASE, Program, stack

CONSUMER, PRODUCER = "greeting-request-consumer", "greeting-request-producer"
POLICY = "kubernetes:admissionregistration.k8s.io/v1:ValidatingAdmissionPolicy"
NETWORK = "kubernetes:networking.k8s.io/v1:NetworkPolicy"
NAMESPACE = "kubernetes:core/v1:Namespace"
ENFORCE = "pod-security.kubernetes.io/enforce"
OF_PLATFORM = {
    "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "vvp"}},
    "podSelector": {"matchLabels": {"vvp-part": "platform"}},
}


OF_NOBODY = {
    "podSelector": {
        "matchExpressions": [{"key": key, "operator": "DoesNotExist"} for key in ("deploymentName", "vvp-part")]
    }
}
"""A Service that selects by other labels, as `jobId`, is compared with this before its address becomes a pod's."""


def of_deployment(name: str) -> dict[str, Any]:
    return {"matchLabels": {"deploymentName": name}}


@pytest.mark.parametrize("layout", ["shared-namespace", "namespace-per-job"])
def test_every_namespace_has_a_level_of_pod_security(layout: str) -> None:
    program = stack(platform__layout=layout)
    levels = {r.name: r.inputs["metadata"]["labels"][ENFORCE] for r in program.of(NAMESPACE)}
    jobs = {} if layout == "shared-namespace" else {CONSUMER: "baseline", PRODUCER: "baseline"}
    assert levels == {"vvp": "baseline", "kyverno": "restricted", **jobs}


def test_the_platform_has_a_label_that_its_chart_puts_on_its_pods(dev: Program) -> None:
    assert dev.one(RELEASE, "vvp").inputs["values"]["extraLabels"] == {"vvp-part": "platform"}


def test_in_a_shared_namespace_a_job_reaches_its_own_pods_and_no_others(dev: Program) -> None:
    found = {r.inputs["metadata"]["name"]: r.inputs["spec"] for r in dev.of(NETWORK)}
    assert set(found) == {"closed", "platform", f"job-{CONSUMER}", f"job-{PRODUCER}"}
    assert all(spec["policyTypes"] == ["Ingress", "Egress"] for spec in found.values())
    assert {r.inputs["metadata"]["namespace"] for r in dev.of(NETWORK)} == {"vvp"}
    assert (found["closed"]["podSelector"], found["closed"].get("ingress") or []) == ({}, [])
    assert (found["platform"]["podSelector"], found["platform"].get("ingress") or []) == (
        {"matchLabels": {"vvp-part": "platform"}},
        [],
    )
    own = of_deployment(CONSUMER)
    job = found[f"job-{CONSUMER}"]
    assert job["podSelector"] == own
    assert job["ingress"] == [{"from": [{"podSelector": own}, OF_PLATFORM]}]
    assert job["egress"] == [{"to": [{"podSelector": own}, OF_NOBODY]}]


def test_in_a_namespace_of_its_own_one_policy_is_enough() -> None:
    program = stack(platform__layout="namespace-per-job")
    found = {r.inputs["metadata"]["namespace"]: r.inputs["spec"] for r in program.of(NETWORK) if r.name == CONSUMER}
    (job,) = [found[CONSUMER]]
    assert job["podSelector"] == {}
    assert job["ingress"] == [{"from": [{"podSelector": of_deployment(CONSUMER)}, OF_PLATFORM]}]
    targets = [rule["to"] for rule in job["egress"]]
    assert targets[0] == [{"podSelector": of_deployment(CONSUMER)}, OF_NOBODY]
    assert {"podSelector", "namespaceSelector"} == set(targets[1][0])
    assert targets[2][0]["ipBlock"]["except"]


def test_what_leads_outside_leads_to_no_private_network(dev: Program) -> None:
    (closed,) = [r.inputs["spec"] for r in dev.of(NETWORK) if r.name == "closed"]
    (block,) = [peer["ipBlock"] for rule in closed["egress"] for peer in rule["to"] if "ipBlock" in peer]
    assert {"10.0.0.0/8", "169.254.0.0/16"} <= set(block["except"])


def test_a_job_reaches_the_networks_that_its_entry_names() -> None:
    program = stack(
        **{f"jobs__{CONSUMER}__access__networks": ["10.20.96.0/24"]},
        identity__kind="pod-identity",
        runtime__kinesisLegacySdk="1.12.746",
    )
    egress = program.one(NETWORK, CONSUMER).inputs["spec"]["egress"]
    # The agent of Pod Identity has an address of the node's.
    assert {"to": [{"ipBlock": {"cidr": "10.20.96.0/24"}}, {"ipBlock": {"cidr": "169.254.170.23/32"}}]} in egress
    assert "10.20.96.0/24" not in str(program.one(NETWORK, PRODUCER).inputs)


def test_a_job_that_elects_by_kubernetes_reaches_the_api_server() -> None:
    program = stack(**{f"jobs__{CONSUMER}__flink": {"high-availability.type": "kubernetes"}})
    ports = [rule.get("ports") for rule in program.one(NETWORK, CONSUMER).inputs["spec"]["egress"]]
    assert [{"protocol": "TCP", "port": 443}] in ports
    assert "443" not in str(program.one(NETWORK, PRODUCER).inputs)


def test_a_deployment_from_elsewhere_has_a_network_and_a_reserved_account() -> None:
    program = stack(admission__reservedAccounts=["another-team"])
    policy = program.one(NETWORK, "another-team").inputs
    assert (policy["metadata"]["name"], policy["spec"]["podSelector"]) == (
        "job-another-team",
        of_deployment("another-team"),
    )
    assert "'another-team'" in str(program.one(POLICY, "accounts").inputs["spec"]["validations"])


def test_a_pod_waits_for_its_network_and_the_rules(dev: Program) -> None:
    deployment = dev.one("vvp:index:Deployment", CONSUMER)
    assert dev.one(NETWORK, CONSUMER).urn in deployment.depends_on
    release = dev.one(RELEASE, "vvp")
    for name in ("closed", "platform"):
        assert dev.one(NETWORK, name).urn in release.depends_on
    for name in ("accounts", "deployments-kyverno", "kyverno-namespace"):
        assert dev.one(f"{POLICY}Binding", name).urn in release.depends_on


@pytest.mark.parametrize("engine", ["kyverno", "admission-policy"])
def test_tokens_are_guarded_by_kubernetes_whatever_the_engine(engine: str) -> None:
    program = stack(admission__engine=engine)
    spec = program.one(POLICY, "accounts").inputs["spec"]
    assert spec["failurePolicy"] == "Fail"
    token = spec["validations"][0]["expression"]
    assert f"['{CONSUMER}', '{PRODUCER}', 'ververica-platform']" in token
    assert "['system:nodes', 'vvp:prove']" in token
    names = {r.name for r in program.of(POLICY)}
    own = {"deployments-kyverno", "kyverno-namespace"} if engine == "kyverno" else {"deployments"}
    assert names == {"accounts", *own}


def test_who_may_have_tokens_is_a_group_that_nobody_is_in(dev: Program) -> None:
    role = dev.one("kubernetes:rbac.authorization.k8s.io/v1:ClusterRole").inputs
    assert role["rules"] == [
        {
            "apiGroups": [""],
            "resources": ["serviceaccounts/token"],
            "resourceNames": [CONSUMER, PRODUCER, "ververica-platform"],
            "verbs": ["create"],
        }
    ]
    binding = dev.one("kubernetes:rbac.authorization.k8s.io/v1:ClusterRoleBinding").inputs
    assert [(subject["kind"], subject["name"]) for subject in binding["subjects"]] == [("Group", "vvp:prove")]


def test_without_kyverno_no_pod_is_admitted(dev: Program) -> None:
    closed = dev.one(POLICY, "deployments-kyverno").inputs["spec"]
    rule = dev.one("kubernetes:policies.kyverno.io/v1:ValidatingPolicy").inputs["spec"]
    assert closed["matchConstraints"] == rule["matchConstraints"]
    assert closed["matchConditions"] == rule["matchConditions"]
    binding = dev.one(f"{POLICY}Binding", "deployments-kyverno").inputs["spec"]
    assert binding["paramRef"] == {
        "name": "kyverno-resource-validating-webhook-cfg",
        "parameterNotFoundAction": "Deny",
    }


def test_kyverno_survives_a_node_and_takes_no_exceptions(dev: Program) -> None:
    values = dev.one(RELEASE, "kyverno").inputs["values"]
    assert values["admissionController"]["replicas"] == 3
    assert values["admissionController"]["networkPolicy"]["enabled"] is True
    assert values["features"]["policyExceptions"] == {"enabled": False}
    assert values["rbac"]["roles"]["aggregate"] == {"admin": False, "view": False}
    assert values["config"]["excludeGroups"] == ["vvp:nobody"]


def test_viewers_do_not_read_secrets() -> None:
    viewer = "arn:aws:iam::123456789012:role/viewer"
    entries = stack(cluster__viewers=[viewer]).one("eks:index:Cluster").inputs["accessEntries"]
    (entry,) = [entry for entry in entries.values() if entry["principalArn"] == viewer]
    policies = [each["policyArn"] for each in entry["accessPolicies"].values()]
    assert policies == ["arn:aws:eks::aws:cluster-access-policy/AmazonEKSViewPolicy"]
