"""The kubeconfig that the component gives out, and the wait until its API server answers."""

from __future__ import annotations

import json
import os
from typing import Any

import httpx
import pulumi
import pulumi_aws as aws
import pulumi_eks
from tenacity import AsyncRetrying, RetryCallState, RetryError, retry_if_exception_type, stop_after_attempt, wait_fixed

from sandbox.plugins.eks.inputs import Inputs

_ATTEMPTS = 60
_PAUSE_SECONDS = 5
_REQUEST_SECONDS = 1


def kubeconfig(
    cluster: str,
    endpoint: str,
    region: str,
    certificate_authority: str,
    *,
    role_arn: str | None = None,
    profile: str | None = None,
) -> dict[str, Any]:
    """A kubeconfig whose user gets tokens from `aws eks get-token`.

    Its form is that of https://docs.aws.amazon.com/eks/latest/userguide/create-kubeconfig.html as pulumi_eks writes it.

    Args:
        cluster: name of the EKS cluster.
        endpoint: https address of its API server.
        region: of the cluster.
        certificate_authority: PEM in base64.
        role_arn: a role to take for the token; None for the caller's own identity.
        profile: an AWS profile to use; None for the default credential chain.
    """
    arguments = ["--region", region, "eks", "get-token", "--cluster-name", cluster, "--output", "json"]
    if role_arn:
        arguments += ["--role", role_arn]
    if profile:
        arguments += ["--profile", profile]
    version = "client.authentication.k8s.io/v1beta1"
    info = f'{{"apiVersion": "{version}"}}'
    login = {
        "apiVersion": version,
        "command": "aws",
        "args": arguments,
        "env": [{"name": "KUBERNETES_EXEC_INFO", "value": info}],
    }
    server = {"server": endpoint, "certificate-authority-data": certificate_authority}
    return {
        "apiVersion": "v1",
        "clusters": [{"cluster": server, "name": "kubernetes"}],
        "contexts": [{"context": {"cluster": "kubernetes", "user": "aws"}, "name": "aws"}],
        "current-context": "aws",
        "kind": "Config",
        "users": [{"name": "aws", "user": {"exec": login}}],
    }


def kubeconfig_of(
    cluster: aws.eks.Cluster, endpoint: pulumi.Input[str], credentials: pulumi.Input[Any], *, with_profile: bool
) -> pulumi.Output[dict[str, Any]]:
    """The kubeconfig of a cluster, unknown until all of it is known.

    Args:
        cluster: whose name, region and certificate go into it.
        endpoint: https address of its API server.
        credentials: `providerCredentialOpts`: {roleArn, profileName} or None.
        with_profile: whether `profileName` goes into it. The component's own provider needs it; what it gives to the
            user leaves it out, so that others can use it too.
    """

    def build(values: list[Any]) -> dict[str, Any]:
        name, address, authority, options, arn = values
        options = options or {}
        profile = options.get("profileName") if with_profile else None
        return kubeconfig(name, address, region_of(arn), authority, role_arn=options.get("roleArn"), profile=profile)

    # `Output.all` turns SDK objects into plain maps, so the field is read before.
    certificate = cluster.certificate_authority.apply(lambda authority: authority.data)
    return pulumi.Output.all(cluster.name, endpoint, certificate, credentials, cluster.arn).apply(build)


def own_kubeconfig(component: pulumi.Input[pulumi_eks.Cluster], credentials: Inputs) -> pulumi.Output[str]:
    """What the method `getKubeconfig` of a cluster answers: a kubeconfig for one role or profile, as JSON.

    See https://www.pulumi.com/registry/packages/eks/api-docs/cluster/#methods.

    Args:
        component: whose cluster it is; unknown until the cluster exists.
        credentials: `roleArn` and `profileName`, both optional.
    """
    cluster: pulumi.Output[aws.eks.Cluster] = pulumi.Output.from_input(component).apply(lambda found: found.eks_cluster)
    return cluster.apply(lambda found: as_json(kubeconfig_of(found, found.endpoint, credentials, with_profile=True)))


def as_json(config: pulumi.Output[dict[str, Any]]) -> pulumi.Output[str]:
    """The kubeconfig as one line of JSON."""
    return config.apply(lambda value: json.dumps(value, separators=(",", ":"), ensure_ascii=False))


def default_credentials(given: pulumi.Input[Any] | None) -> pulumi.Input[Any] | None:
    """`providerCredentialOpts`, or the profile of AWS_PROFILE or of the stack's `aws:profile`."""
    profile = os.environ.get("AWS_PROFILE") or pulumi.Config("aws").get("profile")
    return {"profileName": profile} if given is None and profile else given


def region_of(arn: str) -> str:
    """The region in an ARN. Raises ValueError for what is not an ARN."""
    parts = arn.split(":")
    if len(parts) < 4 or parts[0] != "arn":
        raise ValueError(f"Invalid ARN: '{arn}'")
    return parts[3]


class _NotReady(Exception):
    """The API server does not answer 200 on /healthz yet."""


async def wait_until_ready(endpoint: str, resource: pulumi.Resource) -> str:
    """Waits until the API server answers /healthz, for about five minutes; then goes on, as the real component does.

    Args:
        endpoint: https address of the API server.
        resource: which one to show beside the waiting.

    Returns:
        the endpoint.
    """

    def waiting(state: RetryCallState) -> None:
        left = (_ATTEMPTS - state.attempt_number + 1) * _PAUSE_SECONDS
        pulumi.log.info(f"Waiting up to ({left}) more seconds for cluster readiness...", resource, ephemeral=True)

    # The certificate is the cluster's own. A proxy, if there is one, is not for this machine's addresses.
    async with httpx.AsyncClient(verify=False, trust_env=False, timeout=_REQUEST_SECONDS) as client:
        try:
            async for attempt in AsyncRetrying(
                stop=stop_after_attempt(_ATTEMPTS),
                wait=wait_fixed(_PAUSE_SECONDS),
                retry=retry_if_exception_type((_NotReady, httpx.TransportError)),
                before_sleep=waiting,
            ):
                with attempt:
                    if (await client.get(f"{endpoint}/healthz")).status_code != 200:
                        raise _NotReady(endpoint)
            pulumi.log.info("Cluster is ready", resource, ephemeral=True)
        except RetryError:
            pulumi.log.warn(f"{endpoint} did not answer in time; going on as the real component does", resource)
    return endpoint
