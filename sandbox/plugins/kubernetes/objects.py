"""The handler of every kind of object: check, diff, create, read, update, delete."""

from __future__ import annotations

import random
import secrets
from typing import ClassVar, Final

import tenacity

from provider_kit.server import (
    Created,
    Diff,
    Found,
    InitFailed,
    Operation,
    PluginError,
    Properties,
    ResourceHandler,
    Unknown,
    compare,
)
from sandbox.plugins import sdk_schema
from sandbox.plugins.kubernetes import ownership, waiting
from sandbox.plugins.kubernetes.cluster import ApiError, Cluster, NoMatch, Unreachable
from sandbox.plugins.kubernetes.kinds import Kind, annotation
from sandbox.plugins.kubernetes.settings import Settings, gone_with_cluster, refused
from sandbox.plugins.kubernetes.shape import (
    finalizers_of,
    foreseen,
    imported_inputs,
    in_scope,
    known,
    live_inputs,
    metadata_of,
    name_of,
    namespace_of,
    normalized,
    object_id,
    parse_id,
    without_read_only,
)

_MANAGER: Final = "__fieldManager"
_AUTONAMED: Final = "pulumi.com/autonamed"
_ADOPT: Final = (
    "The object is already in the cluster. Import it (`pulumi import`), give an alias if only the Pulumi name changed, "
    "or set upsertExistingObjects on the provider to take such objects over."
)


