"""Namespaces and API tokens.

https://docs.ververica.com/vvp/platform-operations/namespaces,
https://docs.ververica.com/vvp/platform-operations/access-control/api-tokens
"""

from typing import Annotated, Literal, Required

from typing_extensions import TypedDict

from sandbox.platform.models.kinds import Documented, Time

BINDINGS = "https://docs.ververica.com/vvp/platform-operations/access-control/authorization"


class RoleBinding(TypedDict, total=False):
    """Who has a role."""

    members: Annotated[Required[list[str]], Documented(BINDINGS)]
    role: Annotated[Required[str], Documented(BINDINGS)]


class Namespace(TypedDict, total=False):
    """A namespace of the platform."""

    createTime: Time
    lifecyclePhase: Literal[
        "LIFECYCLE_PHASE_INVALID", "LIFECYCLE_PHASE_ACTIVE", "LIFECYCLE_PHASE_TERMINATING", "UNRECOGNIZED"
    ]
    name: str
    previewSessionClusterName: str
    roleBindings: list[RoleBinding]


class OneNamespace(TypedDict, total=False):
    """One namespace."""

    namespace: Namespace


class Namespaces(TypedDict, total=False):
    """All that the caller may see."""

    namespaces: list[Namespace]


class ApiToken(TypedDict, total=False):
    """An API token; its secret is shown once."""

    createTime: Time
    name: str
    role: str
    secret: str


class OneApiToken(TypedDict, total=False):
    """One API token."""

    apiToken: ApiToken


class ApiTokens(TypedDict, total=False):
    """All of a namespace."""

    apiTokens: list[ApiToken]
