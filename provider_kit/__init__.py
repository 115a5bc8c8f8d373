"""Pulumi providers in plain Python: what every provider of this project shares.

A provider subclasses `Plugin`, answers `resource(type)` with a `ResourceHandler`, and ends in `serve(plugin, version)`.
Handlers work on plain Python and may block: each call runs in a thread. This is the one place that knows
`pulumi.provider.experimental` and the wire messages.

Everything is imported from here. How the package is cut inside is its own affair: `values` (plain Python and property
values), `diffs`, `handlers` (what a provider implements), `servicer` (the wire), `server` (the process).
"""

from provider_kit.diffs import Change, Diff, compare, top_level
from provider_kit.handlers import (
    CheckFailed,
    Created,
    Found,
    InitFailed,
    Operation,
    Plugin,
    PluginError,
    ResourceHandler,
    autoname,
    preview_outputs,
)
from provider_kit.server import serve, serve_components
from provider_kit.values import (
    UNKNOWN,
    Path,
    Properties,
    Unknown,
    format_path,
    has_unknown,
)

__all__ = [
    "UNKNOWN",
    "Change",
    "CheckFailed",
    "Created",
    "Diff",
    "Found",
    "InitFailed",
    "Operation",
    "Path",
    "Plugin",
    "PluginError",
    "Properties",
    "ResourceHandler",
    "Unknown",
    "autoname",
    "compare",
    "format_path",
    "has_unknown",
    "preview_outputs",
    "serve",
    "serve_components",
    "top_level",
]
