"""What the platform's API has and the stand-in does not: answered with 501 and the name."""

from collections.abc import Mapping
from typing import Final

_AUTOPILOT = "/autopilot/v1alpha1/namespaces/{ns}"
_POLICY = f"{_AUTOPILOT}/deployments/{{deploymentId}}/autopilotpolicy"
_SESSIONS = "/api/v1/namespaces/{namespace}/sessionclusters"
_SQL = "/sql/v1beta1/namespaces/{ns}"

UNSUPPORTED: Final[Mapping[str, Mapping[str, tuple[str, ...]]]] = {
    "autopilot": {
        _AUTOPILOT: ("GET",),
        _POLICY: ("GET", "PUT"),
        f"{_POLICY}:recommendation": ("GET",),
        f"{_POLICY}:status": ("GET",),
    },
    "completion of SQL": {f"{_SQL}/sqlscripts:suggest": ("POST",)},
    "connectors": {
        f"{_SQL}/connectors": ("GET", "POST"),
        f"{_SQL}/connectors/{{name}}": ("GET", "PUT", "DELETE"),
        f"{_SQL}/connectors/{{name}}:list-tables": ("GET",),
    },
    "formats": {
        f"{_SQL}/formats": ("GET", "POST"),
        f"{_SQL}/formats/{{name}}": ("GET", "PUT", "DELETE"),
        f"{_SQL}/formats/{{name}}:list-tables": ("GET",),
    },
    "job graphs": {
        f"{_SQL}/deployments/{{deploymentId}}:create-jobgraph": ("POST",),
        f"{_SQL}/deployments/{{deploymentName}}:delete-jobgraphs": ("DELETE",),
        f"{_SQL}/deployments/{{deploymentName}}:validate-config-change": ("POST",),
    },
    "preview clusters": {"/namespaces/v1/namespaces/{ns}:setPreviewSessionCluster": ("POST",)},
    "session clusters": {_SESSIONS: ("GET", "POST"), f"{_SESSIONS}/{{name}}": ("GET", "PUT", "DELETE", "PATCH")},
    "UDF artifacts": {
        f"{_SQL}/udfartifacts": ("GET", "POST"),
        f"{_SQL}/udfartifacts/{{udfArtifactName}}": ("GET", "PUT", "DELETE"),
    },
}
"""By subject: methods by path template."""

OWN_DESCRIPTION: Final = ("/swagger.json", "/api/swagger.json")
"""Where a platform describes its API; no operation of that description."""

NAMES: Final[Mapping[tuple[str, str], str]] = {
    (method, path): subject
    for subject, paths in UNSUPPORTED.items()
    for path, methods in paths.items()
    for method in methods
}
"""The subject of each operation."""
