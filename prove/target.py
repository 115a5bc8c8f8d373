"""What the proof must know of where it runs."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol


class Forger(Protocol):
    """Whoever holds the key that the cluster signs its tokens with, and so can make any token."""

    def sign(self, claims: Mapping[str, Any], key_id: str) -> str:
        """A token with the cluster's own signature.

        Args:
            claims: What it says.
            key_id: The key's id, as the header of the cluster's tokens names it.
        """
        ...


@dataclass(frozen=True)
class Target:
    """Where the proof runs.

    Attributes:
        kubeconfig: How the cluster's administrator reaches the API server; it may name a command that fetches
            credentials.
        results: The folder that rows and picture are written to; it is made if it is not there.
        environment: Where the cloud answers and as whom, as the variables that the cloud's own command reads. None for
            the variables, files and services of this process' own surroundings, as that command finds them.
        forger: Makes tokens with the cluster's signature; None where nobody can, which leaves those claims untried.
        network_judge: The command that judges NetworkPolicies (see prove.network_judge); None likewise.
    """

    kubeconfig: Mapping[str, Any]
    results: Path
    environment: Mapping[str, str] | None = None
    forger: Forger | None = None
    network_judge: Path | None = None
