"""The bucket that the program registers, and the policy with which the platform uses it."""

import json

from tests.program.recorder import Program, stack


def test_seed_aws_s3_mb_vvp_blob_storage(dev: Program) -> None:
    assert dev.one("aws:s3/bucket:Bucket").inputs["bucket"] == "vvp-blob-storage"
    blocked = dev.one("aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock").inputs
    flags = ("blockPublicAcls", "blockPublicPolicy", "ignorePublicAcls", "restrictPublicBuckets")
    assert all(blocked[flag] is True for flag in flags)
    (rule,) = dev.one("aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration").inputs[
        "rules"
    ]
    assert rule["applyServerSideEncryptionByDefault"]["sseAlgorithm"] == "aws:kms"
    versioning = dev.one("aws:s3/bucketVersioning:BucketVersioning").inputs["versioningConfiguration"]
    assert versioning == {"status": "Enabled"}
    controls = dev.one("aws:s3/bucketOwnershipControls:BucketOwnershipControls").inputs["rule"]
    assert controls == {"objectOwnership": "BucketOwnerEnforced"}
    policy = json.loads(dev.one("aws:s3/bucketPolicy:BucketPolicy").inputs["policy"])
    assert policy["Statement"][0]["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}


def test_lifecycle_and_access_log_are_settings() -> None:
    program = stack(
        blobStorage__expiry=[{"prefix": "tmp/", "days": 3}],
        blobStorage__noncurrentDays=5,
        blobStorage__accessLogBucket="my-logs",
    )
    rules = program.one("aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration").inputs["rules"]
    assert rules[0]["noncurrentVersionExpiration"] == {"noncurrentDays": 5}
    assert rules[0]["abortIncompleteMultipartUpload"] == {"daysAfterInitiation": 7}
    assert rules[0]["expiration"] == {"expiredObjectDeleteMarker": True}
    checkpoints = {rule["filter"]["prefix"]: rule["noncurrentVersionExpiration"] for rule in rules[1:-1]}
    assert checkpoints == {
        f"jobs/greeting-request-{job}/checkpoints/": {"noncurrentDays": 1} for job in ("consumer", "producer")
    }
    assert rules[-1]["filter"] == {"prefix": "tmp/"}
    assert rules[-1]["expiration"] == {"days": 3}
    assert program.one("aws:s3/bucketLogging:BucketLogging").inputs["targetBucket"] == "my-logs"


def test_seed_aws_iam_create_policy_vvp_blob_storage(dev: Program) -> None:
    policy = dev.one("aws:iam/policy:Policy", "blob-storage-platform")
    assert policy.inputs["name"] == "vvp-blob-storage"
    actions = [a for s in json.loads(policy.inputs["policy"])["Statement"] for a in s["Action"]]
    assert not [action for action in actions if "*" in action]


def test_seed_policy_with_every_s3_action_must_be_asked_for_by_name() -> None:
    policy = (
        stack(blobStorage__platformAccess="all-s3-actions")
        .one("aws:iam/policy:Policy", "blob-storage-platform")
        .inputs["policy"]
    )
    first = json.loads(policy)["Statement"][0]
    assert first["Action"] == "s3:*"
    assert first["Resource"] == ["arn:aws:s3:::vvp-blob-storage", "arn:aws:s3:::vvp-blob-storage/*"]
