"""The names that Kubernetes and the platform accept, as types a settings model can use.

Each type refuses a bad name with the rule it breaks, before anything is created. The rules are the vendors' own:
Kubernetes object names (https://kubernetes.io/docs/concepts/overview/working-with-objects/names/). Digits are those of
ASCII everywhere: no cloud takes others.
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


TWICE = "twice"
"""The type of pydantic's error for a list that has an item twice; its context has the item's `index`."""


def _each_once(items: tuple[str, ...]) -> tuple[str, ...]:
    for index, item in enumerate(items):
        if item in items[:index]:
            raise PydanticCustomError(TWICE, "each one once", {"index": index})
    return items


EachOnce = AfterValidator(_each_once)
"""For a list of texts that may have none of them twice."""


def is_dns_label(name: str) -> bool:
    """Whether `name` is an RFC 1123 label: what namespaces, service accounts and label values here must be."""
    return len(name) <= MAX_LABEL and _DNS_LABEL.fullmatch(name) is not None


KubernetesName = Annotated[
    str, named(is_dns_label, "lower-case letters, digits and inner hyphens, at most 63 characters (a DNS label)")
]
KubernetesVersion = Annotated[
    str,
    named(
        lambda v: re.fullmatch(r"1\.[1-9][0-9]", v) is not None,
        'a Kubernetes minor version in quotes and ASCII digits, as "1.35"',
    ),
]


_CIDR = re.compile(r"[0-9]+(\.[0-9]+){3}/[0-9]{1,2}")
"""A prefix length it must be: `ipaddress` would take a netmask and a hostmask too, and an address alone."""


def _network(text: str) -> str:
    try:
        if _CIDR.fullmatch(text) is None:
            raise ValueError
        ipaddress.IPv4Network(text)
    except ValueError:
        raise expected("an IPv4 network in CIDR form with no host bits set, as 10.20.0.0/16") from None
    return text


Cidr = Annotated[str, AfterValidator(_network)]
RFC_1918 = ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16")
"""See https://www.rfc-editor.org/rfc/rfc1918."""
PRIVATE_NETWORKS = tuple(sorted((*RFC_1918, "100.64.0.0/10")))
"""Networks that are nobody's on the internet, as those of clusters, their pods and services (RFC 1918, RFC 6598)."""


def _is_private(text: str) -> bool:
    network = ipaddress.IPv4Network(text)
    return any(network.subnet_of(ipaddress.IPv4Network(each)) for each in PRIVATE_NETWORKS)


PrivateCidr = Annotated[Cidr, named(_is_private, f"a network inside {', '.join(PRIVATE_NETWORKS)}")]

ChartVersion = Annotated[
    str,
    named(
        lambda v: re.fullmatch(r"[0-9]+\.[0-9]+\.[0-9]+", v) is not None,
        "a whole chart version, as 5.11.1: a pin, not a range",
    ),
]
_JDBC_URL = re.compile(r"jdbc:(mysql|mariadb|postgresql|sqlserver)://[^\s@]+")
_CREDENTIALS = re.compile(r"[?&;](user|username|password|pwd|passwd|sslpassword|accessToken)=", re.IGNORECASE)
"""Properties of the four drivers that say who logs in, or with what."""


JdbcUrl = Annotated[
    str,
    named(
        lambda v: _JDBC_URL.fullmatch(v) is not None and _CREDENTIALS.search(v) is None,
        "a JDBC URL of MySQL, MariaDB, PostgreSQL or SQL Server without credentials, as jdbc:postgresql://host:5432/vvp",
    ),
]

_PREFIX = re.compile(r"[A-Za-z0-9!_.()-]+(/[A-Za-z0-9!_.()-]+)*/")
BlobPrefix = Annotated[
    str,
    named(
        lambda p: _PREFIX.fullmatch(p) is not None,
        "a key prefix with a slash at its end and none at its start, without wildcards, as reports/daily/",
    ),
]
_MEMORY = re.compile(r"([0-9]+)(\.[0-9]+)?([kMGT]|[KMGT]i)?")
_UNITS = {"": 0, "k": 1, "M": 2, "G": 3, "T": 4}
LEAST_MEMORY = 256 * 1024**2
"""Bytes. No JVM of Flink starts with less: its metaspace alone takes as much
(https://nightlies.apache.org/flink/flink-docs-stable/docs/deployment/memory/mem_setup/)."""


def bytes_of(quantity: str) -> float | None:
    """The bytes of a Kubernetes memory quantity, as 1G or 512Mi; None if it is none."""
    match = _MEMORY.fullmatch(quantity)
    if match is None:
        return None
    unit = match[3] or ""
    base = 1024 if unit.endswith("i") else 1000
    return float(f"{match[1]}{match[2] or ''}") * base ** _UNITS[unit.removesuffix("i").replace("K", "k")]


def _enough(quantity: str) -> bool:
    number = bytes_of(quantity)
    return number is not None and number >= LEAST_MEMORY


Memory = Annotated[
    str, named(_enough, "a Kubernetes quantity of memory with its unit, at least 256Mi, as 1G or 512Mi (`m` is milli)")
]
VvpName = KubernetesName
