"""What tests share: a sandbox, deployed once and destroyed at the very end, services of their own, and their order."""

import itertools
import os
from collections.abc import Iterator
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from xdist.scheduler import LoadScopeScheduling

from sandbox.build import commands
from sandbox.plugins.aws.provider import AwsPlugin
from sandbox.plugins.eks import rules
from tests.sandbox import aws_questions, cloud_fixtures, token_world
from tests.sandbox.checkout import Checkout
from tests.sandbox.cloud_calls import make_cluster
from tests.sandbox.cloud_fixtures import Cloud
from tests.sandbox.eks_program import MockedCloud
from tests.sandbox.token_world import World

FIRST = "test_stack_up"
CUT_OFF = "test_interrupted"
LAST = "test_stack_destroy"
VARIANTS = {
    "kyverno, irsa": {"admission__engine": "kyverno", "identity__kind": "irsa"},
    "admission-policy, pod-identity": {"admission__engine": "admission-policy", "identity__kind": "pod-identity"},
}
"""Both engines and both kinds of identity, in as few updates as they take; the first is the repository's `dev`."""

_JOBS = ("jobs__greeting-request-consumer__access__", "jobs__greeting-request-producer__access__")
ACCESSES: dict[str, dict[str, Any]] = {
    "a namespace per job, the whole bucket": {
        "admission__engine": "kyverno",
        "identity__kind": "pod-identity",
        "platform__layout": "namespace-per-job",
        "blobStorage__jobAccess": "shared",
    },
    "a namespace per job, further prefixes, connector 5": {
        "admission__engine": "admission-policy",
        "platform__layout": "namespace-per-job",
        "blobStorage__platformAccess": "all-s3-actions",
        f"{_JOBS[0]}streams": {"greeting-request": "read-connector-5"},
        f"{_JOBS[0]}blobs": {"reports/": "read", "jobs/greeting-request-producer/": "read"},
        f"{_JOBS[1]}blobs": {"reports/daily/": "write"},
    },
    "the whole bucket, fan-out, a stream in the clear": {
        "admission__engine": "admission-policy",
        "admission__reservedAccounts": ["another-team"],
        "blobStorage__jobAccess": "shared",
        "blobStorage__platformAccess": "all-s3-actions",
        "streams__greeting-request__encrypted": False,
        f"{_JOBS[0]}streams": {"greeting-request": "read-fan-out"},
    },
}
"""Layouts and grants beside those of `dev`, as changes of its stack file."""

_FACTORS = {
    "platform__layout": ("shared-namespace", "namespace-per-job"),
    "admission__engine": ("kyverno", "admission-policy"),
    "identity__kind": ("irsa", "pod-identity"),
    "blobStorage__jobAccess": ("scoped", "shared"),
}
COMBINATIONS: dict[str, dict[str, Any]] = {
    ", ".join(values): dict(zip(_FACTORS, values, strict=True)) for values in itertools.product(*_FACTORS.values())
}
"""Every layout with every engine, kind of identity and way to the bucket; `make test-matrix` tries them all."""


class ByFolder(LoadScopeScheduling):
    """The tests of a folder on one worker, in their order: `stack`, beside it `parts` and `second`, another sandbox."""

    def _split_scope(self, nodeid: str) -> str:
        return nodeid.partition("::")[0].rpartition("/")[0]


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> ByFolder:
    """See https://pytest-xdist.readthedocs.io/en/stable/distribution.html."""
    return ByFolder(config, log)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """A preview before the first `up` comes first, one variant after the other, and destroying the stack last.

    Cut-off updates come behind the variants: they go on from the last one.
    """
    variants = [*VARIANTS, *ACCESSES, *COMBINATIONS]

    def rank(item: pytest.Item) -> tuple[int, int]:
        module = item.path.stem
        parameters = item.callspec.params if isinstance(item, pytest.Function) and hasattr(item, "callspec") else {}
        deployed = [parameters[name] for name in ("variant", "access", "combination") if name in parameters]
        place = variants.index(str(deployed[0])) if deployed else len(variants) * (module == CUT_OFF)
        return (-1 if module == FIRST else int(module == LAST), place)

    items.sort(key=rank)


@pytest.fixture(scope="session")
def checkout() -> Iterator[Checkout]:
    """A checkout with a sandbox of its own; nothing is deployed in it yet."""
    checkout = Checkout.create()
    yield checkout
    checkout.remove()


@pytest.fixture
def dev(checkout: Checkout) -> Checkout:
    """The checkout with the repository's stack `dev` deployed."""
    checkout.ensure_up()
    return checkout


@pytest.fixture(params=VARIANTS)
def variant(checkout: Checkout, request: pytest.FixtureRequest) -> Checkout:
    """The checkout with a variant of `dev` deployed."""
    checkout.ensure_up(**VARIANTS[request.param])
    return checkout


@pytest.fixture(params=ACCESSES)
def access(checkout: Checkout, request: pytest.FixtureRequest) -> Checkout:
    """The checkout with one of the further layouts and grants deployed."""
    checkout.ensure_up(**ACCESSES[request.param])
    return checkout


@pytest.fixture(params=COMBINATIONS)
def combination(checkout: Checkout, request: pytest.FixtureRequest) -> Checkout:
    """The checkout with one of all combinations deployed."""
    checkout.ensure_up(**COMBINATIONS[request.param])
    return checkout


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
