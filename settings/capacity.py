"""Whether what a stack runs finds room on its nodes, as far as the stack file tells.

Figures are bounds: what is refused here fits on no cluster of that size; what is accepted may still have to wait.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import ceil

from settings.faults import Fault, show
from settings.jobs import JobResources, JobSettings
from settings.names import bytes_of
from settings.sections import AdmissionEngine, AdmissionSettings

MIB = 1024**2
GIB = 1024 * MIB
_SLOTS = "taskmanager.numberOfTaskSlots"


@dataclass(frozen=True)
class Pods:
    """Pods that are alike.

    Attributes:
        millicores: CPU that one of them requests.
        memory: Bytes that one of them requests.
        count: How many there are.
    """

    millicores: int
    memory: int
    count: int = 1


@dataclass(frozen=True)
class Nodes:
    """The nodes that a stack may have.

    Attributes:
        largest: The name of the machine that has most room.
        millicores: CPU that it leaves for the stack's pods.
        memory: Bytes that it leaves for them.
        pods: How many of them it takes.
        desired: Nodes at the start.
        most: Most nodes.
        own: What the cloud itself runs on them, once for the cluster.
        machine_key: The stack file's key of the machines.
        desired_key: The key of `desired`.
        most_key: The key of `most`.
    """

    largest: str
    millicores: int
    memory: int
    pods: int
    desired: int
    most: int
    own: tuple[Pods, ...]
    machine_key: str
    desired_key: str
    most_key: str


PLATFORM = Pods(600, 3 * GIB + 32 * MIB)
"""The pod of the platform: the requests of its chart for manager, gateway and user interface
(https://docs.ververica.com/vvp/installation-and-upgrades/install-with-helm/configuration)."""
KYVERNO = Pods(100, 128 * MIB)
"""One admission controller: https://github.com/kyverno/kyverno/blob/main/charts/kyverno/values.yaml."""


def faults(jobs: Mapping[str, JobSettings], admission: AdmissionSettings, nodes: Nodes) -> Iterator[Fault]:
    """Pods that fit on no node, and more pods than the most nodes carry.

    Args:
        jobs: The jobs; only those that run have pods.
        admission: The admission section, for Kyverno's pods.
        nodes: The nodes.
    """
    if not _fits(PLATFORM, nodes):
        right = f"a larger one: the platform's own pod requests {_total([PLATFORM]).partition(' with ')[2]}"
        yield Fault(nodes.machine_key, show(nodes.largest), right)
        return
    for name, job in _running(jobs).items():
        for part, size in (("jobManager", job.job_manager), ("taskManager", job.task_manager)):
            pod, key = _pods(size), f"vvp:jobs.{name}.{part}"
            left = f"what a node of the type {nodes.largest} leaves for one pod; or larger machines"
            if pod.millicores > nodes.millicores:
                right = f"at most {nodes.millicores / 1000:g} cores, {left}"
                yield Fault(f"{key}.cpu", show(size.cpu), right, (nodes.machine_key,))
            if pod.memory > nodes.memory:
                right = f"at most {nodes.memory // MIB}Mi, {left}"
                yield Fault(f"{key}.memory", show(size.memory), right, (nodes.machine_key,))
    pods = _fitting(jobs, admission, nodes)
    if (needed := _needed(pods, nodes)) > nodes.most:
        right = (
            f"at least {needed}: {_total(pods)} do not fit on fewer nodes of the type {nodes.largest}; or fewer pods"
        )
        yield Fault(nodes.most_key, show(nodes.most), right, (nodes.machine_key, "vvp:jobs", "vvp:admission"))


def remarks(jobs: Mapping[str, JobSettings], admission: AdmissionSettings, nodes: Nodes) -> Iterator[str]:
    """More pods than the nodes carry that there are at the start.

    Args:
        jobs: The jobs.
        admission: The admission section.
        nodes: The nodes.
    """
    pods = _fitting(jobs, admission, nodes)
    if _fits(PLATFORM, nodes) and (needed := _needed(pods, nodes)) > nodes.desired:
        yield (
            f"{nodes.desired_key} is {nodes.desired}, and {_total(pods)} need at least {needed} nodes of the type "
            f"{nodes.largest}: pods wait until somebody adds nodes"
        )


def _running(jobs: Mapping[str, JobSettings]) -> dict[str, JobSettings]:
    return {name: job for name, job in jobs.items() if job.state == "running"}


def _pods(size: JobResources, count: int = 1) -> Pods:
    return Pods(round(size.cpu * 1000), int(bytes_of(size.memory) or 0), count)


def _task_managers(job: JobSettings) -> int:
    slots = job.flink.get(_SLOTS, "1")
    return ceil(job.parallelism / int(slots)) if slots.isascii() and slots.isdigit() and int(slots) else job.parallelism


def _fitting(jobs: Mapping[str, JobSettings], admission: AdmissionSettings, nodes: Nodes) -> list[Pods]:
    """All pods but those that no node takes, which are told by themselves."""
    pods = [PLATFORM, *nodes.own]
    if admission.engine is AdmissionEngine.KYVERNO:
        pods.append(Pods(KYVERNO.millicores, KYVERNO.memory, admission.kyverno.replicas))
    for job in _running(jobs).values():
        pods += [_pods(job.job_manager), _pods(job.task_manager, _task_managers(job))]
    return [pod for pod in pods if _fits(pod, nodes)]


def _fits(pod: Pods, nodes: Nodes) -> bool:
    return pod.millicores <= nodes.millicores and pod.memory <= nodes.memory


def _needed(pods: Sequence[Pods], nodes: Nodes) -> int:
    """The fewest nodes that may do."""
    cpu = _fewest([(pod.millicores, pod.count) for pod in pods], nodes.millicores)
    memory = _fewest([(pod.memory, pod.count) for pod in pods], nodes.memory)
    return max(cpu, memory, ceil(sum(pod.count for pod in pods) / nodes.pods))


def _fewest(sizes: Sequence[tuple[int, int]], room: int) -> int:
    """The fewest nodes for amounts of one resource: by their sum, and as of each size a node takes only whole ones."""
    by_sum = ceil(sum(size * count for size, count in sizes) / room)
    whole = [ceil(sum(count for other, count in sizes if other >= size) / (room // size)) for size, _ in sizes if size]
    return max([by_sum, *whole])


def _total(pods: Sequence[Pods]) -> str:
    count = sum(pod.count for pod in pods)
    cores = sum(pod.millicores * pod.count for pod in pods) / 1000
    memory = sum(pod.memory * pod.count for pod in pods) / GIB
    return f"{count} pods with {cores:.1f} cores and {memory:.1f}Gi"
