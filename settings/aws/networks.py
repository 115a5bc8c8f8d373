"""The networks that AWS accepts, as types a settings model can use."""

from ipaddress import IPv4Network, collapse_addresses
from typing import Annotated

from settings.names import RFC_1918, Cidr, named

PRIVATE = tuple(map(IPv4Network, RFC_1918))
"""RFC 1918: https://www.rfc-editor.org/rfc/rfc1918."""

_NOT_PUBLIC = (
    *PRIVATE,
    *map(
        IPv4Network,
        (
            "0.0.0.0/8",
            "100.64.0.0/10",
            "127.0.0.0/8",
            "169.254.0.0/16",
            "192.0.0.0/24",
            "192.0.2.0/24",
            "192.88.99.0/24",
            "198.18.0.0/15",
            "198.51.100.0/24",
            "203.0.113.0/24",
            "224.0.0.0/4",
            "240.0.0.0/4",
        ),
    ),
)
"""What is routed nowhere on the internet: https://www.iana.org/assignments/iana-ipv4-special-registry."""

_NO_VPC = tuple(map(IPv4Network, ("0.0.0.0/8", "127.0.0.0/8", "169.254.0.0/16", "224.0.0.0/4", "240.0.0.0/4")))
"""What EC2 takes for no VPC (https://docs.aws.amazon.com/vpc/latest/userguide/vpc-cidr-blocks.html)."""

_BROADEST_PUBLIC = 8
EXAMPLES = ("3.120.181.40/29", "18.202.216.48/29")
"""What stands in the repository's stack files: networks of EC2 Instance Connect, which EKS takes and nobody comes from
(https://docs.aws.amazon.com/vpc/latest/userguide/aws-ip-ranges.html). EKS refuses those reserved for examples."""
MOST_PUBLIC_NETWORKS = 40
"""What EKS takes: https://docs.aws.amazon.com/eks/latest/userguide/service-quotas.html."""

SERVICE_PREFIXES = range(12, 25)
"""See `serviceIpv4Cidr` in https://docs.aws.amazon.com/eks/latest/APIReference/API_KubernetesNetworkConfigRequest.html."""


def overlaps(cidr: str, networks: tuple[IPv4Network, ...]) -> bool:
    """Whether a network has an address of any of `networks`."""
    network = IPv4Network(cidr)
    return any(network.overlaps(each) for each in networks)


def adds_up_to_everything(cidrs: tuple[str, ...]) -> bool:
    """Whether networks together are wider than what one of them may be."""
    return any(each.prefixlen < _BROADEST_PUBLIC for each in collapse_addresses(map(IPv4Network, cidrs)))


def _is_public(cidr: str) -> bool:
    return IPv4Network(cidr).prefixlen >= _BROADEST_PUBLIC and not overlaps(cidr, _NOT_PUBLIC)


def _for_services(cidr: str) -> bool:
    network = IPv4Network(cidr)
    return network.prefixlen in SERVICE_PREFIXES and any(network.subnet_of(each) for each in PRIVATE)


PublicCidr = Annotated[
    Cidr,
    named(
        _is_public,
        "a network of the public internet, /8 or narrower: EKS takes no private or reserved ones, "
        "and the whole internet does not need it",
    ),
]

ServiceCidr = Annotated[
    Cidr, named(_for_services, "a network of /24 to /12 inside 10.0.0.0/8, 172.16.0.0/12 or 192.168.0.0/16")
]

VpcCidr = Annotated[
    Cidr, named(lambda c: not overlaps(c, _NO_VPC), "a network that EC2 takes for a VPC, as 10.20.0.0/16 in CIDR form")
]
