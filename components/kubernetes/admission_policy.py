"""Kubernetes' own admission policies: ValidatingAdmissionPolicy and its binding."""

from collections.abc import Mapping
from typing import Any, cast

import pulumi_kubernetes as k8s
from pulumi import Resource, ResourceOptions


def deny(
    name: str, spec: Mapping[str, Any], *, params: Mapping[str, Any] | None = None, opts: ResourceOptions
) -> list[Resource]:
    """A policy and its binding: what the policy does not allow is refused, everywhere that the policy looks.

    See https://kubernetes.io/docs/reference/access-authn-authz/validating-admission-policy/.

    Args:
        name: Logical name; both objects have it too.
        spec: The policy's spec.
        params: Which object the policy's `paramKind` is about.
        opts: Resource options; `provider` is the Kubernetes provider.
    """
    admission = k8s.admissionregistration.v1
    policy = admission.ValidatingAdmissionPolicy(name, metadata={"name": name}, spec=cast(Any, dict(spec)), opts=opts)
    binding = admission.ValidatingAdmissionPolicyBinding(
        name,
        metadata={"name": name},
        spec=cast(
            Any, {"policyName": name, "validationActions": ["Deny"], **({"paramRef": dict(params)} if params else {})}
        ),
        opts=ResourceOptions.merge(opts, ResourceOptions(depends_on=[policy])),
    )
    return [policy, binding]
