"""Stack files as Pulumi gets them here: copies within the state, which hold the salt of the sandbox's own passphrase.

Pulumi writes the salt of a stack's passphrase into the stack file. The passphrase is this sandbox's own: its salt has
no place in a file that is shared by git.
"""

import sys
from pathlib import Path
from typing import Any

import yaml

from sandbox import layout
from sandbox.layout import CHECKOUT, STATE


def project() -> Path:
    """The folder in which Pulumi made the stack, and wrote its salt."""
    return STATE / "project"


def copy_of(stack: str) -> Path:
    """The copy of a stack's file."""
    return project() / f"Pulumi.{stack}.yaml"


def working_copy(stack: str) -> tuple[Path, list[str]]:
    """Copies a stack's file as it is now, with the salt that it needs.

    Args:
        stack: The stack's name.

    Returns:
        The copy, and the keys of the secrets in it. A file with secrets has the salt that they were encrypted with.

    Raises:
        SystemExit: there is no salt yet.
    """
    copy = copy_of(stack)
    content: dict[str, Any] = yaml.safe_load((CHECKOUT / copy.name).read_text())
    secrets = [key for key, value in (content.get("config") or {}).items() if "'secure':" in repr(value)]
    if not secrets:
        salted: dict[str, Any] = yaml.safe_load(copy.read_text()) if copy.exists() else {}
        content["encryptionsalt"] = salted.get("encryptionsalt") or sys.exit(f"Pulumi wrote no salt to {copy}.")
    layout.write_atomically(copy, yaml.safe_dump(content, sort_keys=False))
    return copy, secrets
