"""`python -m sandbox.plugins.aws`: the executable behind `pulumi-resource-aws`."""

from importlib.metadata import version

from provider_kit import serve
from sandbox.plugins.aws.provider import AwsPlugin

serve(AwsPlugin(), version("pulumi-aws"))
