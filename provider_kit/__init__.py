"""Pulumi providers in plain Python: what every provider of this project shares.

The one place that knows `pulumi.provider.experimental` and the wire messages. Import from `provider_kit.server`.
"""
