"""KMS keys, alike wherever the stack encrypts."""

import pulumi_aws as aws
from pulumi import Resource, ResourceOptions


def encryption_key(name: str, description: str, *, keeps_data: bool, parent: Resource) -> aws.kms.Key:
    """A key that AWS turns over each year; what it has encrypted is lost with it.

    Follows https://docs.aws.amazon.com/kms/latest/developerguide/rotate-keys.html.

    Args:
        name: Logical name.
        description: What it encrypts.
        keeps_data: Whether it is protected from deletion, and waits 30 days rather than 7 once it is deleted.
        parent: The component that it belongs to.
    """
    return aws.kms.Key(
        name,
        description=description,
        enable_key_rotation=True,
        deletion_window_in_days=30 if keeps_data else 7,
        opts=ResourceOptions(parent=parent, protect=keeps_data),
    )
