"""Nodes and zones: where the platform's volume is, there must be a node."""

from collections.abc import Iterator

from settings.aws.sections import ClusterSettings, NetworkSettings
from settings.faults import Fault, show
from settings.sections import LocalPersistence, PlatformSettings


def zone_faults(network: NetworkSettings, cluster: ClusterSettings, platform: PlatformSettings) -> Iterator[Fault]:
    """Fewer nodes than zones, where the platform's volume may lie in any zone and is mounted only there.

    See https://docs.aws.amazon.com/autoscaling/ec2/userguide/ec2-auto-scaling-availability-zone-balanced.html.
    """
    fewest, zones = cluster.nodes.min_size, network.zone_count
    if network.existing is None and isinstance(platform.persistence, LocalPersistence) and fewest < zones:
        right = (
            f"at least {zones}, a node for each zone: the platform's local persistence is a volume of one zone, whose "
            f"pod waits while the zone has no node; or fewer zones (`network.zones`), or jdbc persistence"
        )
        yield Fault("vvp:cluster.nodes.minSize", show(fewest), right, ("vvp:network.zones", "vvp:platform.persistence"))


def zone_remarks(network: NetworkSettings, cluster: ClusterSettings, platform: PlatformSettings) -> Iterator[str]:
    """The same of an existing network, whose subnets do not say in which zones they are."""
    subnets = len(network.existing.private_subnet_ids) if network.existing else 0
    if isinstance(platform.persistence, LocalPersistence) and cluster.nodes.min_size < subnets:
        yield (
            f"vvp:cluster.nodes.minSize is {cluster.nodes.min_size} and there are {subnets} private subnets: if they "
            "are in as many zones, the platform's volume can be in one that has no node, and its pod waits"
        )
