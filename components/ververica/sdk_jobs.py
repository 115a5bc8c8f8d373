"""The rest of the provider's typed face: SQL objects, deployments, and what they keep secret. See `sdk`."""

from collections.abc import Mapping
from typing import Any

import pulumi
from pulumi import Input, Output, ResourceOptions

from components.ververica.sdk import DeploymentSpec, Role, Stop


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
        return pulumi.get(self, "name")


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
        return pulumi.get(self, "secret")


class SqlObject(pulumi.CustomResource):
    """A table, view, function, database or catalog, given by its CREATE statement.

    Follows https://docs.ververica.com/vvp/user-guide/sql-development/tables-and-views. Changed options (`WITH`) and a
    new name of a table are altered in place, as are a database's new or changed properties; any other change drops the
    object and creates it again, which the preview shows as a replacement. In a catalog that owns its data, as Paimon's,
    dropping a table removes the data: use `protect`. Import: `NAMESPACE/KIND/CATALOG.DATABASE.NAME`.

    Args:
        resource_name: Logical name.
        statement: One CREATE statement, without IF NOT EXISTS, OR REPLACE or TEMPORARY.
        namespace: The platform's namespace.
        catalog: Catalog of names that do not say theirs.
        database: Database of names that do not say theirs.
        adopt: Take over an object of this name that exists already, altering its options; its columns must be the same.
        opts: Resource options.
    """

    def __init__(
        self,
        resource_name: str,
        *,
        statement: Input[str],
        namespace: Input[str] = "default",
        catalog: Input[str] = "vvp",
        database: Input[str] = "default",
        adopt: bool = False,
        opts: ResourceOptions | None = None,
    ) -> None:
        props: dict[str, Any] = {
            "statement": statement,
            "namespace": namespace,
            "catalog": catalog,
            "database": database,
            "adopt": adopt,
            "kind": None,
            "qualifiedName": None,
        }
        super().__init__("vvp:index:SqlObject", resource_name, props, opts)

    @property
    def kind(self) -> Output[str]:
        """TABLE, VIEW, FUNCTION, DATABASE or CATALOG."""
        return pulumi.get(self, "kind")

    @property
    def qualified_name(self) -> Output[str]:
        """The full name, quoted for SQL, known once it exists."""
        return pulumi.get(self, "qualifiedName")


class Deployment(pulumi.CustomResource):
    """A deployment: a Flink job that the platform keeps in a desired state.

    Follows https://docs.ververica.com/vvp/user-guide/application-operations/deployments. The resource is ready when
    the platform reports the desired state (10 minutes, or `custom_timeouts`); when it does not, the platform's own
    reasons are the error, and the next `up` starts the job again. A new name, or another namespace, replaces it: the
    old one is stopped first and the new one starts from its savepoint, unless the restore strategy is NONE. Deletion
    stops the job first. Import: `NAMESPACE/NAME`.

    Args:
        resource_name: Logical name.
        name: The deployment's name, a DNS label.
        spec: What runs and in which state.
        namespace: The platform's namespace.
        display_name: Name in the platform's user interface.
        labels: Labels.
        annotations: Annotations.
        stop: `savepoint` takes a savepoint before the job is cancelled, deleted or replaced, and fails if none can be
            taken; `cancel` takes none. SUSPENDED always takes one: that is what it means.
        initial_savepoint: Location of a savepoint that the first job starts from.
        adopt: Take over a deployment of this name that exists already.
        opts: Resource options.
    """

    def __init__(
        self,
        resource_name: str,
        *,
        name: Input[str],
        spec: Input[DeploymentSpec],
        namespace: Input[str] = "default",
        display_name: Input[str] | None = None,
        labels: Mapping[str, Input[str]] | None = None,
        annotations: Mapping[str, Input[str]] | None = None,
        stop: Stop = "savepoint",
        initial_savepoint: Input[str] | None = None,
        adopt: bool = False,
        opts: ResourceOptions | None = None,
    ) -> None:
        props: dict[str, Any] = {
            "name": name,
            "namespace": namespace,
            "displayName": display_name,
            "labels": labels,
            "annotations": annotations,
            "spec": spec,
            "stop": stop,
            "initialSavepoint": initial_savepoint,
            "adopt": adopt,
            "deploymentId": None,
            "jobId": None,
            "actualState": None,
        }
        super().__init__("vvp:index:Deployment", resource_name, props, opts)

    @property
    def name(self) -> Output[str]:
        """The deployment's name, known once it exists."""
        return pulumi.get(self, "name")

    @property
    def deployment_id(self) -> Output[str]:
        """The platform's id of the deployment."""
        return pulumi.get(self, "deploymentId")

    @property
    def job_id(self) -> Output[str | None]:
        """The id of the job that runs, None when none does."""
        return pulumi.get(self, "jobId")

    @property
    def actual_state(self) -> Output[str]:
        """The state that the platform reported last: RUNNING, SUSPENDED, CANCELLED, FINISHED or FAILED."""
        return pulumi.get(self, "actualState")
