"""EKS' access policies as Kubernetes role bindings.

On EKS an authorizer of AWS' own evaluates them. Here the cloud's `authenticate` puts a principal into a group for each
policy association, and says which cluster role the group is to have where; this loop binds them. The roles are those
nearest to https://docs.aws.amazon.com/eks/latest/userguide/access-policy-permissions.html.
"""

from sandbox.cluster.agent.cloud import AccessBinding, Cloud
from sandbox.cluster.api_client import Api, Object, Refused

RBAC = "/apis/rbac.authorization.k8s.io/v1"
LABEL = {"sandbox/part": "eks-access-policy"}
SELECTOR = "sandbox/part=eks-access-policy"

ADMIN_VIEW: Object = {
    "apiVersion": "rbac.authorization.k8s.io/v1",
    "kind": "ClusterRole",
    "metadata": {"name": "eks:admin-view", "labels": LABEL},
    "rules": [{"apiGroups": ["*"], "resources": ["*"], "verbs": ["get", "list", "watch"]}],
}
"""AmazonEKSAdminViewPolicy reads all, secrets too; Kubernetes has no such role by itself."""


class Access:
    """Keeps a binding for each group of an access policy."""

    def __init__(self, api: Api, cloud: Cloud) -> None:
        self._api = api
        self._cloud = cloud

    async def reconcile(self) -> None:
        """Makes bindings that are missing and removes those of associations that have gone."""
        if not await self._api.get(f"{RBAC}/clusterroles/eks:admin-view"):
            await self._api.apply(f"{RBAC}/clusterroles/eks:admin-view", ADMIN_VIEW)
        cluster = await self._cloud.cluster()
        bindings = cluster.access if cluster else ()
        # Kubernetes itself binds its own groups, like system:masters.
        wanted = {_path(binding): binding for binding in bindings if not binding.group.startswith("system:")}
        present = {
            _path(AccessBinding(item["metadata"]["name"], item["roleRef"]["name"], item["metadata"].get("namespace")))
            for kind in ("clusterrolebindings", "rolebindings")
            for item in await self._api.list(f"{RBAC}/{kind}", labelSelector=SELECTOR)
        }
        for path in wanted.keys() - present:
            await self._bind(path, wanted[path])
        for path in present - wanted.keys():
            await self._api.delete(path)

    async def _bind(self, path: str, binding: AccessBinding) -> None:
        body: Object = {
            "apiVersion": "rbac.authorization.k8s.io/v1",
            "kind": "RoleBinding" if binding.namespace else "ClusterRoleBinding",
            "metadata": {"name": binding.group, "labels": LABEL},
            "subjects": [{"apiGroup": "rbac.authorization.k8s.io", "kind": "Group", "name": binding.group}],
            "roleRef": {
                "apiGroup": "rbac.authorization.k8s.io",
                "kind": "ClusterRole",
                "name": binding.cluster_role,
            },
        }
        try:
            await self._api.apply(path, body)
        except Refused as refused:
            # An association may name a namespace that is not there yet.
            if refused.status != 404:
                raise


def _path(binding: AccessBinding) -> str:
    if binding.namespace:
        return f"{RBAC}/namespaces/{binding.namespace}/rolebindings/{binding.group}"
    return f"{RBAC}/clusterrolebindings/{binding.group}"
