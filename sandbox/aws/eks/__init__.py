"""EKS: ministack's tables, the real control plane behind them, and the refusals of the real API.

ministack would run a cluster in Docker, takes any role, subnet and add-on, and lacks some operations. Here requests are
read by EKS's own model, and what they refer to must exist.
"""

import threading

from sandbox.aws import emulator
from sandbox.aws.eks import access, addons, associations, clusters, nodegroups, settings, tags, updates
from sandbox.aws.rest import Api, Operation


def operations(control: clusters.Clusters) -> dict[str, Operation]:
    """Every operation that is offered."""
    return {
        "CreateCluster": control.create,
        "DescribeCluster": control.describe,
        "ListClusters": control.list,
        "DeleteCluster": control.delete,
        "UpdateClusterConfig": settings.update_config,
        "UpdateClusterVersion": settings.update_version,
        "AssociateEncryptionConfig": clusters.associate_encryption,
        "DescribeUpdate": updates.describe,
        "ListUpdates": updates.list_ids,
        "CreateNodegroup": nodegroups.create,
        "DescribeNodegroup": nodegroups.describe,
        "ListNodegroups": nodegroups.list_names,
        "UpdateNodegroupConfig": nodegroups.update_config,
        "UpdateNodegroupVersion": nodegroups.update_version,
        "DeleteNodegroup": nodegroups.delete,
        "DescribeAddonVersions": addons.describe_versions,
        "CreateAddon": addons.create,
        "DescribeAddon": addons.describe,
        "ListAddons": addons.list_names,
        "UpdateAddon": addons.update,
        "DeleteAddon": addons.delete,
        "CreateAccessEntry": access.create,
        "DescribeAccessEntry": access.describe,
        "ListAccessEntries": access.list_entries,
        "UpdateAccessEntry": access.update,
        "DeleteAccessEntry": access.delete,
        "AssociateAccessPolicy": access.associate_policy,
        "DisassociateAccessPolicy": access.disassociate_policy,
        "ListAssociatedAccessPolicies": access.list_associated,
        "ListAccessPolicies": access.list_policies,
        "CreatePodIdentityAssociation": associations.create,
        "DescribePodIdentityAssociation": associations.describe,
        "ListPodIdentityAssociations": associations.list_all,
        "UpdatePodIdentityAssociation": associations.update,
        "DeletePodIdentityAssociation": associations.delete,
        "TagResource": tags.tag,
        "UntagResource": tags.untag,
        "ListTagsForResource": tags.show,
    }


def serve(control: clusters.Clusters) -> emulator.Handler:
    """The handler of all EKS requests, in place of ministack's."""
    api = Api("eks", operations(control))
    lock = threading.Lock()

    def answer(method: str, path: str, body: bytes, query: dict[str, list[str]]) -> emulator.Reply:
        control.refresh()  # asks the API server, so it is not done under the lock
        with lock:
            return api.serve(method, path, body, query)

    async def eks(
        method: str, path: str, headers: dict[str, str], body: bytes, query: dict[str, list[str]]
    ) -> emulator.Reply:
        del headers
        reply: emulator.Reply = await emulator.core("concurrency").run_reentrant(answer, method, path, body, query)
        return reply

    return eks
