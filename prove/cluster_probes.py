"""What the proof lays out in the cluster, and how it is found again and taken away."""

from collections.abc import Iterator, Mapping, Sequence
from urllib.parse import quote

from prove.api_server import Kube, Missing, Object
from prove.clean_up import Step
from prove.marks import mark_in

LABEL = "vvp-prove"
"""The label of every probe; its value is the mark of the run."""
BINDINGS = "/apis/rbac.authorization.k8s.io/v1/rolebindings"
KINDS = {
    BINDINGS: "role binding",
    "pods": "pod",
    "configmaps": "ConfigMap",
    "secrets": "Secret",
    "serviceaccounts": "service account",
    "namespaces": "namespace",
}
"""What is laid out, and taken away in this order."""


def elsewhere(mark: str) -> str:
    """The namespace of accounts that are named as the stack's and are not them."""
    return f"{mark}-elsewhere"


def in_namespace(resource: str, namespace: str) -> str:
    """The path of a resource's objects in a namespace."""
    group, slash, plural = resource.rpartition("/")
    return f"{group}{slash}namespaces/{namespace}/{plural}"


def named(mark: str, name: str) -> Object:
    """A probe that is only a name."""
    return {"metadata": {"name": name, "labels": {LABEL: mark}}}


def left_behind(kube: Kube) -> Mapping[str, Sequence[str]]:
    """Probes of all runs in all namespaces, as words for each, by mark."""
    found: dict[str, list[str]] = {}
    for what, one in KINDS.items():
        for metadata in _labelled(kube, what, LABEL):
            mark = mark_in(str(metadata["labels"][LABEL]))
            if mark:
                found.setdefault(mark, []).append(f"{one} {_shown(metadata)}")
    return found


def removal(kube: Kube, mark: str) -> Iterator[Step]:
    """Takes a run's probes away: what carries its mark, and nothing else."""
    for what, one in KINDS.items():
        yield f"each {one} labelled {LABEL}={mark}", lambda what=what: _remove(kube, what, mark)


def _remove(kube: Kube, what: str, mark: str) -> None:
    for metadata in _labelled(kube, what, f"{LABEL}={mark}"):
        path = in_namespace(what, metadata["namespace"]) if "namespace" in metadata else what
        # An object of the same name that somebody else has made since then has another uid, and stays.
        body: Object = {"preconditions": {"uid": metadata["uid"]}}
        try:
            kube.call("DELETE", f"{path}/{metadata['name']}", body)
        except Missing:
            continue


def _labelled(kube: Kube, what: str, selector: str) -> Iterator[Object]:
    for item in kube.call("GET", f"{what}?labelSelector={quote(selector)}")["items"]:
        metadata: Object = item["metadata"]
        # What is on its way out needs no second push.
        if "deletionTimestamp" not in metadata:
            yield metadata


def _shown(metadata: Object) -> str:
    return f"{metadata['namespace']}/{metadata['name']}" if "namespace" in metadata else str(metadata["name"])
