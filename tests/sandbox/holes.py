"""Holes, each opened by hand as a wrong hand would and closed again, with the sentences that must name it."""

import copy
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from tenacity import Retrying, retry_if_result, stop_after_delay, wait_fixed

from tests.sandbox.checkout import Checkout, Result, client

BUCKET = "vvp-blob-storage"
CONSUMER, PRODUCER = "greeting-request-consumer", "greeting-request-producer"
CONSUMERS_ROLE, PRODUCERS_ROLE = f"vvp-{CONSUMER}", f"vvp-{PRODUCER}"
POLICY = "deployments"
NS = ("-n", "vvp")

Opened = Iterator[list[str]]
"""What a hole's opening gives: the beginnings of the sentences that must name it."""


def kind(checkout: Checkout) -> str:
    assert checkout.deployed is not None
    return checkout.deployed["vvp:identity"]["kind"]


def engine(checkout: Checkout) -> str:
    assert checkout.deployed is not None
    return checkout.deployed["vvp:admission"]["engine"]


def policy_kind(checkout: Checkout) -> str:
    """The object that a wrong hand would delete or change."""
    native = "validatingadmissionpolicies.admissionregistration.k8s.io"
    return "validatingpolicies.policies.kyverno.io" if engine(checkout) == "kyverno" else native


def done(result: Result) -> Result:
    assert result.status == 0, result
    return result


