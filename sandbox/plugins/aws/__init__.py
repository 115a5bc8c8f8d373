"""The stand-in for the pulumi-aws provider: its resources and functions over boto3."""
