"""What the real provider or AWS refuses of inputs beyond the SDK's types and botocore's service models.

Each check takes the inputs with defaults filled in, and what the table `checks` says after it; what is unknown is good.
"""

import ipaddress
from collections.abc import Iterator
from typing import Any

from provider_kit import Properties, Unknown
from sandbox.plugins.aws.spelling import known_items
from sandbox.plugins.sdk_schema import Problem


def within(inputs: Properties, name: str, low: int, high: int) -> Iterator[Problem]:
    """A number in a range."""
    value = inputs.get(name)
    if isinstance(value, int) and not low <= value <= high:
        yield name, f"expected {name} to be in the range ({low} - {high}), got {value}"


def among(inputs: Properties, name: str, *allowed: Any) -> Iterator[Problem]:
    """One of a few values."""
    value = inputs.get(name)
    if value is not None and not isinstance(value, Unknown) and value not in allowed:
        yield name, f"expected {name} to be one of [{' '.join(map(str, allowed))}], got {value}"


def needed(inputs: Properties, name: str, reason: str) -> Iterator[Problem]:
    """An input without which there is nothing to make."""
    if inputs.get(name) is None:
        yield name, reason


def one_of(inputs: Properties, at: str, *names: str) -> Iterator[Problem]:
    """Exactly one of several inputs; the fault is reported `at` one of them, or for the whole resource."""
    if sum(inputs.get(name) is not None for name in names) != 1:
        yield at, f"invalid combination of arguments: one of `{','.join(names)}` must be specified"


def apart(inputs: Properties, name: str, other: str) -> Iterator[Problem]:
    """Two inputs that exclude each other."""
    if inputs.get(name) and inputs.get(other):
        yield name, f'"{name}": conflicts with {other}'


def cidr(inputs: Properties, name: str, shortest: int = 0, longest: int = 32) -> Iterator[Problem]:
    """An IPv4 network, or a list of them, with a prefix in a range."""
    value = inputs.get(name)
    places = [(f"{name}[{index}]", each) for index, each in enumerate(known_items(value))] or [(name, value)]
    for at, each in places:
        try:
            prefix = ipaddress.IPv4Network(each).prefixlen if isinstance(each, str) else longest
        except ValueError as error:
            yield at, f'"{each}" is not a valid IPv4 CIDR block: {error}'
            continue
        if not shortest <= prefix <= longest:
            between = f"between {shortest} and {longest} significant bits"
            yield at, f"expected {each} to contain a network Value with {between}"


def ports(inputs: Properties, protocol: str) -> Iterator[Problem]:
    """Port numbers that go with the protocol, which is in the input of that name."""
    said, low, high = str(inputs.get(protocol)).lower(), inputs.get("fromPort"), inputs.get("toPort")
    if not isinstance(low, int) or not isinstance(high, int):
        return
    if said in ("tcp", "udp") and not 0 <= low <= high <= 65535:
        yield "fromPort", f"invalid ports: {low} to {high}; expected 0 to 65535, the lower one first"
    if said in ("-1", "all") and (low, high) not in ((0, 0), (-1, -1)):
        yield "fromPort", 'from_port and to_port must both be 0 to use the protocol "-1"'
