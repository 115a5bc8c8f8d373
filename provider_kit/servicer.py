"""The gRPC side of a Pulumi provider: turns wire messages into calls of handlers and their outcomes into messages.

With `values` and `handlers` this is all that knows `pulumi.provider.experimental`. The protocol is that of
https://www.pulumi.com/docs/iac/extending-pulumi/ and pulumi's `proto/pulumi/provider.proto`.
"""

from __future__ import annotations

import asyncio
import functools
import logging
import threading
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any, NoReturn, TypeVar

import grpc
from google.protobuf import empty_pb2
from pulumi.provider.experimental.property_value import PropertyValue
from pulumi.provider.experimental.server import ProviderServicer
from pulumi.runtime import proto
from pulumi.runtime.proto import provider_pb2, status_pb2

from provider_kit.diffs import Change, Diff, top_level
from provider_kit.handlers import CheckFailed, Created, InitFailed, Operation, Plugin, PluginError, ResourceHandler
from provider_kit.values import Decoded, Path, Redactor, UnsupportedValue, decode, encode

log = logging.getLogger("provider_kit")
T = TypeVar("T")


class _NotReady(Exception):
    """`InitFailed` with its outputs as the engine takes them: encoded, and with all secrets marked."""

    def __init__(self, failed: InitFailed, properties: Any) -> None:
        super().__init__(str(failed))
        self.id, self.reasons, self.properties = failed.id, failed.reasons, properties


