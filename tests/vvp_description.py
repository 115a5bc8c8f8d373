"""The platform's own description of its API: the authority over the client's models and the stand-in's.

It is Ververica's and not part of this repository. It is looked for in the folder `../shared/vvp-api` beside the
checkout, or where `VVP_API_DESCRIPTION` says: a folder with the descriptions as JSON files, or the address of a running
platform, which serves them at `/swagger.json` and `/api/swagger.json`. Without one the tests that need it are skipped
with this reason. With one they have to run: `tests/conftest.py` makes a failure of a skip, and `.ci/run` counts.
"""

import json
import os
from functools import cache
from pathlib import Path
from typing import Any

import httpx

Json = dict[str, Any]

VARIABLE = "VVP_API_DESCRIPTION"
BESIDE = Path(__file__).resolve().parents[1].parent / "shared" / "vvp-api"
SERVED = ("/swagger.json", "/api/swagger.json")
MISSING = (
    f"the platform's description of its API is missing: a running Ververica Platform serves it at {SERVED[0]} and "
    f"{SERVED[1]}; set {VARIABLE} to its address, or to a folder with both as JSON files (default: ../shared/vvp-api)"
)


def place() -> str | None:
    """Where the description is; None if there is none."""
    given = os.environ.get(VARIABLE)
    return given or (str(BESIDE) if any(BESIDE.glob("*.json")) else None)


class Description:
    """Both parts of a description, Swagger 2.0.

    Args:
        documents: As a platform serves them.
    """

    def __init__(self, documents: list[Json]) -> None:
        self.operations = {
            (method.upper(), path): operation
            for document in documents
            for path, operations in document["paths"].items()
            for method, operation in operations.items()
        }
        self._documents = {path: document for document in documents for path in document["paths"]}

    def document(self, path: str) -> Json:
        """The part that describes a path."""
        return self._documents[path]

    def definitions(self, path: str) -> Json:
        """The definitions that an operation's `$ref` refer to."""
        return self._documents[path]["definitions"]

    def body(self, method: str, path: str) -> Json | None:
        """The schema of what an operation takes."""
        found = (item["schema"] for item in self.parameters(method, path, "body"))
        return next(found, None)

    def answer(self, method: str, path: str) -> Json:
        """The schema of what an operation answers."""
        return self.operations[method, path]["responses"]["200"].get("schema", {})

    def parameters(self, method: str, path: str, place: str) -> list[Json]:
        """An operation's parameters in `query`, `path` or `body`."""
        return [item for item in self.operations[method, path].get("parameters", ()) if item["in"] == place]


@cache
def description(where: str) -> Description:
    """The description at a place.

    Raises:
        LookupError: There is none, or only one of its parts.
    """
    if where.startswith(("http://", "https://")):
        documents = [httpx.get(where.rstrip("/") + path).raise_for_status().json() for path in SERVED]
    else:
        documents = [json.loads(file.read_text()) for file in sorted(Path(where).glob("*.json"))]
    found = Description([document for document in documents if "paths" in document])
    for part in ("/api/v1/", "/sql/v1beta1/"):
        if not any(path.startswith(part) for _, path in found.operations):
            raise LookupError(f"{where} does not describe {part}…: it needs both {' and '.join(SERVED)}")
    return found
