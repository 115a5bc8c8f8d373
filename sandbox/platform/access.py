"""Who calls, and what they may do.

https://docs.ververica.com/vvp/platform-operations/access-control/authorization
"""

import hashlib
import hmac
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Final, Literal

from sandbox.platform.errors import ApiError, forbidden
from sandbox.platform.settings import Settings
from sandbox.platform.store import Store

Role = Literal["viewer", "editor", "owner"]
Resource = Literal["ApiToken", "DeploymentDefaults", "DeploymentTarget", "Namespace", "SecretValue", "other"]

ROLES: Final[tuple[Role, ...]] = ("viewer", "editor", "owner")
"""Each may what those before it may."""

NEEDED: Final[dict[Resource, tuple[Role, Role]]] = {
    "ApiToken": ("owner", "owner"),
    "DeploymentDefaults": ("viewer", "owner"),
    "DeploymentTarget": ("viewer", "owner"),
    "Namespace": ("owner", "owner"),
    "SecretValue": ("editor", "editor"),
    "other": ("viewer", "editor"),
}
"""The least role for reading and for writing."""

AUTHENTICATED: Final = "system:authenticated"
BOOTSTRAP: Final = "bootstrap-token"


@dataclass(frozen=True)
class Principal:
    """Who calls."""

    name: str
    admin: bool = False
    """May manage namespaces; what is in them needs a role."""
    roles: dict[str, Role] = field(default_factory=dict)
    """By namespace; `*` is every one."""

    def has(self, role: Role, namespace: str) -> bool:
        """Whether the caller has a role, or one that includes it."""
        own = self.roles.get(namespace) or self.roles.get("*")
        return own is not None and ROLES.index(own) >= ROLES.index(role)


def identify(authorization: str | None, settings: Settings, store: Store) -> Principal:
    """Finds out who calls.

    Args:
        authorization: the request's header.
        settings: whether authentication is on, and the bootstrap token.
        store: API tokens and role bindings.

    Raises:
        ApiError: 401.
    """
    if not settings.auth:
        return Principal("anonymous", admin=True, roles={"*": "owner"})
    scheme, _, secret = (authorization or "").partition(" ")
    if scheme.lower() != "bearer" or not secret.strip():
        raise ApiError(HTTPStatus.UNAUTHORIZED, "Full authentication is required to access this resource")
    secret = secret.strip()
    if settings.bootstrap_token and hmac.compare_digest(secret.encode(), settings.bootstrap_token.encode()):
        return Principal(BOOTSTRAP, admin=True, roles=_bound({BOOTSTRAP, AUTHENTICATED}, store))
    digest = hashed(secret)
    for row in store.all("ApiToken"):
        if hmac.compare_digest(row.hidden["digest"], digest):
            name = f"apitoken:{row.body['name']}"
            own = {**_bound({name}, store), row.namespace: row.body["role"]}
            return Principal(name, admin=name in settings.admins, roles=own)
    raise ApiError(HTTPStatus.UNAUTHORIZED, "The API token is not valid")


def authorize(principal: Principal, resource: Resource, namespace: str, *, write: bool) -> None:
    """Checks that a caller may read or write a kind of resource in a namespace.

    Raises:
        ApiError: 403.
    """
    role = NEEDED[resource][write]
    if not principal.has(role, namespace):
        raise forbidden(
            f"{principal.name} may not {'write' if write else 'read'} "
            f"{resource if resource != 'other' else 'resources'} in namespace '{namespace}': it needs the role {role}."
        )


def hashed(secret: str) -> str:
    """What of a token's secret is kept; the secrets are random, so that nothing slower is needed."""
    return hashlib.sha256(secret.encode()).hexdigest()


def _bound(members: set[str], store: Store) -> dict[str, Role]:
    roles: dict[str, Role] = {}
    for row in store.all("Namespace"):
        for binding in row.body.get("roleBindings") or ():
            if members & set(binding["members"]) and binding["role"] in ROLES:
                roles[row.name] = max(binding["role"], roles.get(row.name, "viewer"), key=ROLES.index)
    return roles
