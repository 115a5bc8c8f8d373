"""`vvp:index:ApiToken`. See https://docs.ververica.com/vvp/platform-operations/access-control/api-tokens."""

from typing import ClassVar

from provider_kit import Created, Diff, Found, Operation, PluginError, Properties, compare, preview_outputs
from vvp_provider.api import Conflict
from vvp_provider.input_checks import Faults
from vvp_provider.messages.resources import ApiToken
from vvp_provider.namespaces import ROLES
from vvp_provider.operations import MAKE_TOKEN, READ_TOKEN, REMOVE_TOKEN
from vvp_provider.resource import PlatformResource, split_id

KNOWN = ("name", "namespace", "role")


class ApiTokens(PlatformResource):
    """An API token; its id is `NAMESPACE/NAME`. Nothing of it can be changed."""

    secret_outputs: ClassVar[tuple[str, ...]] = ("secret",)

    def check(self, op: Operation) -> Properties:
        """Names and role."""
        faults = Faults({"namespace": "default"} | op.inputs, KNOWN)
        faults.label("name")
        faults.label("namespace")
        faults.one_of("role", op.inputs.get("role"), ROLES)
        return faults.done()

    def diff(self, op: Operation) -> Diff:
        """Any change is another token; of the same name there is only one."""
        found = compare(op.old_inputs, op.inputs, replace=KNOWN)
        found.delete_before_replace = not {"name", "namespace"} & found.changes.keys()
        return found

    def preview(self, op: Operation) -> Properties:
        """The secret is the platform's."""
        return preview_outputs(op, ["secret", "createTime"])

    def create(self, op: Operation) -> Created:
        """Make it. An existing one is never taken over: its secret cannot be had any more."""
        namespace, name = op.inputs["namespace"], op.inputs["name"]
        body: ApiToken = {"name": f"namespaces/{namespace}/apitokens/{name}", "role": op.inputs["role"]}
        try:
            made = self.api(op).send(MAKE_TOKEN, body, namespace)["apiToken"]
        except Conflict as error:
            raise PluginError(
                f"API token {name!r} exists already in namespace {namespace!r}, and the platform shows a token's "
                "secret only when it makes it: choose another name, or delete that token first"
            ) from error
        outputs = {**op.inputs, "secret": made["secret"], "createTime": made.get("createTime")}
        return Created(f"{namespace}/{name}", outputs)

    def read(self, op: Operation) -> Found | None:
        """Its role; the secret is what the state says."""
        namespace, name = split_id(op)
        answer = self.api(op).find(READ_TOKEN, namespace, name)
        if answer is None:
            return None
        live = answer["apiToken"]
        inputs = {**op.old_inputs, "name": name, "namespace": namespace, "role": live.get("role")}
        return Found(op.id, {**op.state, **inputs, "createTime": live.get("createTime")}, inputs)

    def update(self, op: Operation) -> Properties:
        """Never called: every change replaces."""
        raise PluginError(f"API token {op.id} cannot be changed")

    def delete(self, op: Operation) -> None:
        """Revoke it."""
        self.remove(op, REMOVE_TOKEN, *split_id(op))
