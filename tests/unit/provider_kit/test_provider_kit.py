"""What all provider stand-ins share: values, secrets, diffs, and how failures reach the engine."""

import asyncio
import logging
from typing import Any, ClassVar, NoReturn

import grpc
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pulumi.provider.experimental.property_value import PropertyValue
from pulumi.runtime import proto
from pulumi.runtime.proto import provider_pb2, status_pb2

from provider_kit import (
    UNKNOWN,
    Change,
    CheckFailed,
    Created,
    Diff,
    Found,
    InitFailed,
    Operation,
    Path,
    Plugin,
    Properties,
    ResourceHandler,
    compare,
    format_path,
    has_unknown,
    top_level,
)
from provider_kit.servicer import Servicer
from provider_kit.values import Decoded, Redactor, decode, encode, lookup

TOKEN = "tok-4711-very-secret"  # of nobody; gitleaks:allow

keys = st.text("abcXYZ./_-", min_size=1, max_size=6)
leaves = st.booleans() | st.integers(-(2**40), 2**40) | st.text(max_size=8).filter(lambda text: len(text) != 36)
values = st.recursive(
    leaves, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(keys, inner, max_size=3), max_leaves=8
)
properties = st.dictionaries(keys, values, max_size=4)


# Values.


@given(properties)
def test_values_come_back_as_they_went(given_properties: Properties) -> None:
    assert decode(encode(given_properties)) == Decoded(given_properties, frozenset())


@given(properties, st.data())
def test_secret_paths_come_back_as_they_went(given_properties: Properties, data: st.DataObject) -> None:
    paths = list(_paths(given_properties))
    secrets = frozenset(data.draw(st.sets(st.sampled_from(paths)))) if paths else frozenset[Path]()
    assert decode(encode(given_properties, secrets)).secrets == secrets


def _paths(value: Any, path: Path = ()) -> list[Path]:
    found: list[Path] = [path] if path else []
    pairs = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, child in pairs:  # pyright: ignore[reportUnknownVariableType]
        found += _paths(child, (*path, key))  # pyright: ignore[reportUnknownArgumentType]
    return found


def test_a_secret_stays_one_when_the_document_around_it_is_written_as_text() -> None:
    deep: Path = ("policy", "Statement", 0, "Condition")
    assert encode({"policy": "{}"}, [deep])["policy"].is_secret
    as_object = encode({"policy": {"Statement": [{"Condition": "x", "Effect": "Allow"}]}}, [deep])
    assert not as_object["policy"].is_secret
    assert decode(as_object).secrets == {deep}


def test_a_secret_that_is_not_known_yet_is_both() -> None:
    there = decode(encode({"password": UNKNOWN}, [("password",)]))
    assert there == Decoded({"password": UNKNOWN}, frozenset({("password",)}))
    assert has_unknown([{"a": (1, UNKNOWN)}])


def test_nulls_are_absent_and_unknown_kinds_are_refused_by_path() -> None:
    assert decode({"a": PropertyValue(None), "b": PropertyValue(2.0)}).values == {"b": 2}
    with pytest.raises(ValueError, match=r"a\.b\[0\]: object"):
        encode({"a": {"b": [object()]}})


def test_paths_are_written_as_pulumi_writes_them() -> None:
    assert format_path(("ingress", 0, "cidrBlocks")) == "ingress[0].cidrBlocks"
    assert format_path(("tags", "kubernetes.io/cluster")) == 'tags["kubernetes.io/cluster"]'
    assert lookup({"a": [{"b": 1}]}, ("a", 0, "b")) == 1
    assert lookup({"a": [{"b": 1}]}, ("a", 1, "b")) is None
    assert lookup("text", ("a",)) is None


# Redaction.


def test_no_known_secret_leaves_by_a_message_or_a_log() -> None:
    redactor = Redactor()
    inner = {"auth": {"tokens": [TOKEN, f"{TOKEN}-longer"], "on": True}}
    redactor.learn(Decoded(inner, frozenset({("auth",)})))
    assert redactor.clean(f"401 for {TOKEN}-longer, {TOKEN}") == "401 for [secret], [secret]"
    record = logging.LogRecord("x", logging.ERROR, "f", 1, "sent %s", (TOKEN,), None)
    assert redactor.filter(record)
    assert record.getMessage() == "sent [secret]"


