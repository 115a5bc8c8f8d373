"""Faults that no single value has: what does not fit together in a stack file."""

import json
from collections.abc import Collection, Iterator, Mapping
from ipaddress import IPv4Network
from itertools import combinations

from components.aws import grants, policies
from components.names import MAX_IAM_ROLE, ROLE_ANNOTATION
from job_sections import JOBS_PREFIX, BlobVerb, JobAccess, JobSettings, StreamSettings
from sections import (
    AdmissionEngine,
    AdmissionSettings,
    ClusterSettings,
    Environment,
    IdentityKind,
    IdentitySettings,
    JdbcPersistence,
    Layout,
    NetworkSettings,
    PlatformSettings,
)
from validation import NOTHING, Fault, show

LARGEST_VPC, SMALLEST_VPC = 16, 20
UNGUARDED_NAMESPACES = ("kube-system", "kube-public", "kube-node-lease")
"""Kubernetes' own namespaces, which admission webhooks leave alone."""


def expected_environments() -> list[str]:
    """The names an environment may have."""
    return [environment.value for environment in Environment]


def between(
    network: NetworkSettings,
    cluster: ClusterSettings,
    identity: IdentitySettings,
    admission: AdmissionSettings,
    platform: PlatformSettings,
    *,
    secrets: Collection[str],
) -> Iterator[Fault]:
    """Every fault between values.

    Args:
        network: The section as far as it could be read, as are the others.
        cluster: The cluster section.
        identity: The identity section.
        admission: The admission section.
        platform: The platform section.
        secrets: The secret keys that the stack file has.
    """
    yield from _network(network)
    yield from _cluster(cluster)
    if not network.existing:
        yield from _overlaps({"vvp:network.cidr": network.cidr, "vvp:cluster.serviceCidr": cluster.service_cidr})
    yield from _platform(platform, secrets)
    yield from _identity(platform, identity)
    yield from _admission(platform, admission)


def _network(network: NetworkSettings) -> Iterator[Fault]:
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
    yield from _overlaps(named)
    if (network.private_subnets is None) != (network.public_subnets is None):
        missing = "privateSubnets" if network.private_subnets is None else "publicSubnets"
        yield Fault(f"vvp:network.{missing}", NOTHING, "three networks, as the other kind of subnet is given too")


def _overlaps(named: dict[str, str]) -> Iterator[Fault]:
    for (first, one), (second, other) in combinations(named.items(), 2):
        if IPv4Network(one).overlaps(IPv4Network(other)):
            yield Fault(second, other, f"a network that does not overlap {one} of {first}", (first,))


def _cluster(cluster: ClusterSettings) -> Iterator[Fault]:
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


def _platform(platform: PlatformSettings, secrets: Collection[str]) -> Iterator[Fault]:
    community = platform.accept_community_edition_license
    key = "vvp:platform.acceptCommunityEditionLicense"
    if community and "license" in secrets:
        yield Fault(key, "true, and the secret vvp:license", "one of the two")
    if not community and "license" not in secrets:
        yield Fault(key, "false, and no vvp:license", "true, or a licence: pulumi config set --secret vvp:license")
    jdbc = isinstance(platform.persistence, JdbcPersistence)
    persistence = ("vvp:platform.persistence",)
    if jdbc and community:
        right = "local, the only persistence of the Community Edition"
        yield Fault("vvp:platform.persistence.type", '"jdbc"', right, (key,))
    if jdbc and "databasePassword" not in secrets:
        right = "the password of platform.persistence.username, as a secret"
        yield Fault("vvp:databasePassword", NOTHING, right, persistence)
    if not jdbc and "databasePassword" in secrets:
        yield Fault("vvp:databasePassword", "a secret", "nothing, as local persistence has no password", persistence)
    if community and "apiToken" in secrets:
        yield Fault("vvp:apiToken", "a secret", "nothing: the Community Edition has no authentication", (key,))
    if platform.admins and "apiToken" not in secrets:
        yield Fault("vvp:platform.admins", show(platform.admins), "nothing without vvp:apiToken: there is no user yet")


