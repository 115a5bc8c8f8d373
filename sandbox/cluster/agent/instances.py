"""How much of a node an EC2 instance type leaves for pods."""

import math
import re
from dataclasses import dataclass

SIZES = {"medium": 1, "large": 2, "xlarge": 4} | {
    f"{n}xlarge": 4 * n for n in (2, 3, 4, 6, 8, 9, 12, 16, 18, 24, 32, 48)
}
"""Virtual CPUs by size, see https://docs.aws.amazon.com/ec2/latest/instancetypes/instance-type-names.html."""

MEMORY_PER_CPU = {"c": 2, "m": 4, "r": 8}
"""GiB for each virtual CPU by family."""

BURSTABLE = {"small": (2, 2), "medium": (2, 4), "large": (2, 8), "xlarge": (4, 16), "2xlarge": (8, 32)}
"""Virtual CPUs and GiB of the t families."""

BURSTABLE_PODS = {"small": 11, "medium": 17, "large": 35}
FIXED_PODS = {1: 8, 2: 29, 4: 58, 8: 58}
MOST_PODS = 110
"""What EKS allows on a node of fewer than 30 virtual CPUs, see
https://docs.aws.amazon.com/eks/latest/userguide/choosing-instance-type.html."""


@dataclass(frozen=True)
class Instance:
    """What an instance type has."""

    type: str
    architecture: str
    """`amd64` or `arm64`."""
    cpus: int
    memory: int
    """GiB."""
    pods: int

    @property
    def capacity(self) -> dict[str, str]:
        """What the node has."""
        return {
            "cpu": str(self.cpus),
            "memory": f"{self.memory * 1024 * 1024}Ki",
            "pods": str(self.pods),
            "ephemeral-storage": "83873772Ki",
        }

    @property
    def allocatable(self) -> dict[str, str]:
        """What pods may take: without what EKS' AMI reserves for the kubelet, by its own formula."""
        reserved_cpu = 60.0
        for cpu in range(1, self.cpus):
            reserved_cpu += 10 if cpu == 1 else 5 if cpu < 4 else 2.5
        reserved_memory = 255 + 11 * self.pods + 100
        return {
            "cpu": f"{self.cpus * 1000 - math.ceil(reserved_cpu)}m",
            "memory": f"{(self.memory * 1024 - reserved_memory) * 1024}Ki",
            "pods": str(self.pods),
            "ephemeral-storage": "76224326324",
        }


def instance(name: str) -> Instance:
    """What an instance type has.

    Args:
        name: like `m6i.large`; families c, m, r and t.

    Raises:
        ValueError: the sandbox does not know the type.
    """
    found = re.fullmatch(r"(?P<family>[cmrt])(?P<generation>\d)(?P<options>[a-z]*)\.(?P<size>\w+)", name)
    if not found:
        raise ValueError(f"the sandbox does not support the instance type {name}")
    size = found["size"]
    architecture = "arm64" if "g" in found["options"] else "amd64"
    if found["family"] == "t" and size in BURSTABLE:
        cpus, memory = BURSTABLE[size]
        return Instance(name, architecture, cpus, memory, BURSTABLE_PODS.get(size, 58))
    if found["family"] != "t" and size in SIZES:
        cpus = SIZES[size]
        memory = cpus * MEMORY_PER_CPU[found["family"]]
        return Instance(name, architecture, cpus, memory, FIXED_PODS.get(cpus, MOST_PODS))
    raise ValueError(f"the sandbox does not support the instance type {name}")
