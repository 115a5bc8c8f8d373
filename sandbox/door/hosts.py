"""The hosts that the door answers for, and what answers for each: a new one is a line in the table."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

from starlette.middleware.exceptions import ExceptionMiddleware
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Receive, Scope, Send

from sandbox.build import charts
from sandbox.layout import Sandbox


def chart_repository(host: str) -> ASGIApp:
    """A Helm repository, which is files: https://helm.sh/docs/topics/chart_repository/."""

    async def serve(scope: Scope, receive: Receive, send: Send) -> None:
        # Looked up anew: other charts may have been packed since the door was opened.
        await StaticFiles(directory=Path(Sandbox.load().charts) / host)(scope, receive, send)

    return ExceptionMiddleware(serve)


TABLE: Final[Mapping[str, Callable[[str], ASGIApp]]] = {
    repository.host: chart_repository for repository in charts.REPOSITORIES
}
"""By host: makes what answers for it."""
