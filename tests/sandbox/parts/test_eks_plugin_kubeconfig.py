"""The eks stand-in's way to the API server: the wait for it, its region, and the AWS CLI that makes tokens."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import httpx
import pulumi
import pytest

from sandbox.plugins.eks import rules
from sandbox.plugins.eks.kubeconfig import kubeconfig, region_of, wait_until_ready
from sandbox.plugins.eks.provider import EksProvider
from tests.sandbox.eks_program import CLUSTER_ARN, ENDPOINT, NODE_ROLE, MockedCloud, existing_cluster, run


def test_the_wait_goes_on_until_the_api_server_is_healthy(monkeypatch: pytest.MonkeyPatch) -> None:
    answers = [503, 200]
    asked: list[str] = []

    async def get(_client: httpx.AsyncClient, url: str) -> httpx.Response:
        asked.append(url)
        return httpx.Response(answers[len(asked) - 1])

    monkeypatch.setattr(httpx.AsyncClient, "get", get)
    monkeypatch.setattr("sandbox.plugins.eks.kubeconfig._PAUSE_SECONDS", 0)
    monkeypatch.setattr("pulumi.log.info", lambda *_args, **_options: None)
    resource: Any = None
    assert asyncio.run(wait_until_ready("https://api.example", resource)) == "https://api.example"
    assert asked == ["https://api.example/healthz"] * 2


@pytest.mark.parametrize(
    ("given", "tail"),
    [
        ({}, []),
        ({"profileName": "ops"}, ["--profile", "ops"]),
        ({"roleArn": NODE_ROLE, "profileName": "ops"}, ["--role", NODE_ROLE, "--profile", "ops"]),
    ],
    ids=["neither", "profile", "both"],
)
def test_a_cluster_gives_a_kubeconfig_for_a_role_or_a_profile(
    mocked: MockedCloud, given: dict[str, str], tail: list[str]
) -> None:
    def body() -> dict[str, Any]:
        args = {"__self__": existing_cluster(mocked), **given}
        return dict(EksProvider().call("eks:index:Cluster/getKubeconfig", args).outputs)

    config = json.loads(run(mocked, body)["result"])
    expected = kubeconfig("vvp", ENDPOINT, "eu-central-1", "Q0E=")
    arguments = expected["users"][0]["user"]["exec"]["args"]
    assert arguments == ["--region", "eu-central-1", "eks", "get-token", "--cluster-name", "vvp", "--output", "json"]
    arguments += tail
    assert config == expected


def test_region_of_an_arn() -> None:
    assert region_of(CLUSTER_ARN) == "eu-central-1"
    with pytest.raises(ValueError, match="Invalid ARN"):
        region_of("vvp")


@pytest.mark.parametrize(
    ("version", "message"), [("aws-cli/1.23.9", "At least v1.24.0"), ("aws-cli/2.6.9", "At least v2.7.0")]
)
def test_an_old_aws_cli_is_refused(monkeypatch: pytest.MonkeyPatch, version: str, message: str) -> None:
    rules.require_aws_cli.cache_clear()
    monkeypatch.setattr("shutil.which", lambda name: f"/bin/{name}")  # pyright: ignore[reportUnknownLambdaType, reportUnknownArgumentType]
    monkeypatch.setattr("subprocess.run", lambda *a, **k: _Answer(f"{version} Python/3.11"))  # pyright: ignore[reportUnknownLambdaType]
    with pytest.raises(pulumi.RunError, match=message):
        rules.require_aws_cli()


class _Answer:
    """What `aws --version` prints."""

    def __init__(self, stdout: str) -> None:
        self.stdout = stdout
