"""The provider's configuration and the boto3 clients made from it.

Settings are those of https://www.pulumi.com/registry/packages/aws/api-docs/provider/; what they leave out comes from
the usual AWS_* environment variables and profiles.
"""

import functools
import os
import re
import threading
from collections.abc import Mapping
from typing import Any

import boto3
import botocore.session
from botocore.config import Config
from botocore.credentials import AssumeRoleCredentialFetcher, DeferredRefreshableCredentials
from botocore.exceptions import BotoCoreError, ClientError

from provider_kit import CheckFailed, PluginError, Properties, Unknown
from sandbox.plugins import sdk_schema

_USED = {
    *("region", "accessKey", "secretKey", "token", "profile", "allowedAccountIds", "forbiddenAccountIds"),
    *("defaultTags", "ignoreTags", "maxRetries", "s3UsePathStyle", "assumeRoles"),
}
_ROLE_SETTINGS = {"roleArn", "sessionName", "duration"}
# These switch off look-ups of the real provider that this one never makes, or are the engine's.
_HARMLESS = {
    *("skipCredentialsValidation", "skipMetadataApiCheck", "skipRegionValidation", "skipRequestingAccountId"),
    *("version", "pluginDownloadURL"),
}


_PARTITION = "aws"


def check_settings(settings: Properties) -> Properties:
    """Provider settings decoded and with the region filled in.

    Raises:
        CheckFailed: a setting that the SDK does not know or the sandbox does not support, or no region at all.
    """
    settings = {key: value for key, value in settings.items() if not key.startswith("__")}
    parsed = sdk_schema.parse_settings("aws", settings)
    known = {key: value for key, value in parsed.items() if key not in _HARMLESS}
    failures = sdk_schema.problems("pulumi:providers:aws", known)
    refused = known.keys() - _USED - {path.split(".")[0].split("[")[0] for path, _ in failures}
    failures += [(key, f"the sandbox's aws provider does not support {key}") for key in sorted(refused)]
    if not known.get("region") and not _environment_region():
        advice = "make sure you have set your region, e.g. `pulumi config set aws:region`"
        failures.append(("region", f"missing region information: {advice}"))
    if known.get("allowedAccountIds") and known.get("forbiddenAccountIds"):
        failures.append(("allowedAccountIds", '"allowedAccountIds": conflicts with forbiddenAccountIds'))
    for index, role in enumerate(known.get("assumeRoles") or ()):
        others = sorted(role.keys() - _ROLE_SETTINGS) if isinstance(role, dict) else []
        failures += [
            (f"assumeRoles[{index}].{key}", f"the sandbox's aws provider does not support {key}") for key in others
        ]
    region = known.get("region") or _environment_region()
    if isinstance(region, str) and (partition := boto3.Session().get_partition_for_region(region)) != _PARTITION:
        failures.append(("region", f"the sandbox's cloud has no region of the partition {partition}"))
    if failures:
        raise CheckFailed(failures)
    return settings if settings.get("region") else {**settings, "region": _environment_region()}


def _environment_region() -> str | None:
    return os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION")