def _identity(platform: PlatformSettings, identity: IdentitySettings) -> Iterator[Fault]:
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


def _admission(platform: PlatformSettings, admission: AdmissionSettings) -> Iterator[Fault]:
    engine, kyverno = admission.engine, admission.kyverno
    if platform.namespace in UNGUARDED_NAMESPACES:
        yield Fault("vvp:platform.namespace", show(platform.namespace), "one of its own, not Kubernetes'")
    if engine is AdmissionEngine.KYVERNO and kyverno.namespace == platform.namespace:
        # Kyverno leaves its own namespace out of every policy, so a shared one would be unguarded.
        key = "vvp:admission.kyverno.namespace"
        yield Fault(key, show(kyverno.namespace), "another one than the platform's", ("vvp:platform.namespace",))
    if engine is not AdmissionEngine.KYVERNO and "kyverno" in admission.model_fields_set:
        right = f"nothing with the engine {engine}"
        yield Fault("vvp:admission.kyverno", "settings", right, ("vvp:admission.engine",))
    for index, account in enumerate(admission.reserved_accounts):
        key = f"vvp:admission.reservedAccounts.{index}"
        if account == platform.service_account:
            yield Fault(key, show(account), "an account of a job; the platform's own is always guarded")
        if account in admission.reserved_accounts[:index]:
            yield Fault(key, show(account), "each account once")


def of_jobs(
    jobs: Mapping[str, JobSettings],
    streams: Mapping[str, StreamSettings],
    identity: IdentitySettings,
    admission: AdmissionSettings,
    platform: PlatformSettings,
) -> Iterator[Fault]:
    """Every fault between the jobs and what they name.

    Args:
        jobs: The jobs by name.
        streams: The stack's streams by name.
        identity: The identity section.
        admission: The admission section.
        platform: The platform section.
    """
    per_job = platform.layout is Layout.NAMESPACE_PER_JOB
    for name, job in jobs.items():
        key = f"vvp:jobs.{name}"
        taken = {platform.service_account: "the platform's account"}
        if per_job:
            taken |= {
                platform.namespace: "the platform's namespace",
                admission.kyverno.namespace: "Kyverno's namespace",
            }
            taken |= dict.fromkeys((*UNGUARDED_NAMESPACES, "default"), "a namespace of Kubernetes")
        if name in taken:
            yield Fault(key, f"the name of {taken[name]}", "a name of the job's own")
        if name in admission.reserved_accounts:
            index = admission.reserved_accounts.index(name)
            yield Fault(
                f"vvp:admission.reservedAccounts.{index}", show(name), "nothing: the account of a job is reserved"
            )
        role_name = f"{identity.role_prefix}-{name}"
        if len(role_name) > MAX_IAM_ROLE:
            yield Fault(
                key, show(name), f"a name that leaves the role {role_name} within IAM's {MAX_IAM_ROLE} characters"
            )
        for stream in sorted(set(job.access.streams) - set(streams)):
            known = ", ".join(sorted(streams)) or "none"
            yield Fault(
                f"{key}.access.streams.{stream}",
                "no such stream",
                f"a stream of vvp:streams: {known}",
                ("vvp:streams",),
            )
        size = _policy_size(job.access)
        if size > policies.LONGEST:
            yield Fault(
                f"{key}.access",
                f"grants that make a policy of up to {size:,} characters",
                f"grants whose policy stays within IAM's {policies.LONGEST:,}: fewer streams, or wider prefixes",
            )
        for prefix in sorted(job.access.blobs):
            owner = prefix.removeprefix(JOBS_PREFIX).split("/", 1)[0]
            if prefix.startswith(JOBS_PREFIX) and (not owner or owner == name):
                right = "another prefix: a job always has its own, and nobody has everybody's"
                yield Fault(f"{key}.access.blobs.{prefix}", f"the prefix {prefix}", right)


def _policy_size(access: JobAccess) -> int:
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
