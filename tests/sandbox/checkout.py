"""A second checkout, with a sandbox of its own, in which tests run `make`'s commands on the real engine.

Tests change its stack files freely, and nobody's own sandbox is touched.
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import boto3
import yaml

from sandbox.layout import stable_number
from tests.stacks import NAMESPACE, ROOT, changed, stack_file

NOT_COPIED = shutil.ignore_patterns(
    ".git", ".sandbox", ".prove", "__pycache__", ".pytest_cache", ".ruff_cache", ".hypothesis"
)


WITHOUT_PREVIEW = {"PULUMI_OPTION_SKIP_PREVIEW": "true"}
"""Pulumi's own variable for an update that no person looks at before."""


@dataclass
class Result:
    """What a command said."""

    status: int
    output: str

    def __str__(self) -> str:
        return f"exit status {self.status}\n{self.output}"

    def assert_nothing_to_do(self) -> None:
        """Of a preview: what is deployed is what the program wants."""
        assert self.status == 0, self
        assert " unchanged" in self.output, self
        assert not any(f"to {change}" in self.output for change in ("create", "update", "replace", "delete")), self


@dataclass
class Checkout:
    """A copy of this checkout and the sandbox in it; `dev` is its stack file as it was when the copy was made."""

    folder: Path
    deployed: dict[str, Any] | None = None
    dev: dict[str, Any] = field(default_factory=stack_file)
    variables: dict[str, str] = field(default_factory=dict, repr=False)

    @classmethod
    def create(cls) -> "Checkout":
        """Copies the checkout; what an earlier run left in its place is stopped and removed first."""
        # Each worker of pytest-xdist has one of its own.
        place = f"{ROOT}{os.environ.get('PYTEST_XDIST_WORKER', '')}"
        name = f"vvp-tests-{os.getuid()}-{stable_number(place):08x}"[:32]
        checkout = cls(Path(tempfile.gettempdir()) / name)
        if checkout.folder.exists():
            checkout.remove()
        shutil.copytree(ROOT, checkout.folder, symlinks=True, ignore=NOT_COPIED)
        return checkout

    def remove(self) -> None:
        """Stops its services and removes it."""
        self.make("clean")
        shutil.rmtree(self.folder)

    def make(self, target: str, stack: str = "dev", **environment: str) -> Result:
        """Runs what `make TARGET STACK=…` runs."""
        command = [sys.executable, "-m", "sandbox", target]
        if target not in ("down", "clean", "status", "memory"):
            command += ["--stack", stack]
        process = subprocess.run(
            command,
            cwd=self.folder,
            env={**self.clean_environment(), **environment},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        return Result(process.returncode, process.stdout)

    def clean_environment(self) -> dict[str, str]:
        """This process's environment without what would lead to another sandbox."""
        misleading = ("VVP_SANDBOX_STATE", "PULUMI_", "AWS_", "KUBECONFIG")
        return {name: value for name, value in os.environ.items() if not name.startswith(misleading)}

    def configure(self, **changes: Any) -> dict[str, Any]:
        """Writes the stack file of `dev`: the repository's with changes (see tests.stacks.changed)."""
        config = changed(self.dev, **{f"{NAMESPACE}{path}": value for path, value in changes.items()})
        (self.folder / "Pulumi.dev.yaml").write_text(yaml.safe_dump({"config": config}))
        return config

    def ensure_up(self, **changes: Any) -> None:
        """Deploys `dev` with these changes unless it is deployed so already."""
        config = self.configure(**changes)
        if self.deployed != config:
            self.deployed = None
            result = self.make("up", **WITHOUT_PREVIEW)
            assert result.status == 0, result
            self.deployed = config

    def environment(self) -> Mapping[str, str]:
        """What `make env` prints, over this process's environment."""
        if not self.variables:
            script = f'eval "$({sys.executable} -m sandbox env)" && {sys.executable} -c '
            script += "'import json, os; print(json.dumps(dict(os.environ)))'"
            printed = subprocess.run(
                ["bash", "-c", script],
                cwd=self.folder,
                env=self.clean_environment(),
                capture_output=True,
                text=True,
                check=True,
            )
            self.variables = json.loads(printed.stdout)
        return self.variables

    def run(self, *command: str, text: str = "") -> Result:
        """Runs a command in a shell that `make env` has set up."""
        process = subprocess.run(
            command,
            cwd=self.folder,
            env=dict(self.environment()),
            input=text,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        return Result(process.returncode, process.stdout)

    def json(self, *command: str) -> Any:
        """Runs a command that prints JSON."""
        result = self.run(*command)
        assert result.status == 0, f"{' '.join(command)}: {result}"
        return json.loads(result.output)

    def outputs(self, *options: str) -> dict[str, Any]:
        """The stack's outputs."""
        return self.json("pulumi", "stack", "output", "--json", "--stack", "dev", *options)


def connection(checkout: Checkout) -> dict[str, Any]:
    """Where boto3 finds the sandbox's AWS."""
    variables = checkout.environment()
    return {
        "endpoint_url": variables["AWS_ENDPOINT_URL"],
        "verify": variables["AWS_CA_BUNDLE"],
        "region_name": variables["AWS_REGION"],
    }


def client(checkout: Checkout, service: str) -> Any:
    """A client of a service for the person who runs Pulumi; boto3 makes its type at run time."""
    variables = checkout.environment()
    return boto3.client(
        service,  # pyright: ignore[reportCallIssue, reportArgumentType]
        aws_access_key_id=variables["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=variables["AWS_SECRET_ACCESS_KEY"],
        **connection(checkout),
    )


def deployments(checkout: Checkout) -> dict[str, dict[str, Any]]:
    """The platform's deployments as the state has them, by name."""
    state = checkout.json("pulumi", "stack", "export", "--stack", "dev")["deployment"]["resources"]
    return {r["outputs"]["name"]: r["outputs"] for r in state if r["type"] == "vvp:index:Deployment"}
