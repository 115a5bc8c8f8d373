"""The ASGI application: ministack behind the sandbox's layer, and the sandbox's own endpoints beside it.

Kinds of path: `/_sandbox/…` is for the sandbox's own parts; everything else is AWS and goes through ministack's router
and IAM. ministack's administration (`/_ministack/reset` and the like) knows no credentials and is closed.
"""

import json
from typing import Any

from sandbox.aws import (
    authenticate,
    bootstrap,
    ec2_gaps,
    eks,
    iam,
    iam_gaps,
    key_use,
    pod_identity,
    tokens,
    view,
    volumes,
)
from sandbox.aws import emulator as emulated
from sandbox.aws.eks.clusters import Clusters, ControlPlane
from sandbox.aws.persistence import Store

INTERNAL = "/_sandbox/"
CLOSED = ("/_ministack", "/_localstack", "/_aws", "/_elasticache", "/_rds", "/_iot", "/health")


class Application:
    """What hypercorn serves."""

    def __init__(self, account_id: str, control_plane: ControlPlane) -> None:
        """Wires the layer into ministack.

        Args:
            account_id: twelve digits.
            control_plane: what runs the cluster's processes; a module with its functions will do.
        """
        self._ministack: Any = emulated.application()
        self._account_id = account_id
        self._store = Store()
        self._clusters = Clusters(control_plane, self._store.changed)
        iam.harden()
        iam_gaps.fill()
        ec2_gaps.fill(self._store.changed)
        key_use.guard()
        handlers: dict[str, Any] = self._ministack.SERVICE_HANDLERS
        handlers |= {
            "sts": tokens.serve(handlers["sts"]),
            "kinesis": key_use.serve_kinesis(handlers["kinesis"]),
            "eks": eks.serve(self._clusters),
            "eks-auth": pod_identity.serve(),
        }
        offered = {name: self._store.serve(_owner(name), handlers[name]) for name in emulated.SERVICES}
        handlers.update({name: _refuse(name) for name in handlers} | offered)
        self._ready = False

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Serves one connection's worth of ASGI."""
        if scope["type"] == "lifespan":
            await self._lifespan(scope, receive, send)
        elif scope["type"] == "http" and scope["path"].startswith(INTERNAL):
            status, content = self._internal(scope["method"], scope["path"], await _body(receive))
            await _send(send, status, content)
        elif scope["type"] == "http" and not scope["path"].startswith(CLOSED):
            await self._ministack.app(scope, receive, send)
        elif scope["type"] == "http":
            await _send(send, 403, {"message": f"the sandbox's cloud does not serve {scope['path']}"})

    async def _lifespan(self, scope: Any, receive: Any, send: Any) -> None:
        async def announce(message: Any) -> None:
            if message["type"] == "lifespan.startup.complete":
                bootstrap.ensure_administrator(self._account_id)
                self._store.save("iam")
                ec2_gaps.settle()
                self._clusters.repair()
                self._ready = True
            await send(message)

        async with self._store.running():
            await self._ministack.app(scope, receive, announce)

    def _internal(self, method: str, path: str, body: bytes) -> tuple[int, Any]:
        match (method, path.removeprefix(INTERNAL)):
            case ("GET", "health"):
                return (200 if self._ready else 503), {"ready": self._ready}
            case ("GET", "cluster"):
                found = view.cluster()
                return (200, found) if found else (404, {"message": "there is no cluster"})
            case ("POST", "authenticate"):
                return 200, authenticate.review(json.loads(body or b"{}"))
            case ("POST", "volumes"):
                volumes.make(json.loads(body))
            case ("DELETE", "volumes"):
                volumes.remove(json.loads(body))
            case _:
                return 404, {"message": f"{method} {path} is not one of the sandbox's own endpoints"}
        self._store.changed("ec2")
        return 200, {}


def _refuse(service: str) -> emulated.Handler:
    """The handler of a service that the sandbox does not offer, although ministack has it."""

    async def refuse(*_: Any) -> emulated.Reply:
        message = f"the sandbox's cloud does not offer {service}"
        reply: emulated.Reply = emulated.core("responses").error_response_json(
            "UnknownOperationException", message, 400
        )
        return reply

    return refuse


def _owner(service: str) -> str:
    """The service whose state a handler changes: EKS Auth makes sessions."""
    return "sts" if service == "eks-auth" else service


async def _body(receive: Any) -> bytes:
    body = b""
    while True:
        message = await receive()
        body += message.get("body", b"")
        if not message.get("more_body"):
            return body


async def _send(send: Any, status: int, content: Any) -> None:
    body = json.dumps(content).encode()
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
