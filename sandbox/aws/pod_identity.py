"""EKS Pod Identity's token exchange: AssumeRoleForPodIdentity of the EKS Auth API.

On real nodes the Pod Identity agent calls it for a pod. See
https://docs.aws.amazon.com/eks/latest/APIReference/API_auth_AssumeRoleForPodIdentity.html and, for the session tags,
https://docs.aws.amazon.com/eks/latest/userguide/pod-id-abac.html.
"""

import uuid
from typing import Any

from sandbox.aws import emulator, oidc, roles
from sandbox.aws.eks import associations, checks
from sandbox.aws.errors import Refused
from sandbox.aws.rest import Api, Input

PRINCIPAL = AUDIENCE = "pods.eks.amazonaws.com"
SECONDS = 6 * 3600
"""How long the credentials last."""

ACCOUNT_PREFIX = "system:serviceaccount:"


def serve() -> emulator.Handler:
    """The handler of the EKS Auth API, which ministack does not have."""
    api = Api("eks-auth", {"AssumeRoleForPodIdentity": _assume})

    async def eks_auth(
        method: str, path: str, headers: dict[str, str], body: bytes, query: dict[str, list[str]]
    ) -> emulator.Reply:
        del headers
        return api.serve(method, path, body, query)

    return eks_auth


def _assume(request: Input) -> Any:
    cluster = checks.cluster(request["clusterName"])
    token = _check_token(request["token"], cluster)
    namespace, _, account = token.subject.removeprefix(ACCOUNT_PREFIX).partition(":")
    association = associations.find(cluster["name"], namespace, account)
    if association is None:
        message = f"No Pod Identity association found for service account {account} in namespace {namespace}"
        raise Refused("ResourceNotFoundException", message)
    bound: dict[str, Any] = token.claims.get("kubernetes.io") or {}
    pod: dict[str, str] = bound.get("pod") or {}
    tags = {} if association["disableSessionTags"] else _session_tags(cluster, namespace, account, pod)
    role = roles.find(association["roleArn"])
    if role is None or not _trusted(role, cluster, tags):
        message = "Unauthorized Exception! EKS does not have permissions to assume the associated role."
        raise Refused("AccessDeniedException", message)
    session = f"eks-{cluster['name'][:20]}-{pod.get('name', account)[:17].rstrip('.')}-{uuid.uuid4()}"[:64]
    credentials = roles.assume(role, session, SECONDS, tags)
    return {
        "subject": {"namespace": namespace, "serviceAccount": account},
        "audience": AUDIENCE,
        "podIdentityAssociation": {name: association[name] for name in ("associationArn", "associationId")},
        "assumedRoleUser": {"arn": credentials.arn, "assumeRoleId": credentials.assumed_role_id},
        "credentials": {
            "accessKeyId": credentials.access_key_id,
            "secretAccessKey": credentials.secret_access_key,
            "sessionToken": credentials.session_token,
            "expiration": int(credentials.expiration.timestamp()),
        },
    }


def _check_token(text: str, cluster: checks.Record) -> oidc.Token:
    try:
        token = oidc.Token.parse(text)
        if token.issuer != cluster["identity"]["oidc"]["issuer"]:
            raise Refused("InvalidTokenException", "The token was not issued by the cluster in the request.")
        oidc.verify(token)
    except oidc.Expired as error:
        raise Refused("ExpiredTokenException", "The token included in the request is expired.") from error
    except oidc.Invalid as error:
        raise Refused("InvalidTokenException", f"The token included in the request is invalid: {error}") from error
    if token.audience != AUDIENCE:
        raise Refused("InvalidTokenException", f"The audience of the token included in the request is not {AUDIENCE}.")
    if not token.subject.startswith(ACCOUNT_PREFIX):
        raise Refused("InvalidTokenException", "The token included in the request is not a service account's.")
    return token


def _session_tags(cluster: checks.Record, namespace: str, account: str, pod: dict[str, str]) -> dict[str, str]:
    tags = {
        "eks-cluster-arn": cluster["arn"],
        "eks-cluster-name": cluster["name"],
        "kubernetes-namespace": namespace,
        "kubernetes-service-account": account,
    }
    if pod:
        tags |= {"kubernetes-pod-name": pod["name"], "kubernetes-pod-uid": pod["uid"]}
    return tags


def _trusted(role: checks.Record, cluster: checks.Record, tags: dict[str, str]) -> bool:
    context = {
        "service_context": {"aws:sourceaccount": emulator.account_id(), "aws:sourcearn": cluster["arn"]},
        "request_tags": tags,
        "tag_keys": list(tags),
    }
    # EKS always asks for both, also where the association has session tags off.
    return all(roles.service_may(role, PRINCIPAL, action, **context) for action in ("sts:AssumeRole", "sts:TagSession"))
