"""The one door to the outside: what it serves under whose name, what it refuses, and what it writes down."""

import os
import re
import socket
import ssl
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from sandbox.build import charts
from sandbox.door.hosts import TABLE
from sandbox.tls import ServerCertificate
from tests import door as doors
from tests.door import Door


@pytest.fixture(scope="module")
def door(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Door]:
    """A door over repositories whose index says whose it is."""
    state = tmp_path_factory.mktemp("door")
    for repository in charts.REPOSITORIES:
        folder = state / "charts" / repository.host / repository.path
        folder.mkdir(parents=True)
        (folder / "index.yaml").write_text(f"of {repository.host}\n")
    with doors.running(state, state / "charts") as door:
        yield door


@pytest.fixture
def client(door: Door) -> Iterator[httpx.Client]:
    """A client that has the proxy and trusts the door's authority and nobody else."""
    trusted = ssl.create_default_context(cafile=str(door.authority))
    with httpx.Client(proxy=door.proxy, verify=trusted, trust_env=False) as client:
        yield client


def raw(door: Door, request: bytes) -> str:
    """What the proxy answers to bytes."""
    with socket.create_connection(("127.0.0.1", door.ports["door"]), timeout=10) as connection:
        connection.sendall(request)
        answer = b""
        while part := connection.recv(65536):
            answer += part
    return answer.decode()


@pytest.mark.parametrize("repository", charts.REPOSITORIES, ids=lambda repository: repository.host)
def test_a_host_that_is_known_answers_under_its_own_name(client: httpx.Client, repository: charts.Repository) -> None:
    url = f"https://{'/'.join(filter(None, (repository.host, repository.path)))}"
    answer = client.get(f"{url}/index.yaml")
    assert (answer.status_code, answer.text) == (200, f"of {repository.host}\n")
    assert client.get(f"{url}/none.tgz").status_code == 404


def test_its_certificates_are_worth_nothing_to_who_was_not_told(door: Door) -> None:
    with (
        httpx.Client(proxy=door.proxy, trust_env=False) as stranger,
        pytest.raises(httpx.ConnectError, match="certificate verify failed"),
    ):
        stranger.get("https://charts.ververica.com/index.yaml")


def test_a_host_that_is_not_known_is_refused_by_name(client: httpx.Client, door: Door) -> None:
    with pytest.raises(httpx.ProxyError, match=r"403 charts\.example\.com is not known here"):
        client.get("https://charts.example.com/index.yaml")
    answer = raw(door, b"CONNECT charts.example.com:443 HTTP/1.1\r\nHost: charts.example.com:443\r\n\r\n")
    head, _, body = answer.partition("\r\n\r\n")
    reason = f"charts.example.com is not known here: the sandbox's door knows {', '.join(sorted(TABLE))}"
    # In the line of the status too, which is all that Go's clients show.
    assert head.splitlines()[0] == f"HTTP/1.1 403 {reason}"
    assert body == f"{reason}\n"


@pytest.mark.parametrize(
    ("request_line", "reason"),
    [
        ("CONNECT charts.ververica.com:80", "charts.ververica.com:80 is refused: the sandbox's door leads to port 443"),
        ("CONNECT charts.ververica.com", "charts.ververica.com is refused: the sandbox's door leads to port 443"),
        ("GET http://charts.ververica.com/index.yaml", "the sandbox's door takes https only, by CONNECT"),
    ],
)
def test_other_ports_and_plain_http_are_refused(door: Door, request_line: str, reason: str) -> None:
    answer = raw(door, f"{request_line} HTTP/1.1\r\nHost: charts.ververica.com\r\n\r\n".encode())
    assert answer.startswith("HTTP/1.1 403 ")
    assert reason in answer


def test_what_is_no_request_is_told_so(door: Door) -> None:
    assert raw(door, b"\x16\x03\x01\x00\x00 hello\r\n\r\n").startswith("HTTP/1.1 400 this is no request")


def test_a_name_that_was_not_asked_for_is_not_served_through_another_ones_tunnel(client: httpx.Client) -> None:
    answer = client.get("https://charts.ververica.com/index.yaml", headers={"Host": "example.com"})
    assert (answer.status_code, answer.text) == (421, "example.com is not known here\n")


def test_the_log_says_who_asked_for_what(door: Door) -> None:
    script = "import httpx, ssl, sys; httpx.get(sys.argv[1], verify=ssl.create_default_context(cafile=sys.argv[2]))"
    url = "https://kyverno.github.io/kyverno/index.yaml"
    asked = subprocess.Popen(
        [sys.executable, "-c", script, url, str(door.authority)], env=os.environ | {"HTTPS_PROXY": door.proxy}
    )
    assert asked.wait(timeout=60) == 0
    who = rf"python\S* \(process {asked.pid}, of \S+\)"
    assert re.search(rf"{who} asks for kyverno\.github\.io:443: let through", door.log), door.log
    assert re.search(rf"{who}: GET https://kyverno\.github\.io/kyverno/index\.yaml: 200", door.log), door.log


def test_a_client_that_leaves_takes_nobody_with_it(door: Door, client: httpx.Client) -> None:
    for request in (b"", b"CONNECT charts.ververica.com:443 HTTP/1.1\r\nHost: x\r\n\r\n"):
        with socket.create_connection(("127.0.0.1", door.ports["door"]), timeout=10) as connection:
            connection.sendall(request)
    assert client.get("https://charts.ververica.com/index.yaml").status_code == 200
    assert "Traceback" not in door.log


def test_a_new_host_has_a_new_certificate_and_the_same_ones_keep_theirs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sandbox.layout.STATE", tmp_path)
    one = ServerCertificate("door", ["a.example.com"])
    one.ensure()
    first = one.certificate.read_text()
    one.ensure()
    assert one.certificate.read_text() == first
    ServerCertificate("door", ["a.example.com", "b.example.com"]).ensure()
    assert one.certificate.read_text() != first
