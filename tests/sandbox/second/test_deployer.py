"""A person who has the deployer's policies and nothing else deploys, changes and destroys; each action has a use."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from settings.aws.deployer import policies
from settings.aws.stack_file import AwsStackFile
from settings.check import check
from tests.sandbox.checkout import Checkout, Result, client
from tests.sandbox.left_over import assert_nothing_left

pytestmark = pytest.mark.sandbox

USER = "deployer"
STREAM = "streams__greeting-request__"
CHANGED = {
    "cluster__version": "1.36",
    "cluster__nodes__maxSize": 7,
    "cluster__nodes__diskGib": 60,
    "cluster__logRetentionDays": 30,
    "cluster__addonVersions": {"coredns": "v1.12.4-eksbuild.1"},
    "blobStorage__noncurrentDays": 7,
    f"{STREAM}shards": 2,
    f"{STREAM}retentionHours": 48,
    "jobs__greeting-request-producer__access__blobs": {"reports/": "write"},
}
"""A change of nearly everything that can be changed in place."""

UNUSED = {
    "the real provider reads more than the stand-in": """
        ec2:DescribeAddressesAttribute ec2:DescribeNetworkInterfaces ec2:DescribePrefixLists
        ec2:DescribeSecurityGroupRules eks:DescribeClusterVersions eks:DescribeAddonVersions
        iam:ListOpenIDConnectProviderTags kinesis:ListTagsForResource
        s3:GetAccelerateConfiguration s3:GetBucketAcl s3:GetBucketCORS s3:GetBucketLogging
        s3:GetBucketObjectLockConfiguration s3:GetBucketRequestPayment s3:GetBucketWebsite
        s3:GetReplicationConfiguration s3:ListTagsForResource""",
    "EKS makes its own roles once in an account, in the name of the first deployer": "iam:CreateServiceLinkedRole",
    "what is tagged anew: a change of the stack's tags": """
        ec2:DeleteTags eks:TagResource eks:UntagResource iam:TagOpenIDConnectProvider iam:UntagOpenIDConnectProvider
        iam:TagPolicy iam:TagRole iam:UntagPolicy iam:UntagRole kinesis:AddTagsToStream kinesis:RemoveTagsFromStream
        kinesis:TagResource kinesis:UntagResource kms:UntagResource logs:TagResource logs:UntagResource
        s3:PutBucketTagging s3:TagResource s3:UntagResource""",
    "what somebody changed by hand, put back": """
        ec2:ModifySubnetAttribute ec2:ModifyVpcEndpoint ec2:ReplaceRoute ec2:ReplaceRouteTableAssociation
        eks:UpdateAccessEntry eks:UpdatePodIdentityAssociation iam:AddClientIDToOpenIDConnectProvider
        iam:RemoveClientIDFromOpenIDConnectProvider iam:UpdateAssumeRolePolicy iam:UpdateOpenIDConnectProviderThumbprint
        iam:UpdateRole iam:UpdateRoleDescription kms:UpdateAlias kms:UpdateKeyDescription""",
    "stack files other than these: no key, on demand, no retention, an access log": """
        kinesis:StopStreamEncryption kinesis:UpdateStreamMode kinesis:DecreaseStreamRetentionPeriod
        logs:DeleteRetentionPolicy s3:PutBucketLogging""",
}
"""Actions of the policies that no call here asked for, by the reason why they are there."""


@dataclass(frozen=True)
class Deployer:
    """The person, in a checkout with a sandbox on which nothing is deployed.

    Attributes:
        checkout: The checkout.
        arn: Their ARN.
        key: Their access key, as variables.
    """

    checkout: Checkout
    arn: str
    key: tuple[str, str]

    def pulumi(self, command: str, *options: str) -> Result:
        """Runs a Pulumi command on the stack `dev` as this person."""
        what = ("pulumi", command, "--stack", "dev", "--non-interactive", *options)
        return self.checkout.run("env", *(f"AWS_{name}" for name in self.key), *what)

    def grant(self, file: AwsStackFile) -> set[str]:
        """Gives the policies for a stack file, and no others; returns their actions."""
        iam, account = client(self.checkout, "iam"), self.arn.split(":")[4]
        documents = policies(file, "dev", account)
        for name in iam.list_user_policies(UserName=USER)["PolicyNames"]:
            iam.delete_user_policy(UserName=USER, PolicyName=name)
        for name, document in documents.items():
            iam.put_user_policy(UserName=USER, PolicyName=name, PolicyDocument=json.dumps(document))
        actions = [statement["Action"] for document in documents.values() for statement in document["Statement"]]
        return {action for each in actions for action in ([each] if isinstance(each, str) else each)}

    def calls(self) -> list[dict[str, Any]]:
        """What they have asked the cloud for."""
        lines = (self.checkout.folder / ".sandbox" / "logs" / "cloud-calls.jsonl").read_text().splitlines()
        return [call for call in map(json.loads, lines) if call["caller"] == self.arn]


def stack_file_of(config: dict[str, Any]) -> AwsStackFile:
    """The stack file that a checkout has."""
    file = check(config).file
    assert isinstance(file, AwsStackFile)
    return file


@pytest.fixture(scope="module")
def deployer(checkout: Checkout) -> Iterator[Deployer]:
    """The person with an access key, and a sandbox without a stack."""
    checkout.configure()
    if checkout.deployed is not None:
        destroyed, checkout.deployed = checkout.make("destroy"), None
        assert destroyed.status == 0, destroyed
    started = checkout.make("start")
    assert started.status == 0, started
    iam = client(checkout, "iam")
    arn = iam.create_user(UserName=USER)["User"]["Arn"]
    key = iam.create_access_key(UserName=USER)["AccessKey"]
    pair = (f"ACCESS_KEY_ID={key['AccessKeyId']}", f"SECRET_ACCESS_KEY={key['SecretAccessKey']}")
    yield Deployer(checkout, arn, pair)
    for name in iam.list_user_policies(UserName=USER)["PolicyNames"]:
        iam.delete_user_policy(UserName=USER, PolicyName=name)
    iam.delete_access_key(UserName=USER, AccessKeyId=key["AccessKeyId"])
    iam.delete_user(UserName=USER)


def existing_network(checkout: Checkout) -> dict[str, Any]:
    """A VPC that somebody else keeps: two private subnets."""
    ec2, region = client(checkout, "ec2"), checkout.environment()["AWS_REGION"]
    vpc = ec2.create_vpc(CidrBlock="10.77.0.0/16")["Vpc"]["VpcId"]
    subnets = [
        ec2.create_subnet(VpcId=vpc, CidrBlock=f"10.77.{index}.0/24", AvailabilityZone=f"{region}{zone}")
        for index, zone in enumerate("ab")
    ]
    return {"existing": {"vpcId": vpc, "privateSubnetIds": [subnet["Subnet"]["SubnetId"] for subnet in subnets]}}


def remove_network(checkout: Checkout, network: dict[str, Any]) -> None:
    """Takes it away again; that nothing of the stack is in it any more is what makes it possible."""
    ec2, existing = client(checkout, "ec2"), network["existing"]
    for subnet in existing["privateSubnetIds"]:
        ec2.delete_subnet(SubnetId=subnet)
    ec2.delete_vpc(VpcId=existing["vpcId"])


def test_the_deployer_can_do_all_that_a_deployer_does_and_nothing_is_left(deployer: Deployer) -> None:
    checkout = deployer.checkout
    granted: set[str] = set()

    def succeeds(command: str, *options: str) -> Result:
        result = deployer.pulumi(command, *options)
        assert result.status == 0, result
        return result

    def life(changes: dict[str, Any], then: dict[str, Any], check: Callable[[Result], None]) -> None:
        granted.update(deployer.grant(stack_file_of(checkout.configure(**changes))))
        for command in (("preview",), ("up", "--yes", "--skip-preview"), ("refresh", "--yes")):
            succeeds(*command)
        check(succeeds("preview"))
        granted.update(deployer.grant(stack_file_of(checkout.configure(**{**changes, **then}))))
        succeeds("up", "--yes", "--skip-preview")
        client(checkout, "s3").put_object(Bucket="vvp-blob-storage", Key="vvp/left.txt", Body=b"x")
        succeeds("destroy", "--yes", "--skip-preview")
        assert_nothing_left(checkout)

    life({}, CHANGED, Result.assert_nothing_to_do)
    network = existing_network(checkout)
    people = {"cluster__admins": [f"arn:aws:iam::{deployer.arn.split(':')[4]}:user/platform-engineer"]}
    # The same names again, without a network, with the other kind of identity.
    life(
        {"network": network, "identity__kind": "pod-identity", "admission__engine": "admission-policy", **people},
        {"cluster__admins": []},
        Result.assert_nothing_to_do,
    )
    remove_network(checkout, network)

    calls = deployer.calls()
    assert [call for call in calls if not call["allowed"]] == []
    told = [action for actions in UNUSED.values() for action in actions.split()]
    unused = granted - {call["action"] for call in calls}
    assert unused <= set(told), f"granted, not used, and no reason told: {sorted(unused - set(told))}"
    assert set(told) <= granted, f"told of, and not granted: {sorted(set(told) - granted)}"
