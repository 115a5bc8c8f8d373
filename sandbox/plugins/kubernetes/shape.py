"""Objects as the program means them, cut out of objects as the server keeps them.

The server fills in defaults, status and bookkeeping. To see what really changed, the live object is pruned to the
fields that the program's last inputs have. Lists are compared item by item up to the length of the program's list, as
the real provider does: an item that somebody appended by hand is not seen by a refresh.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from typing import Any, cast

from provider_kit.server import UNKNOWN, Properties, Unknown, has_unknown
from sandbox.plugins.kubernetes.kinds import Kind

# Fields of metadata that only the server writes.
_READ_ONLY = (
    "creationTimestamp",
    "deletionGracePeriodSeconds",
    "deletionTimestamp",
    "generation",
    "managedFields",
    "resourceVersion",
    "selfLink",
    "uid",
)


def prune(live: Any, like: Any) -> Any:
    """`live` without what `like` does not have."""
    if isinstance(live, dict) and isinstance(like, Mapping):
        pairs, wanted = cast("Properties", live), cast("Mapping[str, Any]", like)
        return {key: prune(value, wanted[key]) for key, value in pairs.items() if key in wanted}
    if isinstance(live, list) and isinstance(like, list):
        return [
            prune(item, model) for item, model in zip(cast("list[Any]", live), cast("list[Any]", like), strict=False)
        ]
    return live


def without_read_only(obj: Properties) -> Properties:
    """An object less the metadata that only the server writes, and without the engine's own keys."""
    kept = {key: value for key, value in obj.items() if not key.startswith("__")}
    metadata = kept.get("metadata")
    if isinstance(metadata, dict):
        pairs = cast("Properties", metadata)
        kept["metadata"] = {key: value for key, value in pairs.items() if key not in _READ_ONLY}
    return kept


def foreseen(planned: Properties, state: Properties) -> Properties:
    """Outputs in a preview: what is planned, and unknown what only the server will write.

    Args:
        planned: the inputs, or the server's answer to a dry run.
        state: the outputs so far; empty for a new object.
    """
    obj = {**without_read_only(planned), "status": UNKNOWN}
    if isinstance(obj.get("metadata"), Unknown):
        return obj
    before = metadata_of(state)
    lasting = {key: before.get(key, UNKNOWN) for key in ("creationTimestamp", "uid")}
    moving = dict.fromkeys(("generation", "managedFields", "resourceVersion"), UNKNOWN)
    return {**obj, "metadata": {**metadata_of(obj), **lasting, **moving}}


def normalized(kind: Kind, obj: Properties) -> Properties:
    """Inputs in the one form in which they are compared: a Secret's `stringData` becomes `data`."""
    obj = without_read_only(obj)
    text = obj.get("stringData")
    if not kind.is_secret or not isinstance(text, dict):
        return obj
    encoded = {key: _encoded(value) for key, value in cast("Properties", text).items()}
    return {**{k: v for k, v in obj.items() if k != "stringData"}, "data": {**(obj.get("data") or {}), **encoded}}


def _encoded(value: Any) -> Any:
    return base64.b64encode(value.encode()).decode() if isinstance(value, str) else value


def live_inputs(kind: Kind, live: Properties, inputs: Properties) -> Properties:
    """The inputs that would describe the live object, in the fields and the form of the last inputs."""
    pruned = prune(without_read_only(live), normalized(kind, inputs))
    text = inputs.get("stringData")
    if not kind.is_secret or not isinstance(text, dict):
        return pruned
    data = cast("Properties", pruned.pop("data", {}))
    own = inputs.get("data") or {}
    kept = {key: value for key, value in data.items() if key in own}
    shown = {key: _decoded(value) for key, value in data.items() if key in text}
    return {**pruned, **({"data": kept} if own else {}), "stringData": shown}


def _decoded(value: str) -> str:
    try:
        return base64.b64decode(value).decode()
    except (UnicodeDecodeError, binascii.Error):
        return value


def imported_inputs(live: Properties) -> Properties:
    """The inputs of an object that the program did not make: everything but status and bookkeeping."""
    return {key: value for key, value in without_read_only(live).items() if key != "status"}


def metadata_of(obj: Properties) -> Properties:
    """An object's metadata; empty while it is not known or not given."""
    found = obj.get("metadata")
    return cast("Properties", found) if isinstance(found, dict) else {}


def name_of(obj: Properties) -> str:
    """The object's name; empty if it has none yet or it is not known."""
    name = metadata_of(obj).get("name")
    return name if isinstance(name, str) else ""


def namespace_of(obj: Properties) -> str:
    """The object's namespace; empty if it has none or it is not known."""
    namespace = metadata_of(obj).get("namespace")
    return namespace if isinstance(namespace, str) else ""


def in_scope(obj: Properties, namespaced: bool) -> Properties:
    """The object with its namespace spelled out, or without one where its kind has none; for comparing."""
    metadata = obj.get("metadata")
    if isinstance(metadata, Unknown):
        return obj
    pairs = {key: value for key, value in metadata_of(obj).items() if namespaced or key != "namespace"}
    if namespaced:
        pairs["namespace"] = pairs.get("namespace") or "default"
    return {**obj, "metadata": pairs}


def known(obj: Properties) -> bool:
    """Whether the server can be asked about it: nothing in it is unknown."""
    return not has_unknown(obj)


def object_id(live: Properties) -> str:
    """`<namespace>/<name>`, or `<name>` for what is in no namespace."""
    namespace = namespace_of(live)
    return f"{namespace}/{name_of(live)}" if namespace else name_of(live)


def parse_id(id: str) -> tuple[str, str]:
    """Namespace, empty if there is none, and name."""
    namespace, slash, name = id.partition("/")
    return (namespace, name) if slash else ("", namespace)


def finalizers_of(live: Properties) -> str:
    """What still keeps a deleted object, for a message; empty if nothing does."""
    names: list[Any] = [
        *(metadata_of(live).get("finalizers") or []),
        *((live.get("spec") or {}).get("finalizers") or []),
    ]
    return f" (finalizers: {', '.join(map(str, names))})" if names else ""
