"""The sandbox's parts, each started or stood up alone."""

import os
from collections.abc import Iterator

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from sandbox.build import commands
from sandbox.plugins.aws.provider import AwsPlugin
from sandbox.plugins.eks import rules
from tests.sandbox import aws_questions, cloud_fixtures, token_world
from tests.sandbox.cloud_calls import make_cluster
from tests.sandbox.cloud_fixtures import Cloud
from tests.sandbox.eks_program import MockedCloud
from tests.sandbox.token_world import World


@pytest.fixture(scope="session")
def helm() -> Iterator[str]:
    """The helm binary of the toolchain, which is on PATH as in a shell that `make env` has set up."""
    folder = commands.ready()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PATH", str(folder), prepend=os.pathsep)
        yield str(folder / "helm")


@pytest.fixture(scope="module")
def plugin() -> AwsPlugin:
    """A configured aws stand-in that has nothing to talk to."""
    made = AwsPlugin()
    made.use_settings(
        {"region": "eu-central-1", "accessKey": "a", "secretKey": "b", "defaultTags": '{"tags": {"owner": "team"}}'}
    )
    made.cloud.caller = {"Account": aws_questions.ACCOUNT, "Arn": aws_questions.ROLE_ARN, "UserId": "A"}
    return made


@pytest.fixture
def mocked(monkeypatch: pytest.MonkeyPatch) -> MockedCloud:
    """Pulumi mocks; an AWS CLI counts as present."""
    monkeypatch.setattr(rules, "require_aws_cli", lambda: None)
    monkeypatch.delenv("AWS_PROFILE", raising=False)
    return MockedCloud()


@pytest.fixture(scope="session")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cloud]:
    """A cloud with one cluster, `vvp`, for all tests of the cloud's layer over ministack."""
    cloud = cloud_fixtures.prepare(tmp_path_factory.mktemp("cloud"))
    with cloud_fixtures.running(cloud):
        make_cluster(cloud)
        yield cloud


@pytest.fixture(scope="session")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """One cloud for all tests of the token service: none of them changes what another relies on."""
    with token_world.running(tmp_path_factory.mktemp("cloud")) as world:
        yield world


@pytest.fixture(scope="session")
def stranger() -> rsa.RSAPrivateKey:
    """The key of a cluster that is not this one."""
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)
