"""What does not fit together in a stack file for AWS."""

import json
import re
from collections.abc import Iterator, Mapping
from ipaddress import IPv4Network
from itertools import combinations

from grants.aws import StreamGrant, job_policy
from grants.iam_documents import LONGEST
from grants.verbs import JOBS_PREFIX, STATE_FOLDERS, BlobVerb, own_prefix
from settings.aws.instances import architecture_of
from settings.aws.names import ROLE_ANNOTATION
from settings.aws.networks import EXAMPLES, adds_up_to_everything
from settings.aws.sections import BlobStorageSettings, ClusterSettings, IdentityKind, IdentitySettings, NetworkSettings
from settings.faults import NOTHING, Fault, show
from settings.flink_settings import STATE_DIRECTORIES
from settings.jobs import JobAccess, JobSettings
from settings.sections import JobBlobScope, PlatformSettings

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
    for alias, cidrs in (("privateSubnets", network.private_subnets), ("publicSubnets", network.public_subnets)):
        if cidrs is not None and len(cidrs) != network.zone_count:
            right = f"{network.zone_count} networks, one for each of `zones`"
            yield Fault(f"vvp:network.{alias}", f"{len(cidrs)} networks", right, ("vvp:network.zones",))
    if (network.private_subnets is None) != (network.public_subnets is None):
        missing = "privateSubnets" if network.private_subnets is None else "publicSubnets"
        yield Fault(f"vvp:network.{missing}", NOTHING, "a list, as the other kind of subnet is given too")


def _overlaps(named: dict[str, str]) -> Iterator[Fault]:
    for (first, one), (second, other) in combinations(named.items(), 2):
        if IPv4Network(one).overlaps(IPv4Network(other)):
            yield Fault(second, other, f"a network that does not overlap {one} of {first}", (first,))


def cluster_faults(cluster: ClusterSettings) -> Iterator[Fault]:
    """Sizes and machines that do not fit each other, principals that are listed twice, and an endpoint for nobody."""
    nodes = cluster.nodes
    low, wanted, high = (f"vvp:cluster.nodes.{size}Size" for size in ("min", "desired", "max"))
    if nodes.min_size > nodes.max_size:
        yield Fault(low, show(nodes.min_size), f"at most maxSize, {nodes.max_size}", (high,))
    elif not nodes.min_size <= nodes.desired_size <= nodes.max_size:
        right = f"from minSize {nodes.min_size} to maxSize {nodes.max_size}"
        yield Fault(wanted, show(nodes.desired_size), right, (low, high))
    for index, instance_type in enumerate(nodes.instance_types):
        if architecture_of(instance_type) is not nodes.architecture:
            right = (
                f"a type of the architecture {nodes.architecture}: x86_64 and arm64 do not share one image; "
                f"or `architecture: {architecture_of(instance_type)}` for all"
            )
            key = f"vvp:cluster.nodes.instanceTypes.{index}"
            yield Fault(key, show(instance_type), right, ("vvp:cluster.nodes.architecture",))
    for arn in sorted(set(cluster.admins) & set(cluster.viewers)):
        key = f"vvp:cluster.viewers.{cluster.viewers.index(arn)}"
        yield Fault(key, arn, "one access entry: it is in `admins` too", ("vvp:cluster.admins",))
    if adds_up_to_everything(cluster.public_access_cidrs):
        right = "networks that together are not the whole internet"
        yield Fault("vvp:cluster.publicAccessCidrs", show(cluster.public_access_cidrs), right)


def addon_faults(cluster: ClusterSettings, identity: IdentitySettings) -> Iterator[Fault]:
    """What is said of an add-on that the stack does not have, and a network plugin that enforces nothing.

    Args:
        cluster: The cluster section.
        identity: The identity section, which decides whether there is an agent.
    """
    if identity.kind is not IdentityKind.POD_IDENTITY:
        for alias, given in (
            ("addonVersions", cluster.addon_versions),
            ("addonConfiguration", cluster.addon_configuration),
        ):
            if "eks-pod-identity-agent" in given:
                key, right = f"vvp:cluster.{alias}.eks-pod-identity-agent", "nothing: this stack has no agent"
                yield Fault(key, show(given["eks-pod-identity-agent"]), right, ("vvp:identity.kind",))
    enforced = cluster.addon_configuration.get("vpc-cni", {}).get("enableNetworkPolicy", "true")
    if enforced != "true":
        right = '"true", in quotes, or nothing: otherwise nobody enforces the NetworkPolicies'
        yield Fault("vvp:cluster.addonConfiguration.vpc-cni.enableNetworkPolicy", show(enforced), right)


def cluster_remarks(network: NetworkSettings, cluster: ClusterSettings) -> Iterator[str]:
    """What a person should know of an endpoint before the cluster is made.

    Args:
        network: The network section.
        cluster: The cluster section.
    """
    key = "vvp:cluster.publicAccessCidrs"
    for index, cidr in enumerate(cluster.public_access_cidrs):
        if cidr in EXAMPLES:
            yield (
                f"{key}.{index} is still the example {cidr}: the cluster would be made and then not answer you. "
                "Put the public network there from which you work"
            )
    if cluster.public_access_cidrs:
        return
    if network.existing is None:
        yield (
            f"{key} is empty and the VPC is new: nobody reaches the cluster's private endpoint yet. Two steps: "
            "`pulumi up --target '**vvp:aws:Network**'`, connect your network to it, then `pulumi up` from there"
        )
    if not (cluster.private_access_cidrs or cluster.private_access_groups):
        yield (
            f"{key} is empty, and no privateAccessCidrs or privateAccessGroups say who reaches the private endpoint: "
            "only the cluster's own nodes do"
        )


