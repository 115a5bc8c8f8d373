"""All that a stack has in its cluster, the platform and the jobs aside."""

import pulumi_kubernetes as k8s
from pulumi import Output, Resource, ResourceOptions

from components.cloud import Cloud
from components.kubernetes.admission import OneToOneRule
from components.kubernetes.service_account import PLATFORM_RULES, ServiceAccount
from components.kubernetes.storage_class import default_storage_class
from settings.check import Settings
from settings.stack_file import StackFile


class InCluster:
    """The storage class, the platform's namespace and account, and the rule that no pod borrows another job's account.

    Args:
        settings: The stack's settings.
        cloud: The cloud.

    Attributes:
        provider: The Kubernetes provider.
        namespace: The platform's namespace, known once it exists.
        account: The platform's account, known once it and its rights exist.
        rule: What must exist before the first job's pod.
        ready: What must exist before the platform's pod.
    """

    provider: k8s.Provider
    namespace: Output[str]
    account: Output[str]
    rule: OneToOneRule
    ready: list[Resource]

    def __init__(self, settings: Settings[StackFile], cloud: Cloud) -> None:
        file = settings.file
        platform = file.platform
        self.provider = k8s.Provider(
            "kubernetes", kubeconfig=cloud.kubeconfig, opts=ResourceOptions(depends_on=list(cloud.ready))
        )
        inside = ResourceOptions(provider=self.provider)
        volumes = default_storage_class(cloud.volumes, keeps_data=file.environment.keeps_data, opts=inside)
        namespace = k8s.core.v1.Namespace(platform.namespace, metadata={"name": platform.namespace}, opts=inside)
        self.namespace = namespace.metadata.apply(lambda metadata: metadata.name or "")
        self.account = ServiceAccount(
            platform.service_account,
            namespace=self.namespace,
            account_name=platform.service_account,
            annotations={**platform.service_account_annotations, **cloud.platform.account_annotations},
            rules=PLATFORM_RULES,
            opts=inside,
        ).account_name
        self.rule = OneToOneRule(
            "deployments",
            file.admission,
            namespaces=sorted({platform.namespace, *(platform.namespace_of(job.name) for job in settings.jobs)}),
            platform_account=platform.service_account,
            reserved_accounts=[job.name for job in settings.jobs],
            opts=inside,
        )
        self.ready = [volumes, self.rule, *cloud.platform.ready]
