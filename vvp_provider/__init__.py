"""A Pulumi provider for Ververica Platform 2.x over its REST API.

The engine starts `../pulumi-resource-vvp`; programs use the classes of `vvp_provider.sdk.connection`.
"""

__version__ = "0.1.0"
