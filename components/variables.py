"""Texts with variables whose values only the cloud knows."""

from collections.abc import Mapping

from pulumi import Input, Output

from settings.variables import fill, names_in


def filled(text: str, values: Mapping[str, Output[str]]) -> Input[str]:
    """A text with the values of its variables; as it is, if it has none.

    Args:
        text: The text.
        values: Values by name.
    """
    used = {name: values[name] for name in sorted(names_in(text) & values.keys())}
    return Output.all(**used).apply(lambda known: fill(text, known)) if used else text
