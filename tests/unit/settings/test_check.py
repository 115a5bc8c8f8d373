"""The stack file: what is refused, in which words, and that all of it is refused at once."""

import asyncio
from collections.abc import Iterator
from typing import Any

import pulumi
import pytest
from hypothesis import given
from hypothesis import strategies as st

from settings.aws.sections import IdentityKind, PlatformBlobAccess
from settings.aws.stack_file import AwsStackFile
from settings.check import Secrets, check
from settings.faults import Fault, SettingsError
from settings.sections import Environment
from settings.stack_file import SECRETS, key_of
from tests.stacks import SECRET, changed, own, stack_file

DEV = stack_file()
JDBC = {"type": "jdbc", "url": "jdbc:postgresql://db.example:5432/vvp", "username": "vvp"}
KEYS = [field.alias or name for name, field in AwsStackFile.model_fields.items()]


def read(**changes: Any) -> AwsStackFile:
    file = check(changed(DEV, **own(changes))).file
    assert isinstance(file, AwsStackFile)
    return file


def faults(**changes: Any) -> dict[str, Fault]:
    with pytest.raises(SettingsError) as caught:
        check(changed(DEV, **own(changes)))
    return {fault.key: fault for fault in caught.value.faults}


def test_the_dev_stack_file_is_right() -> None:
    settings = read()
    assert settings.environment is Environment.DEV
    assert settings.platform.accept_community_edition_license
    assert settings.blob_storage.platform_access is PlatformBlobAccess.LEAST
    assert settings.identity.kind is IdentityKind.IRSA


def test_names_default_to_those_of_the_seed() -> None:
    least = {"environment": "dev", "platform": {"acceptCommunityEditionLicense": True}}
    settings = check({"aws:region": "eu-central-1", **own(least)}).file
    assert isinstance(settings, AwsStackFile)
    assert settings.cluster.name == "vvp"
    assert settings.blob_storage.bucket == settings.blob_storage.policy_name == "vvp-blob-storage"
    assert settings.platform.namespace == "vvp"
    assert settings.identity.role_name(settings.platform.service_account) == "vvp-ververica-platform"
    assert settings.admission.kyverno.namespace == "kyverno"


