"""What the engine asks of any AWS resource, answered from the tables of its type.

It behaves as the bridged Terraform provider does: the state is compared with the inputs; what the program leaves out is
compared with the default, unless AWS chooses the value.
"""

import dataclasses
import functools
from collections.abc import Iterator
from typing import Any, ClassVar

from botocore.exceptions import BotoCoreError, ClientError

from provider_kit import (
    CheckFailed,
    Created,
    Diff,
    Found,
    InitFailed,
    Operation,
    PluginError,
    Properties,
    ResourceHandler,
    Unknown,
    autoname,
    compare,
    preview_outputs,
    top_level,
)
from sandbox.plugins import sdk_schema
from sandbox.plugins.aws import policy_documents, request_check
from sandbox.plugins.aws.api_table import ApiTable
from sandbox.plugins.aws.operation import Step, explained
from sandbox.plugins.aws.sameness import Matching, empty
from sandbox.plugins.aws.session import is_gone
from sandbox.plugins.sdk_schema import Problem


class AwsResource(ApiTable, ResourceHandler):
    """One resource type, as https://www.pulumi.com/registry/packages/aws/api-docs/ describes it."""

    named: ClassVar[tuple[str, int] | None] = None
    """The input that is autonamed, and the greatest length of the name."""
    name_prefix: ClassVar[str] = ""
    """What every name has to begin with."""
    volatile: ClassVar[tuple[str, ...]] = ()
    """Outputs that an update changes."""
    delete_before_replace: ClassVar[bool] = False
    checks: ClassVar[tuple[tuple[Any, ...], ...]] = ()
    """Functions of `input_checks`, each with what it is asked."""

    def verify(self, inputs: Properties) -> Iterator[Problem]:
        """What `checks` cannot say."""
        yield from ()

    def check(self, op: Operation) -> Properties:
        inputs = dict(op.inputs)
        inputs.pop("__defaults", None)
        failures = sdk_schema.problems(self.token, inputs)
        known = {top_level(path) for path, _ in failures}
        extra = [key for key in inputs if key not in self._supported and key not in known and not key.startswith("__")]
        failures += [(key, f"the sandbox's {self.token} does not support {key}") for key in extra]
        if failures:
            raise CheckFailed(failures)
        if self.named:
            name = f"{self.name_prefix}{op.name}"
            autoname(dataclasses.replace(op, name=name), self.named[0], inputs, length=self.named[1])
        for name, kind in self.policies.items():
            if name in inputs:
                inputs[name] = policy_documents.text(inputs[name])
                reason = policy_documents.problem(inputs[name], kind)
                failures += [(name, f'"{name}" {reason}')] if reason else []
        step = self._step(op, inputs)
        failures += [problem for check, *asked in self.checks for problem in check(step.inputs, *asked)]
        failures += self.verify(step.inputs)
        if self.create_call and not failures:
            names = {api: name for name, api in self.api_names.items()}
            failures += request_check.request_problems(step.client, self.create_call, self.params(step), names)
        if failures:
            raise CheckFailed(failures)
        return inputs

    def diff(self, op: Operation) -> Diff:
        old = {key: value for key, value in op.state.items() if key in self._supported or key == "tagsAll"}
        new = {**self.defaults, **{key: value for key, value in op.inputs.items() if key in self._supported}}
        if "tags" in self._supported:
            new["tagsAll"] = self.cloud.tags_all(op.inputs.get("tags"))
            if old.get("tags") != new.get("tags") and (old.get("tags") or new.get("tags")):
                # Shown once, under `tags`; `tagsAll` stands for the provider's default tags.
                new.pop("tagsAll")
                old.pop("tagsAll", None)
        if op.inputs.get("region") is None:
            old.pop("region", None)
        diff = compare(old, new, replace=[*self.replaced_by.split(), "region"], same=self.matching.same)
        name = self.named[0] if self.named else ""
        same_name = name and name not in op.inputs.get("__defaults", []) and old.get(name) == new.get(name)
        diff.delete_before_replace = bool(diff.replaces and (self.delete_before_replace or same_name))
        diff.stables = [name for name in ("arn", "id", *self.replaced_by.split()) if "." not in name]
        return diff

    def preview(self, op: Operation) -> Properties:
        outputs = preview_outputs(op, list(sdk_schema.resource_type(self.token).outputs), self.volatile)
        if not op.id:
            outputs.update({key: value for key, value in self.defaults.items() if key not in op.inputs})
            outputs["region"] = op.inputs.get("region", self.cloud.region)
        if "tags" in self._supported:
            outputs["tags"], outputs["tagsAll"] = op.inputs.get("tags"), self.cloud.tags_all(op.inputs.get("tags"))
        return self._trimmed(outputs)

    def create(self, op: Operation) -> Created:
        step = self._step(op, op.inputs)
        step.changed = [name for name, value in step.inputs.items() if not self._aws_begins_with(name, value)]
        with explained(f"creating {self.label} ({op.inputs.get(self.named[0], op.name) if self.named else op.name})"):
            id = self.make(step)
        try:
            with explained(f"creating {self.label} ({id})"):
                self.apply(step, id)
                self.ready(step, id)
                outputs = self._outputs(step, id)
        except PluginError as error:
            raise InitFailed(id, self._partial(step, id), [str(error)]) from error
        if outputs is None:
            raise PluginError(f"creating {self.label} ({id}): it is gone right after it was made")
        return Created(id, outputs)

    def _aws_begins_with(self, name: str, value: Any) -> bool:
        return value == self.defaults[name] if name in self.defaults else empty(value)

    def read(self, op: Operation) -> Found | None:
        step = self._step(op, op.old_inputs)
        with explained(f"reading {self.label} ({op.id})"):
            outputs = self._outputs(step, op.id)
        return None if outputs is None else Found(outputs["id"], outputs, self._inputs_of(op, outputs))

    def update(self, op: Operation) -> Properties:
        step = self._step(op, op.inputs)
        with explained(f"updating {self.label} ({op.id})"):
            step.changed = self.diff(op).changes
            if not step.changed:
                # The engine's second try after a create that did not come to its end, of which the state may not tell.
                now = self._outputs(step, op.id) or {}
                step.changed = self.diff(dataclasses.replace(op, state=now)).changes
            self.apply(step, op.id)
            old = self.cloud.visible_tags(op.state.get("tagsAll") or {})
            put = {key: value for key, value in step.tags.items() if old.get(key) != value}
            drop = [key for key in old if key not in step.tags]
            if "tags" in self._supported and (put or drop):
                self.retag(step, op.id, put, drop)
            self.ready(step, op.id)
            outputs = self._outputs(step, op.id)
        if outputs is None:
            raise PluginError(f"updating {self.label} ({op.id}): couldn't find resource")
        return outputs

    def delete(self, op: Operation) -> None:
        step = self._step(op, op.old_inputs)
        with explained(f"deleting {self.label} ({op.id})", gone_is_fine=True):
            self.remove(step, op.id)
            self.removed(step, op.id)

    @functools.cached_property
    def _supported(self) -> frozenset[str]:
        return frozenset([*self.supports.split(), *([] if self.service == "iam" else ["region"])])

    @functools.cached_property
    def matching(self) -> Matching:
        """Which values of this resource are equal though written differently."""
        return Matching(
            documents=frozenset(self.policies),
            unordered=frozenset(self.unordered.split()),
            chosen=frozenset([*self.chosen_by_aws.split(), *(self.named[:1] if self.named else ())]),
        )

    def _step(self, op: Operation, inputs: Properties) -> Step:
        region = inputs.get("region") or op.state.get("region") or self.cloud.region
        region = self.cloud.region if isinstance(region, Unknown) else region
        given = {key: value for key, value in inputs.items() if not key.startswith("__")}
        client = self.cloud.client(self.service, region)
        return Step(op, self.cloud, client, region, {**self.defaults, **given}, self.cloud.tags_all(given.get("tags")))

    def _outputs(self, step: Step, id: str) -> Properties | None:
        try:
            found = self.describe(step, id)
        except ClientError as error:
            if is_gone(error):
                return None
            raise
        if found is None:
            return None
        outputs = {
            "region": step.region,
            "id": id,
            **found,
            **{name: step.inputs.get(name) for name in self.kept.split()},
        }
        if "tags" in self._supported:
            tags = self.cloud.visible_tags(found.get("tagsAll") or {})
            own: Any = step.get("tags") or {}
            own = {} if isinstance(own, Unknown) else own
            default = self.cloud.default_tags
            outputs["tagsAll"] = tags
            outputs["tags"] = {k: v for k, v in tags.items() if k in own or default.get(k) != v}
        return self._trimmed(outputs)

    def _trimmed(self, outputs: Properties) -> Properties:
        names = {*sdk_schema.resource_type(self.token).outputs, "id"}
        return {key: value for key, value in outputs.items() if key in names and value is not None}

    def _partial(self, step: Step, id: str) -> Properties:
        """What can be said of a resource that did not become ready."""
        try:
            return self._outputs(step, id) or dict(step.inputs)
        except (ClientError, BotoCoreError):
            return dict(step.inputs)

    def _inputs_of(self, op: Operation, outputs: Properties) -> Properties:
        """The inputs that describe what is there: the program's own words where they still mean the same."""
        if not op.old_inputs:
            chosen = {name.split(".")[0] for name in self.chosen_by_aws.split()} - {*self.replaced_by.split()}
            names = self._supported - chosen - {*self.kept.split(), "region"}
            found = {name: outputs.get(name) for name in names}
            return {name: v for name, v in found.items() if not empty(v) and v != self.defaults.get(name)}
        inputs = dict(op.old_inputs)
        for name in [name for name in inputs if not name.startswith("__")]:
            before, now = {name: outputs.get(name)}, {name: inputs[name]}
            if compare(before, now, same=self.matching.same).changes:
                inputs[name] = outputs.get(name)
        return {name: value for name, value in inputs.items() if value is not None}
