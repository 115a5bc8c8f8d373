"""Writes docs/configuration.md from the models that read the stack file (`make docs`)."""

import sys
from pathlib import Path
from typing import Any, get_args

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

import yaml  # noqa: E402
from pydantic import BaseModel, RootModel  # noqa: E402
from pydantic_core import PydanticUndefined  # noqa: E402

from settings import jobs as job_sections  # noqa: E402
from settings import sections  # noqa: E402
from settings.aws import sections as aws_sections  # noqa: E402
from settings.stack_file import NAMESPACE, SECRETS, SECTIONS  # noqa: E402

HEAD = """# Configuration

Every key of a stack file `Pulumi.<stack>.yaml`. `aws:region` is the region. `vvp:environment` is `dev`, `staging` or
`prod`; the last two protect what holds data. A stack file with faults is refused as a whole; each fault is told with
its key, what was found and what would be right. This page is made from the models by `make docs`.
"""


def render() -> str:
    """The whole page."""
    described: dict[str, Any] = yaml.safe_load((ROOT / "Pulumi.yaml").read_text())["config"]
    parts = [HEAD]
    for key in SECTIONS:
        model = _model(key)
        name = f"{NAMESPACE}:{key}"
        inner = _models(model.model_fields["root"].annotation) if issubclass(model, RootModel) else []
        shown = f"{name}.<name>" if inner else name
        parts += [f"## `{shown}`\n\n{(model.__doc__ or '').strip()}\n", _table(inner[0] if inner else model, "")]
    parts.append("## Secrets\n\nSet by `pulumi config set --secret`; in clear text they are refused.\n")
    rows = [f"| `{NAMESPACE}:{name}` | {described[f'{NAMESPACE}:{name}']['description']} |" for name in SECRETS]
    parts.append("\n".join(["| Key | Meaning |", "|---|---|", *rows]) + "\n")
    return "\n".join(parts)


def _model(key: str) -> type[BaseModel]:
    name = key[0].upper() + key[1:]
    return (
        getattr(job_sections, name, None)
        or getattr(aws_sections, name, None)
        or getattr(sections, f"{name}Settings", None)
        or getattr(aws_sections, f"{name}Settings")
    )


def _table(model: type[BaseModel], prefix: str) -> str:
    return "\n".join(["| Key | Meaning | Default |", "|---|---|---|", *_rows(model, prefix)]) + "\n"


def _rows(model: type[BaseModel], prefix: str) -> list[str]:
    rows: list[str] = []
    for name, field in model.model_fields.items():
        key = f"{prefix}{field.alias or name}"
        inner = _models(field.annotation)
        meaning = " ".join((field.description or "").split())
        default = "" if inner or field.default is PydanticUndefined else f"`{_show(field.default)}`"
        rows.append(f"| `{key}` | {meaning} | {default} |")
        many = "tuple" in str(field.annotation)
        for each in inner:
            rows += _rows(each, f"{key}{'[]' if many else ''}.")
    return rows


def _show(value: Any) -> str:
    return str(list(value) if isinstance(value, tuple) else value if value is not None else "none")


def _models(annotation: Any) -> list[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    return [model for argument in get_args(annotation) for model in _models(argument)]


if __name__ == "__main__":
    (ROOT / "docs" / "configuration.md").write_text(render())