class ObjectHandler(ResourceHandler):
    """One kind of object on one cluster."""

    def __init__(self, kind: Kind, cluster: Cluster, settings: Settings) -> None:
        self._kind = kind
        self._cluster = cluster
        self._settings = settings

    def check(self, op: Operation) -> Properties:
        inputs: Properties = {"apiVersion": self._kind.api_version, "kind": self._kind.kind, **op.inputs}
        failures = self._type_problems(op.type, inputs)
        if failures:
            raise refused(failures)
        inputs = without_read_only(inputs)
        if isinstance(inputs.get("metadata"), Unknown):
            return inputs
        metadata = dict(metadata_of(inputs))
        if "generateName" in metadata and "name" not in metadata:
            raise refused(
                [
                    (
                        "metadata.generateName",
                        "the `.metadata.generateName` field is not supported in Server-Side Apply mode",
                    )
                ]
            )
        if not metadata.get("name"):
            self._autoname(op, metadata)
        if not metadata.get("namespace") and self._namespaced():
            metadata["namespace"] = self._cluster.namespace
        return {**inputs, "metadata": metadata}

    def _type_problems(self, token: str, inputs: Properties) -> list[tuple[str, str]]:
        try:
            return sdk_schema.problems(token, inputs)
        except sdk_schema.NoSuchType:
            # A custom resource: its CustomResourceDefinition is the schema, and the API server knows that one.
            found: list[tuple[str, str]] = []
        given = (inputs["apiVersion"], inputs["kind"])
        if given != (self._kind.api_version, self._kind.kind):
            found.append(("kind", f"{given[0]}/{given[1]} does not fit the type {token}"))
        metadata = inputs.get("metadata", {})
        if not isinstance(metadata, dict | Unknown):
            found.append(("metadata", "expected object type"))
        return found

    @staticmethod
    def _autoname(op: Operation, metadata: Properties) -> None:
        if isinstance(metadata.get("annotations"), Unknown):
            raise refused([("metadata.name", "a name is required where the annotations are not known in advance")])
        old = metadata_of(op.old_inputs)
        if (old.get("annotations") or {}).get(_AUTONAMED) == "true":
            metadata["name"] = old["name"]
        else:
            digits = random.Random(op.seed or secrets.token_bytes(32)).randbytes(4).hex()
            metadata["name"] = f"{op.name}-{digits}"
        metadata["annotations"] = {**metadata.get("annotations", {}), _AUTONAMED: "true"}

    def _namespaced(self) -> bool:
        if self._kind.built_in:
            return self._kind.namespaced()
        try:
            return self._cluster.mapping(self._kind).namespaced
        except (NoMatch, Unreachable):
            # The CustomResourceDefinition comes later in this update; then this is asked again.
            return self._kind.namespaced()

    def diff(self, op: Operation) -> Diff:
        namespaced = self._namespaced()
        new = in_scope(normalized(self._kind, op.inputs), namespaced)
        old_inputs = in_scope(normalized(self._kind, op.old_inputs), namespaced)
        live = in_scope(live_inputs(self._kind, op.state, old_inputs), namespaced)
        found = self._compare(live, new)
        if found.changes and known(new) and not compare(old_inputs, new).changes:
            # Either somebody changed the object, or the server writes a value in another way than the program does.
            found = self._compare(live, self._as_server_writes(op, new, namespaced))
        name, namespace = name_of(new), namespace_of(new)
        autonamed = annotation(op.inputs, "autonamed") == "true"
        same_place = name == name_of(op.state) and namespace in ("", namespace_of(live))
        found.delete_before_replace = bool(found.replaces) and not autonamed and same_place
        return found

    def _compare(self, live: Properties, new: Properties) -> Diff:
        forced = self._kind.immutable(new, self._settings.mutable_secrets, self._settings.mutable_config_maps)
        return compare(live, new, replace=forced)

    def _as_server_writes(self, op: Operation, new: Properties, namespaced: bool) -> Properties:
        try:
            kept = ownership.plan(self._cluster, self._kind, new, self._manager(op), force=True)
        except (ApiError, NoMatch, Unreachable):
            return new
        return in_scope(live_inputs(self._kind, kept, new), namespaced)

    @staticmethod
    def _manager(op: Operation) -> str:
        chosen = annotation(op.inputs, "patchFieldManager")
        return chosen or op.state.get(_MANAGER) or ownership.new_manager()

    def preview(self, op: Operation) -> Properties:
        if not known(op.inputs) or not self._served():
            return foreseen(op.inputs, op.state)
        try:
            if op.id:
                planned = ownership.plan(
                    self._cluster, self._kind, op.inputs, self._manager(op), force=self._settings.patch_force
                )
            else:
                planned = ownership.create(self._cluster, self._kind, op.inputs, dry_run=True)
        except ApiError as error:
            # The namespace may be made by this very update; an existing object may be deleted or replaced by it.
            if error.code in (403, 404) or error.reason == "AlreadyExists":
                return foreseen(op.inputs, op.state)
            raise PluginError(f'resource "{op.urn}" would be refused by the Kubernetes API server: {error}') from error
        return foreseen(planned, op.state)

    def _served(self) -> bool:
        try:
            self._cluster.mapping(self._kind)
        except (NoMatch, Unreachable):
            return False
        return True

    def create(self, op: Operation) -> Created:
        manager = self._manager(op)
        conditions = waiting.ready_conditions(self._kind, op.inputs)
        try:
            live = self._retrying(op)(self._make, op.inputs, manager)
        except NoMatch as error:
            raise PluginError(
                f'creation of resource "{op.urn}" with kind {self._kind.api_version}/{self._kind.kind} failed because '
                "the Kubernetes API server reported that the apiVersion for this resource does not exist. "
                f"Verify that any required CRDs have been created: {error}"
            ) from error
        except ApiError as error:
            hint = f"\n\n{_ADOPT}" if error.reason == "AlreadyExists" else ""
            raise PluginError(
                f'resource "{op.urn}" was not successfully created by the Kubernetes API server: {error}{hint}'
            ) from error
        return Created(object_id(live), self._await(op, live, manager, conditions))

    def _make(self, obj: Properties, manager: str) -> Properties:
        if self._settings.upsert:
            return ownership.apply(self._cluster, self._kind, obj, manager, force=self._settings.patch_force)
        return ownership.create(self._cluster, self._kind, obj)

    @staticmethod
    def _retrying(op: Operation) -> tenacity.Retrying:
        """A namespace or CRD made a moment ago may not be served yet, as the real provider allows for."""

        def early(error: BaseException) -> bool:
            return isinstance(error, NoMatch) or (isinstance(error, ApiError) and error.code == 404)

        return tenacity.Retrying(
            retry=tenacity.retry_if_exception(early),
            wait=tenacity.wait_exponential(multiplier=0.5, max=8),
            stop=tenacity.stop_after_attempt(6) | tenacity.stop_when_event_set(op.cancelled),
            sleep=tenacity.sleep_using_event(op.cancelled),
            reraise=True,
        )

    def _await(self, op: Operation, live: Properties, manager: str, conditions: list[waiting.Condition]) -> Properties:
        """Waits until the object is ready; returns its outputs. Raises `InitFailed`."""

        def unmet(seen: Properties | None) -> str:
            if seen is None:
                return "the object is gone"
            return next((reason for reason in (condition(seen) for condition in conditions) if reason), "")

        if conditions:
            look_up = (self._kind, namespace_of(live), name_of(live))
            try:
                live = waiting.Waiter.of(op, op.inputs).until(lambda: self._cluster.get(*look_up), unmet) or live
            except PluginError as error:
                reason = (
                    f'resource "{op.urn}" was successfully created, but the Kubernetes API server '
                    f"reported that it failed to fully initialize or become live: {error}"
                )
                raise InitFailed(object_id(live), self._outputs(live, manager), [reason]) from error
        return self._outputs(live, manager)

    @staticmethod
    def _outputs(live: Properties, manager: str) -> Properties:
        return {**live, _MANAGER: manager}

    def read(self, op: Operation) -> Found | None:
        if gone_with_cluster(self._cluster, self._settings):
            return None
        namespace, name = parse_id(op.id)
        try:
            live = self._cluster.get(self._kind, namespace or self._cluster.namespace, name)
        except NoMatch:
            # Its CustomResourceDefinition is gone, and all its objects with it.
            return None
        if live is None:
            return None
        inputs = live_inputs(self._kind, live, op.old_inputs) if op.old_inputs else imported_inputs(live)
        return Found(op.id, self._outputs(live, self._manager(op)), inputs)

    def update(self, op: Operation) -> Properties:
        manager = self._manager(op)
        conditions = waiting.ready_conditions(self._kind, op.inputs)
        try:
            live = self._cluster.get(self._kind, namespace_of(op.inputs), name_of(op.inputs))
            if live is None:
                raise PluginError(f'update of resource "{op.urn}" failed: the object is gone; refresh the stack')
            ownership.take_over(self._cluster, self._kind, live, manager)
            changed = ownership.apply(self._cluster, self._kind, op.inputs, manager, force=self._settings.patch_force)
        except ApiError as error:
            raise PluginError(f'update of resource "{op.urn}" failed: {error}') from error
        return self._await(op, changed, manager, conditions)

    def delete(self, op: Operation) -> None:
        if gone_with_cluster(self._cluster, self._settings):
            return
        namespace, name = parse_id(op.id)
        namespace = namespace or self._cluster.namespace
        chosen = annotation(op.old_inputs, "deletionPropagationPolicy").lower()
        policy = {"orphan": "Orphan", "background": "Background"}.get(chosen, "Foreground")
        try:
            path = self._cluster.mapping(self._kind).path(namespace, name)
            self._cluster.request("DELETE", path, body={"propagationPolicy": policy})
        except NoMatch:
            return
        except ApiError as error:
            if error.code == 404:
                return
            raise
        uid = metadata_of(op.state).get("uid")

        def still_there(live: Properties | None) -> str:
            if live is None or (uid and live["metadata"]["uid"] != uid):
                return ""
            return f"the object still exists{finalizers_of(live)}"

        waiting.Waiter.of(op, op.old_inputs).until(lambda: self._cluster.get(self._kind, namespace, name), still_there)


class SecretHandler(ObjectHandler):
    """A Secret: whatever it holds is secret, wherever it came from."""

    secret_outputs: ClassVar[tuple[str, ...]] = ("data", "stringData")
