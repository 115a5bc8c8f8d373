"""The names that AWS and Kubernetes accept, as types a settings model can use.

Each type refuses a bad name with the rule it breaks, before anything is created. The rules are the vendors' own:
Kubernetes object names (https://kubernetes.io/docs/concepts/overview/working-with-objects/names/), S3 bucket names
(https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html), IAM names
(https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html).
"""

import ipaddress
import re
from collections.abc import Callable
from typing import Annotated

from pydantic import AfterValidator
from pydantic_core import PydanticCustomError

_DNS_LABEL = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?")
_IAM = re.compile(r"[\w+=,.@-]+", re.ASCII)
_EKS = re.compile(r"[0-9A-Za-z][A-Za-z0-9_-]*")
_BUCKET = re.compile(r"[a-z0-9][a-z0-9-]*[a-z0-9]")
_ARN = re.compile(r"arn:aws[a-z-]*:iam::\d{12}:(root|(role|user)/[\w+=,.@/-]+)", re.ASCII)

_RESERVED_BUCKET_PREFIXES = ("xn--", "sthree-", "amzn-s3-demo-")
_RESERVED_BUCKET_SUFFIXES = ("-s3alias", "--ol-s3", "--x-s3", "--table-s3")

ROLE_ANNOTATION = "eks.amazonaws.com/role-arn"
"""The annotation by which a service account names its IAM role."""

MAX_LABEL = 63
MAX_IAM_ROLE = 64
MAX_IAM_POLICY = 128
MAX_EKS_CLUSTER = 100
BUCKET_LENGTH = range(3, 64)


def expected(rule: str) -> PydanticCustomError:
    """The error of a value that breaks `rule`; the settings' report prints it as what would be right."""
    return PydanticCustomError("expected", "{rule}", {"rule": rule})


def _named(matches: Callable[[str], bool], rule: str) -> AfterValidator:
    def check(name: str) -> str:
        if not matches(name):
            raise expected(rule)
        return name

    return AfterValidator(check)


def is_dns_label(name: str) -> bool:
    """Whether `name` is an RFC 1123 label: what namespaces, service accounts and label values here must be."""
    return len(name) <= MAX_LABEL and _DNS_LABEL.fullmatch(name) is not None


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


KubernetesName = Annotated[
    str, _named(is_dns_label, "lower-case letters, digits and inner hyphens, at most 63 characters (a DNS label)")
]
BucketName = Annotated[
    str,
    _named(
        is_bucket_name,
        "3 to 63 lower-case letters, digits and inner hyphens; no dots (TLS does not cover them); none of S3's "
        "reserved prefixes and suffixes",
    ),
]
RoleName = Annotated[str, _named(is_iam_name, "1 to 64 letters, digits or any of +=,.@_- (an IAM role name)")]
PolicyName = Annotated[
    str,
    _named(lambda n: is_iam_name(n, MAX_IAM_POLICY), "1 to 128 letters, digits or any of +=,.@_- (an IAM policy name)"),
]
ClusterName = Annotated[
    str,
    _named(
        lambda n: len(n) <= MAX_EKS_CLUSTER and _EKS.fullmatch(n) is not None,
        "1 to 100 letters, digits, hyphens or underscores, a letter or digit first (an EKS cluster name)",
    ),
]
PrincipalArn = Annotated[
    str,
    _named(lambda n: _ARN.fullmatch(n) is not None, "an IAM role or user ARN, as arn:aws:iam::123456789012:role/NAME"),
]
KubernetesVersion = Annotated[
    str,
    _named(lambda v: re.fullmatch(r"1\.[1-9]\d", v) is not None, 'a Kubernetes minor version in quotes, as "1.35"'),
]


def _network(text: str) -> str:
    try:
        ipaddress.IPv4Network(text)
    except ValueError:
        raise expected("an IPv4 network in CIDR form with no host bits set, as 10.20.0.0/16") from None
    return text


Cidr = Annotated[str, AfterValidator(_network)]
ClientCidr = Annotated[
    Cidr, _named(lambda c: not c.endswith("/0"), "the networks that need it; the whole internet does not")
]

ChartVersion = Annotated[
    str,
    _named(
        lambda v: re.fullmatch(r"\d+\.\d+\.\d+", v) is not None, "a whole chart version, as 5.11.1: a pin, not a range"
    ),
]
VpcId = Annotated[
    str, _named(lambda v: re.fullmatch(r"vpc-[0-9a-f]{8,17}", v) is not None, "a VPC id, as vpc-0123456789abcdef0")
]
SubnetId = Annotated[
    str,
    _named(lambda v: re.fullmatch(r"subnet-[0-9a-f]{8,17}", v) is not None, "a subnet id, as subnet-0123456789abcdef0"),
]
JdbcUrl = Annotated[
    str,
    _named(
        lambda v: re.fullmatch(r"jdbc:(mysql|mariadb|postgresql|sqlserver)://[^\s@]+", v) is not None,
        "a JDBC URL of MySQL, MariaDB, PostgreSQL or SQL Server without credentials, as jdbc:postgresql://host:5432/vvp",
    ),
]

_STREAM = re.compile(r"[a-zA-Z0-9_.-]{1,128}")
_PREFIX = re.compile(r"[A-Za-z0-9!_.()-]+(/[A-Za-z0-9!_.()-]+)*/")
_QUANTITY = re.compile(r"\d+(\.\d+)?([KMGT]i?|k|m)?")
StreamName = Annotated[
    str,
    _named(
        lambda n: _STREAM.fullmatch(n) is not None,
        "1 to 128 letters, digits, dots, hyphens or underscores (a Kinesis stream name)",
    ),
]
BlobPrefix = Annotated[
    str,
    _named(
        lambda p: _PREFIX.fullmatch(p) is not None,
        "a key prefix with a slash at its end and none at its start, without wildcards, as reports/daily/",
    ),
]
Quantity = Annotated[str, _named(lambda q: _QUANTITY.fullmatch(q) is not None, "a Kubernetes quantity, as 1G or 512Mi")]
VvpName = KubernetesName
