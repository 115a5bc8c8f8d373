"""What the program registers as a whole, options included: providers, parents, protection, outputs."""

import pytest

from tests.program.recorder import ACCOUNT, DEV, ISSUER, Program, run, stack

JOBS = ("greeting-request-consumer", "greeting-request-producer")
HOLDS_DATA = {"aws:s3/bucket:Bucket", "aws:kms/key:Key", "aws:kinesis/stream:Stream", "eks:index:Cluster"}


def test_every_resource_has_an_explicit_provider(dev: Program) -> None:
    for resource in dev.resources:
        if resource.custom and not resource.type.startswith("pulumi:"):
            package = resource.type.split(":", 1)[0]
            assert f"pulumi:providers:{package}::" in resource.provider, resource.urn


def test_every_resource_but_those_of_the_table_of_contents_lies_in_a_component(dev: Program) -> None:
    top = {r.type for r in dev.resources if r.custom and not list(dev.above(r))}
    assert top == {
        "pulumi:providers:aws",
        "pulumi:providers:kubernetes",
        "pulumi:providers:vvp",
        "aws:cloudwatch/logGroup:LogGroup",
        "vvp:index:ReclaimedVolumes",
        "kubernetes:core/v1:Namespace",
        "kubernetes:storage.k8s.io/v1:StorageClass",
    }


def test_dev_protects_nothing(dev: Program) -> None:
    assert not [resource.urn for resource in dev.resources if resource.protect]
    assert dev.one("aws:s3/bucket:Bucket").inputs["forceDestroy"] is True


@pytest.mark.parametrize("environment", ["staging", "prod"])
def test_what_holds_data_is_protected(environment: str) -> None:
    program = stack(environment=environment)
    protected = {resource.urn for resource in program.resources if resource.protect}
    assert {r.urn for kind in HOLDS_DATA for r in program.of(kind)} == protected
    assert program.one("aws:s3/bucket:Bucket").inputs["forceDestroy"] is False
    assert program.one("eks:index:Cluster").inputs["deletionProtection"] is True
    assert program.one("kubernetes:storage.k8s.io/v1:StorageClass").inputs["reclaimPolicy"] == "Retain"


def test_outputs(dev: Program) -> None:
    assert set(dev.outputs) == {"kubeconfig", "cluster", "bucket", "issuer", "roles", "platform"}
    assert dev.outputs["issuer"] == ISSUER
    assert dev.outputs["roles"] == {
        f"vvp/{account}": f"arn:aws:iam::{ACCOUNT}:role/vvp-{account}" for account in ("ververica-platform", *JOBS)
    }
    assert "port-forward service/vvp-ververica-platform 8080:80" in dev.outputs["platform"]["portForward"]


def test_a_faulty_stack_file_registers_nothing() -> None:
    with pytest.raises(Exception, match="2 faults; nothing was created"):
        stack(environment="qa", cluster__name="-")


def test_a_preview_registers_all_that_an_update_does(dev: Program) -> None:
    preview = run(DEV, preview=True)
    assert {resource.urn for resource in preview.resources} == {resource.urn for resource in dev.resources}


@pytest.mark.parametrize("text", ["[x9!k", "{", "hunter2"])
def test_a_secret_is_any_text(text: str) -> None:
    licensed = {"platform__acceptCommunityEditionLicense": False, "license": text, "apiToken": text}
    program = stack("vvp:license", "vvp:apiToken", **licensed)
    assert program.one("pulumi:providers:vvp", "vvp").inputs["token"] == text


def test_a_text_that_begins_like_json_is_refused_in_words() -> None:
    with pytest.raises(Exception, match=r'vvp:environment: found "\{dev\}"'):
        stack(environment="{dev}")


def test_a_platform_without_jobs_is_a_stack_too() -> None:
    assert not stack(jobs={}).of("vvp:index:Deployment")
