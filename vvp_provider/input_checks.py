"""Checks of inputs that several resources share. Each collects faults, so that all are told at once."""

import re
from typing import Any

from provider_kit import CheckFailed, Properties, Unknown

_LABEL = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?")
_LOOSE = re.compile(r"[0-9A-Za-z_-]+")
LABEL_LENGTH = 63
LOOSE_LENGTH = 250


class Faults:
    """Faults of one resource's inputs, found so far.

    The rules for names are those of
    https://docs.ververica.com/vvp/user-guide/application-operations/rest-api-ci-cd#names.

    Args:
        inputs: The resource's inputs.
        known: The properties that there are.
    """

    def __init__(self, inputs: Properties, known: tuple[str, ...]) -> None:
        self.inputs = inputs
        self.found: list[tuple[str, str]] = []
        for key in inputs:
            if key not in known and not key.startswith("__"):
                self.add(key, f"there is no such property; there are {', '.join(known)}")

    def add(self, path: str, reason: str) -> None:
        """Note a fault."""
        self.found.append((path, reason))

    def text(self, key: str) -> str | None:
        """A required string; None when it is faulty or not known yet."""
        value = self.inputs.get(key)
        if isinstance(value, Unknown):
            return None
        if not isinstance(value, str) or not value:
            self.add(key, "a text is required" if value in (None, "") else f"{value!r} is not a text")
            return None
        return value

    def label(self, key: str) -> None:
        """A name as of deployments, namespaces and API tokens."""
        value = self.text(key)
        if value is not None and (len(value) > LABEL_LENGTH or not _LABEL.fullmatch(value)):
            self.add(
                key,
                f"{value!r} is not a name the platform takes: at most {LABEL_LENGTH} lower-case letters, digits and "
                "hyphens, no hyphen first or last",
            )

    def loose_name(self, key: str) -> None:
        """A name as of deployment targets and secret values."""
        value = self.text(key)
        if value is not None and (len(value) > LOOSE_LENGTH or not _LOOSE.fullmatch(value)):
            self.add(
                key,
                f"{value!r} is not a name the platform takes: at most {LOOSE_LENGTH} letters, digits, hyphens and "
                "underscores",
            )

    def metadata(self) -> None:
        """Namespace, labels and annotations."""
        self.label("namespace")
        self.text_map("labels")
        self.text_map("annotations")

    def one_of(self, path: str, value: Any, allowed: tuple[str, ...]) -> None:
        """One of a few words, or unknown."""
        if not isinstance(value, Unknown) and value not in allowed:
            self.add(path, f"{value!r} is not one of {', '.join(allowed)}")

    def text_map(self, key: str) -> None:
        """Labels and annotations: texts by name; may be missing."""
        value = self.inputs.get(key)
        if value is None or isinstance(value, Unknown):
            return
        if not isinstance(value, dict) or not all(isinstance(v, str | Unknown) for v in value.values()):  # pyright: ignore[reportUnknownVariableType, reportUnknownMemberType]
            self.add(key, "texts by name are required")

    def done(self) -> Properties:
        """The inputs. Raises: CheckFailed: there are faults."""
        if self.found:
            raise CheckFailed(self.found)
        return self.inputs