@pytest.mark.parametrize(
    ("changes", "key", "expected"),
    [
        ({"environment": "qa"}, "vvp:environment", "one of dev, staging, prod"),
        ({"environment": None}, "vvp:environment", "one of dev, staging, prod"),
        ({"clusterr": {}}, "vvp:clusterr", "`cluster`"),
        ({"cluster__nodes__minsize": 1}, "vvp:cluster.nodes.minsize", "`minSize`"),
        ({"cluster__nodes__minSize": "2"}, "vvp:cluster.nodes.minSize", "a whole number, without quotes"),
        ({"cluster__version": 1.3}, "vvp:cluster.version", "text; quote a number"),
        ({"cluster__version": "1.9"}, "vvp:cluster.version", 'as "1.35"'),
        ({"cluster": "vvp"}, "vvp:cluster", "an object"),
        ({"cluster__name": "-vvp"}, "vvp:cluster.name", "an EKS cluster name"),
        ({"cluster__nodes__desiredSize": 9}, "vvp:cluster.nodes.desiredSize", "from minSize 3 to maxSize 6"),
        ({"cluster__nodes__minSize": 7}, "vvp:cluster.nodes.minSize", "at most maxSize, 6"),
        ({"cluster__publicAccessCidrs": ["0.0.0.0/0"]}, "vvp:cluster.publicAccessCidrs.0", "the whole internet does"),
        ({"cluster__admins": ["me"]}, "vvp:cluster.admins.0", "the ARN of one IAM role or user"),
        ({"cluster__serviceCidr": "10.20.128.0/20"}, "vvp:cluster.serviceCidr", "does not overlap 10.20.0.0/16"),
        ({"network__cidr": "10.20.0.1/16"}, "vvp:network.cidr", "no host bits set"),
        ({"network__cidr": "10.0.0.0/8"}, "vvp:network.cidr", "/16 to /20"),
        ({"network__nat": "none"}, "vvp:network.nat", "single or per-zone"),
        ({"blobStorage__bucket": "My_Bucket"}, "vvp:blobStorage.bucket", "3 to 63 lower-case letters"),
        ({"blobStorage__bucket": "a.b.c"}, "vvp:blobStorage.bucket", "no dots"),
        ({"blobStorage__policyName": "a b"}, "vvp:blobStorage.policyName", "an IAM policy name"),
        ({"blobStorage__platformAccess": "s3:*"}, "vvp:blobStorage.platformAccess", "least or all-s3-actions"),
        ({"identity__kind": "keys"}, "vvp:identity.kind", "irsa or pod-identity"),
        ({"identity__rolePrefix": "v/p"}, "vvp:identity.rolePrefix", "an IAM role name"),
        ({"platform__namespace": "VVP"}, "vvp:platform.namespace", "a DNS label"),
        ({"platform__namespace": "kube-system"}, "vvp:platform.namespace", "one of its own"),
        ({"platform__serviceAccount": "a" * 64}, "vvp:platform.serviceAccount", "at most 63 characters"),
        ({"platform__serviceAccount": "a" * 62}, "vvp:platform.serviceAccount", "within IAM's 64 characters"),
        ({"platform__chartVersion": "5.11"}, "vvp:platform.chartVersion", "a pin, not a range"),
        ({"platform__acceptCommunityEditionLicense": False}, "vvp:platform.acceptCommunityEditionLicense", "a licence"),
        ({"license": SECRET}, "vvp:platform.acceptCommunityEditionLicense", "one of the two"),
        ({"platform__persistence": JDBC, "databasePassword": SECRET}, "vvp:platform.persistence.type", "local"),
        ({"databasePassword": SECRET}, "vvp:databasePassword", "local persistence has no password"),
        ({"apiToken": SECRET}, "vvp:apiToken", "the Community Edition has no authentication"),
        ({"platform__admins": ["me"]}, "vvp:platform.admins", "nothing without vvp:apiToken"),
        ({"admission__kyverno__namespace": "vvp"}, "vvp:admission.kyverno.namespace", "another one"),
        ({"admission": {"engine": "admission-policy", "kyverno": {}}}, "vvp:admission.kyverno", "nothing with"),
        ({"admission__reservedAccounts": ["ververica-platform"]}, "vvp:admission.reservedAccounts.0", "of a job"),
        ({"admission__reservedAccounts": ["a", "a"]}, "vvp:admission.reservedAccounts.1", "each one once"),
    ],
)
def test_each_fault_names_its_key_and_what_would_be_right(changes: dict[str, Any], key: str, expected: str) -> None:
    found = faults(**changes)
    assert expected in found[key].expected
    assert str(found[key]).startswith(f"{key}: found ")


def test_jdbc_needs_a_licence_and_a_password() -> None:
    licensed = {"platform__acceptCommunityEditionLicense": False, "license": SECRET, "platform__persistence": JDBC}
    assert "the password" in faults(**licensed)["vvp:databasePassword"].expected
    assert read(**licensed, databasePassword=SECRET).platform.persistence.type == "jdbc"


NETWORKS = "jobs__greeting-request-consumer__access__networks"


@pytest.mark.parametrize("network", ["0.0.0.0/0", "10.0.0.0/7", "169.254.169.254/32", "8.8.8.0/24", "10.2.9.1/24", "x"])
def test_a_job_is_given_no_network_but_a_private_one(network: str) -> None:
    key = "vvp:jobs.greeting-request-consumer.access.networks.0"
    assert "network" in faults(**{NETWORKS: [network]})[key].expected


def test_a_job_is_given_a_private_network() -> None:
    networks = ("10.20.96.0/24", "192.168.7.9/32", "100.64.0.0/16")
    assert read(**{NETWORKS: list(networks)}).jobs["greeting-request-consumer"].access.networks == networks


@pytest.mark.parametrize(("kind", "expected"), [("pod-identity", "never has IRSA too"), ("irsa", "the program writes")])
def test_an_account_has_one_kind_of_identity(kind: str, expected: str) -> None:
    annotations = {"eks.amazonaws.com/role-arn": "arn:aws:iam::123456789012:role/mine"}
    found = faults(identity__kind=kind, platform__serviceAccountAnnotations=annotations)
    key = "vvp:platform.serviceAccountAnnotations.eks.amazonaws.com/role-arn"
    assert expected in found[key].expected


