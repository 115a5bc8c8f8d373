"""Names that AWS gives, held to lists of AWS' own: regions and partitions of botocore, instance types of the SDK."""

import json
from pathlib import Path

import botocore
import pulumi_aws as aws
import pytest
from pydantic import TypeAdapter, ValidationError

from settings.aws.instances import InstanceType
from settings.aws.names import RegionName, partition_of

PARTITIONS = json.loads((Path(botocore.__file__).parent / "data" / "partitions.json").read_text())["partitions"]
REGIONS = {region: each["id"] for each in PARTITIONS for region in each["regions"] if not region.endswith("-global")}


@pytest.mark.parametrize(("region", "partition"), sorted(REGIONS.items()))
def test_every_region_of_aws_is_one_and_lies_in_its_partition(region: str, partition: str) -> None:
    assert TypeAdapter[str](RegionName).validate_python(region) == region
    assert partition_of(region) == partition


def test_every_type_that_a_node_group_takes_is_an_instance_type() -> None:
    adapter = TypeAdapter[str](InstanceType)
    refused: set[str] = set()
    for kind in aws.ec2.InstanceType:
        try:
            adapter.validate_python(kind.value)
        except ValidationError:
            refused.add(kind.value.partition("-")[0])
    # A Mac is no node of EKS.
    assert refused <= {"mac"}
