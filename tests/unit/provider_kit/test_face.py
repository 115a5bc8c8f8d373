"""What `provider_kit` shows to others is all there, explained, and the only way in."""

import ast
import inspect
from pathlib import Path
from types import ModuleType

import pytest

import provider_kit

CHECKOUT = Path(__file__).parents[3]
INSIDE = ("tests/unit/provider_kit/test_provider_kit.py",)
"""The kit's own tests, which look at its parts."""
VALUES = {"Path", "Properties", "UNKNOWN"}
"""Aliases and a constant: Python keeps no text with them."""


def test_the_list_of_names_is_the_face() -> None:
    shown = {
        name
        for name, value in vars(provider_kit).items()
        if not name.startswith("_") and not isinstance(value, ModuleType)
    }
    assert sorted(provider_kit.__all__) == sorted(shown)
    assert len(set(provider_kit.__all__)) == len(provider_kit.__all__)


@pytest.mark.parametrize("name", sorted(set(provider_kit.__all__) - VALUES))
def test_every_name_is_explained(name: str) -> None:
    # Its own words: a class without any would show those of the class that it stands on.
    text = getattr(provider_kit, name).__doc__
    assert text
    assert inspect.cleandoc(text)[0].isupper()
    assert not text.startswith(f"{name}("), "a dataclass writes its signature where nothing is said"


def test_others_come_in_by_the_front_door() -> None:
    others = [
        file
        for file in CHECKOUT.rglob("*.py")
        if file.relative_to(CHECKOUT).parts[0] != "provider_kit"
        and not any(part.startswith(".") for part in file.relative_to(CHECKOUT).parts)
        and str(file.relative_to(CHECKOUT)) not in INSIDE
    ]
    inside = [
        f"{file.relative_to(CHECKOUT)}: {module}"
        for file in others
        for node in ast.walk(ast.parse(file.read_text()))
        for module in _imported(node)
        if module.startswith("provider_kit.")
    ]
    assert inside == []


def _imported(node: ast.AST) -> list[str]:
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    return [node.module or ""] if isinstance(node, ast.ImportFrom) else []
