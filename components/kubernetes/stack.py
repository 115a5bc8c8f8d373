"""All that a stack has in its cluster, the platform and the jobs aside."""

import pulumi_kubernetes as k8s
from pulumi import Output, Resource, ResourceOptions

from components.cloud import Cloud
from components.kubernetes.account_guard import AccountGuard
from components.kubernetes.admission import OneToOneRule
from components.kubernetes.guarded import Guarded
from components.kubernetes.namespaces import BASELINE, namespace
from components.kubernetes.network import PlatformNetwork
from components.kubernetes.service_account import PLATFORM_RULES, ServiceAccount
from components.kubernetes.storage_class import default_storage_class
from settings.check import Settings
from settings.stack_file import StackFile


class InCluster:
    """The storage class, the platform's namespace, account and network, and the rules that nobody borrows an account.

    Args:
        settings: The stack's settings.
        cloud: The cloud.

    Attributes:
        provider: The Kubernetes provider.
        namespace: The platform's namespace, known once it exists.
        account: The platform's account, known once it and its rights exist.
        guards: What must exist before the first job's account and pod.
        ready: What must exist before the platform's pod.
    """

    provider: k8s.Provider
    namespace: Output[str]
    account: Output[str]
    guards: list[Resource]
    ready: list[Resource]

    def __init__(self, settings: Settings[StackFile], cloud: Cloud) -> None:
        file = settings.file
        platform = file.platform
        self.provider = k8s.Provider(
            "kubernetes", kubeconfig=cloud.kubeconfig, opts=ResourceOptions(depends_on=list(cloud.ready))
        )
        inside = ResourceOptions(provider=self.provider)
        volumes = default_storage_class(cloud.volumes, keeps_data=file.environment.keeps_data, opts=inside)
        guarded = Guarded.of(settings)
        # The chart's containers do not say that they run without rights, as the strictest level wants.
        own = namespace(platform.namespace, platform.namespace, BASELINE, opts=inside)
        self.namespace = own.metadata.apply(lambda metadata: metadata.name or "")
        guard = AccountGuard("accounts", guarded, opts=inside)
        self.account = ServiceAccount(
            platform.service_account,
            namespace=self.namespace,
            account_name=platform.service_account,
            annotations={**platform.service_account_annotations, **cloud.platform.account_annotations},
            rules=PLATFORM_RULES,
            opts=ResourceOptions.merge(inside, ResourceOptions(depends_on=guard.ready)),
        ).account_name
        rule = OneToOneRule("deployments", file.admission, guarded, opts=inside)
        self.guards = [rule, guard]
        self.ready = [
            volumes,
            *self.guards,
            PlatformNetwork("network", self.namespace, file.admission.reserved_accounts, opts=inside),
            *cloud.platform.ready,
        ]
