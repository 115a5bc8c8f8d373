"""What a stack tells its users."""

from collections.abc import Mapping
from typing import Any

from components.cloud import Cloud
from components.ververica.stack import OnPlatform
from settings.check import Settings
from settings.stack_file import StackFile


def outputs(settings: Settings[StackFile], cloud: Cloud, on_platform: OnPlatform) -> Mapping[str, Any]:
    """The stack's outputs by name.

    Args:
        settings: The stack's settings.
        cloud: The cloud.
        on_platform: The platform.
    """
    platform = settings.file.platform
    principals = {f"{platform.namespace}/{platform.service_account}": cloud.platform.principal}
    principals |= {f"{platform.namespace_of(name)}/{name}": job.principal for name, job in cloud.jobs.items()}
    running = on_platform.platform
    return {
        "kubeconfig": cloud.kubeconfig,
        **cloud.outputs,
        "roles": principals,
        "platform": {"url": running.url, "portForward": running.port_forward},
    }
