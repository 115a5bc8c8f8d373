"""Runs the whole program on Pulumi's mocks and keeps what it registered, options included.

Pulumi's own mocks show a resource's inputs only; protect, dependencies and providers are in the registration request,
which a subclass of the mock monitor sees.
"""

import json
import runpy
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, cast

import pulumi
from google.protobuf import json_format
from pulumi.runtime import mocks, rpc, settings
from pulumi.runtime.config import set_all_config
from pulumi.runtime.stack import Stack

from tests.stacks import ROOT, changed, own, stack_file

ACCOUNT = "123456789012"
DEPLOYER = f"arn:aws:iam::{ACCOUNT}:user/deployer"
ISSUER = "oidc.eks.eu-central-1.amazonaws.com/id/0123456789ABCDEF0123456789ABCDEF"
STACK = "pulumi:pulumi:Stack"
URN = "urn:pulumi:test::vvp::"
"""What every URN of the program begins with here."""
ROLE = "aws:iam/role:Role"
RELEASE = "kubernetes:helm.sh/v3:Release"
DEV = stack_file()
_REFERENCE = {rpc._special_sig_key: rpc._special_resource_sig}  # how the wire says: this is a resource
_EKS_URN = f"{URN}eks:index:Cluster$aws:eks/cluster:Cluster::vvp-eksCluster"
CALLS: dict[str, dict[str, Any]] = {
    "aws:index/getPartition:getPartition": {"partition": "aws", "dnsSuffix": "amazonaws.com"},
    "aws:index/getRegion:getRegion": {"region": "eu-central-1"},
    "aws:eks/getAddonVersion:getAddonVersion": {"version": "v1.0.0-eksbuild.1"},
    "aws:eks/getClusters:getClusters": {"names": []},
    "aws:cloudwatch/getLogGroups:getLogGroups": {"logGroupNames": []},
    "aws:index/getCallerIdentity:getCallerIdentity": {"arn": DEPLOYER, "accountId": ACCOUNT},
    "aws:index/getAvailabilityZones:getAvailabilityZones": {"names": [f"eu-central-1{zone}" for zone in "abc"]},
}


@dataclass(frozen=True)
class Registered:
    """One resource as the engine would see it."""

    type: str
    name: str
    urn: str
    inputs: dict[str, Any]
    protect: bool
    custom: bool
    parent: str
    provider: str
    depends_on: frozenset[str]
    secrets: frozenset[str]
    ignored: frozenset[str]
    aliases: frozenset[str]
    """URNs that it had before."""


@dataclass
class Program:
    """All that one run of the program registered."""

    resources: list[Registered] = field(default_factory=list)
    outputs: dict[str, Any] = field(default_factory=dict)

    def of(self, type_: str) -> list[Registered]:
        """The resources of one type."""
        return [resource for resource in self.resources if resource.type == type_]

    def one(self, type_: str, name: str | None = None) -> Registered:
        """The only resource of a type, or the one of that name."""
        (found,) = [r for r in self.of(type_) if name is None or r.name == name]
        return found

    def above(self, resource: Registered) -> Iterator[Registered]:
        """The components that a resource lies in, from the inside out."""
        by_urn = {each.urn: each for each in self.resources}
        while (parent := by_urn.get(resource.parent)) and parent.type != STACK:
            yield parent
            resource = parent


def _types_above(parent: str) -> str:
    types = parent.removeprefix(URN).split("::", maxsplit=1)[0]
    return f"{types}$" if types and types != STACK else ""


def _by_urn(value: Any) -> Any:
    """Property values with the URN of each resource in the resource's place."""
    if isinstance(value, list):
        return [_by_urn(item) for item in value]
    if isinstance(value, dict):
        if value.items() >= _REFERENCE.items():
            return value["urn"]
        return {key: _by_urn(item) for key, item in value.items()}
    return value


def _alias(alias: Any, request: Any) -> str:
    """The URN that an alias stands for, as the engine puts it together."""
    if alias.urn:
        return str(alias.urn)
    parent = alias.spec.parentUrn or ("" if alias.spec.noParent else request.parent)
    return f"{URN}{_types_above(parent)}{alias.spec.type or request.type}::{alias.spec.name or request.name}"


