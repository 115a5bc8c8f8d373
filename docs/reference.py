"""Writes what is made from the models of the stack file (`make docs`), or says what is stale (`--check`).

Made are docs/configuration.md for people, docs/stack-file.schema.json for editors, the block `config` of Pulumi.yaml
for Pulumi, and docs/deployer-policy/: what the deployer of `dev` must be allowed.
"""

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

import yaml  # noqa: E402
from pydantic import BaseModel  # noqa: E402
from pydantic.fields import FieldInfo  # noqa: E402
from pydantic_core import PydanticUndefined  # noqa: E402

from settings.aws.deployer import policies  # noqa: E402
from settings.aws.stack_file import AwsStackFile  # noqa: E402
from settings.check import STACK_FILES, check  # noqa: E402
from settings.reading import models_in  # noqa: E402
from settings.stack_file import NAMESPACE, SECRETS, StackFile  # noqa: E402
from settings.yaml_file import config_of  # noqa: E402

SCHEMA = Path("docs/stack-file.schema.json")
HEAD = """# Configuration

Every key of a stack file `Pulumi.<stack>.yaml`. A stack file with faults is refused as a whole; each fault is told with
its key, what was found and what would be right. `python -m settings check Pulumi.<stack>.yaml` tells the same without
Pulumi. Editors that speak YAML complete and check keys as you type, by the schema that a stack file names in its first
line. This page is made from the models by `make docs`.
"""


def made() -> dict[Path, str]:
    """Every file that is made, with its content."""
    project = (ROOT / "Pulumi.yaml").read_text()
    return {
        Path("docs/configuration.md"): page(),
        SCHEMA: json.dumps(schema(), indent=2) + "\n",
        Path("Pulumi.yaml"): project[: project.index("config:\n")] + project_config(),
        **deployer(),
    }


def deployer() -> dict[Path, str]:
    """docs/deployer-policy/: for `dev`, in the account that AWS' own examples use."""
    file = check(config_of(ROOT / "Pulumi.dev.yaml")).file
    made = policies(file, "dev", "111122223333") if isinstance(file, AwsStackFile) else {}
    return {Path(f"docs/deployer-policy/{name}.json"): json.dumps(each, indent=2) + "\n" for name, each in made.items()}


def page() -> str:
    """docs/configuration.md."""
    parts = [HEAD]
    for cloud, model in STACK_FILES.items():
        fields = _fields(model)
        plain = {key: field for key, field in fields.items() if not models_in(field.annotation)}
        parts += [f"## The stack (`vvp:cloud: {cloud}`)\n", _rows_table(_rows(plain, ""))]
        for key, field in fields.items():
            if key in plain or _is_secret(model, key):
                continue
            (inner, *_) = models_in(field.annotation)
            shown = f"{key}.<name>" if "dict" in str(field.annotation) else key
            doc = (inner.__doc__ or "").strip()
            parts += [f"## `{shown}`\n\n{doc}\n", _rows_table(_rows(_fields(inner), ""))]
    parts.append("## Secrets\n\nSet by `pulumi config set --secret`; in clear text they are refused.\n")
    secrets = {key: field for key, field in _fields(StackFile).items() if _is_secret(StackFile, key)}
    parts.append(_rows_table(f"| `{key}` | {_meaning(field)} | |" for key, field in secrets.items()))
    return "\n".join(parts)


def schema() -> dict[str, Any]:
    """The JSON schema of a stack file: https://json-schema.org/draft/2020-12."""
    definitions: dict[str, Any] = {}
    configs: list[dict[str, Any]] = []
    for model in STACK_FILES.values():
        made = model.model_json_schema(by_alias=True, ref_template="#/$defs/{model}")
        definitions |= made.pop("$defs", {})
        # Keys of other namespaces, as Pulumi's own and the providers', belong into stack files too.
        made["patternProperties"] = {f"^(?!{NAMESPACE}:)": {}}
        configs.append(made)
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Stack file",
        "type": "object",
        "required": ["config"],
        "properties": {"config": configs[0] if len(configs) == 1 else {"oneOf": configs}},
        "$defs": dict(sorted(definitions.items())),
    }


def project_config() -> str:
    """The block `config` of Pulumi.yaml: https://www.pulumi.com/docs/iac/concepts/projects/project-file/."""
    entries: dict[str, Any] = {}
    for model in STACK_FILES.values():
        for key, field in _fields(model).items():
            if not key.startswith(f"{NAMESPACE}:"):
                continue
            secret = _is_secret(model, key)
            # Marked `secret: true`, a secret would be demanded of every stack; the program refuses it in clear text.
            kind = "object" if models_in(field.annotation) and not secret else "string"
            entry: dict[str, Any] = {"type": kind, "description": ("A secret: " if secret else "") + _meaning(field)}
            if kind == "object":
                entry["description"] += f" Keys: {', '.join(_fields(models_in(field.annotation)[0]))}."
            if not field.is_required():
                # Pulumi asks for every key that has no default.
                entry["default"] = {} if kind == "object" else "" if secret else field.default
            entries[key] = entry
    comment = "  # Made from the models of the stack file: make docs.\n"
    body = yaml.safe_dump({"config": entries}, sort_keys=False, width=1000)
    return body.replace("config:\n", f"config:\n{comment}", 1)


def _fields(model: type[BaseModel]) -> dict[str, FieldInfo]:
    """A model's fields by key; of a stack file, the cloud's own stand before what all clouds share."""
    fields = {field.alias or name: field for name, field in model.model_fields.items()}
    if not issubclass(model, StackFile):
        return fields
    shared = {field.alias for name, field in StackFile.model_fields.items() if name != "environment"}
    return {key: fields[key] for key in sorted(fields, key=lambda key: key in shared)}


def _is_secret(model: type[StackFile], key: str) -> bool:
    return key in {model.model_fields[name].alias for name in SECRETS}


def _rows_table(rows: Any) -> str:
    return "\n".join(["| Key | Meaning | Default |", "|---|---|---|", *rows]) + "\n"


def _rows(fields: dict[str, FieldInfo], prefix: str) -> Iterator[str]:
    for name, field in fields.items():
        key = f"{prefix}{name}"
        inner = models_in(field.annotation)
        default = "" if inner or field.default is PydanticUndefined else f"`{_show(field.default)}`"
        yield f"| `{key}` | {_meaning(field)} | {default} |"
        many = "tuple" in str(field.annotation)
        for each in inner:
            yield from _rows(_fields(each), f"{key}{'[]' if many else ''}.")


def _meaning(field: FieldInfo) -> str:
    return " ".join((field.description or "").split()).replace("|", "\\|")


def _show(value: Any) -> str:
    return str(list(value) if isinstance(value, tuple) else value if value is not None else "none")


def main() -> int:
    """Writes what is stale; with `--check` only names it.

    Returns:
        1 if `--check` found something, else 0.
    """
    stale = {path: content for path, content in made().items() if not _same(ROOT / path, content)}
    for path, content in stale.items():
        if "--check" in sys.argv:
            print(f"{path} is stale: run `make docs`", file=sys.stderr)
        else:
            (ROOT / path).write_text(content)
    return 1 if stale and "--check" in sys.argv else 0


def _same(file: Path, content: str) -> bool:
    return file.exists() and file.read_text() == content


if __name__ == "__main__":
    sys.exit(main())
