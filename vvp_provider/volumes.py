"""`vvp:index:ReclaimedVolumes`: nothing of its own; its deletion waits until a namespace's disks are gone.

Who uninstalls the platform deletes its claim, and the storage driver deletes the disk some time later. A cluster, or a
driver, that goes in between leaves the disk behind:
https://kubernetes.io/docs/concepts/storage/persistent-volumes/#reclaiming.
"""

from provider_kit import (
    Created,
    Diff,
    Found,
    Operation,
    PluginError,
    Properties,
    ResourceHandler,
    compare,
    preview_outputs,
)
from vvp_provider.input_checks import Faults
from vvp_provider.resource import split_id
from vvp_provider.settings import Connection
from vvp_provider.waiting import NotInTime, wait_until

DELETE_SECONDS = 300.0


class ReclaimedVolumes(ResourceHandler):
    """The disks of a Kubernetes namespace; its id is the namespace.

    Args:
        connection: The provider's connection.
    """

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def check(self, op: Operation) -> Properties:
        """The namespace."""
        faults = Faults(dict(op.inputs), ("namespace",))
        faults.label("namespace")
        return faults.done()

    def diff(self, op: Operation) -> Diff:
        """Another namespace is another resource."""
        return compare(op.old_inputs, op.inputs, replace=["namespace"])

    def preview(self, op: Operation) -> Properties:
        """All outputs are inputs."""
        return preview_outputs(op, [])

    def create(self, op: Operation) -> Created:
        """Nothing is made."""
        return Created(op.inputs["namespace"], dict(op.inputs))

    def read(self, op: Operation) -> Found | None:
        """As it was noted."""
        (namespace,) = split_id(op, "NAMESPACE")
        return Found(namespace, {"namespace": namespace}, {"namespace": namespace})

    def update(self, op: Operation) -> Properties:
        """Nothing can change."""
        return dict(op.inputs)

    def delete(self, op: Operation) -> None:
        """Wait until no disk that goes with its claim is left.

        Raises:
            PluginError: There are some, which would stay, or the cluster does not answer.
        """
        left: list[str] = []

        def gone() -> bool:
            left[:] = self._connection.disks(op.id)
            return not left

        try:
            wait_until(
                gone,
                seconds=op.timeout or DELETE_SECONDS,
                cancelled=op.cancelled,
                what=f"the disks of the namespace {op.id!r} to be deleted",
            )
        except NotInTime as error:
            kept = ", ".join(left)
            raise PluginError(
                f"{error}: {kept}. Without the storage driver they stay, and cost: see whether a pod or a claim still "
                "holds them (kubectl get pv,pvc --all-namespaces), and delete again"
            ) from error
