"""What does not fit together in a stack file for AWS."""

import json
from collections.abc import Iterator, Mapping
from ipaddress import IPv4Network
from itertools import combinations

from grants.aws import StreamGrant, job_policy
from grants.iam_documents import LONGEST
from grants.verbs import BlobVerb, own_prefix
from settings.aws.names import MAX_IAM_ROLE, ROLE_ANNOTATION
from settings.aws.sections import ClusterSettings, IdentityKind, IdentitySettings, NetworkSettings
from settings.faults import NOTHING, Fault, show
from settings.jobs import JobAccess, JobSettings
from settings.sections import PlatformSettings

LARGEST_VPC, SMALLEST_VPC = 16, 20


def network_faults(network: NetworkSettings, cluster: ClusterSettings) -> Iterator[Fault]:
    """Networks that are not inside each other, or overlap.

    Args:
        network: The network section.
        cluster: The cluster section, which has the services' network.
    """
    if network.existing:
        for field in sorted(network.model_fields_set - {"existing"}):
            alias = type(network).model_fields[field].alias
            found = show(getattr(network, field))
            yield Fault(f"vvp:network.{alias}", found, "nothing beside `existing`: that VPC already has its networks")
        return
    yield from _overlaps({"vvp:network.cidr": network.cidr, "vvp:cluster.serviceCidr": cluster.service_cidr})
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
    yield from _overlaps(named)
    if (network.private_subnets is None) != (network.public_subnets is None):
        missing = "privateSubnets" if network.private_subnets is None else "publicSubnets"
        yield Fault(f"vvp:network.{missing}", NOTHING, "three networks, as the other kind of subnet is given too")


def _overlaps(named: dict[str, str]) -> Iterator[Fault]:
    for (first, one), (second, other) in combinations(named.items(), 2):
        if IPv4Network(one).overlaps(IPv4Network(other)):
            yield Fault(second, other, f"a network that does not overlap {one} of {first}", (first,))


def cluster_faults(cluster: ClusterSettings) -> Iterator[Fault]:
    """Sizes that do not fit each other, and principals that are listed twice."""
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
    """What the platform's account says of its role, and the role's name."""
    key = f"vvp:platform.serviceAccountAnnotations.{ROLE_ANNOTATION}"
    if role := platform.service_account_annotations.get(ROLE_ANNOTATION):
        pod_identity = identity.kind is IdentityKind.POD_IDENTITY
        right = (
            "nothing: a Pod Identity account never has IRSA too" if pod_identity else "nothing: the program writes it"
        )
        yield Fault(key, show(role), right, ("vvp:identity.kind",))
    yield from _long_role("vvp:platform.serviceAccount", platform.service_account, identity)


def job_faults(jobs: Mapping[str, JobSettings], identity: IdentitySettings) -> Iterator[Fault]:
    """Roles whose name, and policies whose text, IAM does not take."""
    for name, job in jobs.items():
        yield from _long_role(f"vvp:jobs.{name}", name, identity)
        size = _policy_size(job.access)
        if size > LONGEST:
            yield Fault(
                f"vvp:jobs.{name}.access",
                f"grants that make a policy of up to {size:,} characters",
                f"grants whose policy stays within IAM's {LONGEST:,}: fewer streams, or wider prefixes",
            )


def _long_role(key: str, account: str, identity: IdentitySettings) -> Iterator[Fault]:
    role = identity.role_name(account)
    if len(role) > MAX_IAM_ROLE:
        right = f"a name that leaves the role {role} within IAM's {MAX_IAM_ROLE} characters"
        yield Fault(key, show(account), right)


def _policy_size(access: JobAccess) -> int:
    """Characters of a job's policy in the region and with the names that make it longest."""
    account = "ap-southeast-99:123456789012"
    key = f"arn:aws-us-gov:kms:{account}:key/mrk-{'0' * 32}"
    streams = [
        StreamGrant(verb, f"arn:aws-us-gov:kinesis:{account}:stream/{name}", key)
        for name, verb in access.streams.items()
    ]
    blobs = {**access.blobs, own_prefix("n" * 63): BlobVerb.READ_WRITE}
    document = job_policy(streams, blobs, f"arn:aws-us-gov:s3:::{'b' * 63}", key)
    return len(json.dumps(document, separators=(",", ":")))