@contextmanager
def widened_policy(checkout: Checkout) -> Opened:
    iam = client(checkout, "iam")
    statement = {"Effect": "Allow", "Action": "kinesis:*", "Resource": "*"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    iam.put_role_policy(RoleName=CONSUMERS_ROLE, PolicyName="wide", PolicyDocument=document)
    try:
        yield [
            f"HOLE: vvp/{CONSUMER} can kinesis:DescribeStream stream greeting-request",
            f"HOLE: vvp/{CONSUMER} can kinesis:AddTagsToStream stream greeting-request",
        ]
    finally:
        iam.delete_role_policy(RoleName=CONSUMERS_ROLE, PolicyName="wide")


@contextmanager
def trust_without_condition(checkout: Checkout, role: str = CONSUMERS_ROLE) -> Iterator[None]:
    iam = client(checkout, "iam")
    before = iam.get_role(RoleName=role)["Role"]["AssumeRolePolicyDocument"]
    after = copy.deepcopy(before)
    for statement in after["Statement"]:
        del statement["Condition"]
    iam.update_assume_role_policy(RoleName=role, PolicyDocument=json.dumps(after))
    try:
        yield
    finally:
        iam.update_assume_role_policy(RoleName=role, PolicyDocument=json.dumps(before))


@contextmanager
def removed_trust(checkout: Checkout) -> Opened:
    """With Pod Identity the association still names the account, so the second half of the hole is another one."""
    with trust_without_condition(checkout):
        if kind(checkout) == "irsa":
            exchange = "sts:AssumeRoleWithWebIdentity"
            yield [
                f"HOLE: vvp/{PRODUCER} can {exchange} role {CONSUMERS_ROLE}",
                f"HOLE: vvp/default can {exchange} role {CONSUMERS_ROLE}",
                f"HOLE: a token of the same-named account of another namespace (vvp/{CONSUMER}) can {exchange}",
            ]
            return
        eks = client(checkout, "eks")
        arn = client(checkout, "iam").get_role(RoleName=CONSUMERS_ROLE)["Role"]["Arn"]
        made = eks.create_pod_identity_association(
            clusterName="vvp", namespace="vvp", serviceAccount="default", roleArn=arn
        )["association"]["associationId"]
        try:
            yield [
                f"HOLE: vvp/default can eks-auth:AssumeRoleForPodIdentity role {CONSUMERS_ROLE}",
                "HOLE: vvp/default can kinesis:GetRecords stream greeting-request",
            ]
        finally:
            eks.delete_pod_identity_association(clusterName="vvp", associationId=made)


@contextmanager
def deleted_admission_policy(checkout: Checkout) -> Opened:
    bindings = "validatingadmissionpolicybindings.admissionregistration.k8s.io"
    # Without Kyverno's policy nothing is admitted: whoever opens this hole takes that away first.
    both = {f"{POLICY}-kyverno": bindings, POLICY: policy_kind(checkout)}
    named = both if engine(checkout) == "kyverno" else {POLICY: bindings}
    before = [stored(checkout, what, name) for name, what in named.items()]
    for name, what in named.items():
        done(checkout.run("kubectl", "delete", what, name))
    try:
        wait_for_theft(checkout, possible=True)
        yield [
            f"HOLE: vvp/{PRODUCER} can run a pod labelled '{CONSUMER}' in namespace vvp",
            f"HOLE: vvp/{CONSUMER} can run a pod without label in namespace vvp",
            f"HOLE: vvp/{CONSUMER} can relabel by status as a pod labelled '{PRODUCER}'",
        ]
    finally:
        for each in reversed(before):
            restore(checkout, each)
        wait_for_theft(checkout, possible=False)


@contextmanager
def another_jobs_prefix(checkout: Checkout) -> Opened:
    s3 = client(checkout, "s3")
    before = s3.get_bucket_policy(Bucket=BUCKET)["Policy"]
    arn = client(checkout, "iam").get_role(RoleName=CONSUMERS_ROLE)["Role"]["Arn"]
    after = json.loads(before)
    after["Statement"].append(
        {
            "Effect": "Allow",
            "Principal": {"AWS": arn},
            "Action": "s3:GetObject",
            "Resource": f"arn:aws:s3:::{BUCKET}/jobs/{PRODUCER}/*",
        }
    )
    s3.put_bucket_policy(Bucket=BUCKET, Policy=json.dumps(after))
    try:
        yield [f"HOLE: vvp/{CONSUMER} can s3:GetObject jobs/{PRODUCER}/…; the stack file does not say so"]
    finally:
        s3.put_bucket_policy(Bucket=BUCKET, Policy=before)


@contextmanager
def anothers_role(checkout: Checkout) -> Opened:
    """The producer's account gets the consumer's role, by annotation or by association."""
    arns = {
        role: client(checkout, "iam").get_role(RoleName=role)["Role"]["Arn"]
        for role in (CONSUMERS_ROLE, PRODUCERS_ROLE)
    }
    eks = client(checkout, "eks")

    def give(role: str) -> None:
        if kind(checkout) == "irsa":
            annotation = f"eks.amazonaws.com/role-arn={arns[role]}"
            done(checkout.run("kubectl", *NS, "annotate", "--overwrite", "serviceaccount", PRODUCER, annotation))
            return
        (found,) = eks.list_pod_identity_associations(clusterName="vvp", namespace="vvp", serviceAccount=PRODUCER)[
            "associations"
        ]
        eks.update_pod_identity_association(clusterName="vvp", associationId=found["associationId"], roleArn=arns[role])

    with trust_without_condition(checkout):
        give(CONSUMERS_ROLE)
        try:
            yield [
                f"HOLE: vvp/{PRODUCER} can kinesis:GetRecords stream greeting-request",
                f"LOST: vvp/{PRODUCER} cannot kinesis:PutRecords stream greeting-request",
            ]
        finally:
            give(PRODUCERS_ROLE)


@contextmanager
def widened_admission_rule(checkout: Checkout) -> Opened:
    what = policy_kind(checkout)
    before = stored(checkout, what, POLICY)
    rules = before["object"]["spec"]["validations"]
    (index,) = [index for index, rule in enumerate(rules) if "variables.labelled || !" in rule["expression"]]
    change = [{"op": "replace", "path": f"/spec/validations/{index}/expression", "value": "true"}]
    done(checkout.run("kubectl", "patch", what, POLICY, "--type=json", "-p", json.dumps(change)))
    try:
        wait_for_theft(checkout, possible=True)
        yield [f"HOLE: vvp/{CONSUMER} can run a pod without label in namespace vvp"]
    finally:
        restore(checkout, before)
        wait_for_theft(checkout, possible=False)


@contextmanager
def rights_in_the_cluster(checkout: Checkout) -> Opened:
    options = ("--clusterrole=admin", f"--serviceaccount=vvp:{PRODUCER}")
    done(checkout.run("kubectl", *NS, "create", "rolebinding", "wide", *options))
    try:
        yield [
            f"HOLE: vvp/{PRODUCER} can list configmaps of namespace vvp",
            f"HOLE: vvp/{PRODUCER} can list secrets of namespace vvp",
        ]
    finally:
        done(checkout.run("kubectl", *NS, "delete", "rolebinding", "wide"))


def stored(checkout: Checkout, what: str, name: str) -> dict[str, Any]:
    """A cluster-wide object as somebody wrote it, with the name of who did."""
    found = checkout.json("kubectl", "get", what, name, "-o", "json", "--show-managed-fields")
    metadata = {key: found["metadata"][key] for key in ("name", "annotations", "labels") if key in found["metadata"]}
    (manager,) = {field["manager"] for field in found["metadata"]["managedFields"] if "subresource" not in field}
    return {
        "manager": manager,
        "object": {key: found[key] for key in ("apiVersion", "kind", "spec")} | {"metadata": metadata},
    }


def restore(checkout: Checkout, before: dict[str, Any]) -> None:
    """Writes an object as before, and in the name of who wrote it: nobody else may own its fields afterwards."""
    kind, name = before["object"]["kind"], before["object"]["metadata"]["name"]
    verb = "replace" if checkout.run("kubectl", "get", kind, name).status == 0 else "create"
    manager = f"--field-manager={before['manager']}"
    done(checkout.run("kubectl", verb, manager, "-f", "-", text=json.dumps(before["object"])))


def wait_for_theft(checkout: Checkout, *, possible: bool) -> None:
    """Waits until a pod can, or cannot, take a job's account: webhooks and policies are read again now and then."""
    spec = {"serviceAccountName": CONSUMER, "containers": [{"name": "c", "image": "registry.example/x:1"}]}
    pod = json.dumps({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "thief"}, "spec": spec})

    def stolen() -> bool:
        return checkout.run("kubectl", *NS, "create", "--dry-run=server", "-f", "-", text=pod).status == 0

    until = Retrying(
        stop=stop_after_delay(60), wait=wait_fixed(1), retry=retry_if_result(lambda found: found is not possible)
    )
    assert until(stolen) is possible


HOLES: list[Callable[[Checkout], Any]] = [
    widened_policy,
    removed_trust,
    deleted_admission_policy,
    another_jobs_prefix,
    anothers_role,
    widened_admission_rule,
    rights_in_the_cluster,
]
