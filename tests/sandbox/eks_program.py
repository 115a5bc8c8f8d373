"""Programs with the eks stand-in's components, run on Pulumi's mocks."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pulumi
import pulumi_eks
from pulumi.runtime import mocks, rpc, stack
from pulumi.runtime.settings import SETTINGS

from sandbox.plugins.eks.provider import EksProvider

CLUSTER_ARN = "arn:aws:eks:eu-central-1:123456789012:cluster/vvp"
ENDPOINT = "https://api.example"
ISSUER = "https://oidc.eks.eu-central-1.amazonaws.com/id/0123456789ABCDEF"
NODE_ROLE = "arn:aws:iam::123456789012:role/node"

COMPONENT_URN = "urn:pulumi:test::vvp::eks:index:Cluster::vvp"
CLUSTER_URN = "urn:pulumi:test::vvp::eks:index:Cluster$aws:eks/cluster:Cluster::vvp-eksCluster"

Registered = dict[str, tuple[str, dict[str, Any]]]


class MockedCloud(mocks.Mocks):
    """Remembers every resource by its name and gives a cluster the outputs that EKS would.

    Attributes:
        registered: type and inputs of each resource.
        dependencies: the URNs that each was registered to depend on.
        monitor: what resources are registered with.
    """

    def __init__(self) -> None:
        self.registered: Registered = {}
        self.dependencies: dict[str, set[str]] = {}
        self.monitor = _Monitor(self)

    def exists(self, urn: str, outputs: dict[str, Any]) -> None:
        """Has a resource be there already."""
        registration = mocks.MockMonitor.ResourceRegistration(urn, urn.rsplit("::", maxsplit=1)[-1], outputs)
        self.monitor.resources[urn] = registration

    def call(self, args: mocks.MockCallArgs) -> tuple[dict[str, Any], list[tuple[str, str]]]:
        assert args.token == "aws:index/getPartition:getPartition", args.token
        return {"partition": "aws", "dnsSuffix": "amazonaws.com"}, []

    def new_resource(self, args: mocks.MockResourceArgs) -> tuple[str, dict[str, Any]]:
        self.registered[args.name] = (args.typ, dict(args.inputs))
        outputs: dict[str, Any] = {"name": args.name, "arn": f"arn:aws:test:::{args.name}", **args.inputs}
        if args.typ == "aws:eks/cluster:Cluster":
            outputs |= {
                "arn": CLUSTER_ARN,
                "endpoint": ENDPOINT,
                "certificateAuthority": {"data": "Q0E="},
                "identities": [{"oidcs": [{"issuer": ISSUER}]}],
                "vpcConfig": {**args.inputs["vpcConfig"], "clusterSecurityGroupId": "sg-of-eks"},
            }
        return f"{args.name}-id", outputs


class _Monitor(mocks.MockMonitor):
    """Shows the dependencies too, which Pulumi's mocks keep to themselves."""

    def __init__(self, mocked: MockedCloud) -> None:
        super().__init__(mocked)
        self._mocked = mocked

    def RegisterResource(self, request: Any) -> Any:
        self._mocked.dependencies[request.name] = set(request.dependencies)
        return super().RegisterResource(request)


def run(mocked: MockedCloud, body: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    """Runs a program on the mocks to its end and gives back its values, with the Outputs resolved."""

    async def program() -> dict[str, Any]:
        # When one Output fails, all that depend on it fail with it; the first is raised, the others need no log.
        asyncio.get_running_loop().set_exception_handler(lambda _loop, _context: None)
        # A program that was refused leaves Outputs behind, which belong to a loop that is gone.
        settings: Any = SETTINGS
        settings.rpc_manager.clear()
        settings.outputs.clear()
        mocks.set_mocks(mocked, project="vvp", stack="test", preview=False, monitor=mocked.monitor)
        found: dict[str, Any] = {}
        await stack.run_pulumi_func(lambda: found.update(body()))
        return {key: await pulumi.Output.from_input(value).future() for key, value in found.items()}

    return asyncio.run(program())


def existing_cluster(mocked: MockedCloud) -> pulumi_eks.Cluster:
    """The cluster component as a provider gets it when it is passed in; to be called within a program."""
    eks = {rpc._special_sig_key: rpc._special_resource_sig, "urn": CLUSTER_URN, "id": "vvp"}
    core = {"cluster": eks, "subnetIds": ["subnet-a"], "instanceRoles": [], "vpcId": "vpc-1", "endpoint": ENDPOINT}
    outputs = {"name": "vvp", "version": "1.33", "arn": CLUSTER_ARN, "endpoint": ENDPOINT}
    outputs |= {"certificateAuthority": {"data": "Q0E="}, "accessConfig": {"authenticationMode": "API"}}
    mocked.exists(CLUSTER_URN, outputs)
    mocked.exists(COMPONENT_URN, {"core": core, "eksCluster": eks})
    return pulumi_eks.Cluster("vvp", opts=pulumi.ResourceOptions(urn=COMPONENT_URN))


def construct(mocked: MockedCloud, kind: str, inputs: dict[str, Any], name: str = "vvp") -> dict[str, Any]:
    return dict(run(mocked, lambda: dict(EksProvider().construct(name, f"eks:index:{kind}", inputs).state)))
