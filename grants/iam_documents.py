"""IAM policy documents as plain values, so that every one of them can be read and tested without a cloud.

The grammar is https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html. Nothing here
waits for a cloud: a component calls these with what it knows by then.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Literal, NotRequired, TypedDict

IRSA_AUDIENCE = "sts.amazonaws.com"
POD_IDENTITY_SERVICE = "pods.eks.amazonaws.com"
LONGEST = 6144
"""Characters of a managed policy, blanks aside: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html."""

Value = str | Sequence[str]


class Statement(TypedDict):
    """One statement of a policy document."""

    Sid: str
    Effect: Literal["Allow", "Deny"]
    Action: Sequence[str] | str
    Resource: NotRequired[Value]
    Principal: NotRequired[Mapping[str, Value] | Literal["*"]]
    Condition: NotRequired[Mapping[str, Mapping[str, Any]]]


class Document(TypedDict):
    """A policy document."""

    Version: Literal["2012-10-17"]
    Statement: Sequence[Statement]


def document(*statements: Statement) -> Document:
    """A policy document of `statements`."""
    return {"Version": "2012-10-17", "Statement": list(statements)}


def allow(sid: str, actions: Sequence[str] | str, resources: Value) -> Statement:
    """A statement that allows `actions` on `resources`.

    Args:
        sid: Its id: letters and digits.
        actions: Action names, with the service's prefix.
        resources: ARNs.
    """
    return {"Sid": sid, "Effect": "Allow", "Action": actions, "Resource": resources}


def service_trust(service: str) -> Document:
    """Lets an AWS service, as `ec2.amazonaws.com`, assume the role."""
    return document(
        {"Sid": "Service", "Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"}
    )


def irsa_trust(provider_arn: str, issuer: str, namespace: str, service_account: str) -> Document:
    """Lets one service account of one cluster assume the role by web identity, as the article has it.

    See https://docs.aws.amazon.com/eks/latest/userguide/associate-service-account-role.html.

    Args:
        provider_arn: ARN of the cluster's OIDC provider.
        issuer: The issuer's host and path, without `https://`.
        namespace: The account's Kubernetes namespace.
        service_account: The account's name.
    """
    subject = f"system:serviceaccount:{namespace}:{service_account}"
    return document(
        {
            "Sid": "ServiceAccount",
            "Effect": "Allow",
            "Principal": {"Federated": provider_arn},
            "Action": "sts:AssumeRoleWithWebIdentity",
            "Condition": {"StringEquals": {f"{issuer}:aud": IRSA_AUDIENCE, f"{issuer}:sub": subject}},
        }
    )


def pod_identity_trust(cluster_arn: str, namespace: str, service_account: str) -> Document:
    """Lets EKS Pod Identity assume the role for one service account of one cluster.

    The association already names cluster, namespace and account; the conditions on the session's tags make the role
    refuse an association that somebody else makes for another account.
    See https://docs.aws.amazon.com/eks/latest/userguide/pod-id-abac.html.

    Args:
        cluster_arn: The cluster's ARN.
        namespace: The account's Kubernetes namespace.
        service_account: The account's name.
    """
    return document(
        {
            "Sid": "PodIdentity",
            "Effect": "Allow",
            "Principal": {"Service": POD_IDENTITY_SERVICE},
            "Action": ["sts:AssumeRole", "sts:TagSession"],
            "Condition": {
                "StringEquals": {
                    "aws:RequestTag/eks-cluster-arn": cluster_arn,
                    "aws:RequestTag/kubernetes-namespace": namespace,
                    "aws:RequestTag/kubernetes-service-account": service_account,
                }
            },
        }
    )


def tls_only(bucket_arn: str) -> Document:
    """A bucket policy that refuses every call that does not come by TLS.

    See https://docs.aws.amazon.com/AmazonS3/latest/userguide/security-best-practices.html.
    """
    return document(
        {
            "Sid": "TlsOnly",
            "Effect": "Deny",
            "Principal": "*",
            "Action": "s3:*",
            "Resource": [bucket_arn, f"{bucket_arn}/*"],
            "Condition": {"Bool": {"aws:SecureTransport": "false"}},
        }
    )


BUCKET_ACTIONS = ("s3:GetBucketLocation", "s3:ListBucket", "s3:ListBucketMultipartUploads")
OBJECT_ACTIONS = (
    "s3:AbortMultipartUpload",
    "s3:DeleteObject",
    "s3:GetObject",
    "s3:ListMultipartUploadParts",
    "s3:PutObject",
)
KEY_ACTIONS = ("kms:Decrypt", "kms:GenerateDataKey")


def bucket_read_write(bucket_arn: str, key_arn: str) -> Document:
    """What Flink's and the platform's S3 file systems call: objects, the listing of the bucket, and the use of its key.

    See https://nightlies.apache.org/flink/flink-docs-stable/docs/deployment/filesystems/s3/.

    Args:
        bucket_arn: The bucket.
        key_arn: The KMS key that encrypts them.
    """
    return document(
        allow("Bucket", BUCKET_ACTIONS, bucket_arn),
        allow("Objects", OBJECT_ACTIONS, f"{bucket_arn}/*"),
        allow("Key", KEY_ACTIONS, key_arn),
    )


def bucket_everything(bucket_arn: str, key_arn: str) -> Document:
    """Every S3 action on one bucket, as the article grants it, and the use of its key."""
    return document(
        allow("Everything", "s3:*", [bucket_arn, f"{bucket_arn}/*"]),
        allow("Key", KEY_ACTIONS, key_arn),
    )
