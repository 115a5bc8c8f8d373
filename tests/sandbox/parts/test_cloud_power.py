"""What is left of the cloud after the power went off."""

import time

import httpx
import pytest
from botocore.exceptions import ClientError

from tests.sandbox import cloud_fixtures
from tests.sandbox.cloud_calls import EC2_TRUST, make_cluster, make_role, refusal, user_with
from tests.sandbox.cloud_fixtures import REGION

pytestmark = pytest.mark.sandbox


def test_what_was_answered_survives_the_power_going_off(tmp_path_factory: pytest.TempPathFactory) -> None:
    cloud = cloud_fixtures.prepare(tmp_path_factory.mktemp("power"))
    with cloud_fixtures.running(cloud, kill=True):
        cluster = make_cluster(cloud)
        before = (cloud.state / "credentials.json").read_text()
        role = make_role(cloud, "last", EC2_TRUST)
        s3 = cloud.client("s3")
        s3.create_bucket(Bucket="kept", CreateBucketConfiguration={"LocationConstraint": REGION})
        session = cloud.client("sts").get_session_token()["Credentials"]
        vpc = cloud.client("ec2").create_vpc(CidrBlock="10.9.0.0/16")["Vpc"]["VpcId"]
    with cloud_fixtures.running(cloud, kill=True):
        assert (cloud.state / "credentials.json").read_text() == before
        assert cloud.client("iam").get_role(RoleName="last")["Role"]["Arn"] == role
        assert cloud.client("ec2").describe_vpcs(VpcIds=[vpc])["Vpcs"]
        assert cloud.client("s3").head_bucket(Bucket="kept")
        assert cloud.client("sts", session).get_caller_identity()["Arn"].endswith("user/platform-engineer")
        found = cloud.client("eks").describe_cluster(name="vvp")["cluster"]
        assert (found["status"], found["identity"]) == ("ACTIVE", cluster["identity"])
    (cloud.state / "cluster" / "cluster.json").unlink()
    for name in ("iam", "sts"):
        (cloud.state / "cloud" / "state" / f"{name}.json").unlink()
    with cloud_fixtures.running(cloud):
        # The administrator's key works again, and the cluster got a new control plane.
        eks = cloud.client("eks")
        assert eks.describe_cluster(name="vvp")["cluster"]["identity"] == cluster["identity"]
        group = cluster["resourcesVpcConfig"]["clusterSecurityGroupId"]
        eks.delete_cluster(name="vvp")
        for _ in range(50):
            if not eks.list_clusters()["clusters"]:
                break
            time.sleep(0.1)
        assert refusal(lambda: eks.describe_cluster(name="vvp"))[0] == "ResourceNotFoundException"
        assert (
            refusal(lambda: cloud.client("ec2").describe_security_groups(GroupIds=[group]))[0]
            == "InvalidGroup.NotFound"
        )
        assert httpx.get(f"{cloud.plain_url}/_sandbox/cluster", trust_env=False).status_code == 404
        with pytest.raises(ClientError, match="AccessDenied"):
            cloud.client("s3", user_with(cloud, "nobody", {"Action": "sts:*"})).list_buckets()
