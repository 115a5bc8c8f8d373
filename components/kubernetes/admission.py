"""The one-to-one rule: a deployment's pods use the account of the deployment's name, and nobody else does.

The article says it as a Kyverno rule on pods with the label `deploymentName`. That rule leaves out every pod without
the label, so whoever may create pods may take any account; the second validation here closes that. Both engines get
the same expressions.
"""

from collections.abc import Collection, Sequence
from typing import Any, cast

import pulumi
import pulumi_kubernetes as k8s
from pulumi import Resource, ResourceOptions

from components.kubernetes.kyverno import Kyverno
from settings.sections import AdmissionEngine, AdmissionSettings

DEPLOYMENT_LABEL = "deploymentName"
"""The label that Ververica Platform puts on every pod of a deployment."""

_VARIABLES = [
    {
        "name": "labelled",
        "expression": f"has(object.metadata.labels) && '{DEPLOYMENT_LABEL}' in object.metadata.labels",
    },
    {"name": "deployment", "expression": f"variables.labelled ? object.metadata.labels['{DEPLOYMENT_LABEL}'] : ''"},
    {"name": "account", "expression": "has(object.spec.serviceAccountName) ? object.spec.serviceAccountName : ''"},
]

_ENFORCED = 'jsonpath={.status.conditionStatus.conditions[?(@.type=="WebhookConfigured")].status}=True'
"""Until then the policy is a wish: the API server has not been told to ask Kyverno."""

_LABELS_CHANGE = (
    "request.operation == 'CREATE' || "
    "(has(object.metadata.labels) ? object.metadata.labels : {})"
    " != (has(oldObject.metadata.labels) ? oldObject.metadata.labels : {})"
)


def policy_spec(namespaces: Sequence[str], platform_account: str, reserved_accounts: Collection[str]) -> dict[str, Any]:
    """The rule in CEL, in the shape that ValidatingAdmissionPolicy and Kyverno's ValidatingPolicy share.

    See https://kubernetes.io/docs/reference/access-authn-authz/validating-admission-policy/.

    Args:
        namespaces: Where it holds.
        platform_account: The platform's service account, which no deployment may use whatever its name.
        reserved_accounts: Accounts of deployments.
    """
    reserved = ", ".join(f"'{account}'" for account in sorted(reserved_accounts))
    return {
        "failurePolicy": "Fail",
        "matchConstraints": {
            "namespaceSelector": {
                "matchExpressions": [
                    {"key": "kubernetes.io/metadata.name", "operator": "In", "values": sorted(namespaces)}
                ]
            },
            "resourceRules": [
                {
                    "apiGroups": [""],
                    "apiVersions": ["v1"],
                    "operations": ["CREATE", "UPDATE"],
                    # A write to a pod's status may change its labels too.
                    "resources": ["pods", "pods/status"],
                }
            ],
        },
        "matchConditions": [
            # A pod on its way out only loses finalizers; refusing that would keep one from before the policy for ever.
            {"name": "stays", "expression": "!has(object.metadata.deletionTimestamp)"},
            # Every node reports on its pods all the time; only a change of labels matters here.
            {"name": "labels", "expression": _LABELS_CHANGE},
        ],
        "variables": _VARIABLES,
        "validations": [
            {
                "expression": "!variables.labelled || (variables.account == variables.deployment"
                f" && variables.deployment != '' && variables.account != '{platform_account}')",
                "messageExpression": "'Invalid service account ' + variables.account"
                " + ' for deployment ' + variables.deployment",
            },
            {
                "expression": f"variables.labelled || !(variables.account in [{reserved}])",
                "messageExpression": "'Service account ' + variables.account"
                " + ' is reserved for the pods of the deployment ' + variables.account",
            },
        ],
    }


class OneToOneRule(pulumi.ComponentResource):
    """The one-to-one rule, enforced by the engine that the stack chose.

    Args:
        name: Logical name; the policy object has it too.
        settings: The stack's admission section.
        namespaces: Namespaces where jobs run.
        platform_account: The platform's service account.
        reserved_accounts: Accounts of the stack's jobs; those of the settings are added.
        opts: Resource options; `provider` is the Kubernetes provider.

    Attributes:
        ready: What must exist before the first job's pod.
    """

    ready: list[Resource]

    def __init__(
        self,
        name: str,
        settings: AdmissionSettings,
        *,
        namespaces: Sequence[str],
        platform_account: str,
        reserved_accounts: Collection[str] = (),
        opts: ResourceOptions | None = None,
    ) -> None:
        super().__init__("vvp:kubernetes:OneToOnePolicy", name, None, opts)
        spec = policy_spec(namespaces, platform_account, {*reserved_accounts, *settings.reserved_accounts})
        if settings.engine is AdmissionEngine.KYVERNO:
            self.ready = self._kyverno(name, settings, spec)
        else:
            self.ready = self._admission_policy(name, spec)
        self.register_outputs({})

    def _kyverno(self, name: str, settings: AdmissionSettings, spec: dict[str, Any]) -> list[Resource]:
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
                **spec,
                "validationActions": ["Deny"],
                "evaluation": {"background": {"enabled": False}},
                # Pods only: a controller with a bad template is stopped at its first pod, with either engine alike.
                "autogen": {
                    "podControllers": {"controllers": []},
                    "validatingAdmissionPolicy": {"enabled": False},
                },
            },
            opts=ResourceOptions(parent=self, depends_on=[kyverno]),
        )
        return [kyverno, policy]

    def _admission_policy(self, name: str, spec: dict[str, Any]) -> list[Resource]:
        admission = k8s.admissionregistration.v1
        policy = admission.ValidatingAdmissionPolicy(
            name, metadata={"name": name}, spec=cast(Any, spec), opts=ResourceOptions(parent=self)
        )
        binding = admission.ValidatingAdmissionPolicyBinding(
            name,
            metadata={"name": name},
            spec={"policy_name": name, "validation_actions": ["Deny"]},
            opts=ResourceOptions(parent=self, depends_on=[policy]),
        )
        return [policy, binding]
