"""The names that Kubernetes and the platform accept, as types a settings model can use.

Each type refuses a bad name with the rule it breaks, before anything is created. The rules are the vendors' own:
Kubernetes object names (https://kubernetes.io/docs/concepts/overview/working-with-objects/names/).
"""

import ipaddress
import re
from collections.abc import Callable
from typing import Annotated

from pydantic import AfterValidator
from pydantic_core import PydanticCustomError

_DNS_LABEL = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?")


MAX_LABEL = 63


def expected(rule: str) -> PydanticCustomError:
    """The error of a value that breaks `rule`; the settings' report prints it as what would be right."""
    return PydanticCustomError("expected", "{rule}", {"rule": rule})


def named(matches: Callable[[str], bool], rule: str) -> AfterValidator:
    def check(name: str) -> str:
        if not matches(name):
            raise expected(rule)
        return name

    return AfterValidator(check)


def is_dns_label(name: str) -> bool:
    """Whether `name` is an RFC 1123 label: what namespaces, service accounts and label values here must be."""
    return len(name) <= MAX_LABEL and _DNS_LABEL.fullmatch(name) is not None


KubernetesName = Annotated[
    str, named(is_dns_label, "lower-case letters, digits and inner hyphens, at most 63 characters (a DNS label)")
]
KubernetesVersion = Annotated[
    str,
    named(lambda v: re.fullmatch(r"1\.[1-9]\d", v) is not None, 'a Kubernetes minor version in quotes, as "1.35"'),
]


def _network(text: str) -> str:
    try:
        ipaddress.IPv4Network(text)
    except ValueError:
        raise expected("an IPv4 network in CIDR form with no host bits set, as 10.20.0.0/16") from None
    return text


Cidr = Annotated[str, AfterValidator(_network)]
ClientCidr = Annotated[
    Cidr, named(lambda c: not c.endswith("/0"), "the networks that need it; the whole internet does not")
]

ChartVersion = Annotated[
    str,
    named(
        lambda v: re.fullmatch(r"\d+\.\d+\.\d+", v) is not None, "a whole chart version, as 5.11.1: a pin, not a range"
    ),
]
JdbcUrl = Annotated[
    str,
    named(
        lambda v: re.fullmatch(r"jdbc:(mysql|mariadb|postgresql|sqlserver)://[^\s@]+", v) is not None,
        "a JDBC URL of MySQL, MariaDB, PostgreSQL or SQL Server without credentials, as jdbc:postgresql://host:5432/vvp",
    ),
]

_PREFIX = re.compile(r"[A-Za-z0-9!_.()-]+(/[A-Za-z0-9!_.()-]+)*/")
_QUANTITY = re.compile(r"\d+(\.\d+)?([KMGT]i?|k|m)?")
BlobPrefix = Annotated[
    str,
    named(
        lambda p: _PREFIX.fullmatch(p) is not None,
        "a key prefix with a slash at its end and none at its start, without wildcards, as reports/daily/",
    ),
]
Quantity = Annotated[str, named(lambda q: _QUANTITY.fullmatch(q) is not None, "a Kubernetes quantity, as 1G or 512Mi")]
VvpName = KubernetesName
