"""Faults that no single value has: what does not fit together in a stack file."""

from collections.abc import Collection, Iterator, Mapping

from grants.verbs import JOBS_PREFIX
from settings.faults import NOTHING, Fault, show
from settings.jobs import JobSettings
from settings.names import MAX_LABEL
from settings.sections import AdmissionEngine, AdmissionSettings, JdbcPersistence, PlatformSettings
from settings.stack_file import StackFile
from settings.variables import mistyped

UNGUARDED_NAMESPACES = ("kube-system", "kube-public", "kube-node-lease")
"""Kubernetes' own namespaces, which admission webhooks leave alone."""
DEFAULT = "default"
"""The namespace that every cluster has, and the account that every namespace has."""
KUBERNETES_NAMESPACES = (*UNGUARDED_NAMESPACES, DEFAULT)


def faults(file: StackFile) -> Iterator[Fault]:
    """Every fault between values that does not depend on the cloud.

    Args:
        file: The stack file, as far as it could be read.
    """
    yield from _platform(file.platform, file.secrets)
    yield from _admission(file.platform, file.admission)
    yield from _jobs(file)


def _platform(platform: PlatformSettings, secrets: Collection[str]) -> Iterator[Fault]:
    community = platform.accept_community_edition_license
    key = "vvp:platform.acceptCommunityEditionLicense"
    if community and "license" in secrets:
        yield Fault(key, "true, and the secret vvp:license", "one of the two")
    if not community and "license" not in secrets:
        right = "true, or a licence: pulumi config set --secret vvp:license"
        yield Fault(key, "false, and no vvp:license", right, ("vvp:license",))
    if len(platform.service_name) > MAX_LABEL:
        longest = MAX_LABEL - len(platform.service_name) + len(platform.release_name)
        right = (
            f"at most {longest} characters: {platform.service_name} is the name of a service, with at most {MAX_LABEL}"
        )
        yield Fault("vvp:platform.releaseName", show(platform.release_name), right)
    if platform.service_account == DEFAULT:
        right = "a name of its own: every namespace has an account default, which any pod has that names none"
        yield Fault("vvp:platform.serviceAccount", show(DEFAULT), right)
    jdbc = isinstance(platform.persistence, JdbcPersistence)
    persistence = ("vvp:platform.persistence",)
    if jdbc and community:
        right = "local, the only persistence of the Community Edition"
        yield Fault("vvp:platform.persistence.type", '"jdbc"', right, (key,))
    if jdbc and "database_password" not in secrets:
        right = "the password of platform.persistence.username, as a secret"
        yield Fault("vvp:databasePassword", NOTHING, right, persistence)
    if not jdbc and "database_password" in secrets:
        yield Fault("vvp:databasePassword", "a secret", "nothing, as local persistence has no password", persistence)
    if community and "api_token" in secrets:
        yield Fault("vvp:apiToken", "a secret", "nothing: the Community Edition has no authentication", (key,))
    if platform.admins and "api_token" not in secrets:
        yield Fault("vvp:platform.admins", show(platform.admins), "nothing without vvp:apiToken: there is no user yet")


def _admission(platform: PlatformSettings, admission: AdmissionSettings) -> Iterator[Fault]:
    engine, kyverno = admission.engine, admission.kyverno
    for key, namespace in (
        ("vvp:platform.namespace", platform.namespace),
        ("vvp:admission.kyverno.namespace", kyverno.namespace),
    ):
        if namespace in KUBERNETES_NAMESPACES:
            yield Fault(key, show(namespace), "one of its own, not Kubernetes'")
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


def _jobs(file: StackFile) -> Iterator[Fault]:
    jobs, admission, platform = file.jobs, file.admission, file.platform
    taken = {DEFAULT: "the account that every namespace has", platform.service_account: "the platform's account"}
    if not platform.shares_namespace:
        if admission.engine is AdmissionEngine.KYVERNO:
            taken[admission.kyverno.namespace] = "Kyverno's namespace"
        taken[platform.namespace] = "the platform's namespace"
        taken |= dict.fromkeys(KUBERNETES_NAMESPACES, "a namespace of Kubernetes")
    for name, job in jobs.items():
        key = f"vvp:jobs.{name}"
        if name in taken:
            yield Fault(key, f"the name of {taken[name]}", "a name of the job's own")
        if name in admission.reserved_accounts:
            reserved = f"vvp:admission.reservedAccounts.{admission.reserved_accounts.index(name)}"
            yield Fault(reserved, show(name), "nothing: the account of a job is reserved")
        yield from _mistyped(key, job, file.variables)
        for stream in sorted(set(job.access.streams) - set(file.stream_names)):
            right = f"a stream of vvp:streams: {', '.join(sorted(file.stream_names)) or 'none'}"
            yield Fault(f"{key}.access.streams.{stream}", "no such stream", right, ("vvp:streams",))
        for prefix in sorted(job.access.blobs):
            owner = prefix.removeprefix(JOBS_PREFIX).split("/", 1)[0]
            if prefix.startswith(JOBS_PREFIX) and (not owner or owner == name):
                right = "another prefix: a job always has its own, and nobody has everybody's"
                yield Fault(f"{key}.access.blobs.{prefix}", f"the prefix {prefix}", right)


def _mistyped(key: str, job: JobSettings, known: Mapping[str, str]) -> Iterator[Fault]:
    names = ", ".join(f"${{{name}}}" for name in sorted(known))
    for setting, text in job.with_variables():
        for name in mistyped(text, known):
            yield Fault(f"{key}.{setting}", f"${{{name}}}", f"one of {names}")
