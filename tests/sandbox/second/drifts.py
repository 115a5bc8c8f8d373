"""Changes that somebody makes by hand, in the cloud and in the cluster, each with what is there when it is repaired."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from tests.sandbox.checkout import Checkout, client

NS = ("-n", "vvp")
BUCKET, PLATFORM = "vvp-blob-storage", "ververica-platform"
ROLE = f"vvp-{PLATFORM}"
ROLE_ANNOTATION = "eks.amazonaws.com/role-arn"


@dataclass(frozen=True)
class Drift:
    """One change by hand.

    Attributes:
        resource: Type and name of what drifts, as the engine lists it.
        widen: Makes the change.
        right: Whether the thing is again as the stack file says.
    """

    resource: str
    widen: Callable[[Checkout], Any]
    right: Callable[[Checkout], bool]


def _policy_arn(checkout: Checkout) -> str:
    return f"arn:aws:iam::{client(checkout, 'sts').get_caller_identity()['Account']}:policy/{BUCKET}"


def _widen_policy(checkout: Checkout) -> None:
    everything = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}
    client(checkout, "iam").create_policy_version(
        PolicyArn=_policy_arn(checkout), PolicyDocument=json.dumps(everything), SetAsDefault=True
    )


def _policy_is_narrow(checkout: Checkout) -> bool:
    iam, arn = client(checkout, "iam"), _policy_arn(checkout)
    version = iam.get_policy(PolicyArn=arn)["Policy"]["DefaultVersionId"]
    document = iam.get_policy_version(PolicyArn=arn, VersionId=version)["PolicyVersion"]["Document"]
    return all(statement["Action"] != "*" for statement in document["Statement"])


def _trust(checkout: Checkout) -> dict[str, Any]:
    return client(checkout, "iam").get_role(RoleName=ROLE)["Role"]["AssumeRolePolicyDocument"]


def _widen_trust(checkout: Checkout) -> None:
    trust = _trust(checkout)
    del trust["Statement"][0]["Condition"]
    client(checkout, "iam").update_assume_role_policy(RoleName=ROLE, PolicyDocument=json.dumps(trust))


def _versioning(checkout: Checkout) -> str:
    return client(checkout, "s3").get_bucket_versioning(Bucket=BUCKET)["Status"]


def _blocks_public_policies(checkout: Checkout) -> bool:
    answer = client(checkout, "s3").get_public_access_block(Bucket=BUCKET)
    return answer["PublicAccessBlockConfiguration"]["BlockPublicPolicy"]


def _kubectl(*command: str) -> Callable[[Checkout], None]:
    def run(checkout: Checkout) -> None:
        result = checkout.run("kubectl", *command)
        assert result.status == 0, result

    return run


def _live(checkout: Checkout, *name: str) -> dict[str, Any]:
    return checkout.json("kubectl", "get", *name, "-o", "json")


DRIFTS: dict[str, Drift] = {
    "a policy allows everything": Drift("aws:iam:Policy blob-storage-platform", _widen_policy, _policy_is_narrow),
    "a role trusts every account of the cluster": Drift(
        f"aws:iam:Role {PLATFORM}", _widen_trust, lambda checkout: "Condition" in _trust(checkout)["Statement"][0]
    ),
    "the bucket takes plain http": Drift(
        "aws:s3:BucketPolicy blob-storage",
        lambda checkout: client(checkout, "s3").delete_bucket_policy(Bucket=BUCKET),
        lambda checkout: "aws:SecureTransport" in client(checkout, "s3").get_bucket_policy(Bucket=BUCKET)["Policy"],
    ),
    "the bucket forgets versions": Drift(
        "aws:s3:BucketVersioning blob-storage",
        lambda checkout: client(checkout, "s3").put_bucket_versioning(
            Bucket=BUCKET, VersioningConfiguration={"Status": "Suspended"}
        ),
        lambda checkout: _versioning(checkout) == "Enabled",
    ),
    "the bucket may be public": Drift(
        "aws:s3:BucketPublicAccessBlock blob-storage",
        lambda checkout: client(checkout, "s3").delete_public_access_block(Bucket=BUCKET),
        _blocks_public_policies,
    ),
    "a Role has lost a rule": Drift(
        f"kubernetes:rbac.authorization.k8s.io/v1:Role {PLATFORM}",
        _kubectl(*NS, "patch", "role", PLATFORM, "--type=json", "-p", '[{"op": "remove", "path": "/rules/2"}]'),
        lambda checkout: len(_live(checkout, *NS, "role", PLATFORM)["rules"]) == 3,
    ),
    "a RoleBinding is gone": Drift(
        f"kubernetes:rbac.authorization.k8s.io/v1:RoleBinding {PLATFORM}",
        _kubectl(*NS, "delete", "rolebinding", PLATFORM),
        lambda checkout: _live(checkout, *NS, "rolebinding", PLATFORM)["subjects"][0]["namespace"] == "vvp",
    ),
    "an account names another role": Drift(
        f"kubernetes:core/v1:ServiceAccount {PLATFORM}",
        _kubectl(*NS, "annotate", "--overwrite", f"sa/{PLATFORM}", f"{ROLE_ANNOTATION}=arn:aws:iam::1"),
        lambda checkout: _live(checkout, *NS, "sa", PLATFORM)["metadata"]["annotations"][ROLE_ANNOTATION].endswith(
            f":role/{ROLE}"
        ),
    ),
    "the one-to-one rule is gone": Drift(
        "kubernetes:policies.kyverno.io/v1:ValidatingPolicy deployments",
        _kubectl("delete", "validatingpolicy", "deployments"),
        lambda checkout: _live(checkout, "validatingpolicy", "deployments")["status"]["conditionStatus"]["ready"],
    ),
}
"""By what a person would say of it."""
