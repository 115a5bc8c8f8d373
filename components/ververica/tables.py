"""The tables of a catalog: of all jobs that share one."""

from collections.abc import Collection, Iterable, Mapping
from graphlib import TopologicalSorter
from hashlib import sha256

import pulumi
from pulumi import Alias, Input, Output, Resource, ResourceOptions

from components.variables import filled
from flink_sql.spelling import canonical
from settings.workloads import Declared
from vvp_provider.sdk.sql import SqlObject


class Tables(pulumi.ComponentResource):
    """What CREATE statements make in the platform's catalog, each after what it needs.

    Follows https://docs.ververica.com/vvp/user-guide/sql-development/catalogs-databases.

    Args:
        name: Logical name.
        declared: The statements, with what each needs.
        namespace: The platform's namespace.
        variables: Values of the variables that the statements still have.
        opts: Resource options; `provider` is the platform's.
    """

    def __init__(
        self,
        name: str,
        declared: Iterable[Declared],
        *,
        namespace: Input[str],
        variables: Mapping[str, Output[str]],
        opts: ResourceOptions | None = None,
    ) -> None:
        super().__init__("vvp:ververica:Tables", name, None, opts)
        self._declared = {table.key: table for table in declared}
        self._objects: dict[str, SqlObject] = {}
        needs = {table.key: table.needs for table in self._declared.values()}
        for key in TopologicalSorter(needs).static_order():
            # What stands in another catalog is not the stack's.
            if table := self._declared.get(key):
                self._objects[key] = SqlObject(
                    f"{name}/{key}",
                    statement=filled(table.statement.text, variables),
                    namespace=namespace,
                    opts=ResourceOptions(
                        parent=self,
                        depends_on=self.of(table.needs),
                        # Catalogs, databases and functions were once called like tables.
                        aliases=[Alias(name=f"{name}/{table.full_name}")] if key != table.full_name else None,
                    ),
                )
        self.register_outputs({})

    def of(self, names: Iterable[str]) -> list[Resource]:
        """The objects of these keys, as far as the stack declares them."""
        return [self._objects[name] for name in names if name in self._objects]

    def checksum(self, names: Collection[str]) -> str:
        """A text that changes whenever one of these objects does, and not with blanks and comments.

        Args:
            names: Keys of declared objects.
        """
        texts = [canonical(self._declared[name].statement.tokens) for name in sorted(names)]
        return sha256("\n".join(texts).encode()).hexdigest()[:16]