def test_what_is_not_secret_and_what_is_too_short_to_be_stays() -> None:
    redactor = Redactor()
    redactor.learn(Decoded({"name": "vvp-main", "pin": "abc"}, frozenset({("pin",)})))
    assert redactor.clean("abc of vvp-main") == "abc of vvp-main"


# Diffs.


@given(properties)
def test_nothing_differs_from_itself(given_properties: Properties) -> None:
    assert compare(given_properties, given_properties).changes == {}


def test_a_diff_names_what_is_added_deleted_and_changed() -> None:
    old = {"a": 1, "b": [1, 2], "tags": {"x": "1"}, "__defaults": ["a"]}
    new = {"b": [1, 3, 4], "tags": {"x": "1", "y": "2"}, "c": UNKNOWN}
    assert compare(old, new).changes == {
        "a": Change.DELETE,
        "b[1]": Change.UPDATE,
        "b[2]": Change.ADD,
        "tags.y": Change.ADD,
        "c": Change.ADD,
    }


def test_true_is_not_one_and_nothing_equals_an_unknown() -> None:
    assert compare({"a": True}, {"a": 1}).changes == {"a": Change.UPDATE}
    assert compare({"a": UNKNOWN}, {"a": UNKNOWN}).changes == {"a": Change.UPDATE}


@pytest.mark.parametrize(
    ("old", "new", "replaced"),
    [
        ({"vpc": {"id": "1", "name": "n"}}, {"vpc": {"id": "2", "name": "n"}}, {"vpc.id"}),
        ({"vpc": {"id": "1", "name": "n"}}, {"vpc": {"id": "1", "name": "m"}}, set[str]()),
        ({"vpc": {"id": "1"}}, {}, {"vpc"}),
        ({"vpc": [{"id": "1"}]}, {"vpc": [{"id": "2"}]}, {"vpc[0].id"}),
    ],
)
def test_a_change_at_above_or_below_a_fixed_path_replaces(old: Properties, new: Properties, replaced: set[str]) -> None:
    assert compare(old, new, replace=["vpc.id"]).replaces == replaced


def test_ignored_paths_take_what_is_below_along_and_nothing_beside() -> None:
    diff = compare({"tag": 1, "tags": {"a": 1}}, {"tag": 2, "tags": {"a": 2}}, replace=["tags"]).without(["tags"])
    assert diff == Diff({"tag": Change.UPDATE})
    assert top_level('tags["a.b"][0]') == "tags"


def test_values_may_be_equal_though_written_differently() -> None:
    def same(path: Path, old: Any, new: Any) -> bool | None:
        return str(old).lower() == str(new).lower() if path == ("a",) else None

    assert compare({"a": "X", "b": "X"}, {"a": "x", "b": "x"}, same=same).changes == {"b": Change.UPDATE}


# Failures on the wire.


class Failing(ResourceHandler):
    """A resource that is refused, or made and not ready."""

    secret_outputs: ClassVar[tuple[str, ...]] = ("password",)

    def __init__(self) -> None:
        self.refusals: list[tuple[str, str]] = []

    def check(self, op: Operation) -> Properties:
        raise CheckFailed(self.refusals)

    def diff(self, op: Operation) -> Diff:
        return compare(op.state, op.inputs)

    def preview(self, op: Operation) -> Properties:
        return op.inputs

    def create(self, op: Operation) -> Created:
        raise InitFailed("id-1", {**op.inputs, "password": "made-here"}, [f"it answers 401 to {TOKEN}"])

    def read(self, op: Operation) -> Found | None:
        return None

    def update(self, op: Operation) -> Properties:
        raise InitFailed(op.id, op.inputs, ["never ready"])

    def delete(self, op: Operation) -> None:
        return


class FailingPlugin(Plugin):
    def __init__(self) -> None:
        self.handler = Failing()

    def resource(self, type: str) -> ResourceHandler:
        return self.handler

    def check_settings(self, settings: Properties) -> Properties:
        raise CheckFailed([("token", "is of no use")])


class Context:
    """Catches what a servicer ends a call with."""

    status: Any

    async def abort_with_status(self, status: Any) -> NoReturn:
        self.status = status
        raise grpc.aio.AbortError


