"""What the class of a resource type says of its API in tables, and the calls that are made from them.

A table is a text of names with spaces between, dotted where nested, or a JMESPath expression (https://jmespath.org).
Where a resource is special, its class overrides the method that reads the table.
"""

import inspect
import re
from collections.abc import Mapping
from functools import cached_property
from string import Template
from typing import Any, ClassVar, NamedTuple

import jmespath
from botocore.exceptions import ClientError

from provider_kit import PluginError, Properties
from sandbox.plugins.aws import policy_documents, service_model
from sandbox.plugins.aws.operation import Step
from sandbox.plugins.aws.sameness import empty
from sandbox.plugins.aws.session import Cloud, is_gone
from sandbox.plugins.aws.spelling import pascal, plain, selected


class Input(NamedTuple):
    """A word of the table `inputs`."""

    apart: str
    name: str
    marks: str
    api: str


def words(inputs: str) -> list[Input]:
    """The table `inputs`, taken apart."""
    return [Input(*re.fullmatch(r"(\+?)([\w.*]+)([!?~-]*)=?(\w*)", word).groups()) for word in inputs.split()]  # pyright: ignore[reportOptionalMemberAccess]


class Change(NamedTuple):
    """A line of the table `changes`."""

    inputs: list[str]
    made: bool
    call: str
    unset: str
    params: str


