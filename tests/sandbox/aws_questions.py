"""Questions of the engine to the aws stand-in, one by one and as the whole life of a resource."""

from __future__ import annotations

import json
from typing import Any

from provider_kit import Diff, Operation, Properties
from sandbox.plugins.aws.provider import AwsPlugin

ACCOUNT = "123456789012"
ROLE_ARN = f"arn:aws:iam::{ACCOUNT}:role/r"
BUCKET, ROLE = "aws:s3/bucket:Bucket", "aws:iam/role:Role"


def statement(**changes: Any) -> str:
    """A policy document of one statement that reads an object, with some elements changed or, by None, left out."""
    said = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/*"} | changes
    kept = {name: value for name, value in said.items() if value is not None}
    return json.dumps({"Version": "2012-10-17", "Statement": [kept]})


TRUST = statement(Action="sts:AssumeRole", Resource=None, Principal={"Service": "eks.amazonaws.com"})
OPEN_KEY = {"Action": "kms:*", "Resource": "*"}


def operation(kind: str, inputs: Properties | None = None, **fields: Any) -> Operation:
    """A question of the engine about a resource called `job`."""
    urn = f"urn:pulumi:dev::vvp::{kind}::job"
    return Operation(urn=urn, type=kind, name="job", inputs=inputs or {}, seed=b"seed", **fields)


def checked(plugin: AwsPlugin, kind: str, inputs: Properties, **fields: Any) -> Properties:
    """The inputs after the check."""
    return plugin.resource(kind).check(operation(kind, inputs, **fields))


def compared(plugin: AwsPlugin, kind: str, state: Properties, inputs: Properties) -> Diff:
    """The diff of a state against inputs."""
    return plugin.resource(kind).diff(operation(kind, inputs, id="x", state=state, old_inputs=inputs))


# Their ids do not say which group or table they are in, as with the real provider.
_NOT_BY_ID = ("aws:ec2/securityGroupRule:SecurityGroupRule",)


class Life:
    """One resource from its creation on; each step is what the engine would do."""

    def __init__(
        self, plugin: AwsPlugin, kind: str, inputs: Properties, unreadable: frozenset[str] = frozenset()
    ) -> None:
        self.plugin, self.kind, self.handler = plugin, kind, plugin.resource(kind)
        self.inputs = checked(plugin, kind, inputs)
        made = self.handler.create(operation(kind, self.inputs))
        self.id, self.state = made.id, made.outputs
        assert not self.changes(inputs), "a second preview shows a change"
        if kind not in _NOT_BY_ID:
            found = self.handler.read(operation(kind, id=self.id))
            assert found, "it cannot be imported"
            diff = self.handler.diff(operation(kind, self.inputs, id=found.id, state=found.outputs))
            assert {*diff.changes} <= {*self.handler.kept.split(), *unreadable}, "an import shows a change"

    def _operation(self, inputs: Properties) -> Operation:
        return operation(self.kind, inputs, id=self.id, state=self.state, old_inputs=self.inputs)

    def changes(self, inputs: Properties | None = None) -> set[str]:
        """The changed paths."""
        wanted = self.inputs if inputs is None else checked(self.plugin, self.kind, inputs, old_inputs=self.inputs)
        return set(self.handler.diff(self._operation(wanted)).changes)

    def refresh(self) -> bool:
        """Take over what the cloud has; false if it is gone. The inputs stay the program's."""
        found = self.handler.read(self._operation({}))
        if found:
            self.state = found.outputs
        return found is not None

    def update(self, inputs: Properties | None = None) -> None:
        """Bring the cloud to the inputs, after which nothing may be left to do."""
        wanted = self.inputs if inputs is None else checked(self.plugin, self.kind, inputs, old_inputs=self.inputs)
        self.state = self.handler.update(self._operation(wanted))
        self.inputs = wanted
        assert self.refresh()
        assert not self.changes()

    def delete(self) -> None:
        """Remove it; twice, since a resource that is already gone is no error."""
        for _ in range(2):
            self.handler.delete(self._operation({}))
        assert not self.refresh()
