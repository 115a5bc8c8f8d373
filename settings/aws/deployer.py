"""What a stack file says of the permissions that its deployer needs."""

import re

from grants.aws_deployer import Deployed, deployer_policies
from grants.iam_documents import Document
from settings.aws.stack_file import AwsStackFile

_PARTITIONS = {"cn": "aws-cn", "us-gov": "aws-us-gov"}
ACCOUNT = re.compile(r"\d{12}", re.ASCII)


def policies(file: AwsStackFile, stack: str, account: str) -> dict[str, Document]:
    """The policies of the person who deploys a stack, by name.

    Args:
        file: The stack file.
        stack: Pulumi's name of the stack, as `dev`.
        account: The AWS account, twelve digits.
    """
    partition = next((p for start, p in _PARTITIONS.items() if file.region.startswith(f"{start}-")), "aws")
    return deployer_policies(
        Deployed(
            partition=partition,
            account=account,
            region=file.region,
            stack=stack,
            cluster=file.cluster.name,
            role_prefix=file.identity.role_prefix,
            # A job's policy has its role's name.
            policies=[file.blob_storage.policy_name, file.identity.role_name("*")],
            bucket=file.blob_storage.bucket,
            streams=sorted(file.streams),
            own_network=file.network.existing is None,
            keeps_data=file.environment.keeps_data,
        )
    )
