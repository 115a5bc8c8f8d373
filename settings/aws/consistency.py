"""What does not fit together in a stack file for AWS."""

import json
from collections.abc import Iterator
from ipaddress import IPv4Network
from itertools import combinations

from grants import aws as grants
from grants import iam_documents as policies
from grants.verbs import JOBS_PREFIX, BlobVerb
from settings.aws.names import MAX_IAM_ROLE, ROLE_ANNOTATION
from settings.aws.sections import ClusterSettings, IdentityKind, IdentitySettings, NetworkSettings
from settings.faults import NOTHING, Fault, show
from settings.jobs import JobAccess
from settings.sections import PlatformSettings

LARGEST_VPC, SMALLEST_VPC = 16, 20


def network_faults(network: NetworkSettings) -> Iterator[Fault]:
    if network.existing:
        for field in sorted(network.model_fields_set - {"existing"}):
            alias = type(network).model_fields[field].alias
            found = show(getattr(network, field))
            yield Fault(f"vvp:network.{alias}", found, "nothing beside `existing`: that VPC already has its networks")
        return
    vpc = IPv4Network(network.cidr)
    if not LARGEST_VPC <= vpc.prefixlen <= SMALLEST_VPC:
        yield Fault("vvp:network.cidr", network.cidr, f"a network of /{LARGEST_VPC} to /{SMALLEST_VPC}")
    named = {
        f"vvp:network.{alias}.{index}": cidr
        for alias, cidrs in (("privateSubnets", network.private_subnets), ("publicSubnets", network.public_subnets))
        for index, cidr in enumerate(cidrs or ())
    }
    for key, cidr in named.items():
        if not IPv4Network(cidr).subnet_of(vpc):
            yield Fault(key, cidr, f"a network inside {network.cidr}, the VPC's own", ("vvp:network.cidr",))
    yield from overlaps(named)
    if (network.private_subnets is None) != (network.public_subnets is None):
        missing = "privateSubnets" if network.private_subnets is None else "publicSubnets"
        yield Fault(f"vvp:network.{missing}", NOTHING, "three networks, as the other kind of subnet is given too")


def overlaps(named: dict[str, str]) -> Iterator[Fault]:
    for (first, one), (second, other) in combinations(named.items(), 2):
        if IPv4Network(one).overlaps(IPv4Network(other)):
            yield Fault(second, other, f"a network that does not overlap {one} of {first}", (first,))


def cluster_faults(cluster: ClusterSettings) -> Iterator[Fault]:
    nodes = cluster.nodes
    low, wanted, high = (f"vvp:cluster.nodes.{size}Size" for size in ("min", "desired", "max"))
    if nodes.min_size > nodes.max_size:
        yield Fault(low, show(nodes.min_size), f"at most maxSize, {nodes.max_size}", (high,))
    elif not nodes.min_size <= nodes.desired_size <= nodes.max_size:
        right = f"from minSize {nodes.min_size} to maxSize {nodes.max_size}"
        yield Fault(wanted, show(nodes.desired_size), right, (low, high))
    for arn in sorted(set(cluster.admins) & set(cluster.viewers)):
        key = f"vvp:cluster.viewers.{cluster.viewers.index(arn)}"
        yield Fault(key, arn, "one access entry: it is in `admins` too", ("vvp:cluster.admins",))


def identity_faults(platform: PlatformSettings, identity: IdentitySettings) -> Iterator[Fault]:
    key = f"vvp:platform.serviceAccountAnnotations.{ROLE_ANNOTATION}"
    if role := platform.service_account_annotations.get(ROLE_ANNOTATION):
        pod_identity = identity.kind is IdentityKind.POD_IDENTITY
        right = (
            "nothing: a Pod Identity account never has IRSA too" if pod_identity else "nothing: the program writes it"
        )
        yield Fault(key, show(role), right, ("vvp:identity.kind",))
    role_name = f"{identity.role_prefix}-{platform.service_account}"
    if len(role_name) > MAX_IAM_ROLE:
        right = f"a name that leaves the role {role_name} within IAM's {MAX_IAM_ROLE} characters"
        yield Fault("vvp:platform.serviceAccount", show(platform.service_account), right)


def policy_size(access: JobAccess) -> int:
    """Characters of a job's policy in the region and with the names that make it longest."""
    account = "ap-southeast-99:123456789012"
    key = f"arn:aws-us-gov:kms:{account}:key/mrk-{'0' * 32}"
    granted = [
        grants.StreamGrant(verb, f"arn:aws-us-gov:kinesis:{account}:stream/{name}", key)
        for name, verb in access.streams.items()
    ]
    own = {f"{JOBS_PREFIX}{'n' * 63}/": BlobVerb.READ_WRITE}
    blobs = grants.blobs({**access.blobs, **own}, f"arn:aws-us-gov:s3:::{'b' * 63}", key)
    return len(json.dumps(policies.document(*grants.streams(granted), *blobs), separators=(",", ":")))