def identity_faults(platform: PlatformSettings, identity: IdentitySettings) -> Iterator[Fault]:
    """What the platform's account says of its role."""
    key = f"vvp:platform.serviceAccountAnnotations.{ROLE_ANNOTATION}"
    if role := platform.service_account_annotations.get(ROLE_ANNOTATION):
        pod_identity = identity.kind is IdentityKind.POD_IDENTITY
        right = (
            "nothing: a Pod Identity account never has IRSA too" if pod_identity else "nothing: the program writes it"
        )
        yield Fault(key, show(role), right, ("vvp:identity.kind",))


_STATE = tuple(f"{part}/" for part in STATE_FOLDERS)
MOST_LIFECYCLE_RULES = 1000
"""Rules of one bucket: https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-lifecycle-mgmt.html."""


def storage_faults(storage: BlobStorageSettings, jobs: Mapping[str, JobSettings]) -> Iterator[Fault]:
    """A bucket that logs into itself, deletions that take running jobs' state, and jars that nobody may read.

    Args:
        storage: The blob storage section.
        jobs: The jobs.
    """
    if storage.access_log_bucket == storage.bucket:
        right = "another bucket: one that logs into itself never ends"
        yield Fault("vvp:blobStorage.accessLogBucket", show(storage.bucket), right, ("vvp:blobStorage.bucket",))
    for index, rule in enumerate(storage.expiry):
        key = f"vvp:blobStorage.expiry.{index}.prefix"
        if rule.prefix.startswith("/"):
            yield Fault(key, show(rule.prefix), "a key prefix without a slash at its start")
        elif _holds_state(rule.prefix):
            right = "a prefix without jobs' checkpoints, savepoints and metadata: it would delete running jobs' state"
            yield Fault(key, show(rule.prefix), right)
        elif rule.prefix in [other.prefix for other in storage.expiry[:index]]:
            yield Fault(key, show(rule.prefix), "each prefix once")
        elif lost := [name for name, job in jobs.items() if _lies_under(rule.prefix, storage, job)]:
            yield Fault(key, show(rule.prefix), f"a prefix without the jar of {lost[0]}, which starts again from it")
    for name, job in jobs.items():
        for setting in STATE_DIRECTORIES:
            if setting in job.flink and (right := _unwritable(job.flink[setting], name, job.access, storage)):
                yield Fault(f"vvp:jobs.{name}.flink.{setting}", show(job.flink[setting]), right)
        if job.jar is not None and (right := _unreadable(job.jar.uri, name, storage.bucket)):
            yield Fault(f"vvp:jobs.{name}.jar.uri", show(_shown(job.jar.uri)), right, ("vvp:blobStorage.bucket",))


def _lies_under(prefix: str, storage: BlobStorageSettings, job: JobSettings) -> bool:
    key = storage.key_of(job.jar.uri) if job.jar else None
    return key is not None and key.startswith(prefix)


def _holds_state(prefix: str) -> bool:
    if JOBS_PREFIX.startswith(prefix):
        return True
    if not prefix.startswith(JOBS_PREFIX):
        return False
    _, slash, inside = prefix.removeprefix(JOBS_PREFIX).partition("/")
    return not slash or any(part.startswith(inside) or inside.startswith(part) for part in _STATE)


def _shown(uri: str) -> str:
    """A URI without what may be a secret in it."""
    plain, query, _ = uri.partition("?")
    scheme, _, rest = plain.partition("://")
    _, credentials, host = rest.rpartition("@")
    return (f"{scheme}://…@{host}" if credentials else plain) + ("?…" if query else "")


_JAR_KEY = re.compile(r"[A-Za-z0-9!_.()=/+-]+\.jar")


def _unwritable(uri: str, job: str, access: JobAccess, storage: BlobStorageSettings) -> str | None:
    """Where a job's state would have to be; None if its role may write there."""
    key = storage.key_of(uri)
    right = f"a place under s3://{storage.bucket}/{own_prefix(job)}: its role may not write there"
    if key is None or "/../" in f"/{key}/":
        return right
    own = [own_prefix(job), *(prefix for prefix, verb in access.blobs.items() if verb is BlobVerb.READ_WRITE)]
    others = key.startswith(JOBS_PREFIX) and not key.startswith(own_prefix(job))
    if storage.job_access is JobBlobScope.SHARED:
        return right if others else None
    return None if any(f"{key}/".startswith(prefix) for prefix in own) else right


def _unreadable(uri: str, job: str, bucket: str) -> str | None:
    """What a jar's URI would have to be; None if the job can read it as it is."""
    example = f"s3://{bucket}/artifacts/{job}.jar"
    scheme, there, rest = uri.partition("://")
    if scheme == "https" and there and rest.endswith(".jar"):
        return "an address without credentials: no stored keys" if "@" in rest.partition("/")[0] else None
    holder, _, key = rest.partition("/")
    if scheme != "s3" or not there:
        return f"a jar in the stack's own bucket, as {example}, or behind https://"
    if holder != bucket:
        return f"a jar in the stack's own bucket, as {example}: nobody grants the read of another's"
    if _JAR_KEY.fullmatch(key) is None or key.startswith("/"):
        return f"the key of a jar without wildcards, as {example}"
    if key.startswith(JOBS_PREFIX) and not key.startswith(own_prefix(job)):
        return f"a jar outside the other jobs' prefixes, as {example}"
    return None


def job_faults(jobs: Mapping[str, JobSettings]) -> Iterator[Fault]:
    """Policies whose text IAM does not take."""
    for name, job in jobs.items():
        size = _policy_size(job.access)
        if size > LONGEST:
            yield Fault(
                f"vvp:jobs.{name}.access",
                f"grants that make a policy of up to {size:,} characters",
                f"grants whose policy stays within IAM's {LONGEST:,}: fewer streams, or wider prefixes",
            )


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
