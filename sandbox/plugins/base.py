"""What every provider stand-in shares: the gRPC side of a Pulumi provider, with plain Python behind it.

This is the one place that knows `pulumi.provider.experimental` and the wire messages. A stand-in subclasses `Plugin`,
answers `resource(type)` with a `ResourceHandler`, and ends in `serve(plugin, version)`. Handlers may block: each call
runs in a thread.

The protocol is that of https://www.pulumi.com/docs/iac/extending-pulumi/ and pulumi's `proto/pulumi/provider.proto`.
"""

from __future__ import annotations

import asyncio
import contextlib
import functools
import logging
import sys
import threading
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any, NoReturn, TypeVar

import grpc
import grpc.aio
from google.protobuf import empty_pb2
from pulumi.provider.experimental.property_value import PropertyValue
from pulumi.provider.experimental.server import ProviderServicer
from pulumi.runtime import proto
from pulumi.runtime._grpc_settings import _GRPC_CHANNEL_OPTIONS  # pyright: ignore[reportPrivateUsage]
from pulumi.runtime.proto import provider_pb2, provider_pb2_grpc, status_pb2

from sandbox.plugins.diffs import Change, Diff, compare, top_level
from sandbox.plugins.handlers import (
    CheckFailed,
    Created,
    Found,
    InitFailed,
    Operation,
    Plugin,
    PluginError,
    ResourceHandler,
    autoname,
    preview_outputs,
)
from sandbox.plugins.values import (
    UNKNOWN,
    Decoded,
    Path,
    Properties,
    Redactor,
    Unknown,
    UnsupportedValue,
    decode,
    encode,
    format_path,
    has_unknown,
    lookup,
)

__all__ = [
    "UNKNOWN",
    "Change",
    "CheckFailed",
    "Created",
    "Diff",
    "Found",
    "InitFailed",
    "Operation",
    "Path",
    "Plugin",
    "PluginError",
    "Properties",
    "ResourceHandler",
    "Unknown",
    "UnsupportedValue",
    "autoname",
    "compare",
    "decode",
    "encode",
    "format_path",
    "has_unknown",
    "lookup",
    "preview_outputs",
    "serve",
]

log = logging.getLogger("sandbox.plugins")
T = TypeVar("T")


class _Servicer(ProviderServicer):
    """Turns wire messages into `Operation`s and outcomes of handlers into wire messages."""

    def __init__(self, args: list[str], version: str, plugin: Plugin, engine: str, redactor: Redactor) -> None:
        super().__init__(args, version, plugin, engine)
        self._plugin = plugin
        self._redactor = redactor
        self._cancelled = threading.Event()
        # EKS and Helm waits hold a thread each while the engine goes on with everything that does not depend on them.
        self._threads = ThreadPoolExecutor(max_workers=64, thread_name_prefix="handler")

    async def _run(self, context: Any, work: Callable[[], T], refused: Callable[[CheckFailed], T] | None = None) -> T:
        """Run blocking work in a thread; a failure ends the call with its message, a refusal has its own answer."""
        try:
            return await asyncio.get_running_loop().run_in_executor(self._threads, work)
        except CheckFailed as error:
            if refused is not None:
                return refused(error)
            await self._abort(context, str(error))
        except InitFailed as error:
            detail = provider_pb2.ErrorResourceInitFailed(
                id=error.id,
                properties=PropertyValue.marshal_map(encode(error.outputs)),
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
        always = frozenset((name,) for name in self._plugin.resource(op.type).secret_outputs)
        marks = always.union(*secrets)
        self._redactor.learn(Decoded(dict(values), marks))
        return PropertyValue.marshal_map(encode(values, marks))

    async def Check(self, request: proto.CheckRequest, context: Any) -> proto.CheckResponse:
        def work() -> proto.CheckResponse:
            news, olds = self._decode(request.news), self._decode(request.olds)
            op = self._operation(request, inputs=news.values, old_inputs=olds.values, seed=request.randomSeed)
            inputs = self._plugin.resource(op.type).check(op)
            return proto.CheckResponse(inputs=PropertyValue.marshal_map(encode(inputs, news.secrets)))

        return await self._run(context, work, self._check_failures)

    def _check_failures(self, error: CheckFailed) -> proto.CheckResponse:
        failures = [proto.CheckFailure(property=p, reason=self._redactor.clean(r)) for p, r in error.failures]
        return proto.CheckResponse(failures=failures)

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
            made = Created("", handler.preview(op)) if op.preview else handler.create(op)
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
            inputs = PropertyValue.marshal_map(encode(found.inputs, olds.secrets))
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
            outputs = handler.preview(op) if op.preview else handler.update(op)
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
            answer = self._plugin.function(request.tok, self._decode(request.args).values)
            # `return` is a keyword of Python, so it cannot be named in the call.
            response: dict[str, Any] = {"return": PropertyValue.marshal_map(encode(answer))}
            return proto.InvokeResponse(**response)

        def refused(error: CheckFailed) -> proto.InvokeResponse:
            return proto.InvokeResponse(failures=self._check_failures(error).failures)

        return await self._run(context, work, refused)

    async def CheckConfig(self, request: proto.CheckRequest, context: Any) -> proto.CheckResponse:
        def work() -> proto.CheckResponse:
            news = self._decode(request.news)
            settings = self._plugin.check_settings(news.values)
            return proto.CheckResponse(inputs=PropertyValue.marshal_map(encode(settings, news.secrets)))

        return await self._run(context, work, self._check_failures)

    async def DiffConfig(self, request: proto.DiffRequest, context: Any) -> proto.DiffResponse:
        def work() -> proto.DiffResponse:
            olds, news = self._decode(request.olds).values, self._decode(request.news).values
            return _diff_response(self._plugin.diff_settings(olds, news).without(request.ignoreChanges))

        return await self._run(context, work)

    async def Configure(self, request: proto.ConfigureRequest, context: Any) -> proto.ConfigureResponse:
        settings = self._decode(request.args).values
        await self._run(context, functools.partial(self._plugin.use_settings, settings))
        # Outputs inside arguments are not accepted: the engine then sends unknowns in the one form that `decode` reads.
        return proto.ConfigureResponse(
            acceptSecrets=True, acceptResources=True, acceptOutputs=False, supportsPreview=True
        )

    async def Cancel(self, request: Any, context: Any) -> empty_pb2.Empty:
        self._cancelled.set()
        return await super().Cancel(request, context)


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


def serve(plugin: Plugin, version: str, args: list[str] | None = None) -> None:
    """Run the plugin until the engine ends it: prints the port, as the engine's plugin protocol wants, then serves.

    Args:
        plugin: the stand-in.
        version: of the provider it stands in for.
        args: the command line after the program's name; the first is the engine's address.
    """
    arguments = sys.argv[1:] if args is None else args
    engine = next((argument for argument in arguments if not argument.startswith("-")), "")
    redactor = Redactor()
    handler = logging.StreamHandler(sys.stderr)
    handler.addFilter(redactor)
    logging.basicConfig(level=logging.WARNING, handlers=[handler], format="%(message)s")

    async def run() -> None:
        server = grpc.aio.server(options=_GRPC_CHANNEL_OPTIONS)
        servicer = _Servicer(arguments, version, plugin, engine, redactor)
        provider_pb2_grpc.add_ResourceProviderServicer_to_server(servicer, server)
        port = server.add_insecure_port("127.0.0.1:0")
        await server.start()
        print(port, flush=True)
        await server.wait_for_termination()

    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(run())
