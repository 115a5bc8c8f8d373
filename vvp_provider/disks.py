"""The disks behind a namespace's volume claims, as the cluster knows them."""

from typing import Any

import yaml

from provider_kit import PluginError


def disks_of(kubeconfig: str, namespace: str) -> list[str]:
    """The disks that the storage driver deletes with their claims, each by its volume and its own id.

    Args:
        kubeconfig: As YAML or JSON text; may name a command that fetches credentials.
        namespace: The claims' Kubernetes namespace.

    Raises:
        PluginError: The cluster does not answer, or refuses.
    """
    # Imported here: it takes a second, and most operations do without.
    from kubernetes import client
    from kubernetes import config as untyped_config
    from urllib3.exceptions import HTTPError

    # The client has no types for these.
    config: Any = untyped_config
    try:
        api: Any = client.CoreV1Api(config.new_client_from_config_dict(yaml.safe_load(kubeconfig)))
        volumes: list[Any] = api.list_persistent_volume().items
    except (client.ApiException, config.ConfigException, HTTPError, OSError) as error:
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise PluginError(
            f"the cluster was asked for the disks of the namespace {namespace!r}: {reason}. If it is gone for good, "
            "take this resource out of the state: pulumi state delete URN"
        ) from error
    return [_named(volume) for volume in volumes if _goes_with_its_claim(volume, namespace)]


def _goes_with_its_claim(volume: Any, namespace: str) -> bool:
    claim = volume.spec.claim_ref
    return volume.spec.persistent_volume_reclaim_policy == "Delete" and bool(claim) and claim.namespace == namespace


def _named(volume: Any) -> str:
    name = str(volume.metadata.name)
    return f"{name} ({volume.spec.csi.volume_handle})" if volume.spec.csi else name
