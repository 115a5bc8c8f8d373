"""Stands in for the pulumi_eks 4.4.0 provider: components whose children are ordinary `aws` resources."""