URN = "urn:pulumi:dev::vvp::test:index:Thing::thing"
INPUTS: Properties = {"values": {"auth": {"token": TOKEN}, "replicas": 1}, "name": "vvp"}
SECRET: Path = ("values", "auth", "token")


@pytest.fixture
def plugin() -> FailingPlugin:
    return FailingPlugin()


@pytest.fixture
def servicer(plugin: FailingPlugin) -> Servicer:
    return Servicer(["127.0.0.1:1"], "1.0.0", plugin, "127.0.0.1:1", Redactor())


def _wire(values_: Properties, *secrets: Path) -> Any:
    return PropertyValue.marshal_map(encode(values_, secrets))


def _init_failure(context: Context) -> provider_pb2.ErrorResourceInitFailed:
    ((key, raw),) = context.status.trailing_metadata
    assert key == "grpc-status-details-bin"
    detail = provider_pb2.ErrorResourceInitFailed()
    assert status_pb2.Status.FromString(raw).details[0].Unpack(detail)
    return detail


@pytest.mark.parametrize("call", ["create", "update"])
def test_outputs_of_what_did_not_become_ready_keep_the_marks_of_secret_inputs(servicer: Servicer, call: str) -> None:
    context, inputs = Context(), _wire(INPUTS, SECRET)
    if call == "create":
        work = servicer.Create(proto.CreateRequest(urn=URN, properties=inputs), context)
    else:
        work = servicer.Update(proto.UpdateRequest(urn=URN, id="id-1", news=inputs), context)
    with pytest.raises(grpc.aio.AbortError):
        asyncio.run(work)
    detail = _init_failure(context)
    decoded = decode(PropertyValue.unmarshal_map(detail.properties))
    assert detail.id == "id-1"
    assert lookup(decoded.values, SECRET) == TOKEN
    assert decoded.secrets == {SECRET, *([("password",)] if call == "create" else [])}
    assert TOKEN not in f"{context.status.details}{detail.reasons}"


def _refused(servicer: Servicer, *secrets: Path) -> list[tuple[str, str]]:
    answer = asyncio.run(servicer.Check(proto.CheckRequest(urn=URN, news=_wire(INPUTS, *secrets)), Context()))
    return [(failure.property, failure.reason) for failure in answer.failures]


def test_a_refusal_names_its_property(servicer: Servicer, plugin: FailingPlugin) -> None:
    plugin.handler.refusals = [("values", "no chart takes that"), ("", "and this is why")]
    assert _refused(servicer) == [("values", "no chart takes that"), ("", "and this is why")]


@pytest.mark.parametrize("path", ["values", "values.replicas", "values.auth.token"])
@pytest.mark.parametrize("secret", [SECRET, ("values",)])
def test_a_refusal_of_a_property_with_a_secret_in_it_has_the_path_in_its_text(
    servicer: Servicer, plugin: FailingPlugin, path: str, secret: Path
) -> None:
    plugin.handler.refusals = [(path, f"{TOKEN} is too short"), ("name", "is taken")]
    assert _refused(servicer, secret) == [("", f"{path}: [secret] is too short"), ("name", "is taken")]


def test_what_is_always_secret_counts_in_a_refusal(servicer: Servicer, plugin: FailingPlugin) -> None:
    plugin.handler.refusals = [("password", "is too short")]
    assert _refused(servicer) == [("", "password: is too short")]


def test_a_refusal_of_secret_provider_settings_has_the_path_in_its_text(servicer: Servicer) -> None:
    request = proto.CheckRequest(
        urn="urn:pulumi:dev::vvp::pulumi:providers:test::p", news=_wire({"token": TOKEN}, ("token",))
    )
    answer = asyncio.run(servicer.CheckConfig(request, Context()))
    assert [(failure.property, failure.reason) for failure in answer.failures] == [("", "token: is of no use")]


def test_the_engine_is_asked_for_the_ids_of_resources(servicer: Servicer) -> None:
    answer = asyncio.run(servicer.Configure(proto.ConfigureRequest(), Context()))
    assert (answer.acceptSecrets, answer.acceptResources, answer.acceptOutputs) == (True, False, False)
