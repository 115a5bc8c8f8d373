"""`python -m sandbox.plugins.aws`: the executable behind `pulumi-resource-aws`."""

from importlib.metadata import version

from sandbox.plugins.aws.provider import AwsPlugin
from sandbox.plugins.base import serve

serve(AwsPlugin(), version("pulumi-aws"))
