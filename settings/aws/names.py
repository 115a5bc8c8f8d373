"""The names that AWS accepts, as types a settings model can use.

The rules are AWS' own: S3 bucket names
(https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html), IAM names
(https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html).
"""

import re
from typing import Annotated

from pydantic import BeforeValidator

from settings.names import expected, named

_IAM = re.compile(r"[\w+=,.@-]+", re.ASCII)


_EKS = re.compile(r"[0-9A-Za-z][A-Za-z0-9_-]*")


_BUCKET = re.compile(r"[a-z0-9][a-z0-9-]*[a-z0-9]")


_ARN = re.compile(r"arn:aws[a-z-]*:iam::\d{12}:(root|(role|user)/[\w+=,.@/-]+)", re.ASCII)


_RESERVED_BUCKET_PREFIXES = ("xn--", "sthree-", "amzn-s3-demo-")


_RESERVED_BUCKET_SUFFIXES = ("-s3alias", "--ol-s3", "--x-s3", "--table-s3")


ROLE_ANNOTATION = "eks.amazonaws.com/role-arn"
"""The annotation by which a service account names its IAM role."""


MAX_IAM_ROLE = 64


MAX_IAM_POLICY = 128


MAX_EKS_CLUSTER = 100


BUCKET_LENGTH = range(3, 64)


def is_bucket_name(name: str) -> bool:
    """Whether S3 accepts `name` for a new bucket and TLS covers it (so: no dots)."""
    return (
        len(name) in BUCKET_LENGTH
        and _BUCKET.fullmatch(name) is not None
        and not name.startswith(_RESERVED_BUCKET_PREFIXES)
        and not name.endswith(_RESERVED_BUCKET_SUFFIXES)
    )


def is_iam_name(name: str, longest: int = MAX_IAM_ROLE) -> bool:
    """Whether IAM accepts `name` for a role (64 characters) or, with `longest=128`, for a policy."""
    return len(name) <= longest and _IAM.fullmatch(name) is not None


BucketName = Annotated[
    str,
    named(
        is_bucket_name,
        "3 to 63 lower-case letters, digits and inner hyphens; no dots (TLS does not cover them); none of S3's "
        "reserved prefixes and suffixes",
    ),
]


RoleName = Annotated[str, named(is_iam_name, "1 to 64 letters, digits or any of +=,.@_- (an IAM role name)")]


PolicyName = Annotated[
    str,
    named(lambda n: is_iam_name(n, MAX_IAM_POLICY), "1 to 128 letters, digits or any of +=,.@_- (an IAM policy name)"),
]


ClusterName = Annotated[
    str,
    named(
        lambda n: len(n) <= MAX_EKS_CLUSTER and _EKS.fullmatch(n) is not None,
        "1 to 100 letters, digits, hyphens or underscores, a letter or digit first (an EKS cluster name)",
    ),
]


PrincipalArn = Annotated[
    str,
    named(lambda n: _ARN.fullmatch(n) is not None, "an IAM role or user ARN, as arn:aws:iam::123456789012:role/NAME"),
]


VpcId = Annotated[
    str, named(lambda v: re.fullmatch(r"vpc-[0-9a-f]{8,17}", v) is not None, "a VPC id, as vpc-0123456789abcdef0")
]


SubnetId = Annotated[
    str,
    named(lambda v: re.fullmatch(r"subnet-[0-9a-f]{8,17}", v) is not None, "a subnet id, as subnet-0123456789abcdef0"),
]


_STREAM = re.compile(r"[a-zA-Z0-9_.-]{1,128}")


StreamName = Annotated[
    str,
    named(
        lambda n: _STREAM.fullmatch(n) is not None,
        "1 to 128 letters, digits, dots, hyphens or underscores (a Kinesis stream name)",
    ),
]


def _region(value: object) -> object:
    if not (isinstance(value, str) and re.fullmatch(r"[a-z]{2}(-[a-z]+)+-\d", value)):
        raise expected("the stack's AWS region, as eu-central-1")
    return value


RegionName = Annotated[str, BeforeValidator(_region)]
