"""What the name of an EC2 instance type says of it.

See https://docs.aws.amazon.com/ec2/latest/instancetypes/instance-type-names.html.
"""

import re
from enum import StrEnum
from typing import Annotated

from settings.names import named

_TYPE = re.compile(r"(?P<family>[a-z]+|u-)(?P<generation>[0-9]+)(?P<attributes>[a-z0-9-]*)\.(?P<size>[a-z0-9-]+)")
_GIB_PER_CPU = {"c": 2, "m": 4, "r": 8}
_TIMES = re.compile(r"(?P<times>[0-9]*)xlarge")
_CPU_OF_XLARGE = 4
_SMALLER = {"large": 2, "medium": 1}
_BURSTABLE = {
    "nano": (2, 0.5),
    "micro": (2, 1.0),
    "small": (2, 2.0),
    "medium": (2, 4.0),
    "large": (2, 8.0),
    "xlarge": (4, 16.0),
    "2xlarge": (8, 32.0),
}
"""Cores and GiB of t3 and t4g: https://aws.amazon.com/ec2/instance-types/t3/."""


class Architecture(StrEnum):
    """The instruction set of the nodes, and of every image that runs on them."""

    X86_64 = "x86_64"
    ARM64 = "arm64"


def architecture_of(instance_type: str) -> Architecture:
    """The instruction set of an instance type: AWS marks its own arm64 processors by a `g` after the generation.

    Args:
        instance_type: As `m6i.xlarge`.
    """
    match = _TYPE.fullmatch(instance_type)
    arm = match is not None and ("g" in match["attributes"] or match["family"] + match["generation"] == "a1")
    return Architecture.ARM64 if arm else Architecture.X86_64


def size_of(instance_type: str) -> tuple[float, float] | None:
    """Cores and GiB of memory of an instance type; None where its name does not tell.

    Args:
        instance_type: As `m6i.xlarge`.
    """
    match = _TYPE.fullmatch(instance_type)
    if match is None:
        return None
    if match["family"] == "t":
        return _BURSTABLE.get(match["size"])
    if match["family"] not in _GIB_PER_CPU:
        return None
    times = _TIMES.fullmatch(match["size"])
    cores = _CPU_OF_XLARGE * int(times["times"] or 1) if times else _SMALLER.get(match["size"])
    return (cores, cores * float(_GIB_PER_CPU[match["family"]])) if cores else None


InstanceType = Annotated[str, named(lambda t: _TYPE.fullmatch(t) is not None, "an EC2 instance type, as m6i.xlarge")]
