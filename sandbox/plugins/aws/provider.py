"""The plugin: its resource types by token, and its configuration."""

import importlib

from provider_kit import Diff, Plugin, PluginError, Properties, compare
from sandbox.plugins import sdk_schema
from sandbox.plugins.aws import invokes
from sandbox.plugins.aws.resource import AwsResource
from sandbox.plugins.aws.session import Cloud, check_settings

_ROOMS = (
    *("vpcs", "gateways", "routing", "security_groups", "launch_templates", "eks", "eks_access", "eks_nodes"),
    *("buckets", "bucket_settings", "kinesis", "kms", "logs", "iam"),
)
TYPES: dict[str, type[AwsResource]] = {
    kind.token: kind
    for room in _ROOMS
    for kind in vars(importlib.import_module(f"sandbox.plugins.aws.{room}")).values()
    if isinstance(kind, type) and issubclass(kind, AwsResource) and "token" in vars(kind)
}
"""Every class with a token of its own, by this token."""


class AwsPlugin(Plugin):
    """Stands in for pulumi-aws, over boto3 and whatever AWS endpoint the environment names."""

    def __init__(self) -> None:
        self._cloud: Cloud | None = None
        self._handlers: dict[str, AwsResource] = {}

    def resource(self, type: str) -> AwsResource:
        if type not in TYPES:
            try:
                sdk_schema.resource_type(type)
            except sdk_schema.NoSuchType as error:
                raise PluginError(str(error)) from error
            raise PluginError(f"the sandbox does not support the resource type {type}")
        return self._handlers.setdefault(type, TYPES[type](self.cloud))

    def function(self, token: str, args: Properties) -> Properties:
        return invokes.call(self.cloud, token, args)

    def check_settings(self, settings: Properties) -> Properties:
        return check_settings(settings)

    def diff_settings(self, old: Properties, new: Properties) -> Diff:
        # As in the real provider, another region or account is a change in place: resources are then not found there.
        return compare(old, new)

    def use_settings(self, settings: Properties) -> None:
        self._cloud = Cloud(settings)

    @property
    def cloud(self) -> Cloud:
        """The configured cloud."""
        if self._cloud is None:
            raise PluginError("the aws provider was used before it was configured")
        return self._cloud
