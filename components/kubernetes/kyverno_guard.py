"""What holds while Kyverno does not: its rule may not go away without a word.

Kyverno takes its webhooks away when it is scaled to 0, and its own configuration may leave out whom it likes. Neither
takes more than `edit` in its namespace. Kubernetes' own engine, which nobody can scale, answers for both.
"""

from collections.abc import Mapping
from typing import Any

from components.kubernetes.guarded import in_namespaces, one_of, resource_rule

WEBHOOKS = "kyverno-resource-validating-webhook-cfg"
"""The webhook configuration that Kyverno keeps for its policies."""
WEBHOOKS_KIND = {"apiVersion": "admissionregistration.k8s.io/v1", "kind": "ValidatingWebhookConfiguration"}
WEBHOOKS_PARAMS = {"name": WEBHOOKS, "parameterNotFoundAction": "Deny"}
KUBERNETES = ("system:serviceaccounts:kube-system", "system:nodes")
"""Controllers, and kubelets."""
GUARDS = ("admissionregistration.k8s.io", "validatingadmissionpolicies")


def closed_policy(rule: Mapping[str, Any], policy: str) -> dict[str, Any]:
    """Refuses what a Kyverno policy would be asked about, as long as the API server does not ask Kyverno.

    Args:
        rule: The spec of the Kyverno policy.
        policy: Its name, with which the name of its webhook ends.
    """
    (pods,) = rule["matchConstraints"]["resourceRules"]
    asks = (
        f"webhook.name.endsWith('-fail-finegrained-{policy}') && webhook.failurePolicy == 'Fail'"
        f" && {one_of(pods['resources'])}.all(resource, webhook.rules.exists(rule, resource in rule.resources))"
    )
    return {
        "failurePolicy": "Fail",
        "paramKind": WEBHOOKS_KIND,
        "matchConstraints": rule["matchConstraints"],
        "matchConditions": rule["matchConditions"],
        "validations": [
            {
                "expression": f"has(params.webhooks) && params.webhooks.exists(webhook, {asks})",
                "message": f"Kyverno does not enforce its policy {policy}: no pod is admitted before it does",
            }
        ],
    }


def namespace_policy(namespace: str) -> dict[str, Any]:
    """Keeps Kyverno's namespace to those who may take this very policy away, and to what runs there.

    Args:
        namespace: Kyverno's.
    """
    writes = ("CREATE", "UPDATE", "DELETE")
    groups = one_of([f"system:serviceaccounts:{namespace}", *KUBERNETES])
    group, resource = GUARDS
    return {
        "failurePolicy": "Fail",
        "matchConstraints": {
            **in_namespaces([namespace]),
            "resourceRules": [
                resource_rule("", writes, "configmaps", "secrets", "replicationcontrollers"),
                # A pod that is evicted or deleted comes again, and meanwhile nothing is admitted.
                resource_rule("", ("CREATE", "UPDATE"), "pods", "pods/ephemeralcontainers"),
                resource_rule("", ("CONNECT",), "pods/exec", "pods/attach"),
                resource_rule("", ("CREATE",), "serviceaccounts/token"),
                resource_rule(
                    "apps",
                    writes,
                    *("daemonsets", "deployments", "deployments/scale", "replicasets", "replicasets/scale"),
                    *("statefulsets", "statefulsets/scale"),
                ),
                resource_rule("batch", writes, "cronjobs", "jobs"),
            ],
        },
        "validations": [
            {
                "expression": f"request.userInfo.groups.exists(group, group in {groups})"
                " || request.userInfo.username.startsWith('system:kube-')"
                f" || authorizer.group('{group}').resource('{resource}').check('delete').allowed()",
                "message": f"Namespace {namespace} is closed: who may not delete a {resource[:-3]}y"
                " may not change what enforces one",
            }
        ],
    }