def test_subnets_are_inside_the_vpc_and_apart() -> None:
    found = faults(
        network__privateSubnets=["10.20.0.0/19", "10.20.16.0/20", "10.30.0.0/19"],
        network__publicSubnets=["10.20.128.0/22", "10.20.132.0/22", "10.20.136.0/22"],
    )
    assert set(found) == {"vvp:network.privateSubnets.1", "vvp:network.privateSubnets.2"}
    assert "does not overlap 10.20.0.0/19" in found["vvp:network.privateSubnets.1"].expected


def test_an_existing_vpc_excludes_a_new_one() -> None:
    existing = {"vpcId": "vpc-0123456789abcdef0", "privateSubnetIds": ["subnet-01234567", "subnet-89abcdef"]}
    assert set(faults(network__existing=existing)) == {"vvp:network.cidr", "vvp:network.nat"}
    assert read(network={"existing": existing}).network.existing is not None


def test_grants_that_no_policy_can_hold_are_refused() -> None:
    names = [f"stream-{index}" for index in range(60)]
    key = "jobs__greeting-request-consumer__access__streams"
    changes: dict[str, Any] = {"streams": {name: {} for name in names}, key: dict.fromkeys(names, "read-fan-out")}
    found = faults(**changes)
    assert "within IAM's 6,144" in found["vvp:jobs.greeting-request-consumer.access"].expected


def test_a_missing_region_is_told_with_all_the_rest() -> None:
    found = faults(**{"aws:region": None, "environment": None})
    assert {key: fault.found for key, fault in found.items()} == {"aws:region": "nothing", "vvp:environment": "nothing"}


def test_a_cloud_that_nobody_knows_is_refused_alone() -> None:
    assert "one of aws" in faults(cloud="moon")["vvp:cloud"].expected
    assert set(faults(cloud={"name": "aws"})) == {"vvp:cloud"}


def test_every_fault_is_told_at_once() -> None:
    found = faults(
        **{"aws:region": None},
        environment="qa",
        clusterr={},
        network__cidr="x",
        cluster__nodes__minSize="2",
        blobStorage__bucket="B",
        identity__kind="keys",
        admission__engine="opa",
        platform__chartVersion="5",
        license=SECRET,
    )
    assert set(found) == {
        "aws:region",
        "vvp:environment",
        "vvp:clusterr",
        "vvp:network.cidr",
        "vvp:cluster.nodes.minSize",
        "vvp:blobStorage.bucket",
        "vvp:identity.kind",
        "vvp:admission.engine",
        "vvp:platform.chartVersion",
        "vvp:platform.acceptCommunityEditionLicense",
    }


def test_a_value_that_could_not_be_read_is_no_ground_for_another_fault() -> None:
    # Were minSize's default of 2 used in place of "9", desiredSize 1 would be told wrong.
    found = faults(cluster__nodes__minSize="9", cluster__nodes__desiredSize=1)
    assert set(found) == {"vvp:cluster.nodes.minSize"}


@pytest.mark.parametrize("name", SECRETS)
def test_a_secret_in_clear_text_is_refused_without_showing_it(name: str) -> None:
    with pytest.raises(SettingsError) as caught:
        check({**DEV, key_of(name): "hunter2"})
    assert f"pulumi config set --secret {key_of(name)}" in str(caught.value)
    assert "hunter2" not in str(caught.value)


@pytest.fixture
def event_loop() -> Iterator[None]:
    """Outputs are futures of the thread's event loop, which another test may have closed."""
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    yield
    asyncio.set_event_loop(None)
    loop.close()


@pytest.mark.usefixtures("event_loop")
def test_secrets_stay_outputs() -> None:
    token = pulumi.Output.secret("t")
    there = {"platform__acceptCommunityEditionLicense": False, "license": SECRET, "apiToken": SECRET}
    licensed = changed(DEV, **own(there))
    settings = check(licensed, secrets=Secrets(license=pulumi.Output.secret("l"), api_token=token))
    assert settings.secrets.api_token is token
    assert SECRET["secure"] not in repr(settings.file.platform)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


@given(st.dictionaries(st.sampled_from([*KEYS, "vvp:other", "other"]), json_values))
def test_whatever_stands_there_is_either_read_or_refused_in_words(raw: dict[str, Any]) -> None:
    try:
        check(raw)
        told: list[Fault] = []
    except SettingsError as error:
        told = error.faults or [Fault("", "", "")]
    assert all(fault.key and fault.found and fault.expected for fault in told)
