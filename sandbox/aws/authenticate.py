"""Tells the cluster's API server who an `aws eks get-token` token is: Kubernetes' TokenReview webhook.

The token is a presigned URL of STS's GetCallerIdentity. Its signature, time, and the signed header that names the
cluster are checked as https://github.com/kubernetes-sigs/aws-iam-authenticator does; the principal is then looked up
in the cluster's access entries.
"""

import base64
import binascii
import datetime
import re
from typing import Any
from urllib.parse import parse_qs, urlsplit

from sandbox import layout
from sandbox.aws import emulator, roles
from sandbox.aws.eks import access, checks

PREFIX = "k8s-aws-v1."
LIFETIME = datetime.timedelta(minutes=15)
"""From the time in the URL on; kubectl keeps a token for 14 minutes, whatever X-Amz-Expires says."""

ALLOWED = {
    "action": "GetCallerIdentity",
    "version": "2011-06-15",
    "x-amz-algorithm": "AWS4-HMAC-SHA256",
    "x-amz-credential": None,
    "x-amz-date": None,
    "x-amz-expires": None,
    "x-amz-security-token": None,
    "x-amz-signature": None,
    "x-amz-signedheaders": None,
    "x-amz-user-agent": None,
}
"""The parameters that the URL may have, with the only value where there is one."""

CLUSTER_ADMIN = "AmazonEKSClusterAdminPolicy"
ADMINISTRATORS = "system:masters"


class Refused(Exception):
    """The token is nobody's here."""


def review(request: dict[str, Any]) -> dict[str, Any]:
    """Answers a TokenReview (https://kubernetes.io/docs/reference/access-authn-authz/authentication/#webhook-token-authentication)."""
    token = str(request.get("spec", {}).get("token", ""))
    try:
        status: dict[str, Any] = {"authenticated": True, "user": _user(token)}
    except Refused as refused:
        status = {"authenticated": False, "error": str(refused)}
    return {
        "apiVersion": request.get("apiVersion", "authentication.k8s.io/v1"),
        "kind": "TokenReview",
        "status": status,
    }


def policy_group(policy_arn: str, namespace: str | None = None) -> str:
    """The Kubernetes group that stands for an access policy; the sandbox's agent binds it to the like ClusterRole.

    Args:
        policy_arn: ARN of the access policy.
        namespace: for the namespace scope.
    """
    name = policy_arn.removeprefix(access.POLICY_PREFIX)
    if name == CLUSTER_ADMIN and namespace is None:
        return ADMINISTRATORS
    return f"eks-access-policy:{name}" + (f":{namespace}" if namespace else "")


def policy_groups(association: checks.Record) -> list[str]:
    """The groups of one associated access policy: one for the cluster, or one for each namespace."""
    namespaces: list[str | None] = association["accessScope"]["namespaces"] or [None]
    return [policy_group(association["policyArn"], namespace) for namespace in namespaces]


def _user(token: str) -> dict[str, Any]:
    if not token.startswith(PREFIX):
        raise Refused(f"the token does not start with {PREFIX}")
    clusters = list(checks.store("clusters").all_items())
    if not clusters:
        raise Refused("there is no cluster")
    (account, region, _), cluster = clusters[0]
    with emulator.core("responses").request_scope(account, region):
        credential = _caller(token, cluster["name"])
        principal, session = str(credential.principal_arn), ""
        if role := roles.of_session(principal):
            session = principal.rpartition("/")[2]
            principal = role
        entry = next((entry for entry in access.entries(cluster["name"]) if entry["principalArn"] == principal), None)
        if entry is None:
            raise Refused(f"{principal} has no access entry in cluster {cluster['name']}")
        policies = access.associations(cluster["name"], principal)
        groups = [*entry["kubernetesGroups"], *(group for policy in policies for group in policy_groups(policy))]
        return {
            "username": _user_name(entry, account, session),
            "uid": f"aws-iam-authenticator:{account}:{str(credential.principal_id).partition(':')[0]}",
            "groups": list(dict.fromkeys(groups)),
            "extra": {
                "arn": [credential.principal_arn],
                "canonicalArn": [principal],
                "principalId": [str(credential.principal_id).partition(":")[0]],
                "sessionName": [session],
                "accessKeyId": [credential.access_key_id],
            },
        }


