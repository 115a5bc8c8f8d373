"""The one-to-one rule: a deployment's pods use the account of the deployment's name, and nobody else does.

`pod_rule` has it as CEL; both engines get the same expressions.
"""

from typing import Any

import pulumi
import pulumi_kubernetes as k8s
from pulumi import Resource, ResourceOptions

from components.kubernetes.admission_policy import deny
from components.kubernetes.guarded import Guarded
from components.kubernetes.kyverno import Kyverno
from components.kubernetes.kyverno_guard import WEBHOOKS_PARAMS, closed_policy
from components.kubernetes.pod_rule import pod_policy
from settings.sections import AdmissionEngine, AdmissionSettings

_ENFORCED = 'jsonpath={.status.conditionStatus.conditions[?(@.type=="WebhookConfigured")].status}=True'
"""Until then the policy is a wish: the API server has not been told to ask Kyverno."""


class OneToOneRule(pulumi.ComponentResource):
    """The one-to-one rule, enforced by the engine that the stack chose.

    Args:
        name: Logical name; the policy object has it too.
        settings: The stack's admission section.
        guarded: Accounts, namespaces and the platform.
        opts: Resource options; `provider` is the Kubernetes provider.

    Attributes:
        ready: What must exist before the first pod.
    """

    ready: list[Resource]

    def __init__(
        self, name: str, settings: AdmissionSettings, guarded: Guarded, opts: ResourceOptions | None = None
    ) -> None:
        super().__init__("vvp:kubernetes:OneToOnePolicy", name, None, opts)
        rule = pod_policy(guarded)
        if settings.engine is AdmissionEngine.KYVERNO:
            self.ready = self._kyverno(name, settings, rule)
        else:
            self.ready = deny(name, rule, opts=ResourceOptions(parent=self))
        self.register_outputs({})

    def _kyverno(self, name: str, settings: AdmissionSettings, rule: dict[str, Any]) -> list[Resource]:
        """See https://kyverno.io/docs/policy-types/validating-policy/."""
        kyverno = Kyverno("kyverno", settings.kyverno, opts=ResourceOptions(parent=self))
        policy = k8s.apiextensions.CustomResource(
            name,
            api_version="policies.kyverno.io/v1",
            kind="ValidatingPolicy",
            metadata={
                "name": name,
                "annotations": {"pulumi.com/waitFor": _ENFORCED},
            },
            spec={
                **rule,
                "validationActions": ["Deny"],
                "evaluation": {"background": {"enabled": False}},
                # Pods only: a controller with a bad template is stopped at its first pod, with either engine alike.
                "autogen": {
                    "podControllers": {"controllers": []},
                    "validatingAdmissionPolicy": {"enabled": False},
                },
            },
            opts=ResourceOptions(parent=self, depends_on=[kyverno, *kyverno.ready]),
        )
        # Made last and taken away first: it lets no pod in before Kyverno is asked.
        closed = deny(
            f"{name}-kyverno",
            closed_policy(rule, name),
            params=WEBHOOKS_PARAMS,
            opts=ResourceOptions(parent=self, depends_on=[policy]),
        )
        return [kyverno, policy, *closed]