class _Mocks(mocks.Mocks):
    def call(self, args: mocks.MockCallArgs) -> dict[str, Any]:
        return CALLS[args.token]

    def new_resource(self, args: mocks.MockResourceArgs) -> tuple[str | None, dict[str, Any]]:
        state: dict[str, Any] = dict(args.inputs)
        match args.typ:
            case "aws:iam/role:Role":
                state["arn"] = f"arn:aws:iam::{ACCOUNT}:role/{state['name']}"
            case "aws:iam/policy:Policy":
                state["arn"] = f"arn:aws:iam::{ACCOUNT}:policy/{state['name']}"
            case "aws:s3/bucket:Bucket":
                state["arn"] = f"arn:aws:s3:::{state['bucket']}"
            case "aws:kms/key:Key":
                state |= {"arn": f"arn:aws:kms:eu-central-1:{ACCOUNT}:key/{args.name}", "keyId": args.name}
            case "aws:iam/openIdConnectProvider:OpenIdConnectProvider":
                state["arn"] = f"arn:aws:iam::{ACCOUNT}:oidc-provider/{ISSUER}"
            case "aws:kinesis/stream:Stream":
                state["arn"] = f"arn:aws:kinesis:eu-central-1:{ACCOUNT}:stream/{state['name']}"
            case "aws:ec2/launchTemplate:LaunchTemplate":
                state["latestVersion"] = 1
            case "eks:index:Cluster":
                state |= {
                    "eksCluster": {**_REFERENCE, "urn": _EKS_URN, "id": state["name"]},
                    "oidcProviderUrl": f"https://{ISSUER}",
                    "oidcIssuer": ISSUER,
                    "kubeconfigJson": json.dumps({"clusters": [], "users": []}),
                }
            case "kubernetes:helm.sh/v3:Release":
                state["status"] = {"namespace": state["namespace"], "status": "deployed"}
            case _:
                pass
        return f"{args.name}-id", state


class _Monitor(mocks.MockMonitor):
    def __init__(self, program: Program) -> None:
        super().__init__(_Mocks())
        self._program = program
        eks = {"name": "vvp", "arn": f"arn:aws:eks:eu-central-1:{ACCOUNT}:cluster/vvp"}
        eks |= {"vpcConfig": {"clusterSecurityGroupId": "sg-0"}}
        self.resources[_EKS_URN] = mocks.MockMonitor.ResourceRegistration(_EKS_URN, "vvp", eks)

    def make_urn(self, parent: str, type_: str, name: str) -> str:
        # The mocks' own asks for project and stack, which the threads that register resources do not always know.
        return f"{URN}{_types_above(parent)}{type_}::{name}"

    def RegisterResource(self, request: Any) -> Any:
        # A resource that is somebody's input would be looked up from this thread, for an event loop that no one runs.
        plain = _by_urn(json_format.MessageToDict(request.object))
        request = type(request).FromString(request.SerializeToString())
        request.object.Clear()
        request.object.update(plain)
        inputs = rpc.deserialize_properties(request.object, keep_unknowns=False)
        secrets = {name for name, value in inputs.items() if rpc.is_rpc_secret(value)}
        response = super().RegisterResource(request)
        if request.type == STACK:
            return response
        self._program.resources.append(
            Registered(
                type=request.type,
                name=request.name,
                urn=response.urn,
                inputs={name: rpc.unwrap_rpc_secret(value) for name, value in inputs.items()},
                protect=request.protect,
                custom=request.custom,
                parent=request.parent,
                provider=request.provider or next(iter(request.providers.values()), ""),
                depends_on=frozenset(request.dependencies),
                secrets=frozenset(secrets),
                ignored=frozenset(request.ignoreChanges),
                aliases=frozenset([*request.aliasURNs, *(_alias(each, request) for each in request.aliases)]),
            )
        )
        return response


def run(config: dict[str, Any], *secret_keys: str, preview: bool = False) -> Program:
    """Runs `__main__.py` with a stack file's config.

    Args:
        config: Every key of the stack file, with its namespace.
        secret_keys: Keys whose values are secrets.
        preview: Whether to run as in a preview.
    """
    program = Program()
    mocks.set_mocks(_Mocks(), project="vvp", stack="test", preview=preview, monitor=_Monitor(program))
    flat = {key: value if isinstance(value, str) else json.dumps(value) for key, value in config.items()}
    set_all_config(flat, list(secret_keys))

    @pulumi.runtime.test
    def main() -> pulumi.Output[None]:
        runpy.run_path(str(ROOT / "__main__.py"), run_name="__main__")
        exported = cast(Stack, settings.get_root_resource()).outputs
        return pulumi.Output.all(**exported).apply(program.outputs.update)

    try:
        main()
    finally:
        settings.reset_options()
        set_all_config({}, [])
    return program


def stack(*secret_keys: str, **changes: Any) -> Program:
    """Runs it with `dev` and these changes (see tests.stacks.changed), which need no namespace."""
    return run(changed(DEV, **own(changes)), *secret_keys)