class Servicer(ProviderServicer):
    """Turns wire messages into `Operation`s and outcomes of handlers into wire messages."""

    def __init__(self, args: list[str], version: str, plugin: Plugin, engine: str, redactor: Redactor) -> None:
        super().__init__(args, version, plugin, engine)
        self._plugin = plugin
        self._redactor = redactor
        self._cancelled = threading.Event()
        # A wait for something to be ready holds a thread, while the engine goes on with what does not depend on it.
        self._threads = ThreadPoolExecutor(max_workers=64, thread_name_prefix="handler")

    async def _run(self, context: Any, work: Callable[[], T]) -> T:
        """Run blocking work in a thread; a failure ends the call with its message."""
        try:
            return await asyncio.get_running_loop().run_in_executor(self._threads, work)
        except _NotReady as error:
            detail = provider_pb2.ErrorResourceInitFailed(
                id=error.id,
                properties=error.properties,
                reasons=[self._redactor.clean(reason) for reason in error.reasons],
            )
            await self._abort(context, str(error), detail)
        except (PluginError, UnsupportedValue) as error:
            await self._abort(context, str(error))
        except Exception as error:
            log.exception("unexpected failure")
            await self._abort(context, f"unexpected {type(error).__name__}: {error}")

    async def _abort(self, context: Any, message: str, detail: Any = None) -> NoReturn:
        message = self._redactor.clean(message)
        status = grpc.Status()  # pyright: ignore[reportAbstractUsage]  # a plain attribute holder is what grpc.aio asks for
        status.code, status.details, status.trailing_metadata = grpc.StatusCode.UNKNOWN, message, ()
        if detail is not None:
            rich = status_pb2.Status(code=grpc.StatusCode.UNKNOWN.value[0], message=message)
            rich.details.add().Pack(detail)
            status.trailing_metadata = (("grpc-status-details-bin", rich.SerializeToString()),)
        await context.abort_with_status(status)
        raise AssertionError("abort_with_status always raises")

    def _decode(self, struct: Any) -> Decoded:
        decoded = decode(PropertyValue.unmarshal_map(struct))
        self._redactor.learn(decoded)
        return decoded

    def _operation(self, request: Any, **fields: Any) -> Operation:
        kind, name = request.urn.split("::")[2].split("$")[-1], request.urn.split("::", 3)[3]
        return Operation(urn=request.urn, type=kind, name=name, cancelled=self._cancelled, **fields)

    def _outputs(self, op: Operation, values: Mapping[str, Any], *secrets: frozenset[Path]) -> Any:
        marks = _marks(self._plugin.resource(op.type), frozenset[Path]().union(*secrets))
        self._redactor.learn(Decoded(dict(values), marks))
        return PropertyValue.marshal_map(encode(values, marks))

    def _finished(self, op: Operation, secrets: frozenset[Path], act: Callable[[], T]) -> T:
        """The outcome of a create or update; a resource that did not become ready keeps its secrets as one that did."""
        try:
            return act()
        except InitFailed as error:
            raise _NotReady(error, self._outputs(op, error.outputs, secrets)) from error

    def _refusals(self, error: CheckFailed, secrets: frozenset[Path]) -> list[proto.CheckFailure]:
        """The engine prints the whole value of a property that a failure names, in clear.

        So a property with a secret anywhere in it is named in the text only.
        """
        private = {path[0] for path in secrets}
        failures = [
            ("", f"{name}: {reason}") if private & {name, top_level(name)} else (name, reason)
            for name, reason in error.failures
        ]
        return [proto.CheckFailure(property=name, reason=self._redactor.clean(reason)) for name, reason in failures]

    async def Check(self, request: proto.CheckRequest, context: Any) -> proto.CheckResponse:
        def work() -> proto.CheckResponse:
            news, olds = self._decode(request.news), self._decode(request.olds)
            op = self._operation(request, inputs=news.values, old_inputs=olds.values, seed=request.randomSeed)
            handler = self._plugin.resource(op.type)
            try:
                inputs = handler.check(op)
            except CheckFailed as error:
                always = {(name,) for name in handler.secret_outputs}
                return proto.CheckResponse(failures=self._refusals(error, news.secrets | always))
            return proto.CheckResponse(inputs=PropertyValue.marshal_map(encode(inputs, _marks(handler, news.secrets))))

        return await self._run(context, work)

    async def Diff(self, request: proto.DiffRequest, context: Any) -> proto.DiffResponse:
        def work() -> proto.DiffResponse:
            op = self._operation(
                request,
                id=request.id,
                inputs=self._decode(request.news).values,
                old_inputs=self._decode(request.old_inputs).values,
                state=self._decode(request.olds).values,
            )
            return _diff_response(self._plugin.resource(op.type).diff(op).without(request.ignoreChanges))

        return await self._run(context, work)

    async def Create(self, request: proto.CreateRequest, context: Any) -> proto.CreateResponse:
        def work() -> proto.CreateResponse:
            news = self._decode(request.properties)
            op = self._operation(request, inputs=news.values, timeout=request.timeout, preview=request.preview)
            handler = self._plugin.resource(op.type)
            if op.preview:
                made = Created("", handler.preview(op))
            else:
                made = self._finished(op, news.secrets, lambda: handler.create(op))
            return proto.CreateResponse(id=made.id, properties=self._outputs(op, made.outputs, news.secrets))

        return await self._run(context, work)

    async def Read(self, request: proto.ReadRequest, context: Any) -> proto.ReadResponse:
        def work() -> proto.ReadResponse:
            olds, state = self._decode(request.inputs), self._decode(request.properties)
            op = self._operation(request, id=request.id, old_inputs=olds.values, state=state.values)
            found = self._plugin.resource(op.type).read(op)
            if found is None:
                return proto.ReadResponse()
            outputs = self._outputs(op, found.outputs, olds.secrets, state.secrets)
            marks = _marks(self._plugin.resource(op.type), olds.secrets)
            inputs = PropertyValue.marshal_map(encode(found.inputs, marks))
            return proto.ReadResponse(id=found.id, properties=outputs, inputs=inputs)

        return await self._run(context, work)

    async def Update(self, request: proto.UpdateRequest, context: Any) -> proto.UpdateResponse:
        def work() -> proto.UpdateResponse:
            news, olds = self._decode(request.news), self._decode(request.old_inputs)
            op = self._operation(
                request,
                id=request.id,
                inputs=news.values,
                old_inputs=olds.values,
                state=self._decode(request.olds).values,
                timeout=request.timeout,
                preview=request.preview,
            )
            handler = self._plugin.resource(op.type)
            if op.preview:
                outputs = handler.preview(op)
            else:
                outputs = self._finished(op, news.secrets, lambda: handler.update(op))
            return proto.UpdateResponse(properties=self._outputs(op, outputs, news.secrets))

        return await self._run(context, work)

    async def Delete(self, request: proto.DeleteRequest, context: Any) -> empty_pb2.Empty:
        def work() -> empty_pb2.Empty:
            op = self._operation(
                request,
                id=request.id,
                old_inputs=self._decode(request.old_inputs).values,
                state=self._decode(request.properties).values,
                timeout=request.timeout,
            )
            self._plugin.resource(op.type).delete(op)
            return empty_pb2.Empty()

        return await self._run(context, work)

    async def Invoke(self, request: proto.InvokeRequest, context: Any) -> proto.InvokeResponse:
        def work() -> proto.InvokeResponse:
            args = self._decode(request.args)
            try:
                answer = self._plugin.function(request.tok, args.values)
            except CheckFailed as error:
                return proto.InvokeResponse(failures=self._refusals(error, args.secrets))
            # `return` is a keyword of Python, so it cannot be named in the call.
            response: dict[str, Any] = {"return": PropertyValue.marshal_map(encode(answer))}
            return proto.InvokeResponse(**response)

        return await self._run(context, work)

    async def CheckConfig(self, request: proto.CheckRequest, context: Any) -> proto.CheckResponse:
        def work() -> proto.CheckResponse:
            news = self._decode(request.news)
            try:
                settings = self._plugin.check_settings(news.values)
            except CheckFailed as error:
                return proto.CheckResponse(failures=self._refusals(error, news.secrets))
            return proto.CheckResponse(inputs=PropertyValue.marshal_map(encode(settings, news.secrets)))

        return await self._run(context, work)

    async def DiffConfig(self, request: proto.DiffRequest, context: Any) -> proto.DiffResponse:
        def work() -> proto.DiffResponse:
            olds, news = self._decode(request.olds).values, self._decode(request.news).values
            return _diff_response(self._plugin.diff_settings(olds, news).without(request.ignoreChanges))

        return await self._run(context, work)

    async def Handshake(self, request: Any, context: Any) -> provider_pb2.ProviderHandshakeResponse:
        # Nothing but secrets comes in a form of its own: the engine then sends an id in the place of a resource, and
        # unknowns in the one form that `decode` reads.
        return provider_pb2.ProviderHandshakeResponse(accept_secrets=True, accept_resources=False, accept_outputs=False)

    async def Configure(self, request: proto.ConfigureRequest, context: Any) -> proto.ConfigureResponse:
        settings = self._decode(request.args).values
        await self._run(context, functools.partial(self._plugin.use_settings, settings))
        # The same again, for an engine that began without a handshake.
        forms = await self.Handshake(None, context)
        return proto.ConfigureResponse(
            acceptSecrets=forms.accept_secrets,
            acceptResources=forms.accept_resources,
            acceptOutputs=forms.accept_outputs,
            supportsPreview=True,
        )

    async def Cancel(self, request: Any, context: Any) -> empty_pb2.Empty:
        self._cancelled.set()
        return empty_pb2.Empty()


