"""What ministack's EC2 lacks: it deletes what others still use, and NAT gateways at once.

See https://docs.aws.amazon.com/vpc/latest/userguide/delete-vpc.html and
https://docs.aws.amazon.com/vpc/latest/userguide/nat-gateway-working-with.html.
"""

import contextvars
import threading
from collections.abc import Callable
from typing import Any

from sandbox.aws import emulator
from sandbox.aws.eks.interfaces import in_group

CLOSING = 4.0
"""Seconds that a NAT gateway takes to go; AWS takes about a minute."""


def fill(changed: Callable[[str], None]) -> None:
    """Changes ministack's table of EC2's actions.

    Args:
        changed: is told which service's state changed by itself.
    """
    ec2 = emulator.service("ec2")
    table: dict[str, Any] = ec2._ACTION_MAP
    table["DeleteSubnet"] = _unused(ec2, table["DeleteSubnet"], "SubnetId", "subnet")
    table["DeleteSecurityGroup"] = _unused(ec2, table["DeleteSecurityGroup"], "GroupId", "security group")
    table["DeleteNatGateway"] = _slow(ec2, table["DeleteNatGateway"], changed)


def settle() -> None:
    """Ends what was under way when the cloud was stopped."""
    for gateway in emulator.service("ec2")._nat_gateways.all_values():
        if gateway["State"] == "deleting":
            gateway["State"] = "deleted"


def _unused(ec2: Any, delete: Any, parameter: str, word: str) -> Any:
    def strict(parameters: Any) -> emulator.Reply:
        id = ec2._p(parameters, parameter)
        interfaces: list[Any] = list(ec2._network_interfaces.values())
        gateways: list[Any] = list(ec2._nat_gateways.values())
        used = any(id == each["SubnetId"] or in_group(each, id) for each in interfaces)
        if used or any(id == each["SubnetId"] and each["State"] != "deleted" for each in gateways):
            message = f"The {word} '{id}' has dependencies and cannot be deleted."
            refusal: emulator.Reply = ec2._error("DependencyViolation", message, 400)
            return refusal
        reply: emulator.Reply = delete(parameters)
        return reply

    return strict


def _slow(ec2: Any, delete: Any, changed: Callable[[str], None]) -> Any:
    def closing(parameters: Any) -> emulator.Reply:
        reply: emulator.Reply = delete(parameters)
        gateway = ec2._nat_gateways.get(ec2._p(parameters, "NatGatewayId"))
        if gateway:
            gateway["State"] = "deleting"

            def close() -> None:
                gateway["State"] = "deleted"
                changed("ec2")

            timer = threading.Timer(CLOSING, contextvars.copy_context().run, args=(close,))
            timer.daemon = True
            timer.start()
        return reply

    return closing
