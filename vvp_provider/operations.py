"""The operations of the platform's API that this provider calls: method, path, query, and what is sent and read."""

import re
from dataclasses import dataclass
from typing import Generic, Literal, TypeVar

from vvp_provider.messages.deployments import ChangedDeployment, Deployment, LiveDeployment
from vvp_provider.messages.records import Events, Jobs, Savepoint, Savepoints
from vvp_provider.messages.resources import (
    ApiToken,
    DeploymentTarget,
    LiveDeploymentTarget,
    LiveSecretValue,
    MadeApiToken,
    Namespace,
    OneApiToken,
    OneNamespace,
    SecretValue,
)
from vvp_provider.messages.sql import Executed, OneCatalog, OneDatabase, OneFunction, OneTable, Statement

Body = TypeVar("Body")
Answer = TypeVar("Answer")


@dataclass(frozen=True)
class Place:
    """Where in the API something is.

    Args:
        path: Template; its parts in braces have the platform's own names.
    """

    path: str

    def at(self, names: tuple[str, ...]) -> str:
        """The path with its parts filled in, in their order."""
        left = iter(names)
        filled = re.sub(r"\{\w+\}", lambda _: next(left), self.path)
        if list(left):
            raise ValueError(f"{self.path} has not {len(names)} parts")
        return filled


@dataclass(frozen=True)
class Asking(Place, Generic[Answer]):
    """An operation that takes no body.

    Args:
        answer: What it answers.
        method: HTTP method.
        query: Names of its parameters.
    """

    answer: type[Answer]
    method: Literal["GET", "DELETE"] = "GET"
    query: tuple[str, ...] = ()


@dataclass(frozen=True)
class Sending(Place, Generic[Body, Answer]):
    """An operation that takes a body.

    Args:
        body: What is sent.
        answer: What it answers.
        method: HTTP method.
        query: Names of its parameters.
    """

    body: type[Body]
    answer: type[Answer]
    method: Literal["POST", "PUT", "PATCH"] = "POST"
    query: tuple[str, ...] = ()


_API = "/api/v1/namespaces/{namespace}"
_DEPLOYMENTS = f"{_API}/deployments"
_DEPLOYMENT = f"{_DEPLOYMENTS}/{{name}}"
READ_DEPLOYMENT = Asking(_DEPLOYMENT, LiveDeployment)
MAKE_DEPLOYMENT = Sending(_DEPLOYMENTS, Deployment, LiveDeployment)
CHANGE_DEPLOYMENT = Sending(_DEPLOYMENT, ChangedDeployment, LiveDeployment, "PUT")
REMOVE_DEPLOYMENT = Asking(_DEPLOYMENT, LiveDeployment, "DELETE")

LIST_SAVEPOINTS = Asking(f"{_API}/savepoints", Savepoints, query=("deploymentId",))
ADD_SAVEPOINT = Sending(f"{_API}/savepoints", Savepoint, Savepoint)
LIST_JOBS = Asking(f"{_API}/jobs", Jobs, query=("deploymentId",))
LIST_EVENTS = Asking(f"{_API}/events", Events, query=("deploymentId",))

_TARGETS = f"{_API}/deployment-targets"
_TARGET = f"{_TARGETS}/{{name}}"
READ_TARGET = Asking(_TARGET, LiveDeploymentTarget)
MAKE_TARGET = Sending(_TARGETS, DeploymentTarget, LiveDeploymentTarget)
CHANGE_TARGET = Sending(_TARGET, DeploymentTarget, LiveDeploymentTarget, "PUT")
REMOVE_TARGET = Asking(_TARGET, LiveDeploymentTarget, "DELETE")

_SECRETS = f"{_API}/secret-values"
_SECRET = f"{_SECRETS}/{{name}}"
READ_SECRET = Asking(_SECRET, LiveSecretValue)
MAKE_SECRET = Sending(_SECRETS, SecretValue, LiveSecretValue)
CHANGE_SECRET = Sending(_SECRET, SecretValue, LiveSecretValue, "PATCH")
REMOVE_SECRET = Asking(_SECRET, LiveSecretValue, "DELETE")

_NAMESPACES = "/namespaces/v1/namespaces"
_NAMESPACE = f"{_NAMESPACES}/{{ns}}"
READ_NAMESPACE = Asking(_NAMESPACE, OneNamespace)
MAKE_NAMESPACE = Sending(_NAMESPACES, Namespace, OneNamespace)
CHANGE_NAMESPACE = Sending(_NAMESPACE, Namespace, OneNamespace, "PUT")
REMOVE_NAMESPACE = Asking(_NAMESPACE, OneNamespace, "DELETE")

_TOKENS = "/apitokens/v1/namespaces/{ns}/apitokens"
_TOKEN = f"{_TOKENS}/{{apiTokenName}}"
READ_TOKEN = Asking(_TOKEN, OneApiToken)
MAKE_TOKEN = Sending(_TOKENS, ApiToken, MadeApiToken)
REMOVE_TOKEN = Asking(_TOKEN, dict[str, object], "DELETE")

EXECUTE = Sending("/sql/v1beta1/namespaces/{ns}/sqlscripts:execute", Statement, Executed, query=("catalog", "database"))

_CATALOG = "/catalog/v1beta2/namespaces/{ns}/catalogs/{cat}"
READ_CATALOG = Asking(_CATALOG, OneCatalog)
READ_DATABASE = Asking(f"{_CATALOG}:getDatabase", OneDatabase, query=("database",))
READ_TABLE = Asking(f"{_CATALOG}:getTable", OneTable, query=("database", "table"))
READ_FUNCTION = Asking(f"{_CATALOG}:getFunction", OneFunction, query=("database", "function"))
