"""The names that AWS accepts, as types a settings model can use.

The rules are AWS' own: S3 bucket names
(https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html), IAM names
(https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html).
"""

import re
from typing import Annotated

from pydantic import BeforeValidator, Field

from settings.names import expected, named

_IAM = re.compile(r"[\w+=,.@-]+", re.ASCII)


_EKS = re.compile(r"[0-9A-Za-z][A-Za-z0-9_-]*")


_BUCKET = re.compile(r"[a-z0-9][a-z0-9-]*[a-z0-9]")


_ARN = re.compile(r"arn:aws[a-z-]*:iam::[0-9]{12}:(root|(role|user)/[\w+=,.@/-]+)", re.ASCII)


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


_GIVES_NOBODY = re.compile(r"arn:aws[a-z-]*:iam::[0-9]{12}:(root|role/aws-service-role/.*)")
"""An access entry for the account gives none of its principals anything, and EKS refuses service-linked roles:
https://docs.aws.amazon.com/eks/latest/userguide/creating-access-entries.html."""


def _is_principal(arn: str) -> bool:
    return _ARN.fullmatch(arn) is not None and _GIVES_NOBODY.fullmatch(arn) is None


PrincipalArn = Annotated[
    str,
    named(
        _is_principal,
        "the ARN of one IAM role or user, as arn:aws:iam::123456789012:role/NAME; an entry for the account itself "
        "gives nobody anything, and EKS takes no service-linked roles",
    ),
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


def partition_of(region: str) -> str:
    """The partition of a region (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference-arns.html)."""
    return next((name for prefix, name in _PARTITIONS.items() if region.startswith(prefix)), "aws")


_PARTITIONS = {
    "cn-": "aws-cn",
    "us-gov-": "aws-us-gov",
    "eusc-": "aws-eusc",
    "us-iso-": "aws-iso",
    "us-isob-": "aws-iso-b",
    "eu-isoe-": "aws-iso-e",
    "us-isof-": "aws-iso-f",
}


def _region(value: object) -> object:
    if not (isinstance(value, str) and re.fullmatch(r"[a-z]{2,4}(-[a-z]+)+-[0-9]", value)):
        raise expected("the stack's AWS region, as eu-central-1")
    return value


RegionName = Annotated[str, BeforeValidator(_region)]


_GROUP = re.compile(r"sg-[0-9a-f]{8,17}")


SecurityGroupId = Annotated[
    str, named(lambda v: _GROUP.fullmatch(v) is not None, "a security group's id, as sg-0123456789abcdef0")
]


_ZONE = re.compile(r"[a-z]{2,4}(-[a-z]+)+-[0-9][a-z]")


ZoneName = Annotated[
    str, named(lambda v: _ZONE.fullmatch(v) is not None, "the name of an availability zone, as eu-central-1a")
]


RoleArn = Annotated[
    str,
    named(
        lambda n: _is_principal(n) and ":role/" in n,
        "the ARN of an IAM role, as arn:aws:iam::123456789012:role/NAME",
    ),
]


AccountId = Annotated[
    str, named(lambda v: re.fullmatch(r"[0-9]{12}", v) is not None, "the 12 digits of an AWS account, in quotes")
]


_TAG = re.compile(r"[\w .:/=+@-]*")
"""Letters and digits of any script: https://docs.aws.amazon.com/tag-editor/latest/userguide/best-practices-and-strats.html."""
_LONGEST_TAG_KEY, _LONGEST_TAG_VALUE = 128, 256
_MOST_TAGS = 40
"""AWS takes 50; the rest is for those of the program and of EKS."""


def _is_tag_key(key: str) -> bool:
    return 0 < len(key) <= _LONGEST_TAG_KEY and _TAG.fullmatch(key) is not None and not key.lower().startswith("aws:")


def _is_tag_value(value: str) -> bool:
    return len(value) <= _LONGEST_TAG_VALUE and _TAG.fullmatch(value) is not None


_WORD = "letters, digits, blanks and any of .:/=+@_-"
TagKey = Annotated[str, named(_is_tag_key, f"1 to {_LONGEST_TAG_KEY} {_WORD}, not beginning with aws: (a tag's key)")]
TagValue = Annotated[str, named(_is_tag_value, f"at most {_LONGEST_TAG_VALUE} {_WORD} (a tag's value)")]
Tags = Annotated[dict[TagKey, TagValue], Field(max_length=_MOST_TAGS)]


_VERSION = re.compile(r"[0-9]{1,4}(\.[0-9]{1,4}){1,2}")


ImageVersion = Annotated[str, named(lambda v: _VERSION.fullmatch(v) is not None, 'a version in quotes, as "1.20.1"')]


def parts_of(version: str) -> tuple[int, ...]:
    """A version as numbers that can be compared."""
    return tuple(map(int, version.split(".")))