def _user_name(entry: checks.Record, account: str, session: str) -> str:
    name: str = entry["username"]
    if "{{EC2PrivateDNSName}}" in name:
        raise Refused("the sandbox's nodes do not join by their instance role")
    replaced = {"{{SessionNameRaw}}": session, "{{SessionName}}": session.replace("@", "-"), "{{AccountID}}": account}
    for template, value in replaced.items():
        name = name.replace(template, value)
    return name


def _caller(token: str, cluster: str) -> Any:
    """Who signed the token's URL, for this cluster and not too long ago."""
    host, query = _presigned(token)
    sigv4, evaluator = emulator.core("sigv4"), emulator.core("iam_evaluator")
    signature = sigv4.parse_query_signature(query)
    if isinstance(signature, tuple):
        raise Refused("the token's URL is not signed with Signature Version 4")
    _check_time(signature)
    signed = signature.signed_headers.lower().split(";")
    if signature.service != "sts" or "host" not in signed or "x-k8s-aws-id" not in signed:
        raise Refused("the token's URL must be signed for STS, with the headers host and x-k8s-aws-id")
    account = evaluator.find_iam_access_key_account(signature.access_key_id) or emulator.account_id()
    session_token = query.get("X-Amz-Security-Token", [""])[0]
    credential = evaluator.resolve_credential(signature.access_key_id, account, session_token or None)
    if isinstance(credential, evaluator.CredentialResolutionError):
        raise Refused(f"the token's credentials are refused by STS: {credential.message}")
    # The cluster's name is not in the URL: it is the value that the header must have had for the signature to be right.
    headers = {"host": host, "x-k8s-aws-id": cluster}
    failure = sigv4.header_signature_failure(
        signature, credential.secret_access_key, "GET", "/", query, headers, b"", presigned=True
    )
    if failure:
        raise Refused(f"the token's signature is not right for cluster {cluster}")
    return credential


def _presigned(token: str) -> tuple[str, dict[str, list[str]]]:
    encoded = token.removeprefix(PREFIX)
    try:
        url = urlsplit(base64.urlsafe_b64decode(encoded + "=" * (-len(encoded) % 4)).decode())
    except (binascii.Error, ValueError) as error:
        raise Refused("the token is not a URL in base64url") from error
    if url.path not in ("", "/") or not _is_sts(url.netloc) or url.scheme != "https":
        raise Refused("the token's URL is not that of STS")
    query = parse_qs(url.query, keep_blank_values=True)
    for name, values in query.items():
        if name.lower() not in ALLOWED or len(values) != 1:
            raise Refused(f"the token's URL must not have the parameter {name}, or not twice")
        if ALLOWED[name.lower()] not in (None, values[0]):
            raise Refused(f"the token's URL is not one of GetCallerIdentity: {name}={values[0]}")
    if not {"Action", "Version"} <= query.keys():
        raise Refused("the token's URL names no action")
    return url.netloc, query


def _is_sts(host: str) -> bool:
    """Whether a host is STS: this endpoint, or the name that a client uses which does not know of it."""
    if re.fullmatch(r"sts\.([a-z]{2}(-[a-z]+)+-\d\.)?amazonaws\.com", host):
        return True
    return host in {f"{name}:{layout.Sandbox.load().ports['cloud_tls']}" for name in ("127.0.0.1", "localhost")}


def _check_time(signature: Any) -> None:
    try:
        signed = datetime.datetime.strptime(signature.amz_date, "%Y%m%dT%H%M%SZ").replace(tzinfo=datetime.UTC)
    except ValueError as error:
        raise Refused("the token's X-Amz-Date is not a time") from error
    age = datetime.datetime.now(datetime.UTC) - signed
    if age > LIFETIME:
        raise Refused("the token is expired")
    if age < -datetime.timedelta(minutes=5):
        raise Refused("the token is not valid yet")
