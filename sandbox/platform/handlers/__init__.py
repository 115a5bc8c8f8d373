"""What answers each operation of the API that the stand-in supports. Importing a module registers it."""

from sandbox.platform.handlers import (
    catalogs,
    defaults,
    deployments,
    namespaces,
    records,
    scripts,
    secrets,
    statements,
    status,
    targets,
    tokens,
)

ALL = (
    *(catalogs, defaults, deployments, namespaces, records, scripts),
    *(secrets, statements, status, targets, tokens),
)
