"""A person who has the deployer's policies and nothing else deploys, changes and destroys; each action has a use."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from tenacity import retry, stop_after_delay, wait_fixed

from settings.aws.deployer import policies
from settings.aws.stack_file import AwsStackFile
from settings.check import check
from tests.sandbox.checkout import Checkout, Result, client
from tests.sandbox.left_over import assert_nothing_left, left_over
from tests.sandbox.variants import VARIANTS

pytestmark = pytest.mark.sandbox

USER = "deployer"
STREAM = "streams__greeting-request__"
CHANGED = {
    "cluster__version": "1.36",
    "cluster__nodes__maxSize": 7,
    "cluster__nodes__diskGib": 60,
    "cluster__logRetentionDays": 30,
    "cluster__publicAccessCidrs": ["8.8.8.0/24"],
    "cluster__privateAccessCidrs": ["10.30.0.0/16"],
    "cluster__addonVersions": {"coredns": "v1.12.4-eksbuild.1"},
    "blobStorage__noncurrentDays": 7,
    f"{STREAM}shards": 2,
    f"{STREAM}retentionHours": 48,
    "jobs__greeting-request-producer__access__blobs": {"reports/": "read-write"},
}
"""A change of nearly everything that can be changed in place."""

UNUSED = {
    "the real provider reads more than the stand-in": """
        ec2:DescribeAddressesAttribute ec2:DescribeNetworkInterfaces ec2:DescribePrefixLists
        eks:DescribeClusterVersions eks:DescribeUpdate iam:ListInstanceProfilesForRole
        iam:ListOpenIDConnectProviderTags kinesis:ListTagsForResource s3:DeleteObjectVersion
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
        ec2:ModifySecurityGroupRules ec2:ModifySubnetAttribute ec2:ModifyVpcEndpoint ec2:ReplaceRoute
        ec2:ReplaceRouteTableAssociation eks:UpdateAccessEntry eks:UpdatePodIdentityAssociation
        iam:AddClientIDToOpenIDConnectProvider
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
        granted: The actions that they were allowed at some time.
    """

    checkout: Checkout
    arn: str
    key: tuple[str, str]
    granted: set[str] = field(default_factory=set[str])

    def pulumi(self, command: str, *options: str) -> Result:
        """Runs a Pulumi command on the stack `dev` as this person."""
        what = ("pulumi", command, "--stack", "dev", "--non-interactive", *options)
        return self.checkout.run("env", *(f"AWS_{name}" for name in self.key), *what)

    def live(self, changes: dict[str, Any], then: dict[str, Any]) -> None:
        """Deploys `dev` with changes, refreshes, changes it once more, puts an object into the bucket, and destroys."""
        self._grant(self.checkout.configure(**changes))
        for command in (("preview",), ("up", "--yes", "--skip-preview"), ("refresh", "--yes")):
            self._succeeds(*command)
        self._succeeds("preview").assert_nothing_to_do()
        self._grant(self.checkout.configure(**{**changes, **then}))
        self._succeeds("up", "--yes", "--skip-preview")
        client(self.checkout, "s3").put_object(Bucket="vvp-blob-storage", Key="vvp/left.txt", Body=b"x")
        self._succeeds("destroy", "--yes", "--skip-preview")

    def _succeeds(self, command: str, *options: str) -> Result:
        result = self.pulumi(command, *options)
        assert result.status == 0, result
        return result

    def _grant(self, config: dict[str, Any]) -> None:
        """Gives the policies for a stack file, and no others."""
        file = check(config).file
        assert isinstance(file, AwsStackFile)
        iam, account = client(self.checkout, "iam"), self.arn.split(":")[4]
        documents = policies(file, "dev", account)
        for name in iam.list_user_policies(UserName=USER)["PolicyNames"]:
            iam.delete_user_policy(UserName=USER, PolicyName=name)
        for name, document in documents.items():
            iam.put_user_policy(UserName=USER, PolicyName=name, PolicyDocument=json.dumps(document))
        actions = [statement["Action"] for document in documents.values() for statement in document["Statement"]]
        self.granted.update(action for each in actions for action in ([each] if isinstance(each, str) else each))

    def calls(self) -> list[dict[str, Any]]:
        """What they have asked the cloud for."""
        lines = (self.checkout.folder / ".sandbox" / "logs" / "cloud-calls.jsonl").read_text().splitlines()
        return [call for call in map(json.loads, lines) if call["caller"] == self.arn]


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


@retry(stop=stop_after_delay(60), wait=wait_fixed(0.5), reraise=True)
def log_group_that_came_back(checkout: Checkout) -> str:
    """Waits for the log group of a deleted cluster; there is nothing else."""
    left = left_over(checkout)
    assert list(left) == ["log groups"]
    return left["log groups"][0]["logGroupName"]


def test_the_deployer_can_do_all_that_a_deployer_does_and_nothing_is_left(deployer: Deployer) -> None:
    deployer.live({}, CHANGED)
    assert_nothing_left(deployer.checkout)


def test_the_same_names_come_up_again_in_a_network_that_somebody_else_keeps(deployer: Deployer) -> None:
    checkout = deployer.checkout
    network = existing_network(checkout)
    somebody = f"arn:aws:iam::{deployer.arn.split(':')[4]}:user/platform-engineer"
    changes = {"network": network, **VARIANTS["admission-policy, pod-identity"]}
    deployer.live({**changes, "cluster__admins": [somebody]}, {"cluster__admins": []})
    # Nothing goes slowly enough there for the control plane's last logs to arrive before their group is deleted.
    back = log_group_that_came_back(checkout)
    told = deployer.pulumi("preview")
    assert told.status != 0, told
    assert f"aws logs delete-log-group --log-group-name {back}; nothing was created" in told.output
    client(checkout, "logs").delete_log_group(logGroupName=back)
    assert_nothing_left(checkout)
    remove_network(checkout, network)


def test_no_call_was_refused_and_every_action_has_a_use(deployer: Deployer) -> None:
    calls = deployer.calls()
    assert [call for call in calls if not call["allowed"]] == []
    reasons = [action for actions in UNUSED.values() for action in actions.split()]
    unused = deployer.granted - {call["action"] for call in calls}
    assert unused <= set(reasons), f"granted, not used, and no reason told: {sorted(unused - set(reasons))}"
    assert set(reasons) <= deployer.granted, f"a reason and not granted: {sorted(set(reasons) - deployer.granted)}"
