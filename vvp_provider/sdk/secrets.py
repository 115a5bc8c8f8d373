"""What the platform keeps secret, typed: secret values and API tokens."""

from collections.abc import Mapping
from typing import Any

import pulumi
from pulumi import Input, Output, ResourceOptions

from vvp_provider.sdk.namespaces import Role


class SecretValue(pulumi.CustomResource):
    """A secret that deployments and SQL refer to as `${NAME}`.

    Follows https://docs.ververica.com/vvp/user-guide/application-operations/deployments/secret-values. The platform
    never gives the value back, so a value changed by somebody else cannot be seen. Import: `NAMESPACE/NAME`; the
    first update then writes the program's value.

    Args:
        resource_name: Logical name.
        name: The secret value's name: letters, digits, hyphens, underscores.
        value: The secret; encrypted in the state.
        namespace: The platform's namespace.
        labels: Labels.
        annotations: Annotations.
        adopt: Take over a secret value of this name that exists already.
        opts: Resource options.
    """

    def __init__(
        self,
        resource_name: str,
        *,
        name: Input[str],
        value: Input[str],
        namespace: Input[str] = "default",
        labels: Mapping[str, Input[str]] | None = None,
        annotations: Mapping[str, Input[str]] | None = None,
        adopt: bool = False,
        opts: ResourceOptions | None = None,
    ) -> None:
        props: dict[str, Any] = {
            "name": name,
            "namespace": namespace,
            "value": Output.secret(value),
            "labels": labels,
            "annotations": annotations,
            "adopt": adopt,
        }
        super().__init__("vvp:index:SecretValue", resource_name, props, opts)

    @property
    def name(self) -> Output[str]:
        """The name to refer to it by, known once it exists."""
        return self.__dict__["name"]


class ApiToken(pulumi.CustomResource):
    """An API token of a namespace.

    Follows https://docs.ververica.com/vvp/platform-operations/access-control/api-tokens. The platform shows its secret
    once, at creation; an imported token has none. Every change makes a new token. Import: `NAMESPACE/NAME`.

    Args:
        resource_name: Logical name.
        name: The token's name.
        role: What it may do in the namespace.
        namespace: The platform's namespace.
        opts: Resource options.
    """

    def __init__(
        self,
        resource_name: str,
        *,
        name: Input[str],
        role: Input[Role],
        namespace: Input[str] = "default",
        opts: ResourceOptions | None = None,
    ) -> None:
        props: dict[str, Any] = {"name": name, "namespace": namespace, "role": role, "secret": None, "createTime": None}
        secret = ResourceOptions(additional_secret_outputs=["secret"])
        super().__init__("vvp:index:ApiToken", resource_name, props, ResourceOptions.merge(opts, secret))

    @property
    def secret(self) -> Output[str]:
        """The token itself, as a secret."""
        return self.__dict__["secret"]
