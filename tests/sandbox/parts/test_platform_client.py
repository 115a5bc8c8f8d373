"""The provider's client and the platform's stand-in, which know nothing of each other, together."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import httpx
import pytest

from tests.sandbox.platform_fixtures import Client, furnished, running, specification
from tests.unit.vvp_provider.fake_platform import FakePlatform
from tests.unit.vvp_provider.provider_run import Resource


class Way(httpx.HTTPTransport):
    """Leads every request to one platform."""

    def __init__(self, client: Client) -> None:
        super().__init__()
        self._url = client.base_url

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        request.url = request.url.copy_with(scheme=self._url.scheme, host=self._url.host, port=self._url.port)
        return super().handle_request(request)


class There:
    """A running platform where the provider's tests have the one in memory."""

    def __init__(self, client: Client) -> None:
        self.transport = Way(client)

    def resource(self, type: str) -> Resource:
        """A resource of it."""
        return Resource(cast("FakePlatform", self), type)


@pytest.fixture(scope="module")
def platform(tmp_path_factory: pytest.TempPathFactory) -> Iterator[There]:
    with running(Path(tmp_path_factory.mktemp("platform"))) as client:
        furnished(client)
        yield There(client)


@pytest.mark.parametrize(
    ("type", "first", "second"),
    [
        ("Namespace", {"name": "team"}, {"roleBindings": [{"role": "owner", "members": ["user:a"]}]}),
        ("DeploymentTarget", {"name": "t", "kubernetesNamespace": "jobs"}, {"labels": {"team": "a"}}),
        ("SecretValue", {"name": "S", "value": "x"}, {"value": "y"}),
        ("ApiToken", {"name": "ci", "role": "viewer"}, {"role": "editor"}),
        (
            "SqlObject",
            {"statement": "CREATE TABLE t (a STRING) WITH ('connector' = 'blackhole')"},
            {"statement": "CREATE TABLE t (a STRING) WITH ('connector' = 'datagen')"},
        ),
        ("Deployment", {"name": "job", "spec": specification()}, {"spec": specification(state="SUSPENDED")}),
    ],
)
def test_a_resource_lives(platform: There, type: str, first: dict[str, Any], second: dict[str, Any]) -> None:
    one = platform.resource(f"vvp:index:{type}")
    one.up(**first)
    assert one.refresh()
    assert one.diff(**first).changes == {}
    found = one.up(**{**first, **second})
    assert found is not None
    assert found.changes
    assert one.refresh()
    assert one.diff(**{**first, **second}).changes == {}
    identity = one.id
    one.delete()
    one.id = identity
    assert not one.refresh()
