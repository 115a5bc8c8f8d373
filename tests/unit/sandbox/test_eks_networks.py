"""The networks that the sandbox's EKS takes for a public endpoint, in the words of the real one."""

import pytest

from sandbox.aws.eks.cluster_config import refuse_cidrs
from sandbox.aws.errors import Refused


@pytest.mark.parametrize("cidrs", [["0.0.0.0/0"], ["8.8.8.8/32", "3.120.181.40/29"]])
def test_networks_of_the_internet_are_taken(cidrs: list[str]) -> None:
    refuse_cidrs(cidrs)


@pytest.mark.parametrize(
    "cidr", ["203.0.113.0/24", "10.0.0.0/8", "8.0.0.0/5", "224.0.0.0/8", "0.0.0.0/1", "100.64.1.0/24", "127.0.0.1/32"]
)
def test_a_network_with_a_part_that_is_nobodys_is_not_allowed(cidr: str) -> None:
    with pytest.raises(Refused) as refused:
        refuse_cidrs(["8.8.8.8/32", cidr])
    assert refused.value.code == "InvalidParameterException"
    assert f"not allowed in publicAccessCidrs: [{cidr}]" in str(refused.value)


@pytest.mark.parametrize("cidr", ["8.8.8.8", "8.8.8.0/255.255.255.0", "8.8.8.0/0.0.0.255", "8.8.8.8/24", "everywhere"])
def test_what_is_no_network_is_invalid(cidr: str) -> None:
    with pytest.raises(Refused, match="invalid in publicAccessCidrs"):
        refuse_cidrs([cidr])
