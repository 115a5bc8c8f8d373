"""Stack files as files: what is no plain YAML is told, and what Pulumi reads in its own way is read as Pulumi does."""

from pathlib import Path

import pytest

from settings.check import check
from settings.faults import SettingsError
from settings.yaml_file import config_of


@pytest.mark.parametrize(
    "text",
    [
        "config: {a: &a [*a]}",
        "config: {vvp:environment: dev, vvp:environment: prod}",
        "config: {vvp:jobs: !!set {a, b}}",
        "config: {? [a] : b}",
        "config: {vvp:environment: !!binary aGVsbG8=}",
        "config: " + "[" * 3000,
        "config: {a: " + "9" * 5000 + "}",
    ],
)
def test_a_file_that_is_no_plain_yaml_is_told(tmp_path: Path, text: str) -> None:
    file = tmp_path / "Pulumi.x.yaml"
    file.write_text(text)
    with pytest.raises(SettingsError):
        check(config_of(file))


def test_a_date_is_text_and_a_key_without_a_namespace_is_the_projects(tmp_path: Path) -> None:
    file = tmp_path / "Pulumi.x.yaml"
    file.write_text("config: {environment: 2026-01-01, aws:region: eu-central-1}")
    assert config_of(file) == {"vvp:environment": "2026-01-01", "aws:region": "eu-central-1"}
