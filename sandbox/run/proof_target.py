"""The sandbox as a place for the proof: its administrator, its cloud, and the key that its cluster signs with."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import jwt
import yaml

from prove import network_judge
from prove.target import Target
from sandbox import layout
from sandbox.cluster import files
from sandbox.run import engine


class Signer:
    """Makes tokens as the cluster does (see prove.target.Forger).

    Args:
        key: The file of the cluster's key.
    """

    def __init__(self, key: Path) -> None:
        self._key = key.read_bytes()

    def sign(self, claims: Mapping[str, Any], key_id: str) -> str:
        """A token with the cluster's own signature."""
        return jwt.encode(dict(claims), self._key, "RS256", headers={"kid": key_id})


def target(stack: str) -> Target:
    """The target.

    Args:
        stack: The stack's name; its file says which region the cloud plays.
    """
    return Target(
        kubeconfig=yaml.safe_load(files.kubeconfig("admin").read_text()),
        results=layout.STATE,
        environment=engine.variables(stack),
        forger=Signer(files.token_signing_key()),
        network_judge=layout.STATE / "bin" / network_judge.NAME,
    )
