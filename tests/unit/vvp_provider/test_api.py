"""The provider's way to the platform: retries, errors, the configuration's checks, and what stays out of logs."""

import logging
import threading
from collections.abc import Callable

import httpcore
import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from provider_kit import UNKNOWN, CheckFailed, PluginError
from vvp_provider import api as api_module
from vvp_provider.api import Api, ApiError, AuthorizationFilter, Conflict, Json, NotFound, Unreachable
from vvp_provider.forward import ForwardTransport
from vvp_provider.matching import changed, project, same
from vvp_provider.settings import Connection, check_settings

Answer = Callable[[httpx.Request], httpx.Response]


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(api_module, "_backoff", lambda _: 0.001)  # pyright: ignore[reportUnknownLambdaType, reportUnknownArgumentType]


def client(answer: Answer, retry_timeout: float = 1) -> Api:
    http = httpx.Client(base_url="http://platform", transport=httpx.MockTransport(answer))
    return Api(http, retry_timeout=retry_timeout, cancelled=threading.Event())


def answers(*given: httpx.Response | Exception) -> tuple[Answer, list[httpx.Request]]:
    left, seen = list(given), list[httpx.Request]()

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        found = left.pop(0) if len(left) > 1 else left[0]
        if isinstance(found, Exception):
            raise found
        return found

    return answer, seen


OK = httpx.Response(200, json={"a": 1})


@pytest.mark.parametrize(
    "failure",
    [
        httpx.ConnectError("refused"),
        httpx.ReadError("broken"),
        httpx.Response(502),
        httpx.Response(503),
        httpx.Response(504),
        httpx.Response(429, headers={"Retry-After": "0"}),
    ],
)
def test_reads_are_tried_again(failure: httpx.Response | Exception) -> None:
    answer, seen = answers(failure, failure, OK)
    assert client(answer).request("GET", "/x") == {"a": 1}
    assert len(seen) == 3


@pytest.mark.parametrize("failure", [httpx.ConnectError("no"), httpx.Response(503)])
def test_what_was_not_done_is_tried_again(failure: httpx.Response | Exception) -> None:
    answer, seen = answers(failure, OK)
    client(answer).request("POST", "/x", body={})
    assert len(seen) == 2


@pytest.mark.parametrize("failure", [httpx.ReadError("broken"), httpx.Response(502), httpx.Response(504)])
def test_what_may_have_been_done_is_not_done_twice(failure: httpx.Response | Exception) -> None:
    answer, seen = answers(failure, OK)
    with pytest.raises(PluginError):
        client(answer).request("POST", "/x", body={})
    assert len(seen) == 1


def test_retry_after_is_honoured(monkeypatch: pytest.MonkeyPatch) -> None:
    waits: list[float | None] = []

    def wait(_: threading.Event, timeout: float | None = None) -> bool:
        waits.append(timeout)
        return False

    monkeypatch.setattr(threading.Event, "wait", wait)
    answer, _ = answers(httpx.Response(429, headers={"Retry-After": "7"}), OK)
    client(answer, retry_timeout=60).request("GET", "/x")
    assert 7 in waits


def test_errors_have_their_kind_and_the_platform_s_words() -> None:
    for status, kind in ((404, NotFound), (409, Conflict), (400, ApiError)):
        answer, _ = answers(httpx.Response(status, json={"message": "the reason"}))
        with pytest.raises(kind, match=f"GET /x: {status} the reason"):
            client(answer).request("GET", "/x")
    answer, _ = answers(httpx.Response(401, text="no"))
    with pytest.raises(ApiError, match="`token` is missing or not accepted"):
        client(answer).request("GET", "/x")
    answer, _ = answers(httpx.ConnectError("refused"))
    with pytest.raises(Unreachable, match="does not answer: ConnectError: refused"):
        client(answer, retry_timeout=0.01).request("GET", "/x")


def test_no_token_gets_into_a_log(caplog: pytest.LogCaptureFixture) -> None:
    log = logging.getLogger("test_vvp_provider_api")
    log.addFilter(AuthorizationFilter())
    with caplog.at_level(logging.DEBUG):
        for text in (
            "Authorization: Bearer abc.DEF-123",
            "{'authorization': 'Bearer abc.DEF-123'}",
            "[(b'Authorization', b'Bearer abc.DEF-123')]",
            "curl -H bearer abc.DEF-123 x",
            "Authorization=abc.DEF-123",
        ):
            log.debug("%s", text)
    assert "abc" not in caplog.text
    assert caplog.text.count("[secret]") == 5


