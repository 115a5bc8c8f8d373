"""Where pods of pod templates are put, with the fields of https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/pod-v1/#scheduling."""

from typing import Required

from typing_extensions import TypedDict

from sandbox.platform.models.kinds import Int32, Int64, Texts


class LabelRequirement(TypedDict, total=False):
    """One condition on a label."""

    key: Required[str]
    operator: Required[str]
    values: list[str]


class LabelSelector(TypedDict, total=False):
    """Chooses among persistent volumes, or among pods, by label."""

    matchExpressions: list[LabelRequirement]
    matchLabels: Texts


class NodeTerm(TypedDict, total=False):
    """Conditions on a node, all of which must hold."""

    matchExpressions: list[LabelRequirement]
    matchFields: list[LabelRequirement]


class NodeSelector(TypedDict, total=False):
    """Such terms, one of which must hold."""

    nodeSelectorTerms: Required[list[NodeTerm]]


class PreferredNode(TypedDict, total=False):
    """A term with its weight."""

    preference: Required[NodeTerm]
    weight: Required[Int32]


class NodeAffinity(TypedDict, total=False):
    """Which nodes are wanted."""

    preferredDuringSchedulingIgnoredDuringExecution: list[PreferredNode]
    requiredDuringSchedulingIgnoredDuringExecution: NodeSelector


class PodTerm(TypedDict, total=False):
    """Which pods are to be near, or far."""

    labelSelector: LabelSelector
    namespaces: list[str]
    topologyKey: Required[str]


class PreferredPods(TypedDict, total=False):
    """A term with its weight."""

    podAffinityTerm: Required[PodTerm]
    weight: Required[Int32]


class PodAffinity(TypedDict, total=False):
    """Which pods are to be near, or far."""

    preferredDuringSchedulingIgnoredDuringExecution: list[PreferredPods]
    requiredDuringSchedulingIgnoredDuringExecution: list[PodTerm]


class Affinity(TypedDict, total=False):
    """Where a pod is wanted."""

    nodeAffinity: NodeAffinity
    podAffinity: PodAffinity
    podAntiAffinity: PodAffinity


class Toleration(TypedDict, total=False):
    """A taint that a pod bears."""

    effect: str
    key: str
    operator: str
    tolerationSeconds: Int64
    value: str


class Spread(TypedDict, total=False):
    """How evenly pods are spread."""

    labelSelector: LabelSelector
    maxSkew: Required[Int32]
    topologyKey: Required[str]
    whenUnsatisfiable: Required[str]
