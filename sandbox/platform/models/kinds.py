"""Kinds of values that fields have, beyond Python's own."""

import datetime
import uuid
from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import AfterValidator, Field
from pydantic_core import PydanticCustomError
from typing_extensions import TypedDict


@dataclass(frozen=True)
class Wire:
    """What a description calls a kind of value."""

    name: str
    """Type and format, or the definition's name."""


@dataclass(frozen=True)
class Documented:
    """Marks what the description of 2.4.3 leaves out and a page of the documentation has."""

    page: str
    field: bool = False
    """The field itself; otherwise only that it is required."""


def _uuid(value: str) -> str:
    try:
        uuid.UUID(value if len(value) == 36 else "")
    except ValueError as error:
        raise PydanticCustomError("uuid", "'{value}' is not a 'uuid'", {"value": value}) from error
    return value


def _time(value: str) -> str:
    try:
        datetime.datetime.fromisoformat(value if "T" in value else "")
    except ValueError as error:
        raise PydanticCustomError("time", "'{value}' is not a 'date-time'", {"value": value}) from error
    return value


def _scalar(value: Any) -> Any:
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise PydanticCustomError("scalar", "must be a string or a number")
    return value


def _refused(_: Any) -> Any:
    raise PydanticCustomError("unsupported", "")


Uuid = Annotated[str, AfterValidator(_uuid), Wire("string uuid")]
Time = Annotated[str, AfterValidator(_time), Wire("string date-time")]
Int32 = Annotated[int, Field(ge=-(2**31), lt=2**31), Wire("integer int32")]
"""A Java int has its bounds."""
Int64 = Annotated[int, Field(ge=-(2**63), lt=2**63), Wire("integer int64")]
Texts = dict[str, str]
Object = dict[str, Any]
"""Any JSON object: what takes it in the end says what is in it."""
Quantity = Annotated[Any, AfterValidator(_scalar), Wire("Quantity")]
"""A Java class; its JSON is Kubernetes' own notation."""
IntOrString = Annotated[Any, AfterValidator(_scalar), Wire("IntOrString")]
"""A Java class; its JSON is Kubernetes' own notation."""
Unsupported = Annotated[Any, AfterValidator(_refused), Wire("unsupported")]
"""The platform takes this field; the stand-in refuses it by name."""


class Nothing(TypedDict):
    """An object without fields."""
