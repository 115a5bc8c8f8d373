"""The rest of the provider's typed face: SQL objects, deployments, and what they keep secret. See `sdk`."""

from typing import Any

import pulumi
from pulumi import Input, Output, ResourceOptions


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
        return self.__dict__["kind"]

    @property
    def qualified_name(self) -> Output[str]:
        """The full name, quoted for SQL, known once it exists."""
        return self.__dict__["qualifiedName"]
