"""Faults that no single value has: what does not fit together in a stack file."""

from collections.abc import Collection, Iterator, Mapping

from grants import iam_documents as policies
from grants.verbs import JOBS_PREFIX
from settings.aws import consistency as aws
from settings.aws.names import MAX_IAM_ROLE
from settings.aws.sections import ClusterSettings, IdentitySettings, NetworkSettings, StreamSettings
from settings.faults import NOTHING, Fault, show
from settings.jobs import JobSettings
from settings.sections import AdmissionEngine, AdmissionSettings, Environment, JdbcPersistence, Layout, PlatformSettings

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
    yield from aws.network_faults(network)
    yield from aws.cluster_faults(cluster)
    if not network.existing:
        yield from aws.overlaps({"vvp:network.cidr": network.cidr, "vvp:cluster.serviceCidr": cluster.service_cidr})
    yield from _platform(platform, secrets)
    yield from aws.identity_faults(platform, identity)
    yield from _admission(platform, admission)


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
        size = aws.policy_size(job.access)
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
