"""What botocore's service models say of a call's parameters: which there are, and the form in which it takes tags."""

from collections.abc import Mapping
from typing import Any

from provider_kit import UNKNOWN, Properties, Unknown


def parameters(client: Any, method: str) -> Mapping[str, Any]:
    """The parameters of a client's method, e.g. `create_role`, with their shapes."""
    operation = client.meta.service_model.operation_model(client.meta.method_to_api_mapping[method])
    return operation.input_shape.members


def fitting(client: Any, method: str, params: Properties) -> Properties:
    """Those of some parameters that a method takes."""
    taken = parameters(client, method)
    return {name: value for name, value in params.items() if name in taken}


def tagging(client: Any, method: str, tags: dict[str, str] | Unknown, kind: str = "") -> Properties:
    """The parameter by which a method takes tags: a map, a list of pairs, or EC2's specification for a `kind` of thing.

    It is empty for a method that takes none, and where there are no tags.
    """
    taken = parameters(client, method)
    name = next((name for name in ("Tags", "tags", "TagSpecifications") if name in taken), None)
    if name is None or not tags:
        return {}
    if isinstance(tags, Unknown):
        return {name: UNKNOWN}
    if name == "TagSpecifications":
        return {name: [{"ResourceType": kind, "Tags": pairs(tags)}]}
    return {name: tags if taken[name].type_name == "map" else pairs(tags, *taken[name].member.members)}


def untagging(client: Any, method: str, keys: list[str]) -> Properties:
    """The parameter by which a method takes tags away."""
    name = next((name for name in ("TagKeys", "tagKeys") if name in parameters(client, method)), None)
    return {name: keys} if name else {"Tags": [{"Key": key} for key in keys]}


def pairs(tags: Mapping[str, Any], key: str = "Key", value: str = "Value") -> list[dict[str, Any]]:
    """Tags as most APIs take them: a list of objects with a key and a value."""
    return [{key: name, value: text} for name, text in tags.items()]


def tag_map(tags: Any) -> dict[str, str]:
    """Tags from any of the forms in which APIs give them."""
    if isinstance(tags, dict):
        return tags
    return {tag.get("Key") or tag["TagKey"]: tag.get("Value", tag.get("TagValue", "")) for tag in tags or ()}
