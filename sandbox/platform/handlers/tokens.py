"""API tokens: https://docs.ververica.com/vvp/platform-operations/access-control/api-tokens."""

import secrets
import uuid

from sandbox.platform import names
from sandbox.platform.access import ROLES, hashed
from sandbox.platform.calls import Answer, Call, operation
from sandbox.platform.errors import bad
from sandbox.platform.handlers import resources
from sandbox.platform.models.kinds import Nothing
from sandbox.platform.models.namespaces import ApiToken, ApiTokens, OneApiToken
from sandbox.platform.store import Row

KIND = "ApiToken"
PATH = "/apitokens/v1/namespaces/{ns}/apitokens"


@operation("GET", PATH, ApiTokens, KIND)
def index(call: Call) -> Answer:
    """All of a namespace, without their secrets."""
    return Answer({"apiTokens": [_shown(row) for row in call.store.all(KIND, call.namespace)]})


@operation("POST", PATH, OneApiToken, KIND, body=ApiToken)
def create(call: Call) -> Answer:
    """A new one. This answer alone has its secret."""
    name = names.short(call.body.get("name"), f"namespaces/{call.namespace}", "apitokens")
    role = call.body.get("role")
    if role not in ROLES:
        raise bad(f"role must be one of {', '.join(ROLES)}, not '{role}'.")
    secret = str(uuid.UUID(bytes=secrets.token_bytes(16), version=4))
    row = Row(KIND, call.namespace, name, {"name": call.body["name"], "role": role}, {"digest": hashed(secret)})
    return Answer({"apiToken": {**_shown(call.store.insert(row)), "secret": secret}})


@operation("GET", PATH + "/{apiTokenName}", OneApiToken, KIND)
def get(call: Call) -> Answer:
    """One, without its secret."""
    return Answer({"apiToken": _shown(resources.named(call, KIND, "apiTokenName"))})


@operation("DELETE", PATH + "/{apiTokenName}", Nothing, KIND)
def delete(call: Call) -> Answer:
    """Revokes one at once."""
    call.store.delete(resources.named(call, KIND, "apiTokenName"))
    return Answer({})


def _shown(row: Row) -> dict[str, str]:
    return {**row.body, "createTime": row.created}
