"""A deployment's specification: its defaults and its faults.

See https://docs.ververica.com/vvp/user-guide/application-operations/deployments.
"""

from typing import Any, cast, get_args

from flink_sql.scripts import check_script
from flink_sql.statements import SqlFault, split
from provider_kit import Properties, Unknown
from vvp_provider.input_checks import Faults
from vvp_provider.messages.deployments import State

STATES: tuple[str, ...] = get_args(State)
UPGRADES = ("STATEFUL", "STATELESS", "NONE")
RESTORES = ("LATEST_STATE", "LATEST_SAVEPOINT", "NONE")
ARTIFACTS = {"SQLSCRIPT": "sqlScript", "JAR": "jarUri"}
DEFAULTS: Properties = {
    "state": "RUNNING",
    "upgradeStrategy": {"kind": "STATEFUL"},
    "restoreStrategy": {"kind": "LATEST_STATE"},
}
_POD_TEMPLATES = ("jobManagerPodTemplate", "taskManagerPodTemplate")


def check_spec(faults: Faults, spec: Any) -> Properties:
    """The specification with defaults, Flink settings as texts.

    Args:
        faults: Where faults are noted.
        spec: As given.
    """
    if not isinstance(spec, dict):
        if not isinstance(spec, Unknown):
            faults.add("spec", "a deployment's specification is required")
        return {}
    result: Properties = {**DEFAULTS, **cast("Properties", spec)}
    faults.one_of("spec.state", result["state"], STATES)
    faults.one_of("spec.upgradeStrategy.kind", _get(result, "upgradeStrategy", "kind"), UPGRADES)
    faults.one_of("spec.restoreStrategy.kind", _get(result, "restoreStrategy", "kind"), RESTORES)
    places = [key for key in ("deploymentTargetName", "deploymentTargetId", "sessionClusterName") if result.get(key)]
    if len(places) != 1:
        found = " and ".join(places) or "neither"
        faults.add("spec", f"give one of deploymentTargetName and sessionClusterName; there is {found}")
    for key in ("maxJobCreationAttempts", "maxSavepointCreationAttempts"):
        _whole(faults, f"spec.{key}", result.get(key))
    template = _get(result, "template", "spec")
    if isinstance(template, dict):
        checked = _check_template(faults, cast("Properties", template))
        result["template"] = {**result["template"], "spec": checked}
    elif not isinstance(template, Unknown):
        faults.add("spec.template.spec", "the job's template is required")
    return result


def _check_template(faults: Faults, template: Properties) -> Properties:
    path = "spec.template.spec"
    artifact = template.get("artifact")
    if isinstance(artifact, dict):
        _check_artifact(faults, f"{path}.artifact", cast("Properties", artifact))
    elif not isinstance(artifact, Unknown):
        faults.add(f"{path}.artifact", "what to run is required")
    for key in ("parallelism", "numberOfTaskManagers"):
        _whole(faults, f"{path}.{key}", template.get(key))
    kubernetes = template.get("kubernetes")
    if isinstance(kubernetes, dict):
        given = [key for key in _POD_TEMPLATES if key in kubernetes]
        if "pods" in kubernetes and given:
            faults.add(f"{path}.kubernetes.pods", f"the platform refuses pods together with {' and '.join(given)}")
    settings = template.get("flinkConfiguration")
    if not isinstance(settings, dict):
        return template
    texts = {key: _text(value) for key, value in cast("Properties", settings).items()}
    for key, value in texts.items():
        if isinstance(value, dict | list):
            faults.add(f'{path}.flinkConfiguration["{key}"]', "a setting of Flink is a text, number or boolean")
    return {**template, "flinkConfiguration": texts}


def _check_artifact(faults: Faults, path: str, artifact: Properties) -> None:
    kind = artifact.get("kind")
    faults.one_of(f"{path}.kind", kind, tuple(ARTIFACTS))
    needed = ARTIFACTS.get(kind) if isinstance(kind, str) else None
    if needed is None:
        return
    content = artifact.get(needed)
    if isinstance(content, Unknown):
        return
    if not isinstance(content, str) or not content.strip():
        faults.add(f"{path}.{needed}", f"required with kind {kind}")
    elif needed == "sqlScript":
        try:
            check_script(split(content))
        except SqlFault as error:
            faults.add(f"{path}.sqlScript", str(error))


def _get(values: Any, *path: str) -> Any:
    for key in path:
        if isinstance(values, Unknown):
            return values
        values = cast("Properties", values).get(key) if isinstance(values, dict) else None
    return values


def _whole(faults: Faults, path: str, value: Any) -> None:
    if value is None or isinstance(value, Unknown):
        return
    if not isinstance(value, int) or isinstance(value, bool) or value < 1:
        faults.add(path, f"{value!r} is not a whole number above 0")


def _text(value: Any) -> Any:
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if isinstance(value, int | float) else value
