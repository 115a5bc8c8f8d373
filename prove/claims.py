"""Every claim that a stack file makes, allowed or refused, about every account and every thing."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import cast

from grants.verbs import own_prefix
from prove.aws import verbs as meaning
from prove.aws.verbs import Access
from prove.verdicts import Claim, Kind
from settings.aws.sections import IdentityKind
from settings.aws.stack_file import AwsStackFile
from settings.check import PROJECT, Settings, check
from settings.yaml_file import config_of

WEB_IDENTITY = "sts:AssumeRoleWithWebIdentity"
POD_IDENTITY = "eks-auth:AssumeRoleForPodIdentity"
ASSUME_ROLE = "sts:AssumeRole"
RUN, RUN_UNNAMED = "run", "run (no account named)"
RELABEL = {"pods": "relabel as", "pods/status": "relabel by status as"}
FOREIGN = "nobody-knows-this"
"""A label that belongs to no deployment of the stack."""
NO_LABEL = "-"

INTRUDERS: tuple[str, ...] = (
    "a token signed by another cluster's key",
    "an expired token",
    "a token for the API server",
    "a token for the other identity kind",
    "a token without signature",
    "a token with changed claims",
    "a token of the same-named account of another namespace",
    "a token of another issuer",
)
"""Who tries to become each role without being its account."""


@dataclass(frozen=True)
class Account:
    """A service account.

    Attributes:
        namespace: Its namespace.
        name: Its name.
        role: The role it should have; None for an intruder.
        access: What it may do.
    """

    namespace: str
    name: str
    role: str | None
    access: Access

    @property
    def subject(self) -> str:
        """As rows name it."""
        return f"{self.namespace}/{self.name}"


def _parts(subject: str) -> tuple[str, str]:
    namespace, _, name = subject.partition("/")
    return namespace, name


def stack_settings(stack: str) -> Settings[AwsStackFile]:
    """The settings of a stack file, by the program's own checks and without Pulumi.

    Raises:
        SettingsError: the stack file has faults.
    """
    return cast("Settings[AwsStackFile]", check(config_of(PROJECT / f"Pulumi.{stack}.yaml")))


class Expected:
    """What a stack file says.

    Args:
        settings: The stack file.
        strangers: Further accounts, `<namespace>/<name>`, which the stack file does not know and so allows nothing.
    """

    def __init__(self, settings: Settings[AwsStackFile], strangers: tuple[str, ...] = ()) -> None:
        self.settings = settings
        self.platform = settings.file.platform
        self._strangers = strangers

    @cached_property
    def namespaces(self) -> list[str]:
        """Where the platform and its jobs live."""
        return sorted({account.namespace for account in self.owners})

    @cached_property
    def owners(self) -> list[Account]:
        """The platform's account and the jobs': those with a role."""
        identity, platform = self.settings.file.identity, self.platform
        found = [
            Account(
                platform.namespace,
                platform.service_account,
                identity.role_name(platform.service_account),
                meaning.whole_bucket(self.settings),
            )
        ]
        for job in self.settings.jobs:
            namespace = platform.namespace_of(job.name)
            found.append(Account(namespace, job.name, identity.role_name(job.name), meaning.of_job(self.settings, job)))
        return found

    @cached_property
    def accounts(self) -> list[Account]:
        """All accounts that are tried: owners, each namespace's `default`, strangers."""
        others = [f"{namespace}/default" for namespace in self.namespaces] + list(self._strangers)
        return [*self.owners, *(Account(*_parts(name), None, Access()) for name in others)]

    @cached_property
    def roles(self) -> list[str]:
        """The stack's roles that an account can have; the last is the storage driver's, which is nobody's here."""
        return [*(owner.role for owner in self.owners if owner.role), self.settings.file.identity.role_name("ebs-csi")]

    @cached_property
    def prefixes(self) -> list[str]:
        """Prefixes of the bucket: root, the platform's area, the jobs' parent, each job's, and all that are granted."""
        jobs = self.settings.jobs
        granted = {prefix for job in jobs for prefix in job.settings.access.blobs}
        own = {own_prefix(job.name) for job in jobs}
        return ["", meaning.PLATFORM_AREA, "jobs/", *sorted((granted | own) - {meaning.PLATFORM_AREA, "jobs/"})]

    @cached_property
    def keys(self) -> list[str]:
        """Keys, by the stream that they encrypt; the bucket's is BUCKET_KEY."""
        return [meaning.BUCKET_KEY, *(name for name, stream in self.settings.file.streams.items() if stream.encrypted)]

    @cached_property
    def labels(self) -> list[str | None]:
        """Labels that a pod may come with."""
        jobs = [job.name for job in self.settings.jobs]
        return [
            *jobs,
            *self.settings.file.admission.reserved_accounts,
            self.platform.service_account,
            FOREIGN,
            "",
            None,
        ]

    @property
    def exchange(self) -> str:
        """The exchange of the stack's identity kind."""
        return WEB_IDENTITY if self.settings.file.identity.kind is IdentityKind.IRSA else POD_IDENTITY

    def claims(self) -> list[Claim]:
        """Every claim."""
        found = [claim for account in self.accounts for claim in self._of(account)]
        return [*found, *self._intruders(), *self._pods()]

    def _of(self, account: Account) -> Iterator[Claim]:
        access, who = account.access, account.subject
        for stream in self.settings.file.streams:
            for call in meaning.ALL_STREAM_CALLS:
                allowed = call in access.streams.get(stream, ())
                yield Claim(who, f"kinesis:{call}", Kind.STREAM, stream, allowed, f"stream {stream}")
        for key in self.keys:
            for call in meaning.KEY_CALLS:
                of = f"the key of stream {key}" if key else "the bucket's key"
                yield Claim(who, f"kms:{call}", Kind.KEY, key, call in access.keys.get(key, ()), of)
        bucket = self.settings.file.blob_storage.bucket
        for call in meaning.ALL_BUCKET_CALLS:
            yield Claim(who, f"s3:{call}", Kind.BUCKET, bucket, call in access.bucket, f"bucket {bucket}")
        for prefix in self.prefixes:
            for call in meaning.ALL_BLOB_CALLS:
                allowed = access.on_prefix(prefix, call)
                yield Claim(who, f"s3:{call}", Kind.PREFIX, prefix, allowed, f"{prefix or '/'}…")
        for call in meaning.CLOUD_CALLS:
            yield Claim(who, call, Kind.CLOUD, "", False, "of the AWS account")
        for role in self.roles:
            for exchange in (WEB_IDENTITY, POD_IDENTITY, ASSUME_ROLE):
                allowed = role == account.role and exchange == self.exchange
                yield Claim(who, exchange, Kind.ROLE, role, allowed, f"role {role}")
        yield from self._in_cluster(account)

    def _in_cluster(self, account: Account) -> Iterator[Claim]:
        who = account.subject
        platform, *jobs = (owner.subject for owner in self.owners)
        for namespace in self.namespaces:
            # The platform runs the jobs' pods; a job keeps its high-availability state in ConfigMaps.
            may = {"create pods": {platform}, "list secrets": {platform}, "list configmaps": {platform}}
            if who in jobs and account.namespace == namespace:
                may["list configmaps"].add(who)
            for action, allowed in may.items():
                yield Claim(who, action, Kind.NAMESPACE, namespace, who in allowed, f"of namespace {namespace}")
        for owner in self.owners:
            for action in ("create tokens", "annotate"):
                yield Claim(who, action, Kind.ACCOUNT, owner.subject, False, f"of account {owner.subject}")

    def _intruders(self) -> Iterator[Claim]:
        for owner in self.owners:
            for intruder in INTRUDERS:
                who = f"{intruder} ({owner.subject})"
                yield Claim(who, self.exchange, Kind.ROLE, owner.role or "", False, f"role {owner.role}")

    def _pods(self) -> Iterator[Claim]:
        reserved = self.settings.file.admission.reserved_accounts
        guarded = frozenset({job.name for job in self.settings.jobs} | set(reserved))
        platform = self.platform.service_account

        def claim(namespace: str, account: str, action: str, label: str | None, *, unchanged: bool = False) -> Claim:
            allowed = unchanged or meaning.pod_admitted(account, label, platform=platform, guarded=guarded)
            shown = f"a pod labelled {label!r}" if label is not None else "a pod without label"
            target = NO_LABEL if label is None else label
            return Claim(
                f"{namespace}/{account}", action, Kind.POD, target, allowed, f"{shown} in namespace {namespace}"
            )

        for namespace in self.namespaces:
            held = [account.name for account in self.accounts if account.namespace == namespace]
            for account in [*held, *(reserved if namespace == self.platform.namespace else ())]:
                for label in self.labels:
                    yield claim(namespace, account, RUN, label)
                own = account if account in guarded else None
                for action in RELABEL.values():
                    for label in self.labels:
                        yield claim(namespace, account, action, label, unchanged=label == own)
            for label in self.labels:
                yield claim(namespace, "default", RUN_UNNAMED, label)
