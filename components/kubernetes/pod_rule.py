"""The rule about pods, in CEL: whose account a pod may have, and whose Secrets.

The article says it as a Kyverno rule on pods with the label `deploymentName`. That rule leaves out every pod without
the label, so whoever may create pods may take any account, the platform's too; and a deployment of the same name in
another namespace of the platform passes it.
"""

from itertools import accumulate
from typing import Any

from components.kubernetes.guarded import PLATFORM_LABEL, Guarded, in_namespaces, one_of, resource_rule

DEPLOYMENT_LABEL = "deploymentName"
"""The label that Ververica Platform puts on every pod of a deployment."""
VVP_NAMESPACE_LABEL = "vvpNamespace"
"""The label with the platform's namespace of that deployment."""

CONTROLLERS = ("system:serviceaccount:kube-system:replicaset-controller", "system:kube-controller-manager")
"""Who makes the pods of a Deployment; the second where all controllers share one identity."""

_LABELS = "has({0}.metadata.labels) ? {0}.metadata.labels : {{}}"
_DEBUGGERS = "has({0}.spec.ephemeralContainers) ? {0}.spec.ephemeralContainers : []"
_MATTERS = " || ".join(
    [
        "request.operation == 'CREATE'",
        *(f"({part.format('object')}) != ({part.format('oldObject')})" for part in (_LABELS, _DEBUGGERS)),
    ]
)
_SECRET_VOLUMES = (
    "secret.secretName",
    "azureFile.secretName",
    "csi.nodePublishSecretRef.name",
    *(f"{kind}.secretRef.name" for kind in ("cephfs", "flexVolume", "iscsi", "rbd", "scaleIO", "storageos")),
)
"""Where a volume names a Secret, the sources of a projected one aside."""


def pod_policy(guarded: Guarded) -> dict[str, Any]:
    """The rule in the shape that ValidatingAdmissionPolicy and Kyverno's ValidatingPolicy share.

    See https://kubernetes.io/docs/reference/access-authn-authz/validating-admission-policy/.

    Args:
        guarded: Accounts, namespaces and the platform.
    """
    account = guarded.platform_account
    belongs = "{" + ", ".join(f"'{ours}': '{own}'" for ours, own in sorted(guarded.vvp_namespaces.items())) + "}"
    (label,) = PLATFORM_LABEL
    return {
        "failurePolicy": "Fail",
        "matchConstraints": {
            **in_namespaces(guarded.namespaces),
            # A write to a pod's status may change its labels too.
            "resourceRules": [
                resource_rule("", ("CREATE", "UPDATE"), "pods", "pods/status", "pods/ephemeralcontainers")
            ],
        },
        # Every node reports on its pods all the time; only a change of labels or of debugging containers matters here.
        # So a pod from before the rule may lose its finalizers and go. What a new pod says of its own deletion does not
        # count: apply, unlike create, lets anybody say it.
        "matchConditions": [{"name": "matters", "expression": _MATTERS}],
        "variables": [{"name": name, "expression": cel} for name, cel in _variables(guarded).items()],
        "validations": [
            {
                "expression": "!variables.labelled || (variables.account == variables.deployment"
                f" && variables.deployment != '' && variables.account != '{account}')",
                "messageExpression": "'Invalid service account ' + variables.account"
                " + ' for deployment ' + variables.deployment",
            },
            {
                "expression": f"!variables.labelled || (request.namespace in {belongs}"
                f" && variables.vvpNamespace == {belongs}[request.namespace])",
                "messageExpression": "'Deployments of the platform namespace <' + variables.vvpNamespace"
                " + '> do not run in namespace ' + request.namespace",
            },
            {
                "expression": f"variables.labelled || !(variables.account in {one_of(guarded.jobs)})",
                "messageExpression": "'Service account ' + variables.account"
                " + ' is reserved for the pods of the deployment ' + variables.account",
            },
            {
                "expression": "variables.isPlatform"
                f" || (variables.account != '{account}' && !('{label}' in variables.labels))",
                "message": f"Service account {account} and label {label} are reserved for the pods of the platform",
            },
            {
                "expression": "variables.isPlatform || !(variables.inVolumes || variables.inContainers)",
                "message": "Secrets and volume of the platform are reserved for the pods of the platform",
            },
        ],
    }


def _variables(guarded: Guarded) -> dict[str, str]:
    def label(name: str) -> str:
        return f"'{name}' in variables.labels ? variables.labels['{name}'] : ''"

    in_container = _either(
        _any("c.env", _named("e.valueFrom.secretKeyRef.name", guarded), "e"),
        _any("c.envFrom", _named("e.secretRef.name", guarded), "e"),
    )
    containers = ("containers", "initContainers", "ephemeralContainers")
    return {
        "labels": _LABELS.format("object"),
        "labelled": f"'{DEPLOYMENT_LABEL}' in variables.labels",
        "deployment": label(DEPLOYMENT_LABEL),
        "vvpNamespace": label(VVP_NAMESPACE_LABEL),
        "account": "has(object.spec.serviceAccountName) ? object.spec.serviceAccountName : ''",
        "isPlatform": _is_platform(guarded),
        "inVolumes": _any("object.spec.volumes", _in_volume(guarded), "v"),
        "inContainers": _either(
            *(_any(f"object.spec.{kind}", in_container, "c") for kind in containers),
            _any("object.spec.imagePullSecrets", _named("s.name", guarded), "s"),
        ),
    }


def _is_platform(guarded: Guarded) -> str:
    """Whether a pod is one of the platform's own: its ReplicaSet's, which nobody else can say of a pod."""
    owned = _any(
        "object.metadata.ownerReferences",
        f"o.kind == 'ReplicaSet' && o.name.startsWith('{guarded.platform_name}-')",
        "o",
    )
    labels = [f"'{key}' in variables.labels && variables.labels['{key}'] == '{v}'" for key, v in PLATFORM_LABEL.items()]
    return " && ".join(
        [
            f"request.namespace == '{guarded.platform_namespace}'",
            f"variables.account == '{guarded.platform_account}'",
            "!variables.labelled",
            *labels,
            owned,
            f"(request.operation != 'CREATE' || request.userInfo.username in {one_of(CONTROLLERS)})",
        ]
    )


def _in_volume(guarded: Guarded) -> str:
    return _either(
        *(_named(f"v.{path}", guarded) for path in _SECRET_VOLUMES),
        _any("v.projected.sources", _named("s.secret.name", guarded), "s"),
        # The volume holds the platform's database where that is local.
        f"({_there('v.persistentVolumeClaim.claimName')}"
        f" && v.persistentVolumeClaim.claimName.startsWith('{guarded.platform_name}'))",
    )


def _named(path: str, guarded: Guarded) -> str:
    """Whether a field names a Secret of the platform."""
    by_name = f"{path} in {one_of(guarded.secrets)}"
    by_prefix = [f"{path}.startsWith('{prefix}')" for prefix in guarded.secret_prefixes]
    return f"({_there(path)} && ({' || '.join([by_name, *by_prefix])}))"


def _there(path: str) -> str:
    """Whether a field is there: `has` wants all that it lies in to be there too."""
    _, *steps = accumulate(path.split("."), lambda outer, inner: f"{outer}.{inner}")
    return " && ".join(f"has({step})" for step in steps)


def _any(path: str, condition: str, variable: str) -> str:
    return f"({_there(path)} && {path}.exists({variable}, {condition}))"


def _either(*conditions: str) -> str:
    return "(" + " || ".join(conditions) + ")"
