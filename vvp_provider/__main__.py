"""Started by the engine through `../pulumi-resource-vvp`."""

import logging
from typing import Any

from provider_kit import serve
from vvp_provider import __version__
from vvp_provider.api import AuthorizationFilter
from vvp_provider.provider import Provider


def main() -> None:
    """Serve until the engine ends it."""
    redact = AuthorizationFilter()
    make = logging.getLogRecordFactory()

    def record(*args: Any, **kwargs: Any) -> logging.LogRecord:
        made = make(*args, **kwargs)
        redact.filter(made)
        return made

    # A filter of a logger does not see the records of the loggers below it; this sees those of every library.
    logging.setLogRecordFactory(record)
    serve(Provider(), __version__)


if __name__ == "__main__":
    main()
