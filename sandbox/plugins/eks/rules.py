"""What the real Cluster component refuses, and what of it the sandbox does not play."""

from __future__ import annotations

import functools
import shutil
import subprocess
from typing import Any

import pulumi

from sandbox.plugins.eks.inputs import Faults, Inputs, note_unsupported, require_plain

_SUPPORTED = frozenset(
    {
        "accessEntries",
        "authenticationMode",
        "bootstrapSelfManagedAddons",
        "clusterSecurityGroup",
        "clusterSecurityGroupTags",
        "clusterTags",
        "corednsAddonOptions",
        "createOidcProvider",
        "deletionProtection",
        "enableConfigMapMutable",
        "enabledClusterLogTypes",
        "encryptionConfigKeyArn",
        "endpointPrivateAccess",
        "endpointPublicAccess",
        "ipFamily",
        "kubeProxyAddonOptions",
        "kubernetesServiceIpAddressRange",
        "name",
        "nodeAssociatePublicIpAddress",
        "nodeSecurityGroupTags",
        "privateSubnetIds",
        "providerCredentialOpts",
        "publicAccessCidrs",
        "publicSubnetIds",
        "serviceRole",
        "skipDefaultNodeGroup",
        "skipDefaultSecurityGroups",
        "subnetIds",
        "tags",
        "upgradePolicy",
        "useDefaultVpcCni",
        "version",
        "vpcId",
    }
)
_PLAIN = (
    "autoMode",
    "accessEntries",
    "authenticationMode",
    "corednsAddonOptions",
    "createOidcProvider",
    "kubeProxyAddonOptions",
    "skipDefaultNodeGroup",
    "skipDefaultSecurityGroups",
    "useDefaultVpcCni",
)
_WITH_NODE_GROUP_OPTIONS = (
    "nodeSubnetIds",
    "nodeAssociatePublicIpAddress",
    "instanceType",
    "instanceProfileName",
    "nodePublicKey",
    "nodeRootVolumeSize",
    "nodeUserData",
    "minSize",
    "maxSize",
    "desiredCapacity",
    "nodeAmiId",
    "gpu",
)
_CONFIG_MAP_ONLY = ("roleMappings", "userMappings", "instanceRoles")
_LOWEST_AWS_CLI = {"1": (1, 24, 0), "2": (2, 7, 0)}


def check_cluster(name: str, inputs: Inputs) -> Inputs:
    """Refuses what the real component refuses, then what the sandbox does not support.

    Args:
        name: of the component in the program.
        inputs: of the right types.

    Returns:
        the inputs, where Outputs that may turn out wrong are replaced by Outputs that then fail.

    Raises:
        pulumi.InputPropertiesError: naming each input at fault.
        pulumi.RunError: there is no usable AWS CLI.
    """
    require_aws_cli()
    require_plain(inputs, _PLAIN, name)
    inputs = _check_combinations(name, dict(inputs))
    _check_scope(name, inputs)
    return inputs


def _check_combinations(name: str, inputs: Inputs) -> Inputs:
    """The real component's own cross-checks, in its words."""
    faults = Faults(name)
    mode = inputs.get("authenticationMode")
    api = mode in ("API", "API_AND_CONFIG_MAP")
    if mode == "API":
        reason = "does not support non-empty values when 'authenticationMode' is set to 'API'."
        for key in _CONFIG_MAP_ONLY:
            value = inputs.get(key)
            if isinstance(value, pulumi.Output):
                inputs[key] = _empty_when_known(name, key, value, f"The '{key}' property {reason}")
            elif value:
                faults.add(key, f"The '{key}' property {reason}")
    if not api and inputs.get("accessEntries"):
        found = f"set to '{mode}'" if mode else "not set"
        faults.add(
            "accessEntries", f"The 'accessEntries' property is not supported when 'authenticationMode' is {found}."
        )
    if inputs.get("instanceRole") and inputs.get("instanceRoles"):
        faults.add("instanceRole", "instanceRole and instanceRoles are mutually exclusive, and cannot both be set.")
    if inputs.get("subnetIds") and (inputs.get("publicSubnetIds") or inputs.get("privateSubnetIds")):
        faults.add(
            "subnetIds",
            "subnetIds, and the use of publicSubnetIds and/or privateSubnetIds are mutually exclusive. "
            "Choose a single approach.",
        )
    if inputs.get("nodeGroupOptions") and any(inputs.get(key) for key in _WITH_NODE_GROUP_OPTIONS):
        faults.add(
            "nodeGroupOptions",
            "Setting nodeGroupOptions, and any set of singular node group option(s) on the cluster, is mutually "
            "exclusive. Choose a single approach.",
        )
    if inputs.get("autoMode", {}).get("enabled") and not api:
        faults.add(
            "autoMode",
            "Access entries are required when using EKS Auto Mode. Use the authentication mode 'API' or "
            "'API_AND_CONFIG_MAP'.",
        )
    if inputs.get("creationRoleProvider"):
        faults.add(
            "creationRoleProvider",
            "The `creationRoleProvider.provider` option is not supported in non-nodejs Pulumi programs. "
            "Please use the `providerCredentialOpts` option instead.",
        )
    faults.raise_any()
    if "publicAccessCidrs" in inputs:
        inputs["publicAccessCidrs"] = _only_with_public_access(name, inputs)
    return inputs