_KINDS = {
    (Change.ADD, False): proto.PropertyDiff.ADD,
    (Change.ADD, True): proto.PropertyDiff.ADD_REPLACE,
    (Change.DELETE, False): proto.PropertyDiff.DELETE,
    (Change.DELETE, True): proto.PropertyDiff.DELETE_REPLACE,
    (Change.UPDATE, False): proto.PropertyDiff.UPDATE,
    (Change.UPDATE, True): proto.PropertyDiff.UPDATE_REPLACE,
}


def _diff_response(diff: Diff) -> proto.DiffResponse:
    return proto.DiffResponse(
        changes=proto.DiffResponse.DIFF_SOME if diff.changes else proto.DiffResponse.DIFF_NONE,
        replaces=sorted({top_level(path) for path in diff.replaces}),
        diffs=sorted({top_level(path) for path in diff.changes}),
        stables=diff.stables,
        deleteBeforeReplace=diff.delete_before_replace,
        hasDetailedDiff=True,
        detailedDiff={
            path: proto.PropertyDiff(kind=_KINDS[kind, path in diff.replaces], inputDiff=False)
            for path, kind in diff.changes.items()
        },
    )


def _marks(handler: ResourceHandler, secrets: frozenset[Path]) -> frozenset[Path]:
    """Where a resource's properties are secret, given where the program's inputs are."""
    private = {path[0] for path in secrets}
    derived = {(name,) for name, source in handler.derived_from.items() if source in private}
    return secrets | derived | {(name,) for name in handler.secret_outputs}
