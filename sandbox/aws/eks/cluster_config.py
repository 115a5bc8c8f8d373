"""A cluster's network, encryption and logging: checked, and completed with EKS's defaults."""

import ipaddress
import re
from typing import Any

from sandbox.aws import emulator
from sandbox.aws.eks import checks
from sandbox.aws.errors import Refused

MOST_PUBLIC_CIDRS = 40
PRIVATE = tuple(map(ipaddress.IPv4Network, ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16")))
CIDR = re.compile(r"[0-9]+(\.[0-9]+){3}/[0-9]{1,2}")
RESERVED = tuple(
    map(
        ipaddress.IPv4Network,
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
            "224.0.0.0/3",
        ),
    )
)
"""What is nobody's on the internet, private networks aside: https://www.iana.org/assignments/iana-ipv4-special-registry."""
WITHOUT_EKS = ("use1-az3", "usw1-az2", "cac1-az3")
LOG_TYPES = ("api", "audit", "authenticator", "controllerManager", "scheduler")


def vpc(given: dict[str, Any], current: dict[str, Any]) -> dict[str, Any]:
    """The network settings of a cluster: what is given, else what there is, else EKS's defaults."""
    subnet_ids = given.get("subnetIds") or current.get("subnetIds") or []
    found = checks.subnets(subnet_ids)
    if len({subnet["AvailabilityZone"] for subnet in found}) < 2:
        raise Refused("InvalidParameterException", "Subnets specified must be in at least two different AZs")
    vpc_id = found[0]["VpcId"]
    if current and current["vpcId"] != vpc_id:
        raise Refused("InvalidParameterException", "Subnets must be in the VPC of the cluster.")
    groups = given.get("securityGroupIds", current.get("securityGroupIds", []))
    checks.security_groups(groups, vpc_id)
    public = given.get("endpointPublicAccess", current.get("endpointPublicAccess", True))
    private = given.get("endpointPrivateAccess", current.get("endpointPrivateAccess", False))
    if not public and not private:
        raise Refused("InvalidParameterException", "Private and public endpoint access cannot be false")
    cidrs = given.get("publicAccessCidrs") or current.get("publicAccessCidrs") or ["0.0.0.0/0"]
    if len(cidrs) > MOST_PUBLIC_CIDRS:
        message = f"The number of publicAccessCidrs must not exceed {MOST_PUBLIC_CIDRS}"
        raise Refused("InvalidParameterException", message)
    refuse_cidrs(cidrs)
    return current | {
        "subnetIds": subnet_ids,
        "securityGroupIds": groups,
        "vpcId": vpc_id,
        "endpointPublicAccess": public,
        "endpointPrivateAccess": private,
        "publicAccessCidrs": cidrs if public else [],
    }


def refuse_cidrs(cidrs: list[str]) -> None:
    """Refuses what is no network, and what cannot come from the internet: a private or reserved part in it."""
    networks = {cidr: _network(cidr) for cidr in cidrs}
    if malformed := [cidr for cidr, network in networks.items() if network is None]:
        message = f"The following CIDRs are invalid in publicAccessCidrs: [{','.join(malformed)}]"
        raise Refused("InvalidParameterException", message)
    if inside := [cidr for cidr, network in networks.items() if network is not None and not _is_public(network)]:
        message = f"The following CIDRs are not allowed in publicAccessCidrs: [{', '.join(inside)}]"
        raise Refused("InvalidParameterException", message)


def _is_public(network: ipaddress.IPv4Network) -> bool:
    return network.prefixlen == 0 or not any(network.overlaps(each) for each in (*PRIVATE, *RESERVED))


def _network(cidr: str) -> ipaddress.IPv4Network | None:
    """A network in CIDR form; None for a mask instead of a length, host bits, and an address alone."""
    try:
        return ipaddress.IPv4Network(cidr) if CIDR.fullmatch(cidr) else None
    except ValueError:
        return None


def zones(cluster: str, subnet_ids: list[str]) -> None:
    """Refuses subnets in zones where no control plane lives.

    See https://docs.aws.amazon.com/eks/latest/userguide/network-reqs.html.
    """
    found = checks.subnets(subnet_ids)
    usable = sorted({each["AvailabilityZone"] for each in found if each.get("AvailabilityZoneId") not in WITHOUT_EKS})
    for subnet in found:
        if subnet.get("AvailabilityZoneId") in WITHOUT_EKS:
            raise Refused(
                "UnsupportedAvailabilityZoneException",
                f"Cannot create cluster '{cluster}' because EKS does not support creating control plane instances in "
                f"{subnet['AvailabilityZone']}, the targeted availability zone. Retry cluster creation using control "
                f"plane subnets that span at least two of these availability zones: {', '.join(usable)}.",
            )


def encryption(config: list[dict[str, Any]]) -> None:
    """Checks an encryptionConfig: one, for secrets, with a key that can be used."""
    if len(config) != 1 or config[0].get("resources") != ["secrets"] or not config[0].get("provider", {}).get("keyArn"):
        raise Refused(
            "InvalidParameterException",
            "encryptionConfig must be one entry with resources [secrets] and provider.keyArn",
        )
    checks.key(config[0]["provider"]["keyArn"])


def logs(given: dict[str, Any], enabled: tuple[str, ...]) -> dict[str, Any]:
    """Control-plane logs: what is given, on top of the types that are on already."""
    on = set(enabled)
    for entry in given.get("clusterLogging", []):
        on = on | set(entry.get("types", [])) if entry.get("enabled") else on - set(entry.get("types", []))
    groups = [
        {"types": [kind for kind in LOG_TYPES if (kind in on) is wanted], "enabled": wanted} for wanted in (True, False)
    ]
    return {"clusterLogging": [group for group in groups if group["types"]]}


def kubernetes_network(given: dict[str, Any], network: dict[str, Any]) -> dict[str, Any]:
    """The addresses of services: given, or those of EKS's two that the VPC leaves free."""
    if given.get("ipFamily", "ipv4") != "ipv4":
        raise Refused("InvalidParameterException", "the sandbox's EKS does not support ipFamily ipv6")
    block = ipaddress.ip_network(emulator.service("ec2")._vpcs[network["vpcId"]]["CidrBlock"])
    # EKS takes the first that does not overlap the VPC.
    usual = next(cidr for cidr in ("10.100.0.0/16", "172.20.0.0/16") if not block.overlaps(ipaddress.ip_network(cidr)))
    chosen = given.get("serviceIpv4Cidr", usual)
    services = _network(chosen)
    if services is None:
        raise Refused("InvalidParameterException", f"serviceIpv4Cidr {chosen} is not a CIDR block")
    if not (12 <= services.prefixlen <= 24 and any(services.subnet_of(each) for each in PRIVATE)):
        message = f"The specified CIDR {chosen} is not within 10.0.0.0/8, 172.16.0.0/12 or 192.168.0.0/16, /24 to /12"
        raise Refused("InvalidParameterException", message)
    if block.overlaps(services):
        raise Refused(
            "InvalidParameterException", f"serviceIpv4Cidr {chosen} overlaps the CIDR block {block} of the VPC"
        )
    return {"serviceIpv4Cidr": chosen, "ipFamily": "ipv4", "elasticLoadBalancing": {"enabled": False}}