class Cloud:
    """An AWS account and region as the provider's settings and the environment give them.

    Args:
        settings: as `check_settings` accepts them.

    Raises:
        PluginError: the credentials do not work, or belong to an account that the settings do not allow.
    """

    def __init__(self, settings: Mapping[str, Any]) -> None:
        parsed = sdk_schema.parse_settings("aws", dict(settings))
        self.region: str = parsed.get("region") or _environment_region() or ""
        self.default_tags: dict[str, Any] = (parsed.get("defaultTags") or {}).get("tags") or {}
        ignored = parsed.get("ignoreTags") or {}
        self._ignored_keys = frozenset(ignored.get("keys") or ())
        self._ignored_prefixes = ("aws:", *(ignored.get("keyPrefixes") or ()))
        self._session: Any = boto3.Session(  # its stubs know a service by a literal name only
            aws_access_key_id=parsed.get("accessKey"),
            aws_secret_access_key=parsed.get("secretKey"),
            aws_session_token=parsed.get("token"),
            profile_name=parsed.get("profile"),
            region_name=self.region,
        )
        self._config = Config(
            retries={"mode": "standard", "total_max_attempts": max(1, parsed.get("maxRetries", 5))},
            s3={"addressing_style": "path"} if parsed.get("s3UsePathStyle") else {},
            max_pool_connections=64,
        )
        for role in parsed.get("assumeRoles") or ():
            self._session = _as_role(self._session, self._config, role)
        self._clients: dict[tuple[str, str], Any] = {}
        self._lock = threading.Lock()
        self._check_account(parsed.get("allowedAccountIds"), parsed.get("forbiddenAccountIds"))

    def _check_account(self, allowed: list[str] | None, forbidden: list[str] | None) -> None:
        if (allowed and self.account not in allowed) or (forbidden and self.account in forbidden):
            raise PluginError(f"AWS account ID not allowed: {self.account}")

    @functools.cached_property
    def caller(self) -> dict[str, str]:
        """The answer of STS GetCallerIdentity: Account, Arn, UserId."""
        try:
            return self.client("sts").get_caller_identity()
        except (BotoCoreError, ClientError) as error:
            raise PluginError(f"unable to validate AWS credentials: {explain(error)}") from error

    @property
    def account(self) -> str:
        """The account id."""
        return self.caller["Account"]

    @property
    def partition(self) -> str:
        """`aws`, or the partition of the region."""
        return self._session.get_partition_for_region(self.region)

    def client(self, service: str, region: str | None = None) -> Any:
        """A boto3 client; one per service and region is made and shared, as boto3 allows between threads."""
        key = service, region or self.region
        with self._lock:
            if key not in self._clients:
                self._clients[key] = self._session.client(service, region_name=key[1], config=self._config)
            return self._clients[key]

    def tags_all(self, tags: Any) -> Any:
        """The tags a resource gets: the provider's default tags with the resource's own over them."""
        return tags if isinstance(tags, Unknown) else {**self.default_tags, **(tags or {})}

    def visible_tags(self, tags: Mapping[str, str]) -> dict[str, str]:
        """Tags without those that AWS itself or the setting `ignoreTags` takes out of the provider's hands."""
        keys = [key for key in tags if key not in self._ignored_keys and not key.startswith(self._ignored_prefixes)]
        return {key: tags[key] for key in keys}


def _as_role(session: Any, config: Config, role: Mapping[str, Any]) -> Any:
    """A session of a role, taken by another session and taken again whenever it runs out."""
    chosen = {"RoleSessionName": role.get("sessionName"), "DurationSeconds": _seconds(role.get("duration"))}
    fetcher = AssumeRoleCredentialFetcher(
        functools.partial(session.client, config=config),
        session.get_credentials(),
        role["roleArn"],
        extra_args={name: value for name, value in chosen.items() if value is not None},
    )
    try:
        fetcher.fetch_credentials()
    except (BotoCoreError, ClientError) as error:
        raise PluginError(f"IAM Role ({role['roleArn']}) cannot be assumed: {explain(error)}") from error
    inner = botocore.session.get_session()
    taken: Any = inner
    taken._credentials = DeferredRefreshableCredentials(fetcher.fetch_credentials, "assume-role")
    return boto3.Session(botocore_session=inner, region_name=session.region_name)


def _seconds(duration: str | None) -> int | None:
    """Seconds of a Go duration in hours, minutes and seconds, as the real provider takes them."""
    if duration is None:
        return None
    parts = re.findall(r"([0-9]+)([hms])", duration)
    return sum(int(number) * {"h": 3600, "m": 60, "s": 1}[unit] for number, unit in parts)


def explain(error: Exception) -> str:
    """An AWS error in the words of the real provider's SDK."""
    if not isinstance(error, ClientError):
        return str(error)
    meta = error.response.get("ResponseMetadata", {})
    detail = error.response.get("Error", {})
    return (
        f"operation error {error.operation_name}, https response error StatusCode: {meta.get('HTTPStatusCode')}, "
        f"RequestID: {meta.get('RequestId', '')}, api error {detail.get('Code')}: {detail.get('Message')}"
    )


def is_gone(error: Exception) -> bool:
    """Whether an AWS error says that the thing asked for does not exist."""
    if not isinstance(error, ClientError):
        return False
    code = str(error.response.get("Error", {}).get("Code", ""))
    return code == "404" or code.startswith("NoSuch") or "NotFound" in code