def _check_scope(name: str, inputs: Inputs) -> None:
    """Refuses what the sandbox does not play, above all children of the real component that have no stand-in."""
    faults = Faults(name)
    note_unsupported(inputs, _SUPPORTED | set(_CONFIG_MAP_ONLY), faults)
    if (mode := inputs.get("authenticationMode", "CONFIG_MAP")) != "API":
        faults.add(
            "authenticationMode",
            f"the sandbox's eks does not support authenticationMode {mode} (its aws-auth ConfigMap); set API",
        )
    if not inputs.get("skipDefaultNodeGroup"):
        faults.add("skipDefaultNodeGroup", "the sandbox's eks does not support the default node group: set it to true")
    if not inputs.get("useDefaultVpcCni"):
        faults.add("useDefaultVpcCni", "the sandbox's eks does not support the VpcCniAddon component: set it to true")
    if "vpcId" not in inputs:
        faults.add("vpcId", "the sandbox's eks does not support the account's default VPC: name one")
    faults.raise_any()


def _empty_when_known(name: str, key: str, value: pulumi.Output[Any], reason: str) -> pulumi.Output[Any]:
    def check(found: Any) -> Any:
        if found:
            raise pulumi.InputPropertiesError(
                f"the inputs of {name} are invalid", [{"property_path": key, "reason": reason}]
            )
        return found

    return value.apply(check)


def _only_with_public_access(name: str, inputs: Inputs) -> pulumi.Output[Any]:
    reason = "`publicAccessCidrs` can only be set when `endpointPublicAccess` is true"

    def check(values: list[Any]) -> Any:
        cidrs, public = values
        if not public and cidrs is not None:
            raise pulumi.InputPropertiesError(
                f"the inputs of {name} are invalid", [{"property_path": "publicAccessCidrs", "reason": reason}]
            )
        return cidrs

    return pulumi.Output.all(inputs["publicAccessCidrs"], inputs.get("endpointPublicAccess", True)).apply(check)


@functools.cache
def require_aws_cli() -> None:
    """The kubeconfig calls `aws eks get-token`, so the real component wants an AWS CLI on PATH even for a preview.

    Raises:
        pulumi.RunError: none is there, or it is older than 1.24.0 or 2.7.0.
    """
    guide = "See https://docs.aws.amazon.com/cli/latest/userguide/getting-started-install.html for instructions."
    executable = shutil.which("aws")
    if executable is None:
        raise pulumi.RunError(f"Could not find aws CLI for EKS. {guide}")
    answer = subprocess.run([executable, "--version"], capture_output=True, text=True, check=True).stdout
    found = answer.split()[0].removeprefix("aws-cli/")
    lowest = _LOWEST_AWS_CLI.get(found.split(".")[0], _LOWEST_AWS_CLI["2"])
    if tuple(int(part) for part in found.split(".")[:3]) < lowest:
        needed = ".".join(map(str, lowest))
        raise pulumi.RunError(f"At least v{needed} of aws-cli is required. Current version is: {found}. {guide}")
