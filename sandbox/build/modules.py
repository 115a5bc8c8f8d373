"""The Go modules from which the binaries come, and their versions.

`go/pulumi`, `go/kubernetes`, `go/kubernetes-provider` and `go/network-judge` pin everything in go.mod and go.sum. They
are four modules because their dependencies do not fit each other; within each, one `go build` compiles shared packages
once.
"""

import hashlib
import platform
import re
from dataclasses import dataclass
from pathlib import Path

from sandbox.layout import CACHE, CHECKOUT

PULUMI_VERSION = "3.259.0"
KUBERNETES_VERSION = "1.36.3"
KUBERNETES_MAJOR, KUBERNETES_MINOR, _ = KUBERNETES_VERSION.split(".")
KYVERNO_VERSION = "1.19.1"
HELM_VERSION = "3.21.4"
CYCLONUS_VERSION = "0.5.6"
"""Of the evaluator of NetworkPolicies, whose command is ours: its own prints tables, and takes no labels of pods."""

KUBERNETES_PROVIDER_VERSION = "4.34.2"
"""Of the release that the module's commit belongs to, and of the SDK that the program uses."""


RENAMED = {"go.etcd.io/etcd/server/v3": "etcd"}
"""Packages whose binary is known by another name than the last part of the import path."""


@dataclass(frozen=True)
class Module:
    """A Go module under `sandbox/go` whose tools are built together."""

    folder: str
    """Below `sandbox/go`."""
    version: str
    """Of the main thing in it; names the folder in the cache."""
    packages: tuple[str, ...]
    """Import paths of main packages, or paths in the folder."""
    variables: dict[str, str]
    """Go variables set by the linker, as each project's own release build does; else the binaries have no version."""
    takes: str
    """What to expect of a first build, in words."""
    compiler_flags: tuple[str, ...] = ()
    """Each as `<packages>=<flags>` (`go help build`); a package takes those of the last pattern that it matches."""

    @property
    def binaries(self) -> dict[str, str]:
        """The binaries' names, each with the name that `go build` gives it."""
        built = [re.sub(r"/v\d+$", "", package).rsplit("/", 1)[-1] for package in self.packages]
        return {RENAMED.get(package, name): name for package, name in zip(self.packages, built, strict=True)}

    @property
    def source(self) -> Path:
        """Folder of go.mod and go.sum."""
        return CHECKOUT / "sandbox" / "go" / self.folder

    @property
    def linker_flags(self) -> str:
        """Without symbol tables, which halves the binaries, and with `variables`."""
        return " ".join(["-s", "-w", *(f"-X {name}={value}" for name, value in self.variables.items())])

    @property
    def target(self) -> Path:
        """Folder of the binaries in the cache; a change of any pin or flag is another folder."""
        flags = " ".join([self.linker_flags, *self.compiler_flags])
        digest = hashlib.sha256(f"{self.packages} {flags}".encode())
        digest.update(f"{platform.system()} {platform.machine()}".encode())
        for file in (self.source / "go.mod", self.source / "go.sum", *sorted(self.source.rglob("*.go"))):
            digest.update(file.read_bytes())
        return CACHE / f"{self.folder}-{self.version}-{digest.hexdigest()[:12]}"


PULUMI = Module(
    folder="pulumi",
    version=PULUMI_VERSION,
    packages=("github.com/pulumi/pulumi/pkg/v3/cmd/pulumi",),
    variables={"github.com/pulumi/pulumi/sdk/v3/go/common/version.Version": PULUMI_VERSION},
    takes="about 3 minutes on two cores",
)


KUBERNETES = Module(
    folder="kubernetes",
    version=KUBERNETES_VERSION,
    packages=(
        "k8s.io/kubernetes/cmd/kube-apiserver",
        "k8s.io/kubernetes/cmd/kube-controller-manager",
        "k8s.io/kubernetes/cmd/kube-scheduler",
        "go.etcd.io/etcd/server/v3",
        "sigs.k8s.io/kwok/cmd/kwok",
        "github.com/kyverno/kyverno/cmd/kyverno",
        "helm.sh/helm/v3/cmd/helm",
    ),
    variables={
        "k8s.io/component-base/version.gitVersion": f"v{KUBERNETES_VERSION}",
        "k8s.io/component-base/version.gitMajor": KUBERNETES_MAJOR,
        "k8s.io/component-base/version.gitMinor": KUBERNETES_MINOR,
        "github.com/kyverno/kyverno/pkg/version.BuildVersion": f"v{KYVERNO_VERSION}",
        "helm.sh/helm/v3/internal/version.version": f"v{HELM_VERSION}",
        "helm.sh/helm/v3/pkg/chartutil.k8sVersionMajor": KUBERNETES_MAJOR,
        "helm.sh/helm/v3/pkg/chartutil.k8sVersionMinor": KUBERNETES_MINOR,
    },
    takes="about 7 minutes on two cores",
)


KUBERNETES_PROVIDER = Module(
    folder="kubernetes-provider",
    version=KUBERNETES_PROVIDER_VERSION,
    packages=("./pulumi-resource-kubernetes",),
    variables={"main.version": KUBERNETES_PROVIDER_VERSION},
    takes="about 5 minutes on two cores",
    # Three fifths of the work are its SDK, a hundred packages of generated types that this provider's Helm 4 and YAML
    # components need. Without optimisation and debugging data they take a third less, and nobody waits for them later.
    compiler_flags=("github.com/pulumi/pulumi-kubernetes/sdk/v4/...=-N -l -dwarf=false",),
)


NETWORK_JUDGE = Module(
    folder="network-judge",
    version=CYCLONUS_VERSION,
    packages=("./network-judge",),
    variables={},
    takes="about a minute on two cores",
)