@pytest.mark.parametrize(
    ("settings", "path"),
    [
        ({}, "endpoint"),
        ({"endpoint": "vvp.example.com"}, "endpoint"),
        ({"endpoint": "http://user:secret@vvp"}, "endpoint"),
        ({"endpoint": "http://vvp", "kubeconfig": "{}"}, "endpoint"),
        ({"kubeconfig": "{}", "namespace": "vvp"}, "service"),
        ({"kubeconfig": "not: [a", "namespace": "vvp", "service": "vvp"}, "kubeconfig"),
        ({"endpoint": "http://vvp", "retryTimeout": "-1"}, "retryTimeout"),
        ({"endpoint": "http://vvp", "tokn": "x"}, "tokn"),
    ],
)
def test_a_wrong_configuration_is_refused_by_key(settings: dict[str, str], path: str) -> None:
    with pytest.raises(CheckFailed) as caught:
        check_settings(dict(settings))
    assert [p for p, _ in caught.value.failures] == [path]
    assert "secret" not in str(caught.value)


def test_an_unknown_configuration_is_accepted_and_not_used() -> None:
    settings = check_settings({"kubeconfig": UNKNOWN, "namespace": "vvp", "service": "vvp"})
    connection = Connection()
    connection.use(settings)
    with pytest.raises(PluginError, match="not known yet"):
        connection.api(threading.Event())


def test_the_token_is_sent_as_bearer() -> None:
    connection = Connection()
    connection.use(check_settings({"endpoint": "http://vvp", "token": "abc"}))
    connection.api(threading.Event())
    assert connection._client is not None  # pyright: ignore[reportPrivateUsage]
    assert connection._client.headers["Authorization"] == "Bearer abc"  # pyright: ignore[reportPrivateUsage]
    connection.close()


class Backend(httpcore.MockBackend):
    """Connections of which the first is broken."""

    connections = 0

    def connect_tcp(self, *args: object, **kwargs: object) -> httpcore.NetworkStream:
        self.connections += 1
        if self.connections == 1:
            return httpcore.MockStream([])
        return httpcore.MockStream([b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n", b'{"a": 10}'])


def test_a_broken_forward_is_opened_again() -> None:
    backend = Backend([])
    http = httpx.Client(base_url="http://vvp.vvp", transport=ForwardTransport(backend))
    assert Api(http, retry_timeout=1, cancelled=threading.Event()).request("GET", "/x") == {"a": 10}
    assert backend.connections == 2
    http.close()


@pytest.mark.parametrize(
    ("path", "one", "other"),
    [
        (("resources", "jobmanager", "memory"), "1g", "1024m"),
        (("resources", "jobmanager", "memory"), "1G", "1g"),
        (("resources", "jobmanager", "cpu"), 1, 1.0),
        (("containers", 0, "resources", "requests", "cpu"), "500m", "0.5"),
        (("containers", 0, "resources", "limits", "memory"), "1Gi", "1024Mi"),
        (("flinkConfiguration", "x"), 1, "1"),
        (("containers",), [], None),
    ],
)
def test_what_means_the_same_is_the_same(path: tuple[str | int, ...], one: object, other: object) -> None:
    assert same(path, one, other)


def test_quantities_differ_where_they_do() -> None:
    assert not same(("resources", "limits", "memory"), "1Gi", "1G")
    assert not same(("labels", "memory"), "1g", "1024m")


JSON = st.recursive(
    st.integers() | st.text(max_size=3),
    lambda inner: st.dictionaries(st.sampled_from("abcd"), inner, min_size=1, max_size=3),
    max_leaves=6,
)
OBJECT = st.dictionaries(st.sampled_from("abcd"), JSON, max_size=4)


@given(live=OBJECT, old=OBJECT, new=OBJECT)
def test_a_change_gives_what_was_asked_and_keeps_the_rest(live: Json, old: Json, new: Json) -> None:
    after = changed(live, old, new)
    assert project(new, after) == new
    for key in live:
        if key not in new:
            assert (key in after) == (key not in old)
