"""Probes that a run has left behind, because it was killed or could not take them away."""

import datetime
from collections.abc import Iterator, Mapping, Sequence

from prove import cluster_probes
from prove.api_server import Kube
from prove.clean_up import CleanUp
from prove.cloud import Cloud
from prove.marks import FRESH, begun

SHOWN = 5
"""Probes of a run that are named one by one."""

Leftovers = Mapping[str, Sequence[str]]
"""What is there, in words, by the mark of its run."""


def left_behind(cloud: Cloud, kube: Kube) -> Leftovers:
    """Finds the probes of all runs on the stack's cloud and in its cluster, the oldest run first.

    Raises:
        Exception: As Cloud.left_behind and Kube.call.
    """
    in_cloud, in_cluster = cloud.left_behind(), cluster_probes.left_behind(kube)
    marks = sorted({*in_cloud, *in_cluster})
    return {mark: [*in_cloud.get(mark, ()), *in_cluster.get(mark, ())] for mark in marks}


def is_fresh(mark: str) -> bool:
    """Whether a mark's run may still be under way."""
    return datetime.datetime.now(datetime.UTC) - begun(mark) < FRESH


def sentences(found: Leftovers) -> Iterator[str]:
    """What was left behind, a sentence for each run."""
    for mark, probes in found.items():
        more = f" and {len(probes) - SHOWN} more" if len(probes) > SHOWN else ""
        state = "may still be under way" if is_fresh(mark) else "was left behind"
        when = begun(mark).strftime("%d %B %Y, %H:%M UTC")
        yield f"The run {mark} of {when} {state}: {'; '.join(probes[:SHOWN])}{more}"


def remove(cloud: Cloud, kube: Kube, mark: str) -> Sequence[str]:
    """Takes a run's probes away; returns what could not be, and why."""
    clean_up = CleanUp()
    for step in [*cloud.removal(mark), *cluster_probes.removal(kube, mark)]:
        clean_up.later(*step)
    clean_up.run()
    return clean_up.failures
