"""The one place that chooses the cloud whose claims are tried."""

from collections.abc import Mapping
from typing import Any, cast

from prove.cloud import Cloud
from settings.aws.stack_file import AwsStackFile
from settings.check import Settings
from settings.stack_file import StackFile


def cloud_of(
    settings: Settings[StackFile], config: Mapping[str, Any], environment: Mapping[str, str] | None = None
) -> Cloud:
    """The cloud of a stack file. Its SDK is imported only here.

    Args:
        settings: The stack file.
        config: Its block `config`, for the keys that are not the program's own.
        environment: See Target.

    Raises:
        NotImplementedError: The stack file is of a cloud whose claims nobody can try.
    """
    if isinstance(settings.file, AwsStackFile):
        from prove.aws.cloud import AwsCloud

        return AwsCloud(cast("Settings[AwsStackFile]", settings), config, environment)
    raise NotImplementedError(f"nobody tries the claims of {type(settings.file).__name__}")