class ApiTable:
    """The tables of one resource type, and its calls."""

    token: ClassVar[str]
    service: ClassVar[str]
    label: ClassVar[str]
    """What it is called in error messages, as the real provider calls it."""
    thing: ClassVar[str] = ""
    """What calls are called after, with the service's verbs, where the tables below do not name them: `role`."""
    verbs: ClassVar[str] = "create describe delete"

    inputs: ClassVar[str] = ""
    """The inputs that this stand-in carries out; any other is refused.

    They go into the create call as they are, `name=AliasName` where more than the capital differs, but for those with a
    `+` before. Marks after a name, or after a part of an input such as `vpcConfig.vpcId`: `!` it cannot be changed in
    place; `?` AWS fills it when the program leaves it out (`a.*`: everything in `a`); `~` its order has no meaning;
    `-` AWS does not know it or does not give it back, it lives in Pulumi's state only.
    """
    small: ClassVar[bool] = False
    """Whether the API's parameters begin with a small letter."""
    policies: ClassVar[Mapping[str, Any]] = {}
    """Inputs that are policy documents, with their kind."""
    defaults: ClassVar[Mapping[str, Any]] = {}
    """What the provider says for an input that is left out, and what an output is that AWS leaves out."""

    key: ClassVar[str]
    """The API's parameters that make up the id, with what stands between them: `RoleName`, `clusterName:addonName`."""
    create_call: ClassVar[str] = ""
    create_params: ClassVar[str] = ""
    """JMESPath over inputs and `derived` to further parameters."""
    made: ClassVar[str] = ""
    """JMESPath to the id in the create call's answer; left out, the id is made of the create call's parameters."""
    reads: ClassVar[str] = ""
    """The calls that describe it, the one that knows whether it is there first; their answers are taken together."""
    item: ClassVar[str] = "@"
    """JMESPath to the description in the answers, empty if it is gone; `$name` is that part of the key."""
    outputs: ClassVar[str] = ""
    """JMESPath over description, answers and key to the outputs besides the `inputs` of the create call."""
    changes: ClassVar[str] = ""
    """A line for each call that carries out a change: `input other: call / unset {JMESPath to parameters}`.

    `unset` takes its place where the first input is empty; `nothing` is no call. Without parameters it takes the inputs
    under their API names, and always the key. With `, made` after the inputs it is called after a create, too.
    """
    tag_calls: ClassVar[str] = "tag_resource untag_resource"
    tag_target: ClassVar[str] = ""
    """The parameter of the tag calls that takes the ARN; left out, they take the key."""
    tags_apart: ClassVar[bool] = False
    """Whether a create has to be followed by a call that sets the tags."""
    arn: ClassVar[str] = "arn"
    """The ARN in the description, for `tag_target`."""
    kind: ClassVar[str] = ""
    """What EC2's tag specifications and ARNs call it."""
    delete_call: ClassVar[str] = ""
    delete_params: ClassVar[str] = ""
    """JMESPath over the inputs to further parameters."""

    status: ClassVar[str] = "status"
    ready_state: ClassVar[str] = ""
    """What `status` of the description is waited for; left out, it is usable at once."""
    why: ClassVar[str] = "''"
    """JMESPath over the description to the reason of a failure."""
    minutes: ClassVar[float] = 60
    gone_minutes: ClassVar[float] = 0
    """How long the real provider waits after a create and after a delete; 0 if it is gone at once."""

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        for table, text in cls.usual().items() if "thing" in vars(cls) else ():
            if table not in vars(cls):
                setattr(cls, table, text)

    def __init__(self, cloud: Cloud) -> None:
        self.cloud, said = cloud, words(self.inputs)
        self.api_names = {
            word.name: word.api or (word.name if self.small else pascal(word.name))
            for word in said
            if not word.apart and "." not in word.name
        }
        self.supports = " ".join(word.name for word in said if "." not in word.name)
        self.replaced_by, self.chosen_by_aws, self.unordered, self.kept = (
            " ".join(word.name for word in said if mark in word.marks) for mark in "!?~-"
        )

    @classmethod
    def usual(cls) -> dict[str, str]:
        """The tables that follow from `thing`."""
        calls = (f"{verb}_{cls.thing}" for verb in cls.verbs.split())
        return dict(zip(("create_call", "reads", "delete_call"), calls, strict=True))

    @cached_property
    def steps(self) -> list[Change]:
        """The table `changes`, whose lines go on where the next one is indented."""
        found: list[Change] = []
        for line in filter(None, re.split(r"\n(?! )", inspect.cleandoc(self.changes))):
            head, brace, params = line.partition(" {")
            inputs, calls = re.split(r":\s+", head)
            call, _, unset = calls.strip().partition(" / ")
            names, made, _ = inputs.partition(", made")
            found.append(Change(names.split(), bool(made), call, unset, brace + params))
        return found

    # What tables cannot say.

    def derived(self, step: Step) -> Properties:
        """Values that `create_params` and `changes` may name besides the inputs."""
        return {}

    def more(self, step: Step, found: Properties) -> Properties:
        """Outputs that `outputs` cannot say."""
        return {}

    def called(self, step: Step, id: str, answer: Properties) -> None:
        """Follow up one call of `changes`."""

    def key_of(self, step: Step, id: str) -> Properties:
        """The parameters that the id stands for."""
        names, separators = re.findall(r"\w+", self.key), re.findall(r"\W", self.key)
        parts = id.split(separators[0], len(separators)) if separators else [id]
        if len(parts) != len(names):
            raise PluginError(f'unexpected format for ID ("{id}"), expected {self.key}')
        return dict(zip(names, parts, strict=True))

    # Create, change, tag, delete.

    def params(self, step: Step) -> Properties:
        """The create call's parameters; inputs may be unknown, then this is only checked."""
        said = {api: step.inputs[name] for name, api in self.api_names.items() if step.inputs.get(name) is not None}
        said |= selected(self.create_params, {**step.inputs, **self.derived(step)})
        if "tags" in self.supports.split() and not self.tags_apart:
            said |= service_model.tagging(step.client, self.create_call, step.tags, self.kind)
        return said

    def make(self, step: Step) -> str:
        """Create it; gives the id."""
        params = self.params(step)
        answer = getattr(step.client, self.create_call)(**params)
        return jmespath.search(self.made, answer) if self.made else re.sub(r"\w+", lambda n: params[n[0]], self.key)

    def call(self, step: Step, id: str, method: str, **params: Any) -> Properties:
        """Make a call with as much of the key as it takes."""
        key = service_model.fitting(step.client, method, self.key_of(step, id))
        return getattr(step.client, method)(**{**key, **params})

    def apply(self, step: Step, id: str) -> None:
        """Carry out what has calls of its own; after a create, and for an update."""
        if self.tags_apart and step.made and step.tags:
            self.retag(step, id, step.tags, [])
        for change in self.steps:
            if step.touches(*change.inputs) and (change.made or not step.made):
                self.carry_out(step, id, change)

    def carry_out(self, step: Step, id: str, change: Change) -> None:
        """Make the call of a change."""
        said = {**step.inputs, **self.derived(step), "id": id}
        if change.unset and empty(jmespath.search(change.inputs[0], said)):
            if change.unset != "nothing":
                self.called(step, id, self.call(step, id, change.unset))
            return
        picked = {self.api_names.get(n, pascal(n)): said[n] for n in change.inputs if said.get(n) is not None}
        params = selected(change.params, said) if change.params else picked
        self.called(step, id, self.call(step, id, change.call, **params))

    def tagged(self, step: Step, id: str) -> Properties:
        """What the tag calls take besides the key."""
        # The state of a resource that failed half-way need not have its ARN.
        return {self.tag_target: (self.look(step, id) or {})[self.arn]} if self.tag_target else {}

    def retag(self, step: Step, id: str, put: dict[str, str], drop: list[str]) -> None:
        """Set and remove tags."""
        tag, untag = self.tag_calls.split()
        target = self.tagged(step, id)
        if drop:
            self.call(step, id, untag, **target, **service_model.untagging(step.client, untag, drop))
        if put:
            self.call(step, id, tag, **target, **service_model.tagging(step.client, tag, put))

    def remove(self, step: Step, id: str) -> None:
        """Delete it; a not-found error counts as done."""
        if not step.get("skipDestroy"):
            self.call(step, id, self.delete_call, **selected(self.delete_params, step.inputs))

    # Look.

    def read_params(self, step: Step, id: str) -> Properties:
        """Parameters of the reads, of which each gets those that it takes."""
        return self.key_of(step, id)

    def _answer(self, step: Step, id: str, method: str) -> Properties:
        params = service_model.fitting(step.client, method, self.read_params(step, id))
        if step.client.can_paginate(method):
            return step.client.get_paginator(method).paginate(**params).build_full_result()
        return getattr(step.client, method)(**params)

    def look(self, step: Step, id: str) -> Properties | None:
        """The API's description, by the first of the reads; None or a not-found error if it is gone."""
        answer = self._answer(step, id, self.reads.split()[0])
        return jmespath.search(Template(self.item).safe_substitute(self.key_of(step, id)), answer) or None

    def describe(self, step: Step, id: str) -> Properties | None:
        """All outputs as AWS has them, tags under `tagsAll`; None or a not-found error if it is gone."""
        item = self.look(step, id)
        if item is None:
            return None
        found = {**self.key_of(step, id), **item}
        for method in self.reads.split()[1:]:
            found |= self._answer(step, id, method)
        if self.tag_target and "tags" in self.supports.split():
            # From the tagging call, since it is what `retag` changes.
            found |= step.client.list_tags_for_resource(**{self.tag_target: item[self.arn]})
        outputs = {name: found.get(api) for name, api in self.api_names.items()}
        outputs |= jmespath.search(self.outputs, found) if self.outputs else {}
        outputs["tagsAll"] = service_model.tag_map(found.get("Tags") or found.get("tags"))
        outputs |= self.more(step, found)
        outputs |= {name: policy_documents.text(outputs.get(name)) for name in self.policies}
        return {**self.defaults, **{name: plain(value) for name, value in outputs.items() if value is not None}}

    # Wait.

    def ready(self, step: Step, id: str) -> None:
        """Wait until it is usable."""
        if self.ready_state:
            self._wait(step, id, self.ready_state, f"to be {self.ready_state}", self.minutes)

    def removed(self, step: Step, id: str) -> None:
        """Wait until it is gone."""
        if self.gone_minutes:
            self._wait(step, id, None, "delete", self.gone_minutes)

    def _wait(self, step: Step, id: str, wanted: str | None, what: str, minutes: float) -> None:
        """Wait for a state; None is gone. A failed one raises PluginError."""

        def probe() -> bool | None:
            try:
                found = self.look(step, id)
            except ClientError as error:
                if wanted or not is_gone(error):
                    raise
                found = None
            state = None if found is None else str(found.get(self.status, ""))
            if state and state.lower().endswith("failed"):
                reason = jmespath.search(self.why, found) or ""
                text = f"unexpected state '{state}', wanted target '{wanted or ''}'. {reason}"
                raise PluginError(text.rstrip(". "))
            return True if state == wanted else None

        step.wait(f"{self.label} ({id}) {what}", probe, minutes)
