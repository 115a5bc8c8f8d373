"""The whole program on each of the stack files to copy: what it makes is what the file is there to show."""

import json
from functools import cache
from pathlib import Path

import pytest

from settings.stack_file import SECRETS, key_of
from settings.yaml_file import config_of
from tests.program.recorder import RELEASE, ROLE, Program, run
from tests.stacks import EXAMPLES, ROOT

POLICY = "aws:iam/policy:Policy"
ATTACHMENT = "aws:iam/rolePolicyAttachment:RolePolicyAttachment"
ASSOCIATION = "aws:eks/podIdentityAssociation:PodIdentityAssociation"
NAMESPACE = "kubernetes:core/v1:Namespace"
SECRET = "kubernetes:core/v1:Secret"
JOBS = ["greeting-request-consumer", "greeting-request-producer"]


@cache
def built(file: Path) -> Program:
    """The program with a stack file whose secrets are in clear, as the engine hands them over; tests only read it."""
    config = config_of(file)
    secrets = [key for key in map(key_of, SECRETS) if key in config]
    return run({**config, **{key: f"clear {key}" for key in secrets}}, *secrets)


def example(name: str) -> Program:
    return built(ROOT / "examples" / f"Pulumi.{name}.yaml")


@pytest.mark.parametrize("file", EXAMPLES, ids=lambda file: file.name)
def test_the_program_takes_every_example(file: Path) -> None:
    program = built(file)
    assert program.one("eks:index:Cluster")
    assert program.one(RELEASE, "vvp")
    assert {each.name for each in program.of("vvp:index:Deployment")} == set(config_of(file).get("vvp:jobs", {}))


def test_minimal_has_one_job() -> None:
    program = example("minimal")
    assert program.one("vvp:ververica:Job").name == JOBS[1]
    assert program.one("aws:s3/bucket:Bucket").inputs["bucket"] == "example-minimal-vvp"


def test_prod_survives_a_zone_and_an_accident() -> None:
    program = example("prod")
    assert len(program.of("aws:ec2/natGateway:NatGateway")) == 3
    assert program.one(RELEASE, "kyverno").inputs["values"]["admissionController"]["replicas"] == 3
    cluster = program.one("eks:index:Cluster")
    assert cluster.protect
    assert cluster.inputs["endpointPublicAccess"] is True
    assert cluster.inputs["publicAccessCidrs"] == ["3.120.181.40/29", "18.202.216.48/29"]
    rule = program.one("kubernetes:policies.kyverno.io/v1:ValidatingPolicy")
    assert "'nightly-export'" in json.dumps(rule.inputs["spec"]["validations"])


def test_prod_keeps_its_secrets() -> None:
    program = example("prod")
    assert {secret.name for secret in program.of(SECRET)} == {"vvp-license", "vvp-database", "vvp-bootstrap-token"}
    assert all("stringData" in secret.secrets for secret in program.of(SECRET))
    release = program.one(RELEASE, "vvp")
    assert "clear" not in json.dumps(release.inputs)
    assert release.inputs["values"]["vvp"]["persistence"]["type"] == "jdbc"
    assert release.inputs["values"]["vvp"]["auth"] == {"enabled": True, "admins": ["platform-team"]}


def test_an_existing_network_is_left_alone() -> None:
    program = example("existing-network")
    assert not [resource for resource in program.resources if resource.type.startswith("aws:ec2/v")]
    assert not [resource for resource in program.resources if "subnet" in resource.type.lower()]
    cluster = program.one("eks:index:Cluster").inputs
    assert cluster["vpcId"] == "vpc-0123456789abcdef0"
    assert cluster["endpointPublicAccess"] is False


def test_namespace_per_job_has_a_namespace_and_an_association_for_each() -> None:
    program = example("namespace-per-job")
    assert sorted(each.name for each in program.of(NAMESPACE)) == [*JOBS, "vvp"]
    pairs = {(each.inputs["namespace"], each.inputs["serviceAccount"]) for each in program.of(ASSOCIATION)}
    assert pairs == {("vvp", "ververica-platform"), *((job, job) for job in JOBS)}
    accounts = program.of("kubernetes:core/v1:ServiceAccount")
    assert not [each for each in accounts if each.inputs["metadata"].get("annotations")]
    assert not program.of("vvp:kubernetes:Kyverno")
    assert program.one("vvp:index:Deployment", JOBS[1]).inputs["spec"]["state"] == "SUSPENDED"


def test_the_article_gives_everything_to_everybody() -> None:
    program = example("article")
    shared = program.one(POLICY, "blob-storage-platform")
    assert json.loads(shared.inputs["policy"])["Statement"][0]["Action"] == "s3:*"
    roles = {f"vvp-{account}" for account in ("ververica-platform", *JOBS)}
    arn = f":policy/{shared.inputs['name']}"
    holders = {each.inputs["role"] for each in program.of(ATTACHMENT) if each.inputs["policyArn"].endswith(arn)}
    assert holders == roles == {role.inputs["name"] for role in program.of(ROLE)} & roles
    assert program.one("aws:kinesis/stream:Stream").inputs.get("kmsKeyId") is None
