"""What `provider_kit` shows to others is all there and explained."""

import inspect
from types import ModuleType

import pytest

import provider_kit

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
