"""A platform of its own for the tests of its API: a free port, a temporary database, and Kubernetes stood in for.

The stand-in for Kubernetes says that pods are ready, unless their service account is called `refused-…`; the platform
that makes real pods is tested with the whole sandbox. `python -m tests.sandbox.platform_fixtures FILE` is the process.
"""

import asyncio
import json
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx

from sandbox.platform.__main__ import serve
from sandbox.platform.controller import manifests
from sandbox.platform.controller.cluster import Seen
from sandbox.platform.store import Row

CHECKOUT = Path(__file__).resolve().parents[2]
TOKEN = "a-bootstrap-token"
SCRIPT = "INSERT INTO sink SELECT * FROM source;"

Json = dict[str, Any]


class Pods:
    """A cluster whose pods are ready at once."""

    async def start(self, job: Row, namespace: str) -> None:
        """Nothing has to be made."""

    async def look(self, job: Row, namespace: str) -> Seen:
        """Refuses one kind of account, with the words of an admission policy."""
        account = manifests.pod(job, "jobmanager")["spec"].get("serviceAccountName", "")
        if account.startswith("refused"):
            return Seen(failure=f"Invalid service account {account} for deployment {job.body['metadata']}")
        return Seen(ready=True)

    async def stop(self, job: Row, namespace: str) -> bool:
        """Nothing is left."""
        return True


class Client(httpx.Client):
    """Speaks to one platform."""

    process: subprocess.Popen[bytes]

    def sql(self, statement: str, **query: str) -> Json:
        """Executes a statement."""
        path = "/sql/v1beta1/namespaces/default/sqlscripts:execute"
        response = self.post(path, json={"statement": statement}, params=query)
        assert response.status_code == 200, response.text
        return response.json()

    def deployment(self, name: str, **spec: Any) -> httpx.Response:
        """Creates or replaces a deployment of SCRIPT."""
        body = {"metadata": {"name": name}, "spec": specification(**spec)}
        return self.put(f"/api/v1/namespaces/default/deployments/{name}", json=body)

    def wait(self, name: str, *states: str) -> Json:
        """Waits for a deployment's state."""
        deadline = time.monotonic() + 20
        while True:
            found = self.get(f"/api/v1/namespaces/default/deployments/{name}").json()
            if found["status"]["state"] in states:
                return found
            assert time.monotonic() < deadline, found["status"]
            time.sleep(0.05)

    def wait_until_gone(self, path: str) -> None:
        """Waits until there is nothing at a path."""
        deadline = time.monotonic() + 20
        while self.get(path).status_code != 404:
            assert time.monotonic() < deadline, f"{path} is still there"
            time.sleep(0.05)

    def items(self, collection: str, **query: str) -> list[Json]:
        """A collection of the namespace `default`."""
        return self.get(f"/api/v1/namespaces/default/{collection}", params=query).json()["items"]


def specification(account: str = "job", script: str = SCRIPT, **spec: Any) -> Json:
    """A deployment's spec."""
    pod = {"spec": {"containers": [], "serviceAccountName": account}}
    kubernetes = {"jobManagerPodTemplate": pod, "taskManagerPodTemplate": pod}
    template = {"spec": {"artifact": {"kind": "SQLSCRIPT", "sqlScript": script}, "kubernetes": kubernetes}}
    return {"deploymentTargetName": "vvp", "template": template, **spec}


@contextmanager
def running(folder: Path, environment: Mapping[str, str] | None = None, configuration: str = "") -> Iterator[Client]:
    """A platform process on a database in a folder; what is there from before is kept.

    Args:
        folder: of the database.
        environment: of the process.
        configuration: the ConfigMap's content.
    """
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    launch = {"port": port, "database": str(folder / "vvp.db"), "namespace": "vvp"}
    file = folder / "launch.json"
    file.write_text(
        json.dumps({**launch, "configuration": configuration or "vvp: {blobStorage: {baseUri: s3://blobs}}"})
    )
    argv = [sys.executable, "-m", "tests.sandbox.platform_fixtures", str(file)]
    process = subprocess.Popen(argv, cwd=CHECKOUT, env={"PYTHONPATH": str(CHECKOUT), **(environment or {})})
    try:
        with Client(base_url=f"http://127.0.0.1:{port}", timeout=30, trust_env=False) as client:
            client.process = process
            deadline = time.monotonic() + 30
            while not _answers(client):
                assert process.poll() is None, "the platform has ended"
                assert time.monotonic() < deadline, "the platform does not answer"
                time.sleep(0.1)
            yield client
    finally:
        process.kill()
        process.wait()


def furnished(client: Client) -> None:
    """Makes the deployment target `vvp` and the tables of SCRIPT."""
    body = {"metadata": {"name": "vvp"}, "spec": {"kubernetes": {"namespace": "vvp"}}}
    assert client.post("/api/v1/namespaces/default/deployment-targets", json=body).status_code == 201
    for name in ("source", "sink"):
        made = client.sql(f"CREATE TABLE {name} (`name` STRING) WITH ('connector' = 'blackhole');")
        assert made == {"result": "RESULT_SUCCESS"}


def _answers(client: Client) -> bool:
    try:
        return client.get("/actuator/health").status_code == 200
    except httpx.TransportError:
        return False


if __name__ == "__main__":
    asyncio.run(serve(json.loads(Path(sys.argv[1]).read_text()), Pods()))
