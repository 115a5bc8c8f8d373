"""Kyverno's `readiness-checker`, which the official chart runs as jobs before it is uninstalled.

It acts with the pod's own service account, so what the chart's roles do not grant is refused here too. See
https://github.com/kyverno/kyverno/tree/main/cmd/readiness-checker.
"""

import argparse
import logging
from collections.abc import Awaitable, Callable, Sequence

from sandbox.cluster.agent import images
from sandbox.cluster.api_client import Api, Object, Refused

PODS = "/api/v1/pods"
WEBHOOKS = "/apis/admissionregistration.k8s.io/v1"

log = logging.getLogger(__name__)


class UsageError(Exception):
    """The command line is wrong, or is one that the stand-in does not know."""


class Hooks:
    """Runs the commands of pods whose image is the readiness checker, each once."""

    def __init__(self, api: Api) -> None:
        self._api = api

    async def reconcile(self) -> None:
        """Runs what waits to run, and lets go of pods that are deleted."""
        for pod in await self._api.list(PODS):
            container = images.container(pod, "readiness-checker")
            if not container or not images.placed(pod):
                continue
            if images.ending(pod):
                await self._api.delete(images.path(pod), grace_period=0)
            elif pod["status"]["phase"] in ("Pending", "Running"):
                await self._run(pod, container)

    async def _run(self, pod: Object, container: Object) -> None:
        meta, arguments = pod["metadata"], container.get("args", [])
        token = await self._api.token(pod, seconds=600)
        exit_code, message = 0, ""
        async with Api(token) as api:
            try:
                message = await _command(arguments)(api, arguments[1:])
            except (Refused, UsageError) as error:
                exit_code, message = 1, str(error)
        log.info("readiness-checker %s in %s: exit %s %s", " ".join(arguments), meta["name"], exit_code, message)
        await images.ended(self._api, pod, exit_code=exit_code, message=message)


async def scale_deploy(api: Api, arguments: Sequence[str]) -> str:
    """Sets the replicas of Kyverno's deployments."""
    parser = _parser("scale-deploy")
    parser.add_argument("--namespace", default="kyverno")
    parser.add_argument("--replicas", type=int, default=0)
    parser.add_argument("--label", default="app.kubernetes.io/part-of=kyverno")
    given = parser.parse_args(_gnu(arguments))
    path = f"/apis/apps/v1/namespaces/{given.namespace}/deployments"
    deployments = await api.list(path, labelSelector=given.label)
    for deployment in deployments:
        deployment["spec"]["replicas"] = given.replicas
        await api.replace(f"{path}/{deployment['metadata']['name']}", deployment)
    return f"{len(deployments)} deployments scaled to {given.replicas}"


async def delete_webhooks(api: Api, arguments: Sequence[str]) -> str:
    """Deletes the webhook configurations that Kyverno manages."""
    parser = _parser("delete-webhooks")
    parser.add_argument("--label", default="webhook.kyverno.io/managed-by=kyverno")
    given = parser.parse_args(_gnu(arguments))
    count = 0
    for kind in ("mutatingwebhookconfigurations", "validatingwebhookconfigurations"):
        for webhook in await api.list(f"{WEBHOOKS}/{kind}", labelSelector=given.label):
            await api.delete(f"{WEBHOOKS}/{kind}/{webhook['metadata']['name']}")
            count += 1
    return f"{count} webhook configurations deleted"


COMMANDS: dict[str, Callable[[Api, Sequence[str]], Awaitable[str]]] = {
    "scale-deploy": scale_deploy,
    "delete-webhooks": delete_webhooks,
}


def _command(arguments: Sequence[str]) -> Callable[[Api, Sequence[str]], Awaitable[str]]:
    if not arguments or arguments[0] not in COMMANDS:
        raise UsageError(f"the sandbox does not support readiness-checker {' '.join(arguments)}")
    return COMMANDS[arguments[0]]


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> None:  # type: ignore[override]
        raise UsageError(message)


def _parser(command: str) -> argparse.ArgumentParser:
    return _Parser(prog=f"readiness-checker {command}", add_help=False, allow_abbrev=False)


def _gnu(arguments: Sequence[str]) -> list[str]:
    """Go also takes flags with one hyphen."""
    return [f"-{word}" if word.startswith("-") and not word.startswith("--") else word for word in arguments]
