"""Nothing deployed moves: the URNs of `dev` are those of the stacks that people have deployed.

A URN that changes is a resource that Pulumi deletes and makes anew. `dev.urns` changes only with a line in the
changelog that tells the owner of a stack what will happen.
"""

from hashlib import sha256

from tests.program.recorder import URN, Program
from tests.stacks import ROOT, deployed_urns

MADE_BY_PULUMI_EKS = "eks:index:"
"""Children of this component are registered by another process, which the mocks do not have."""


def test_dev_registers_what_is_deployed(dev: Program) -> None:
    registered = {resource.urn.removeprefix(URN) for resource in dev.resources}
    deployed = {urn for urn in deployed_urns() if f"{MADE_BY_PULUMI_EKS}Cluster$" not in urn}
    deployed = {urn for urn in deployed if f"{MADE_BY_PULUMI_EKS}ManagedNodeGroup$" not in urn}
    assert registered == deployed


def test_the_list_is_in_order_and_the_changelog_knows_it() -> None:
    urns = deployed_urns()
    assert urns == sorted(set(urns))
    digest = sha256("\n".join(urns).encode()).hexdigest()[:8]
    known = f"{len(urns)} resources ({digest})"
    assert known in (ROOT / "CHANGELOG.md").read_text(), (
        f"say in the changelog what changes for a deployed stack: {known}"
    )
