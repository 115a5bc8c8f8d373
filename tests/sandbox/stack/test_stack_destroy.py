"""Destroying the stack leaves nothing, in the cloud as in the cluster."""

import pytest

from tests.sandbox.checkout import Checkout, client
from tests.sandbox.left_over import assert_nothing_left

pytestmark = pytest.mark.sandbox


def test_destroy_leaves_nothing(checkout: Checkout) -> None:
    if checkout.deployed is None:
        checkout.ensure_up()
    # An object in the bucket, as any real platform leaves.
    client(checkout, "s3").put_object(Bucket="vvp-blob-storage", Key="vvp/left.txt", Body=b"x")
    result = checkout.make("destroy")
    checkout.deployed = None
    assert result.status == 0, result

    assert_nothing_left(checkout)
    # The control plane is gone with the cluster, and its pods with it.
    assert checkout.run("kubectl", "get", "pods", "-A", "--request-timeout=5s").status != 0
    assert not (checkout.folder / ".sandbox" / "cluster").exists()
    state = checkout.json("pulumi", "stack", "export", "--stack", "dev")
    assert not [r for r in state["deployment"].get("resources", []) if not r["type"].startswith("pulumi:pulumi:Stack")]
