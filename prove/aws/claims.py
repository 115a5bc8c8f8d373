"""What a stack file says of AWS: every call on every thing, allowed or refused, of every account."""

from collections.abc import Iterator
from functools import cached_property

from grants.verbs import own_prefix
from prove.accounts import Account, owners
from prove.aws import verbs as meaning
from prove.aws.verbs import Access
from prove.intruders import CHANGED, EXPIRED, FOR_API_SERVER, OTHER_CLUSTER, OTHER_ISSUER, SAME_NAME, UNSIGNED
from prove.verdicts import Claim, Kind
from settings.aws.sections import IdentityKind
from settings.aws.stack_file import AwsStackFile
from settings.check import Settings

STREAM = Kind("streams", "stream ")
KEY = Kind("keys", "the ")
BUCKET = Kind("bucket", "bucket ")
PREFIX = Kind("prefixes of the bucket")
CLOUD = Kind("AWS account", "the ")
ROLE = Kind("roles", "role ")

WEB_IDENTITY = "sts:AssumeRoleWithWebIdentity"
POD_IDENTITY = "eks-auth:AssumeRoleForPodIdentity"
ASSUME_ROLE = "sts:AssumeRole"

OTHER_KIND = "a token for the other identity kind"
INTRUDERS = (
    OTHER_CLUSTER,
    EXPIRED,
    FOR_API_SERVER,
    OTHER_KIND,
    UNSIGNED,
    CHANGED,
    SAME_NAME,
    OTHER_ISSUER,
)
"""Who tries to become each role without being its account."""


class AwsClaims:
    """The claims.

    Args:
        settings: The stack file.
    """

    def __init__(self, settings: Settings[AwsStackFile]) -> None:
        self.settings = settings
        self.owners = owners(settings)

    def role_of(self, owner: Account) -> str:
        """The name of an owner's role."""
        return self.settings.file.identity.role_name(owner.name)

    def access_of(self, account: Account) -> Access:
        """What an account may do."""
        if account.job is not None:
            return meaning.of_job(self.settings, account.job)
        return meaning.whole_bucket(self.settings) if account.is_platform else Access()

    @cached_property
    def roles(self) -> list[str]:
        """The stack's roles that an account can have; the last is the storage driver's, which is nobody's here."""
        identity = self.settings.file.identity
        return [*map(self.role_of, self.owners), identity.role_name("ebs-csi")]

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

    @property
    def exchange(self) -> str:
        """The exchange of the stack's identity kind."""
        return WEB_IDENTITY if self.settings.file.identity.kind is IdentityKind.IRSA else POD_IDENTITY

    def of(self, account: Account) -> Iterator[Claim]:
        """What an account may do, and what it may not."""
        access, who = self.access_of(account), account.subject
        for stream in self.settings.file.streams:
            for call in meaning.ALL_STREAM_CALLS:
                allowed = call in access.streams.get(stream, ())
                yield Claim(who, f"kinesis:{call}", STREAM, stream, allowed, f"stream {stream}")
        for key in self.keys:
            for call in meaning.KEY_CALLS:
                of = f"the key of stream {key}" if key else "the bucket's key"
                yield Claim(who, f"kms:{call}", KEY, key, call in access.keys.get(key, ()), of)
        bucket = self.settings.file.blob_storage.bucket
        for call in meaning.ALL_BUCKET_CALLS:
            yield Claim(who, f"s3:{call}", BUCKET, bucket, call in access.bucket, f"bucket {bucket}")
        for prefix in self.prefixes:
            for call in meaning.ALL_BLOB_CALLS:
                allowed = access.on_prefix(prefix, call)
                yield Claim(who, f"s3:{call}", PREFIX, prefix, allowed, f"{prefix or '/'}…")
        for call in meaning.CLOUD_CALLS:
            yield Claim(who, call, CLOUD, "", False, "of the AWS account")
        own = self.role_of(account) if account.is_owner else None
        for role in self.roles:
            for exchange in (WEB_IDENTITY, POD_IDENTITY, ASSUME_ROLE):
                allowed = role == own and exchange == self.exchange
                yield Claim(who, exchange, ROLE, role, allowed, f"role {role}")

    def intrusions(self) -> Iterator[Claim]:
        """That nobody becomes a role without being its account."""
        for owner in self.owners:
            role = self.role_of(owner)
            for intruder in INTRUDERS:
                who = f"{intruder} ({owner.subject})"
                yield Claim(who, self.exchange, ROLE, role, False, f"role {role}")
